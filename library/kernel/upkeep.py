"""Nightly work of the kernel: old answers shrink to their outcome, and the outbox forgets what was handled long ago."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy.orm import Session

from library.kernel import clock, events, jobs, operations
from library.kernel.db import writing

AT_ONCE: Final = 2_000
KEEP_DELIVERIES: Final = timedelta(days=30)


def register(app: Flask) -> None:
    """Put the work on the timetable."""
    jobs.scheduled("shrink_old_answers", daily="03:20")(shrink_old_answers)
    jobs.scheduled("forget_deliveries", daily="03:30")(forget_deliveries)
    app.extensions["library.upkeep"] = __name__


def shrink_old_answers() -> int:
    """Keep only id and outcome of operations older than 90 days; return how many shrank."""
    now = clock.now()
    return _in_chunks(lambda session: operations.shrink_old_answers(session, now=now, limit=AT_ONCE))


def forget_deliveries() -> int:
    """Delete what consumers have handled more than 30 days ago; the events stay. Return how many went."""
    before = clock.now() - KEEP_DELIVERIES
    return _in_chunks(lambda session: events.forget_handled(session, before=before, limit=AT_ONCE))


def _in_chunks(step: Callable[[Session], int]) -> int:
    """Take steps, each in a transaction of its own so that no desk waits for all of them, until one finds nothing."""
    total = 0
    while True:
        with writing() as session:
            done = step(session)
        total += done
        if not done:
            return total
