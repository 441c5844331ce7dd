"""Opening calendars: sessions, exceptions, next open day, due dates."""

from datetime import UTC, date, datetime, time

import pytest

from library.branches.rules import (
    Calendar,
    Exceptional,
    Session,
    WeekPattern,
    next_open_day,
    overlapping,
    weekly_minutes,
)

MORNING = Session(time(8, 30), time(11, 30))
AFTERNOON = Session(time(14, 30), time(18))
EVENING = Session(time(19), time(21))
WEEKDAYS = WeekPattern(dict.fromkeys(range(5), (MORNING, AFTERNOON)))
EVERY_DAY = WeekPattern(dict.fromkeys(range(7), (MORNING,)))
FRIDAY = date(2026, 11, 20)
SATURDAY = date(2026, 11, 21)
MONDAY = date(2026, 11, 23)


def test_a_day_with_two_sessions_is_closed_between_them() -> None:
    calendar = Calendar((WEEKDAYS,))
    assert calendar.is_open_at(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    assert not calendar.is_open_at(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    assert calendar.is_open_at(datetime(2026, 11, 20, 14, 30, tzinfo=UTC))
    assert not calendar.is_open_at(datetime(2026, 11, 20, 18, 0, tzinfo=UTC))


def test_sessions_come_in_their_order_however_they_were_written_down() -> None:
    calendar = Calendar((WeekPattern({4: (EVENING, MORNING, AFTERNOON)}),))
    assert calendar.sessions_on(FRIDAY) == (MORNING, AFTERNOON, EVENING)


def test_a_place_may_have_no_closing_day() -> None:
    calendar = Calendar((EVERY_DAY,))
    assert all(calendar.is_open_on(date(2026, 11, day)) for day in range(1, 31))


def test_a_session_that_ends_before_it_begins_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Session(time(18), time(8))


def test_an_exception_closes_a_day_the_week_would_open() -> None:
    calendar = Calendar((EVERY_DAY,), {FRIDAY: Exceptional(reason="harvest"), SATURDAY: Exceptional()})
    assert not calendar.is_open_on(FRIDAY)
    assert next_open_day(calendar, FRIDAY) == date(2026, 11, 22)


def test_an_exception_opens_a_working_weekend() -> None:
    calendar = Calendar((WEEKDAYS,), {SATURDAY: Exceptional((AFTERNOON,))})
    assert calendar.sessions_on(SATURDAY) == (AFTERNOON,)


def test_a_seasonal_pattern_replaces_the_usual_one_while_it_is_valid() -> None:
    summer = WeekPattern({4: (EVENING,)}, valid_from=date(2026, 6, 1), valid_until=date(2026, 8, 31))
    calendar = Calendar((EVERY_DAY, summer))
    assert calendar.sessions_on(date(2026, 7, 3)) == (EVENING,)
    assert calendar.sessions_on(date(2026, 7, 4)) == ()
    assert calendar.sessions_on(date(2026, 9, 4)) == (MORNING,)


def test_overlapping_sessions_count_once() -> None:
    long = Session(time(8), time(12))
    assert overlapping((long, MORNING))
    assert not overlapping((MORNING, AFTERNOON))
    assert weekly_minutes(WeekPattern({0: (long, MORNING), 1: (AFTERNOON,)})) == 240 + 210
