"""What holds do about events of other rooms: titles merge, rooms open or close, rounds are planned or cancelled."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from circulation.holds import leaving, merging, pickup, promises
from circulation.holds.jobs import is_promised_anew
from circulation.holds.services import locked
from library.kernel import jobs
from library.kernel.db import reading
from library.kernel.operations import Operation, remember, system_operation

_ROUNDS = ("route.cancelled", "route.planned", "route.defined")
_OPENED = frozenset({"branch.room_opened", "branch.opening_corrected"})
_DOORS = (*_OPENED, "branch.suspended", "branch.opened")


@jobs.consumer("holds_follow_titles", ["bib.merged", "bib.changed"], in_transaction=True)
def follow_titles(session: Session, changed: Sequence[Row[Any]]) -> None:
    """Let the queue follow titles that were merged, or came apart again."""
    operation = system_operation("holds_follow_titles")
    moved = 0
    for event in changed:
        if event.kind == "bib.merged":
            moved += merging.follow_merge(session, operation, event.payload["from_id"], event.payload["into_id"])
        elif "merge_undone" in event.payload:
            moved += merging.follow_copies(session, operation, event.bib_id)
    if moved:
        remember(session, operation, "done")


@jobs.consumer("holds_follow_doors", _DOORS)
def follow_doors(happened: Sequence[Row[Any]]) -> None:
    """Let the days of collecting begin when a room is opened, and let no book go to or from a branch that is suspended.

    Done twice it changes nothing; every hold has a transaction of its own.
    """
    for event in happened:
        if event.kind in _OPENED:
            _begin_days(event)
        elif event.kind == "branch.opened":
            _reopen(event)
        else:
            _suspend(event)


@jobs.consumer("holds_follow_rounds", _ROUNDS)
def follow_rounds(changed: Sequence[Row[Any]]) -> None:
    """Promise the readers another day whose books come or leave with rounds that were planned, changed or cancelled."""
    with reading() as session:
        routes = {event.payload["route_id"] for event in changed}
        titles = {bib_id for route_id in routes for bib_id in promises.titles_on_round(session, route_id)}
    jobs.one_by_one("promise_again", sorted(titles), is_promised_anew)


def _begin_days(event: Row[Any]) -> None:
    with reading() as session:
        waiting = pickup.waiting_for_opening(session, event.branch_id, event.at)
    jobs.one_by_one("begin_pickup_days", waiting, _begin)


def _begin(session: Session, operation: Operation, hold_id: int) -> bool:
    return pickup.begin(session, operation, locked(session, hold_id))


def _suspend(event: Row[Any]) -> None:
    with reading() as session:
        bound, ready = leaving.bound_by_suspended(session), leaving.ready_at(session, event.branch_id)
        titles = promises.titles_collected_at(session, event.branch_id)
    jobs.one_by_one("branch_suspended", bound, leaving.unbind)
    jobs.one_by_one("branch_suspended", ready, leaving.stand_still)
    jobs.one_by_one("promise_again", titles, is_promised_anew)


def _reopen(event: Row[Any]) -> None:
    def begin(session: Session, operation: Operation, hold_id: int) -> bool:
        return pickup.begin(session, operation, locked(session, hold_id), reopened_at=event.at)

    with reading() as session:
        ready = leaving.ready_at(session, event.branch_id)
        titles = promises.titles_collected_at(session, event.branch_id)
    jobs.one_by_one("branch_reopened", ready, begin)
    jobs.one_by_one("promise_again", titles, is_promised_anew)
