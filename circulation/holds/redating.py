"""Promised dates and pickup clocks that move because the pickup room is closed, or because of the harvest."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from circulation.holds import changes as holds
from circulation.holds.states import Cause
from circulation.models import Hold
from library.branches.redating import Change, Dated, Kind, Span
from library.kernel import clock, events
from library.kernel.db import table_of
from library.kernel.operations import Operation

_holds = table_of(Hold)
_FIELDS = ("promised_on", "pickup_until_on")
_MOVES = {
    field: update(_holds).where(_holds.c.id == bindparam("hold_id")).values({field: bindparam("after")})
    for field in _FIELDS
}


class HoldDates:
    """The promised dates of books on their way, and the pickup clocks of books on the shelf.

    Implements `library.branches.redating.Dates`; a hold belongs to its pickup room. A book on the shelf keeps the date it
    was promised for: that day has come.
    """

    def find(
        self, session: Session, span: Span, branch_ids: Sequence[int], *, after_id: int, limit: int
    ) -> Sequence[int]:
        """Return the ids of holds whose date a closure or a postponement touches."""
        wanted = select(Hold.id).where(_touched(span), Hold.pickup_branch_id.in_(branch_ids), Hold.id > after_id)
        return session.scalars(wanted.order_by(Hold.id).limit(limit)).all()

    def read(self, session: Session, span: Span, ids: Sequence[int], *, lock: bool) -> Sequence[Dated]:
        """Return the dates of those that it still touches."""
        if lock:
            lock_holds(session, ids)
        rows = session.execute(
            select(Hold.id, Hold.pickup_branch_id, Hold.state, Hold.promised_on, Hold.pickup_until_on, Hold.ready_at)
            .where(_touched(span), Hold.id.in_(ids))
            .order_by(Hold.id)
        )
        return [_dated(row) for row in rows]

    def standing(self, session: Session, ids: Iterable[int]) -> Mapping[int, Mapping[str, date | None]]:
        """Return the dates of those holds that are still open, locked; a book that came or left has another clock."""
        wanted = list(ids)
        lock_holds(session, wanted)
        rows = session.execute(
            select(Hold.id, Hold.state, Hold.promised_on, Hold.pickup_until_on).where(
                Hold.id.in_(wanted), Hold.ended_at.is_(None)
            )
        )
        return {
            row.id: {"pickup_until_on": row.pickup_until_on}
            if row.state == "ready"
            else {"promised_on": row.promised_on}
            for row in rows
        }

    def write(self, session: Session, operation: Operation, changes: Sequence[Change], closure_id: int) -> None:
        """Give holds their new dates, each with its event."""
        for field, statement in _MOVES.items():
            moved = [{"hold_id": change.id, "after": change.after} for change in changes if change.field == field]
            if moved:
                session.execute(statement, moved)
        moves = {change.id: change for change in changes}
        found = holds.read(session, holds.query().where(Hold.id.in_(list(moves))))
        events.record_many(session, [_event(operation, hold, moves[hold.id], closure_id) for hold in found])


def _touched(span: Span) -> ColumnElement[bool]:
    if span.kind is Kind.POSTPONEMENT:
        return and_(Hold.state == "ready", Hold.pickup_until_on.between(span.first_on, span.last_on))
    promised = and_(Hold.state.in_(("waiting", "in_transit")), Hold.promised_on.between(span.first_on, span.last_on))
    on_shelf = and_(Hold.state == "ready", Hold.pickup_until_on >= span.first_on)
    if span.known_at is not None:
        on_shelf = and_(on_shelf, Hold.ready_at < span.known_at)
    return or_(promised, on_shelf)


def lock_holds(session: Session, hold_ids: Sequence[int]) -> None:
    """Lock holds as the queue does: by title, then by id."""
    session.execute(
        select(Hold.id).where(Hold.id.in_(hold_ids)).order_by(Hold.bib_id, Hold.id).with_for_update(of=Hold)
    )


def _dated(row: Any) -> Dated:
    if row.state == "ready":
        begins_on = clock.local_date(row.ready_at) if row.ready_at is not None else None
        return Dated(row.id, row.pickup_branch_id, "pickup_until_on", row.pickup_until_on, begins_on)
    return Dated(row.id, row.pickup_branch_id, "promised_on", row.promised_on)


def _event(operation: Operation, hold: holds.Held, change: Change, closure_id: int) -> dict[str, Any]:
    return events.row(
        operation,
        "hold.redated",
        branch_id=hold.pickup_branch_id,
        bib_id=hold.bib_id,
        item_id=hold.captured_item_id,
        patron_id=hold.patron_id,
        statistics=hold.statistics(),
        payload={
            "hold_id": hold.id,
            "state": str(hold.state),
            "cause": str(Cause.CLOSURE),
            "field": change.field,
            "before": change.before.isoformat(),
            "after": change.after.isoformat(),
            "closure_id": closure_id,
        },
    )
