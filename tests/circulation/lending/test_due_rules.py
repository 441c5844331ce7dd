"""The day on which a loan is due: counted, off the closed days, hard dates, the van; and what follows from coming late."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.charges.rules import deposit_held, yuan
from circulation.lending import reasons as own
from circulation.lending.due_rules import Due, due
from circulation.lending.return_rules import Lateness, LateReader, fine, is_given_back, lateness
from circulation.policies.due_rules import Loaned, counted, hardened, needs_term, renewal_begins_on
from circulation.policies.lateness import blocks, days_late
from circulation.policies.named import CLOSED_DAY_MODES, DEFAULT_TERMS, LOAN_UNITS, Terms
from circulation.policies.values import DueMode, HardDue
from circulation.whereabouts.rules import neighbourhood
from library.branches.rules import Calendar, Session, WeekPattern

TODAY = date(2026, 11, 23)
MORNING = (Session(time(8), time(12)),)
MONDAY_AND_THURSDAY = Calendar((WeekPattern({0: MORNING, 3: MORNING}),))


def terms(**values: Any) -> Terms:
    return replace(DEFAULT_TERMS, **values)


def ends(calendar: Calendar = MONDAY_AND_THURSDAY, length: int = 30, run: date | None = None, **values: Any) -> Due:
    rules = terms(**values)
    day = hardened(counted(calendar, Loaned(9, TODAY, length, TODAY), rules), rules, TODAY)
    return due(day, rules, run)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, date(2026, 12, 24), id="thirty days, then the next open one"),
        pytest.param({"closed_day_mode": "ignore"}, date(2026, 12, 23), id="closed days do not matter"),
        pytest.param({"closed_day_mode": "previous_open"}, date(2026, 12, 21), id="the open day before"),
        pytest.param({"length": 2, "loan_unit": "weeks"}, date(2026, 12, 7), id="two weeks"),
        pytest.param({"length": 1, "loan_unit": "months"}, date(2026, 12, 24), id="a month"),
        pytest.param({"hard_due": HardDue(DueMode.LATEST, date(2026, 12, 5))}, date(2026, 12, 5), id="not after a day"),
        pytest.param({"hard_due": HardDue(DueMode.LATEST, date(2027, 6, 1))}, date(2026, 12, 24), id="long before it"),
        pytest.param(
            {"hard_due": HardDue(DueMode.EARLIEST, date(2027, 2, 20))}, date(2027, 2, 20), id="not before a day"
        ),
        pytest.param({"hard_due": HardDue(DueMode.EXACTLY, date(2027, 1, 15))}, date(2027, 1, 15), id="on a day"),
        pytest.param({"hard_due": HardDue(DueMode.EXACTLY, TODAY)}, date(2026, 11, 24), id="never before tomorrow"),
        pytest.param({"due_by_next_run": True, "run": date(2026, 12, 28)}, date(2026, 12, 28), id="the van"),
        pytest.param(
            {"due_by_next_run": True, "run": date(2026, 12, 8), "hard_due": HardDue(DueMode.LATEST, date(2026, 12, 5))},
            date(2026, 12, 8),
            id="the van after a hard date",
        ),
        pytest.param({"run": date(2026, 12, 28)}, date(2026, 12, 24), id="a van nobody asked about"),
    ],
)
def test_a_due_date_is_found_in_four_steps(values: dict[str, Any], expected: date) -> None:
    assert ends(**values) == Due(expected)


def test_without_a_planned_run_the_counted_day_holds_and_that_is_said() -> None:
    found = ends(due_by_next_run=True)
    assert found == Due(date(2026, 12, 24), lacks_run=True)
    assert codes(found.notices(None, TODAY)) == [own.NO_RUN_PLANNED]


def test_a_card_that_ends_first_changes_no_date_and_is_told() -> None:
    found = ends()
    assert codes(found.notices(found.on - timedelta(days=1), TODAY)) == [own.CARD_ENDS_FIRST]
    for ends_on in (found.on, None, TODAY - timedelta(days=1)):
        assert codes(found.notices(ends_on, TODAY)) == []


@pytest.mark.parametrize(
    ("term_ends_on", "expected"), [(date(2027, 1, 20), date(2027, 1, 20)), (None, date(2026, 12, 23))]
)
def test_a_group_keeps_its_books_until_its_term_ends(term_ends_on: date | None, expected: date) -> None:
    rules = terms(hard_due=HardDue(DueMode.TERM_END))
    assert needs_term(rules)
    assert hardened(date(2026, 12, 23), rules, TODAY, term_ends_on) == expected


SOME_DAY = st.dates(date(2026, 1, 1), date(2028, 12, 31))
HARD = st.none() | st.builds(HardDue, st.sampled_from([DueMode.LATEST, DueMode.EARLIEST, DueMode.EXACTLY]), SOME_DAY)


@given(
    begins_on=SOME_DAY,
    length=st.integers(1, 400),
    unit=st.sampled_from(LOAN_UNITS),
    mode=st.sampled_from(CLOSED_DAY_MODES),
    hard=HARD,
)
def test_nobody_is_late_on_the_day_of_borrowing(
    begins_on: date, length: int, unit: str, mode: str, hard: HardDue | None
) -> None:
    rules = terms(loan_unit=unit, closed_day_mode=mode, hard_due=hard)
    day = counted(MONDAY_AND_THURSDAY, Loaned(9, begins_on, length, begins_on), rules)
    assert hardened(day, rules, begins_on) > begins_on


@pytest.mark.parametrize(
    ("renew_from", "due_on", "expected"),
    [
        ("later", date(2026, 12, 1), date(2026, 12, 1)),
        ("later", date(2026, 11, 1), TODAY),
        ("due", date(2026, 11, 1), date(2026, 11, 1)),
        ("today", date(2026, 12, 1), TODAY),
    ],
)
def test_a_renewal_counts_from_where_the_rule_says(renew_from: str, due_on: date, expected: date) -> None:
    assert renewal_begins_on(renew_from, due_on, TODAY) == expected


@pytest.mark.parametrize(
    ("late", "allowed", "is_blocked"),
    [(0, 0, False), (1, 0, True), (30, 30, False), (31, 30, True), (999, None, False)],
)
def test_more_than_the_allowed_days_block(late: int, allowed: int | None, is_blocked: bool) -> None:
    assert blocks(late, allowed) is is_blocked


def test_a_loan_is_late_from_the_day_after_it_was_due() -> None:
    assert [days_late(TODAY - timedelta(days=days), TODAY) for days in (-1, 0, 1)] == [0, 0, 1]
    assert days_late(None, TODAY) == 0


@pytest.mark.parametrize(
    ("late", "grace", "cap", "cents"),
    [(3, 0, None, 60), (3, 3, None, 0), (4, 3, None, 20), (400, 0, 500, 500), (3, 0, 500, 60)],
)
def test_each_day_after_the_grace_costs_up_to_the_cap(late: int, grace: int, cap: int | None, cents: int) -> None:
    assert fine(late, terms(fine_per_day=20, fine_grace_days=grace, fine_cap=cap)) == cents


COSTLY = terms(fine_per_day=20, suspension_days=2)
LATE_CASES = [
    (LateReader(1, "adult", 1), False, Lateness(5, 100, 1, date(2026, 12, 3)), [own.LATE_CHARGE, own.NOW_SUSPENDED]),
    (LateReader(1, "child", None), False, Lateness(5), []),
    (LateReader(1, "child", 7), False, Lateness(5, 100, 7), [own.GUARDIAN_CHARGED]),
    (LateReader(1, "child", None), True, Lateness(5, 0, None, date(2026, 12, 3)), [own.NOW_SUSPENDED]),
    (LateReader(1, "elder", 1), False, Lateness(5, 100, 1), [own.LATE_CHARGE]),
    (LateReader(1, "elder", 1), True, Lateness(5, 100, 1, date(2026, 12, 3)), [own.LATE_CHARGE, own.NOW_SUSPENDED]),
]


@pytest.mark.parametrize(("reader", "by_name", "expected", "told"), LATE_CASES)
def test_what_a_late_return_costs_whom(reader: LateReader, by_name: bool, expected: Lateness, told: list[str]) -> None:
    found = lateness(5, COSTLY, reader, TODAY, suspends_by_name=by_name)
    assert (found, codes(found.told(reader.patron_id))) == (expected, told)


@pytest.mark.parametrize(
    ("owed", "days_ago", "given_back"), [(3500, 900, True), (3499, 180, True), (0, 180, True), (0, 181, False)]
)
def test_a_charge_for_a_lost_copy_is_undone_while_it_is_owed_or_recent(
    owed: int, days_ago: int, given_back: bool
) -> None:
    assert is_given_back(3500, owed, TODAY - timedelta(days=days_ago), TODAY) is given_back


@pytest.mark.parametrize(
    ("deposits", "balance", "held"),
    [(5000, 0, 5000), (5000, 5000, 0), (5000, 3000, 2000), (0, -5000, 0), (5000, 9000, 0)],
)
def test_what_is_owed_is_set_against_the_deposit(deposits: int, balance: int, held: int) -> None:
    assert deposit_held(deposits, balance) == held


@pytest.mark.parametrize(("cents", "text"), [(0, "0"), (5, "0.05"), (50, "0.50"), (3500, "35"), (-3501, "-35.01")])
def test_money_is_written_in_yuan(cents: int, text: str) -> None:
    assert yuan(cents) == text


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/1/4/9/", "village", "/1/4/"),
        ("/1/4/", "township", "/1/4/"),
        ("/1/2/", "central", "/1/"),
        ("/1/", "county", "/1/"),
    ],
)
def test_a_neighbourhood_is_the_township(path: str, kind: str, expected: str) -> None:
    assert neighbourhood(path, kind) == expected


def codes(reasons: Iterator[Any]) -> list[str]:
    return [reason.code for reason in reasons]
