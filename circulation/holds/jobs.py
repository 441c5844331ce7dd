"""Work on the queue beside the requests: books not collected go on, and copies are looked for again.

Each chunk has a transaction of its own, so that no writer waits for the whole list.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from circulation.holds import merging, services
from library.kernel import clock, jobs
from library.kernel.db import writing
from library.kernel.operations import remember, system_operation

CHUNK = 20


@jobs.scheduled("expire_pickups", daily="00:20")
def expire_pickups() -> int:
    """End the holds whose last day of collecting has passed; return how many."""
    ended = 0
    while True:
        operation = system_operation("expire_pickups")
        with writing() as session:
            expired = services.expire_pickups(session, operation, clock.today(), limit=CHUNK)
            if not expired:
                return ended
            remember(session, operation, "done")
        ended += len(expired)


@jobs.scheduled("target_waiting_holds", every=600)
def target_waiting() -> int:
    """Look for copies for everybody who waits for a title that is on a shelf; return how many got one."""
    served, after = 0, 0
    while True:
        operation = system_operation("target_holds")
        with writing() as session:
            found, after = services.target_waiting(session, operation, after_id=after, limit=CHUNK)
            if found:
                remember(session, operation, "done")
        served += found
        if not after:
            return served


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
