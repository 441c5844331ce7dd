"""Work on the queue beside the requests: books not collected go on, and copies are looked for again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from circulation.holds import merging, services
from library.kernel import clock, jobs
from library.kernel.db import reading
from library.kernel.operations import Operation, remember, system_operation


@jobs.scheduled("expire_pickups", daily="00:20")
def expire_pickups() -> int:
    """End the holds whose last day of collecting has passed; return how many."""
    with reading() as session:
        late = services.expired_pickups(session, clock.today())
    return jobs.one_by_one("expire_pickups", late, services.expire_pickup)


@jobs.scheduled("target_waiting_holds", every=600)
def target_waiting() -> int:
    """Look for copies for everybody who waits for a title that is on a shelf; return how many got one."""
    with reading() as session:
        waiting = services.worth_targeting(session)
    return jobs.one_by_one("target_holds", waiting, _found_a_copy)


def _found_a_copy(session: Session, operation: Operation, hold_id: int) -> bool:
    return services.target(session, operation, hold_id) is not None


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
