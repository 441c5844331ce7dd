"""Exposure and loans on the axes room, class, month and time on the shelf."""

from datetime import date

import numpy as np

from circulation.restocking.history import (
    SILENCE_DAYS,
    Places,
    Shape,
    copy_days,
    loan_counts,
    months_until,
    observe,
    recorded_share,
)
from tests.circulation.restocking.made_county import ints, stays

ONE = Shape(1, 1)


def test_the_last_month_ends_with_the_planning_day_and_is_open() -> None:
    months = months_until(date(2026, 3, 10), 3)
    assert [date.fromordinal(int(edge)) for edge in months.edges] == [
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
        date(2026, 3, 11),
    ]
    assert months.closed.tolist() == [True, True, False]
    assert months.of_year.tolist() == [0, 1, 2]


def test_a_copy_counts_only_the_days_it_stood_here() -> None:
    months = months_until(date(2026, 3, 31), 3)
    arrived = date(2026, 1, 22).toordinal()
    left = date(2026, 2, 11).toordinal()
    days = copy_days(months, stays([(0, 0, 0, arrived, arrived, left)]), ONE)
    assert days.sum(axis=3)[0, 0].tolist() == [10, 10, 0]


def test_time_on_the_shelf_decides_the_age_band() -> None:
    months = months_until(date(2026, 3, 31), 1)
    start, end = int(months.edges[0]), int(months.edges[1])
    rows = [(0, 0, 0, start, start, end), (0, 0, 0, start - 300, start, end), (0, 0, 0, start - 2_000, start, end)]
    assert (copy_days(months, stays(rows), ONE)[0, 0, 0] > 0).tolist() == [True, True, False, True]


def test_days_on_loan_are_not_days_on_the_shelf() -> None:
    months = months_until(date(2026, 3, 31), 1)
    start, end = int(months.edges[0]), int(months.edges[1])
    places = Places(ints([0]), ints([0]), ints([start]), ints([end]))
    seen = observe(
        months,
        stays([(0, 0, 0, start, start, end)]),
        stays([(0, 0, 0, start, start + 5, start + 15)]),
        ONE,
        places=places,
    )
    assert seen.days.sum() == 31 - 10
    assert seen.loans.sum() == 1


def test_loans_outside_the_window_are_not_counted() -> None:
    months = months_until(date(2026, 3, 31), 2)
    before, after = int(months.edges[0]) - 1, int(months.edges[-1])
    assert loan_counts(months, stays([(0, 0, 0, 1, before, before), (0, 0, 0, 1, after, after)]), ONE).sum() == 0


def test_silence_after_a_quarter_is_missing_data_and_not_zero_demand() -> None:
    months = months_until(date(2026, 12, 31), 12)
    first, last = date(2026, 2, 1).toordinal(), date(2026, 4, 1).toordinal()
    share = recorded_share(months, ints([first, 0]), ints([last, 0]))
    assert share[0, 0] == 0
    assert share[0, 1] == share[0, 4] == 1
    assert np.isclose((share[0] * months.days).sum(), last + SILENCE_DAYS - first)
    assert share[1].sum() == 0
