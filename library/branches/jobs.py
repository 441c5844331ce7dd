"""Work on closures beside the requests: as soon as one is confirmed or undone, and again after a crash."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from library.branches import closure_work
from library.kernel import jobs


@jobs.consumer("closures", ["closure.confirmed", "closure.undone"])
def move_dates(events: Sequence[Row[Any]]) -> None:
    """Move what was asked for; told twice it finds nothing more to do."""
    for event in events:
        closure_work.work_through(event.payload["closure_id"])


@jobs.scheduled("finish_closures", every=15)
def finish_closures() -> int:
    """Go on with batches that were cut off or had to settle; return how many chunks were written."""
    return sum(closure_work.work_through(closure_id) for closure_id in closure_work.unfinished())
