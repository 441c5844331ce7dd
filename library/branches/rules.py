"""Opening hours: is a place open, when is it open next, and on which day must a book be back.

A calendar is made of weekly patterns, each valid for a while (winter hours, harvest hours), and of exceptions for single
dates (a festival, a working weekend, a burst pipe). A day may have several sessions, and a place may have no
closing day at all. Times and dates are local to the county. Everything here is a pure function of values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

# A place that opens on no day of a whole year has no calendar worth waiting for.
SEARCH_DAYS = 366


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """An unbroken stretch of opening within one day, `opens` included and `closes` not."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            msg = f"a session ends after it begins: {self.opens}-{self.closes}"
            raise ValueError(msg)

    def contains(self, moment: time) -> bool:
        """Tell whether the place is open at `moment` because of this session."""
        return self.opens <= moment < self.closes


@dataclass(frozen=True, slots=True)
class WeekPattern:
    """Sessions by weekday (0 is Monday), valid from `valid_from` to `valid_until`, both included; None has no end."""

    sessions: Mapping[int, tuple[Session, ...]]
    valid_from: date | None = None
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the pattern holds on `day`."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A date that does not follow the week; without sessions the place is closed. `reason` is for readers."""

    sessions: tuple[Session, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When one place is open.

    `exceptions` gives single dates their own sessions. Of several patterns valid on a date the one that
    begins last decides, so that harvest hours replace the usual ones and do not add to them.
    """

    patterns: tuple[WeekPattern, ...] = ()
    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)

    def exception_on(self, day: date) -> Exceptional | None:
        """Return what is exceptional about `day`, if anything."""
        return self.exceptions.get(day)

    def pattern_on(self, day: date) -> WeekPattern | None:
        """Return the week that `day` follows unless it is exceptional."""
        covering = [pattern for pattern in self.patterns if pattern.covers(day)]
        return max(covering, key=lambda pattern: pattern.valid_from or date.min, default=None)

    def sessions_on(self, day: date) -> tuple[Session, ...]:
        """Return the sessions of `day` in their order; an empty tuple means closed."""
        exception = self.exception_on(day)
        if exception is not None:
            return tuple(sorted(exception.sessions))
        pattern = self.pattern_on(day)
        return tuple(sorted(pattern.sessions.get(day.weekday(), ()))) if pattern else ()

    def is_open_on(self, day: date) -> bool:
        """Tell whether the place opens at all on `day`."""
        return bool(self.sessions_on(day))

    def is_open_at(self, moment: datetime) -> bool:
        """Tell whether the place is open at a local date and time."""
        sessions = self.sessions_on(moment.date())
        return any(session.contains(moment.time()) for session in sessions)


def next_open_day(calendar: Calendar, day: date) -> date | None:
    """Return the first open day from `day` on, `day` included, or None when there is none within 366 days."""
    days = (day + timedelta(days=ahead) for ahead in range(SEARCH_DAYS))
    return next((candidate for candidate in days if calendar.is_open_on(candidate)), None)


def due_on(calendar: Calendar, lent_on: date, loan_days: int) -> date:
    """Return the last day on which a book lent on `lent_on` for `loan_days` days may come back.

    A due date on a closed day moves to the next open day. A place without a known calendar cannot move anything: its
    readers would otherwise never have to bring a book back.
    """
    due = lent_on + timedelta(days=loan_days)
    return next_open_day(calendar, due) or due


def weekly_minutes(pattern: WeekPattern) -> int:
    """Return how many minutes a week a pattern opens; overlapping sessions count once."""
    return sum(_minutes(sessions) for sessions in pattern.sessions.values())


def overlapping(sessions: Iterable[Session]) -> bool:
    """Tell whether two sessions of one day overlap."""
    ordered = sorted(sessions)
    return any(later.opens < earlier.closes for earlier, later in pairwise(ordered))


def _minutes(sessions: Iterable[Session]) -> int:
    total = 0
    covered_until = 0
    for session in sorted(sessions):
        opens = session.opens.hour * 60 + session.opens.minute
        closes = session.closes.hour * 60 + session.closes.minute
        total += max(0, closes - max(opens, covered_until))
        covered_until = max(covered_until, closes)
    return total
