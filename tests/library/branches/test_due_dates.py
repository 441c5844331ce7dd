"""Due dates: units of length, the modes for closed days, and what no calendar may ever do to them."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.branches.rules import (
    SEARCH_DAYS,
    Calendar,
    ClosedDays,
    Exceptional,
    LoanUnit,
    Session,
    WeekPattern,
    due_date,
    next_day_to_come,
    next_open_day,
    period_end,
)

MORNING = Session(time(8, 30), time(11, 30))
WEEKDAYS = Calendar((WeekPattern(dict.fromkeys(range(5), (MORNING,))),))
MONDAYS = Calendar((WeekPattern({0: (MORNING,)}),))
NEVER = Calendar((WeekPattern({}),))
FRIDAY = date(2026, 11, 20)
SATURDAY = date(2026, 11, 21)
MONDAY = date(2026, 11, 23)

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
LENGTHS = st.integers(0, 180)
MODES = st.sampled_from(ClosedDays)
UNITS = st.sampled_from(LoanUnit)


@st.composite
def calendars(draw: st.DrawFn, min_weekdays: int = 0) -> Calendar:
    """Return any week, perhaps with exceptions near 2030 that close or open single days, or no timetable at all."""
    weekdays = draw(st.sets(st.integers(0, 6), min_size=min_weekdays))
    days = st.dates(date(2029, 11, 1), date(2030, 3, 1))
    exceptions = draw(st.dictionaries(days, st.sampled_from([Exceptional(), Exceptional((MORNING,))]), max_size=40))
    patterns = (WeekPattern(dict.fromkeys(weekdays, (MORNING,))),) if draw(st.booleans()) or min_weekdays else ()
    return Calendar(patterns, exceptions)


@pytest.mark.parametrize(
    ("begins_on", "length", "unit", "expected"),
    [
        (date(2026, 11, 1), 30, LoanUnit.DAYS, date(2026, 12, 1)),
        (date(2026, 11, 1), 2, LoanUnit.WEEKS, date(2026, 11, 15)),
        (date(2026, 1, 31), 1, LoanUnit.MONTHS, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, LoanUnit.MONTHS, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, LoanUnit.MONTHS, date(2027, 1, 15)),
        (date(2026, 11, 30), 14, LoanUnit.MONTHS, date(2028, 1, 30)),
    ],
)
def test_a_period_ends_on_the_day_people_expect(begins_on: date, length: int, unit: LoanUnit, expected: date) -> None:
    assert period_end(begins_on, length, unit) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (ClosedDays.IGNORE, SATURDAY),
        (ClosedDays.NEXT_OPEN, MONDAY),
        (ClosedDays.PREVIOUS_OPEN, FRIDAY),
        # The fifteenth open day after a Friday comes three weeks later.
        (ClosedDays.SKIP_CLOSED, date(2026, 11, 27)),
        # No Saturday ever opens here.
        (ClosedDays.SAME_WEEKDAY, MONDAY),
    ],
)
def test_a_due_date_on_a_closed_saturday(mode: ClosedDays, expected: date) -> None:
    assert due_date(WEEKDAYS, date(2026, 11, 6), 15, mode=mode) == expected


@pytest.mark.parametrize("mode", set(ClosedDays) - {ClosedDays.SKIP_CLOSED})
def test_a_due_date_on_an_open_day_stays(mode: ClosedDays) -> None:
    assert due_date(WEEKDAYS, date(2026, 10, 21), 30, mode=mode) == FRIDAY


def test_the_same_weekday_is_found_behind_a_closed_one() -> None:
    closed = Calendar(MONDAYS.patterns, {MONDAY: Exceptional(), date(2026, 11, 24): Exceptional((MORNING,))})
    assert due_date(closed, date(2026, 11, 16), 7, mode=ClosedDays.SAME_WEEKDAY) == date(2026, 11, 30)
    assert due_date(closed, date(2026, 11, 16), 7, mode=ClosedDays.NEXT_OPEN) == date(2026, 11, 24)


def test_going_back_never_reaches_the_day_of_lending() -> None:
    assert due_date(MONDAYS, MONDAY, 3, mode=ClosedDays.PREVIOUS_OPEN) == date(2026, 11, 30)


def test_only_open_days_are_counted() -> None:
    assert due_date(MONDAYS, MONDAY, 3, mode=ClosedDays.SKIP_CLOSED) == MONDAY + timedelta(weeks=3)


def test_a_place_that_opens_too_seldom_gives_its_last_open_day_in_reach() -> None:
    due = due_date(MONDAYS, MONDAY, 180, mode=ClosedDays.SKIP_CLOSED)
    assert timedelta(0) <= MONDAY + timedelta(days=180 + SEARCH_DAYS) - due < timedelta(weeks=1)


def test_without_a_timetable_a_due_date_stays_unless_the_day_is_known_to_be_closed() -> None:
    assert next_open_day(Calendar(), FRIDAY) is None
    assert due_date(Calendar(), date(2026, 10, 22), 30) == SATURDAY
    harvest = Calendar(
        (), {SATURDAY: Exceptional(reason="harvest"), SATURDAY + timedelta(days=9): Exceptional((MORNING,))}
    )
    assert due_date(harvest, date(2026, 10, 22), 30) == SATURDAY + timedelta(days=1)


@settings(deadline=None)
@given(calendars(), DAYS, LENGTHS, UNITS, MODES)
def test_a_due_date_is_never_before_the_day_after_lending(
    calendar: Calendar, lent: date, length: int, unit: LoanUnit, mode: ClosedDays
) -> None:
    assert due_date(calendar, lent, length, unit, mode) >= lent + timedelta(days=1)


@settings(deadline=None)
@given(calendars(min_weekdays=1), DAYS, LENGTHS, UNITS, st.sampled_from(sorted(set(ClosedDays) - {ClosedDays.IGNORE})))
def test_a_mode_that_promises_an_open_day_gives_one(
    calendar: Calendar, lent: date, length: int, unit: LoanUnit, mode: ClosedDays
) -> None:
    assert calendar.is_open_on(due_date(calendar, lent, length, unit, mode))


@settings(deadline=None)
@given(DAYS, LENGTHS, UNITS, MODES)
def test_a_place_that_never_opens_moves_nothing(lent: date, length: int, unit: LoanUnit, mode: ClosedDays) -> None:
    plain = max(period_end(lent, length, unit), lent + timedelta(days=1))
    assert due_date(NEVER, lent, length, unit, mode) == plain


@settings(deadline=None)
@given(calendars(), DAYS, LENGTHS, UNITS, MODES)
def test_no_due_date_is_moved_by_more_than_a_year(
    calendar: Calendar, lent: date, length: int, unit: LoanUnit, mode: ClosedDays
) -> None:
    plain = period_end(lent, length, unit)
    assert abs(due_date(calendar, lent, length, unit, mode) - plain) <= timedelta(days=SEARCH_DAYS)


@settings(deadline=None)
@given(calendars(), DAYS, LENGTHS, st.sampled_from(sorted(set(ClosedDays) - {ClosedDays.SAME_WEEKDAY})))
def test_a_longer_loan_never_ends_earlier(calendar: Calendar, lent: date, length: int, mode: ClosedDays) -> None:
    shorter = due_date(calendar, lent, length, mode=mode)
    assert shorter <= due_date(calendar, lent, length + 1, mode=mode)


@settings(deadline=None)
@given(calendars(), DAYS)
def test_the_next_day_to_come_is_not_passed_over(calendar: Calendar, day: date) -> None:
    found = next_day_to_come(calendar, day)
    between = (day + timedelta(days=ahead) for ahead in range((found - day).days))
    assert found >= day
    assert not any(calendar.may_come_on(earlier) for earlier in between)
