"""The schedule table: what runs again and again, when next, and how the last run ended.

The next time is stored before the work starts, so that work which kills the process is not tried in a circle. Work that
merely fails, because a desk was in the way or the disk full, comes again after a quarter of an hour and not the next night.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, insert, select, update

from library.kernel import clock
from library.kernel.db import reading, writing
from library.kernel.models import JobSchedule

log = structlog.get_logger("library.jobs")

RETRY_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Scheduled:
    """Work that comes again: every `every` seconds, or daily at a local time `HH:MM`."""

    name: str
    run: Callable[[], object]
    every: int | None = None
    daily: str | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.daily is None):
            msg = f"{self.name}: give either every or daily"
            raise ValueError(msg)

    def next_after(self, instant: datetime) -> datetime:
        """Return when the work is next due after it was started at `instant` (UTC)."""
        if self.every is not None:
            return instant + timedelta(seconds=self.every)
        at = time.fromisoformat(self.daily or "00:00")
        day = clock.local_date(instant)
        due = datetime.combine(day, at, clock.timezone()).astimezone(UTC)
        if due > instant:
            return due
        return datetime.combine(day + timedelta(days=1), at, clock.timezone()).astimezone(UTC)


def prepare(scheduled: Iterable[Scheduled]) -> None:
    """Make a row for work that has none, renew those whose times have changed, and drop those nobody registers."""
    wanted = {one.name: one for one in scheduled}
    now = clock.now()
    with writing() as session:
        known = {row.name: row for row in session.execute(select(JobSchedule)).scalars()}
        for name in known.keys() - wanted.keys():
            session.execute(delete(JobSchedule).where(JobSchedule.name == name))
        for name, one in wanted.items():
            row = known.get(name)
            if row is not None and (row.every_seconds, row.daily_at) == (one.every, one.daily):
                continue
            if row is not None:
                session.delete(row)
                session.flush()
            first = now if one.every is not None else one.next_after(now)
            session.execute(
                insert(JobSchedule).values(name=name, every_seconds=one.every, daily_at=one.daily, next_at=first)
            )


def due(scheduled: Mapping[str, Scheduled]) -> list[Scheduled]:
    """Return the work whose time has come, longest waiting first."""
    with reading() as session:
        names = session.scalars(
            select(JobSchedule.name).where(JobSchedule.next_at <= clock.now()).order_by(JobSchedule.next_at)
        ).all()
    return [scheduled[name] for name in names if name in scheduled]


def run_one(one: Scheduled) -> bool:
    """Run one piece of work and note how it ended; False when it failed."""
    started = clock.now()
    _note(one.name, last_started_at=started, next_at=one.next_after(started))
    try:
        one.run()
    except Exception as error:  # the next piece of work must still be done
        log.exception("job_failed", job=one.name)
        _note(
            one.name, last_error=type(error).__name__, next_at=min(one.next_after(started), clock.now() + RETRY_AFTER)
        )
        return False
    _note(one.name, last_finished_at=clock.now(), last_error=None)
    return True


def _note(name: str, **values: object) -> None:
    with writing() as session:
        session.execute(update(JobSchedule).where(JobSchedule.name == name).values(**values))
