"""Instants are UTC, dates are the county's."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from library.kernel import clock


@given(st.dates(date(1992, 1, 1), date(2100, 1, 1)))
def test_a_day_begins_and_ends_in_the_county(day: date) -> None:
    first = clock.start_of_day(day)
    last = clock.start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)
    assert clock.local_date(first) == clock.local_date(last) == day
    assert clock.local_date(first - timedelta(seconds=1)) == day - timedelta(days=1)
    assert clock.local_date(last + timedelta(seconds=1)) == day + timedelta(days=1)


def test_late_evening_in_utc_is_tomorrow_in_the_county() -> None:
    with clock.using(clock.FixedClock(datetime(2026, 11, 22, 17, 0, tzinfo=UTC))):
        assert clock.today() == date(2026, 11, 23)


def test_the_clock_runs_again_after_a_test() -> None:
    with clock.using(clock.FixedClock(datetime(2000, 1, 1, tzinfo=UTC))):
        assert clock.now().year == 2000
    assert clock.now().year > 2000
