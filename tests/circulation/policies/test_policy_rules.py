"""Which row of a rule wins, and why."""

import re
from datetime import date
from typing import get_args, get_origin, get_type_hints

import pytest

from circulation.policies.named import Terms
from circulation.policies.rules import (
    RULES,
    BadValue,
    Line,
    Question,
    ReturnPolicy,
    chain_of,
    distance,
    parse,
    resolve,
)
from circulation.policies.values import Blocker, DueMode, HardDue

TODAY = date(2026, 11, 23)
COUNTY, TOWNSHIP, ROOM, ELSEWHERE = 1, 4, 9, 7
CIRCLE, TOWNS = 50, 60
SETS = {CIRCLE: frozenset({ROOM, 8}), TOWNS: frozenset({TOWNSHIP})}
ASKED = Question("book", "child", (ROOM, TOWNSHIP, COUNTY), TODAY)


def days(line_id: int, value: int = 10, **scope: object) -> Line:
    return Line(line_id, "loan_days", value, **scope)  # type: ignore[arg-type]  # a shorthand for tests


def winner(*lines: Line, question: Question = ASKED) -> int | None:
    line = resolve({"loan_days": lines}, question, SETS).answers["loan_days"].line
    return line.id if line else None


ORDER = [
    pytest.param(days(1, item_class="book"), days(2, patron_category="child", branch_id=ROOM), id="class before all"),
    pytest.param(days(1, patron_category="child"), days(2, branch_id=ROOM), id="category before place"),
    pytest.param(days(1, branch_id=ROOM), days(2, set_id=CIRCLE), id="the branch before its set"),
    pytest.param(days(1, set_id=CIRCLE), days(2, branch_id=TOWNSHIP), id="a set before the parent"),
    pytest.param(days(1, branch_id=TOWNSHIP), days(2, set_id=TOWNS), id="the parent before the parent's set"),
    pytest.param(days(1, set_id=TOWNS), days(2, branch_id=COUNTY), id="the parent's set before the grandparent"),
    pytest.param(days(1, branch_id=COUNTY), days(2), id="the root before no place"),
    pytest.param(days(1, from_on=date(2026, 9, 1)), days(2, from_on=date(2026, 1, 1)), id="the latest beginning"),
    pytest.param(days(1, from_on=date(2020, 1, 1)), days(2), id="a beginning before none"),
    pytest.param(days(2), days(1), id="the one entered last"),
    pytest.param(
        days(1, item_class="book", patron_category="child"), days(2, item_class="book", branch_id=ROOM), id="both named"
    ),
]


@pytest.mark.parametrize(("better", "worse"), ORDER)
def test_the_better_row_wins_in_either_order(better: Line, worse: Line) -> None:
    assert winner(better, worse) == better.id
    assert winner(worse, better) == better.id


MISFITS = [
    pytest.param(days(1, item_class="dvd"), id="another class"),
    pytest.param(days(1, patron_category="elder"), id="another category"),
    pytest.param(days(1, branch_id=ELSEWHERE), id="a branch elsewhere"),
    pytest.param(days(1, set_id=99), id="a set without it"),
    pytest.param(days(1, from_on=date(2026, 11, 24)), id="not yet"),
    pytest.param(days(1, to_on=date(2026, 11, 22)), id="no longer"),
]


@pytest.mark.parametrize("line", MISFITS)
def test_a_row_that_does_not_fit_leaves_the_default(line: Line) -> None:
    resolved = resolve({"loan_days": [line]}, ASKED, SETS)
    assert resolved.terms.loan_days == RULES["loan_days"].default
    assert resolved.rows == {}


def test_both_ends_of_the_dates_count() -> None:
    assert winner(days(1, from_on=TODAY, to_on=TODAY)) == 1


def test_rows_with_a_class_do_not_fit_a_question_without_one() -> None:
    asked = Question(None, None, (ROOM,), TODAY)
    assert winner(days(1, item_class="book"), days(2, patron_category="child"), days(3), question=asked) == 3


def test_each_rule_is_resolved_on_its_own() -> None:
    lines = {
        "loan_days": [days(1, 14, branch_id=ROOM)],
        "loan_limit": [Line(2, "loan_limit", 2, item_class="book"), Line(3, "loan_limit", 9, branch_id=ROOM)],
    }
    resolved = resolve(lines, ASKED, SETS)
    assert (resolved.terms.loan_days, resolved.terms.loan_limit, resolved.terms.renewals_max) == (14, 2, 1)
    assert resolved.rows["loan_limit"] == 2


def test_explain_names_the_winner_and_what_it_beat_best_first() -> None:
    resolved = resolve({"loan_days": [days(1), days(2, 20, branch_id=ROOM), days(3, branch_id=TOWNSHIP)]}, ASKED, SETS)
    explained = {entry["rule"]: entry for entry in resolved.explain()}["loan_days"]
    assert explained["value"] == 20
    assert explained["row"]["id"] == 2
    assert [row["id"] for row in explained["beat"]] == [3, 1]
    assert set(RULES) == {entry["rule"] for entry in resolved.explain()}


def test_a_set_is_half_a_step_beyond_its_nearest_member() -> None:
    assert distance(days(1, set_id=TOWNS), ASKED.chain, SETS) == 1.5
    assert distance(days(1, set_id=CIRCLE), ASKED.chain, SETS) == 0.5


@pytest.mark.parametrize(("path", "chain"), [("/1/4/9/", (9, 4, 1)), ("/1/", (1,)), ("/", ())])
def test_a_path_gives_the_chain_nearest_first(path: str, chain: tuple[int, ...]) -> None:
    assert chain_of(path) == chain


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        ("loan_days", " 30 ", 30),
        ("loan_limit", "0", 0),
        ("overdue_block_days", "never", None),
        ("overdue_block_days", "0", 0),
        ("return_policy", "stay", ReturnPolicy.STAY),
    ],
)
def test_values_are_read(rule: str, text: str, value: object) -> None:
    assert parse(rule, text) == value


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("loan_days", "0"),
        ("loan_days", "-1"),
        ("loan_days", "3.5"),
        ("loan_days", "３０"),
        ("loan_days", ""),
        ("loan_days", "9" * 40),
        ("loan_limit", "never"),
        ("return_policy", "moon"),
    ],
)
def test_what_is_no_value_is_refused(rule: str, text: str) -> None:
    with pytest.raises(BadValue):
        parse(rule, text)


def test_every_rule_has_a_default_of_its_own_kind() -> None:
    for rule in RULES.values():
        assert rule.parse(rule.kind.write(rule.default)) == rule.default


def test_resolved_values_have_their_types() -> None:
    resolved = resolve({"overdue_block_days": [Line(1, "overdue_block_days", None)]}, ASKED, SETS)
    assert resolved.terms.overdue_block_days is None
    assert resolved.terms.return_policy == ReturnPolicy.HOME
    assert resolved.terms.holds_max == RULES["holds_max"].default


def test_terms_have_a_field_for_every_rule_and_its_default_is_of_the_type() -> None:
    hints = get_type_hints(Terms)
    assert list(hints) == list(RULES)
    for name, rule in RULES.items():
        assert isinstance(rule.default, get_args(hints[name]) or hints[name]) or get_origin(hints[name]) is frozenset


@pytest.mark.parametrize(
    ("rule", "text", "value"),
    [
        ("hard_due", "latest 2027-01-15", HardDue(DueMode.LATEST, date(2027, 1, 15))),
        ("hard_due", "term_end", HardDue(DueMode.TERM_END)),
        ("hard_due", "none", None),
        ("due_by_next_run", "yes", True),
        ("renew_blocked_by", "hold, overdue", frozenset({Blocker.HOLD, Blocker.OVERDUE})),
        ("renew_blocked_by", "none", frozenset()),
        ("fine_cap", "none", None),
        ("renewal_days", "same", None),
    ],
)
def test_values_of_every_kind_are_read_and_written(rule: str, text: str, value: object) -> None:
    assert parse(rule, text) == value
    assert RULES[rule].kind.write(parse(rule, text)) == text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("hard_due", "latest"),
        ("hard_due", "term_end 2027-01-15"),
        ("hard_due", "latest 15.1.2027"),
        ("due_by_next_run", "maybe"),
        ("renew_blocked_by", ""),
        ("renew_blocked_by", "hold, weather"),
        ("closed_day_mode", "sometimes"),
        ("age_limit", "100"),
    ],
)
def test_what_is_no_value_says_what_would_be(rule: str, text: str) -> None:
    with pytest.raises(BadValue, match=re.escape(RULES[rule].kind.expected)):
        parse(rule, text)


@pytest.mark.parametrize(
    ("counted", "mode", "due"),
    [
        (date(2027, 1, 20), DueMode.LATEST, date(2027, 1, 15)),
        (date(2027, 1, 10), DueMode.LATEST, date(2027, 1, 10)),
        (date(2027, 1, 10), DueMode.EARLIEST, date(2027, 1, 15)),
        (date(2027, 1, 10), DueMode.EXACTLY, date(2027, 1, 15)),
    ],
)
def test_a_hard_due_date_bounds_what_was_counted(counted: date, mode: DueMode, due: date) -> None:
    assert HardDue(mode, date(2027, 1, 15)).applied_to(counted, None) == due


def test_the_end_of_the_term_is_the_readers_own() -> None:
    assert HardDue(DueMode.TERM_END).applied_to(date(2027, 3, 1), date(2027, 1, 15)) == date(2027, 1, 15)
    assert HardDue(DueMode.TERM_END).applied_to(date(2027, 3, 1), None) == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("day", "begun"),
    [
        (date(2030, 6, 30), None),
        (date(2030, 7, 1), date(2030, 7, 1)),
        (date(2030, 8, 31), date(2030, 7, 1)),
        (date(2030, 9, 1), None),
        (date(2020, 7, 15), date(2020, 7, 1)),
    ],
)
def test_a_yearly_row_holds_every_summer(day: date, begun: date | None) -> None:
    row = Line(1, "loan_limit", 10, from_on=date(2026, 7, 1), to_on=date(2026, 8, 31), is_yearly=True)
    assert row.begun_on(day) == begun


@pytest.mark.parametrize(
    ("day", "begun"),
    [
        (date(2030, 12, 19), None),
        (date(2030, 12, 20), date(2030, 12, 20)),
        (date(2031, 1, 10), date(2030, 12, 20)),
        (date(2031, 1, 11), None),
    ],
)
def test_a_yearly_row_may_run_over_new_year(day: date, begun: date | None) -> None:
    row = Line(1, "loan_limit", 10, from_on=date(2026, 12, 20), to_on=date(2027, 1, 10), is_yearly=True)
    assert row.begun_on(day) == begun
