"""Opening hours: is a place open, why, when is it open next, and on which day must a book be back.

A calendar is made of weekly patterns, each valid for a while (winter hours, harvest hours), of exceptions for single
dates (a festival, a working weekend, a burst pipe), of closures, and of the way the place treats national holidays. A day may
have several sessions, and a place may have no closing day at all, or no timetable at all: it opens when the keeper is home.
Times and dates are local to the county. Everything here is a pure function of values.
"""

import calendar as months
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, pairwise

from library.branches.national import NationalDay, national_day

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
    """Sessions by weekday (0 is Monday), valid from `valid_from` to `valid_until`, both included; None has no end.

    A pattern with a `season` was given to many places at once and goes before their own weeks.
    """

    sessions: Mapping[int, tuple[Session, ...]]
    valid_from: date | None = None
    valid_until: date | None = None
    season: str = ""

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
class ClosedSpan:
    """Dates, both included, on which a place is closed whatever its week says; `cause` is for readers."""

    first_on: date
    last_on: date
    cause: str = ""

    def covers(self, day: date) -> bool:
        """Tell whether the place is closed on `day` because of this."""
        return self.first_on <= day <= self.last_on


class OpeningMode(StrEnum):
    """By a timetable, or whenever the keeper is home: then only the opening log knows."""

    SCHEDULED = "scheduled"
    KEEPER_HOME = "keeper_home"


class HolidayMode(StrEnum):
    """What a place does on national holidays."""

    AS_USUAL = "as_usual"
    CLOSED = "closed"
    OWN_HOURS = "own_hours"


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """How a place treats national holidays; `makeup_as_weekday`: a weekend day worked in exchange follows the weekdays."""

    mode: HolidayMode = HolidayMode.AS_USUAL
    sessions: tuple[Session, ...] = ()
    makeup_as_weekday: bool = False
    lookup: Callable[[date], NationalDay | None] = national_day


class Why(StrEnum):
    """What decides about a day."""

    CLOSURE = "closure"
    EXCEPTION = "exception"
    KEEPER_HOME = "keeper_home"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"
    SEASON = "season"
    WEEK = "week"
    NO_HOURS = "no_hours"


@dataclass(frozen=True, slots=True)
class Day:
    """A date with its sessions in their order, and why; `about` is what staff wrote: a cause, the name of a season.

    `national` is set on national holidays and the days worked for them, whether or not they decide.
    """

    on: date
    sessions: tuple[Session, ...]
    why: Why
    about: str = ""
    national: NationalDay | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """When one place is open.

    `exceptions` gives single dates their own sessions. Of several patterns valid on a date a season goes first, then the one
    that begins last, so that harvest hours replace the usual ones and do not add to them.
    """

    patterns: tuple[WeekPattern, ...] = ()
    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)
    closures: tuple[ClosedSpan, ...] = ()
    holidays: HolidayRule = HolidayRule()
    mode: OpeningMode = OpeningMode.SCHEDULED

    @property
    def has_timetable(self) -> bool:
        """Tell whether anybody said when the place opens; otherwise only its closed days are known."""
        return bool(self.patterns) and self.mode is OpeningMode.SCHEDULED

    def exception_on(self, day: date) -> Exceptional | None:
        """Return what is exceptional about `day`, if anything."""
        return self.exceptions.get(day)

    def pattern_on(self, day: date) -> WeekPattern | None:
        """Return the week that `day` follows unless it is exceptional."""
        covering = [pattern for pattern in self.patterns if pattern.covers(day)]
        return max(covering, key=lambda found: (bool(found.season), found.valid_from or date.min), default=None)

    def day(self, on: date) -> Day:
        """Return the sessions of a date and why: a closure goes first, then an exception, a holiday, the week."""
        national = self.holidays.lookup(on)
        closure = next((span for span in self.closures if span.covers(on)), None)
        if closure is not None:
            return Day(on, (), Why.CLOSURE, closure.cause, national)
        exception = self.exception_on(on)
        if exception is not None:
            return Day(on, tuple(sorted(exception.sessions)), Why.EXCEPTION, exception.reason, national)
        if self.mode is OpeningMode.KEEPER_HOME:
            return Day(on, (), Why.KEEPER_HOME, "", national)
        return self._ordinary(on, national)

    def _ordinary(self, on: date, national: NationalDay | None) -> Day:
        pattern = self.pattern_on(on)
        if pattern is None:
            return Day(on, (), Why.NO_HOURS, "", national)
        if national is not None and not national.is_workday and self.holidays.mode is not HolidayMode.AS_USUAL:
            own = self.holidays.sessions if self.holidays.mode is HolidayMode.OWN_HOURS else ()
            return Day(on, tuple(sorted(own)), Why.HOLIDAY, "", national)
        if national is not None and national.is_workday and self.holidays.makeup_as_weekday:
            return Day(on, _weekday_hours(pattern), Why.MAKEUP, "", national)
        sessions = tuple(sorted(pattern.sessions.get(on.weekday(), ())))
        return Day(on, sessions, Why.SEASON if pattern.season else Why.WEEK, pattern.season, national)

    def sessions_on(self, day: date) -> tuple[Session, ...]:
        """Return the sessions of `day` in their order; an empty tuple means closed."""
        return self.day(day).sessions

    def is_open_on(self, day: date) -> bool:
        """Tell whether the place opens at all on `day`."""
        return bool(self.sessions_on(day))

    def is_open_at(self, moment: datetime) -> bool:
        """Tell whether the place is open at a local date and time."""
        sessions = self.sessions_on(moment.date())
        return any(session.contains(moment.time()) for session in sessions)

    def may_come_on(self, day: date) -> bool:
        """Tell whether a reader may be expected to come on `day`.

        Where there is a timetable: when it opens. Where there is none nobody can know, so every day counts that is not
        known to be closed.
        """
        found = self.day(day)
        if self.has_timetable:
            return bool(found.sessions)
        return bool(found.sessions) or found.why not in {Why.CLOSURE, Why.EXCEPTION}


def next_open_day(calendar: Calendar, day: date) -> date | None:
    """Return the first open day from `day` on, `day` included, or None when there is none within 366 days."""
    days = (day + timedelta(days=ahead) for ahead in range(SEARCH_DAYS))
    return next((candidate for candidate in days if calendar.is_open_on(candidate)), None)


class LoanUnit(StrEnum):
    """What the length of a loan is counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class ClosedDays(StrEnum):
    """What becomes of a due date because of closed days (ils-anchors 4.2)."""

    IGNORE = "ignore"
    NEXT_OPEN = "next_open"
    PREVIOUS_OPEN = "previous_open"
    SKIP_CLOSED = "skip_closed"
    SAME_WEEKDAY = "same_weekday"


def due_date(
    calendar: Calendar,
    begins_on: date,
    length: int,
    unit: LoanUnit = LoanUnit.DAYS,
    mode: ClosedDays = ClosedDays.NEXT_OPEN,
) -> date:
    """Return the last day on which a book lent on `begins_on` for `length` `unit`s may come back.

    Never before the day after lending. Every mode but `ignore` gives a day on which the place opens, if there is one within
    366 days; a place that never opens moves nothing, its readers would otherwise never have to bring a book back.
    """
    due = max(period_end(begins_on, length, unit), begins_on + timedelta(days=1))
    return _MODES[mode](calendar, begins_on, due)


def period_end(begins_on: date, length: int, unit: LoanUnit = LoanUnit.DAYS) -> date:
    """Return the day `length` days, weeks or months after `begins_on`; a month without that day gives its last one."""
    if unit is LoanUnit.MONTHS:
        year, month = divmod(begins_on.year * 12 + begins_on.month - 1 + length, 12)
        last = months.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(begins_on.day, last))
    return begins_on + timedelta(days=length * 7 if unit is LoanUnit.WEEKS else length)


def next_day_to_come(calendar: Calendar, day: date) -> date:
    """Return the first day from `day` on when a reader may be expected, or `day` when there is none within 366 days."""
    return next(_days_to_come(calendar, day, SEARCH_DAYS), day)


def _ignore(_calendar: Calendar, _begins_on: date, due: date) -> date:
    return due


def _next_open(calendar: Calendar, _begins_on: date, due: date) -> date:
    return next_day_to_come(calendar, due)


def _previous_open(calendar: Calendar, begins_on: date, due: date) -> date:
    """Go back to an open day after the lending; where there is none in between, forward."""
    back = (due - timedelta(days=ago) for ago in range(min((due - begins_on).days, SEARCH_DAYS)))
    found = next((day for day in back if calendar.may_come_on(day)), None)
    return found if found is not None else next_day_to_come(calendar, due)


def _skip_closed(calendar: Calendar, begins_on: date, due: date) -> date:
    """Count as many open days as the loan has days.

    A place that opens too seldom for that within 366 days after the plain due date gets the last open day found, so that a
    longer loan never ends earlier than a shorter one.
    """
    wanted = (due - begins_on).days
    days = _days_to_come(calendar, begins_on + timedelta(days=1), wanted + SEARCH_DAYS)
    return max([due, *islice(days, wanted)])


def _same_weekday(calendar: Calendar, _begins_on: date, due: date) -> date:
    """Go on by whole weeks; where that weekday never opens, to the next open day."""
    weeks = (due + timedelta(days=ahead) for ahead in range(0, SEARCH_DAYS, 7))
    found = next((day for day in weeks if calendar.may_come_on(day)), None)
    return found if found is not None else next_day_to_come(calendar, due)


_MODES: Mapping[ClosedDays, Callable[[Calendar, date, date], date]] = {
    ClosedDays.IGNORE: _ignore,
    ClosedDays.NEXT_OPEN: _next_open,
    ClosedDays.PREVIOUS_OPEN: _previous_open,
    ClosedDays.SKIP_CLOSED: _skip_closed,
    ClosedDays.SAME_WEEKDAY: _same_weekday,
}


def _days_to_come(calendar: Calendar, first: date, how_many: int) -> Iterator[date]:
    days = (first + timedelta(days=ahead) for ahead in range(how_many))
    return (day for day in days if calendar.may_come_on(day))


def weekly_minutes(pattern: WeekPattern) -> int:
    """Return how many minutes a week a pattern opens; overlapping sessions count once."""
    return sum(_minutes(sessions) for sessions in pattern.sessions.values())


def overlapping(sessions: Iterable[Session]) -> bool:
    """Tell whether two sessions of one day overlap."""
    ordered = sorted(sessions)
    return any(later.opens < earlier.closes for earlier, later in pairwise(ordered))


def _weekday_hours(pattern: WeekPattern) -> tuple[Session, ...]:
    """Return the hours of the last day from Monday to Friday that has any: what a worked weekend day follows."""
    found = (pattern.sessions[weekday] for weekday in range(4, -1, -1) if pattern.sessions.get(weekday))
    return tuple(sorted(next(found, ())))


def _minutes(sessions: Iterable[Session]) -> int:
    total = 0
    covered_until = 0
    for session in sorted(sessions):
        opens = session.opens.hour * 60 + session.opens.minute
        closes = session.closes.hour * 60 + session.closes.minute
        total += max(0, closes - max(opens, covered_until))
        covered_until = max(covered_until, closes)
    return total
