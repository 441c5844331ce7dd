"""The one place that knows what time it is.

Instants are aware UTC datetimes (`*_at`); dates are local to the county (`*_on`). A rule never asks the clock: it is given
the instant or the date, so that it can be tested and replayed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

DEFAULT_TIMEZONE = "Asia/Shanghai"


class Clock(Protocol):
    """Something that tells the present instant."""

    def now(self) -> datetime:
        """Return the present instant as an aware UTC datetime."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for tests and for replaying the past."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant.astimezone(UTC)


_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)
_SYSTEM = SystemClock()
_zone = ZoneInfo(DEFAULT_TIMEZONE)


def set_timezone(name: str) -> None:
    """Set the county's timezone, an IANA name; raises `zoneinfo.ZoneInfoNotFoundError` for an unknown one.

    Process-wide on purpose: one process serves one county.
    """
    global _zone  # noqa: PLW0603  one county per process; a context variable would be lost in new threads
    _zone = ZoneInfo(name)


def timezone() -> ZoneInfo:
    """Return the county's timezone."""
    return _zone


@contextmanager
def using(clock: Clock) -> Iterator[None]:
    """Use `clock` within this context."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def now() -> datetime:
    """Return the present instant, aware UTC."""
    return (_clock.get() or _SYSTEM).now()


def today() -> date:
    """Return the present date in the county."""
    return local_date(now())


def local_date(instant: datetime) -> date:
    """Return the county's date at `instant`."""
    return instant.astimezone(_zone).date()


def start_of_day(day: date) -> datetime:
    """Return the UTC instant at which `day` begins in the county."""
    return datetime.combine(day, time.min, _zone).astimezone(UTC)
