"""Loans taken again under other rules: every figure by hand, and what must hold of any loans."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from circulation.policies.figures import Figures, Tally
from circulation.policies.named import RULES, Terms
from circulation.policies.rules import Line, LoansCounted
from circulation.policies.values import Blocker, DueMode, HardDue
from circulation.policies.what_if import REPLAYED, PastLoan, Rules, World, replay

TODAY = date(2026, 11, 23)
ROOM, OTHER_ROOM, TOWNSHIP = 9, 8, 4


def day(number: int) -> date:
    """Return the day so many days after the first of the story."""
    return date(2026, 3, 1) + timedelta(days=number)


def loan(out: int, back: int | None = None, **values: Any) -> PastLoan:
    """A loan of an adult in the room, by the numbers of its days."""
    number = values.pop("id", 1000 * out)

    def at(of: int | None) -> datetime | None:
        return datetime.combine(day(of), datetime.min.time(), UTC) if of is not None else None

    values.setdefault("branch_id", ROOM)
    values.setdefault("patron_id", 1)
    values.setdefault("category", "adult")
    values.setdefault("bib_id", number)
    renewed = tuple(day(of) for of in values.pop("renewed", ()))
    return PastLoan(
        id=number,
        born_in=values.pop("born_in", 1980),
        item_class=values.pop("item_class", "book"),
        area=TOWNSHIP,
        path=f"/1/4/{values['branch_id']}/",
        out_at=at(out),  # type: ignore[arg-type]  # a number is given
        out_on=day(out),
        in_at=at(back),
        in_on=day(back) if back is not None else None,
        renewed_on=renewed,
        **values,
    )


def plainly(_branch: int, _patron: int | None, begins_on: date, length: int, terms: Terms) -> date:
    """Count days and obey a fixed due date; calendars are tested elsewhere."""
    counted = begins_on + timedelta(days=length)
    return terms.hard_due.applied_to(counted, None) if terms.hard_due else counted


def lines(**values: Any) -> Mapping[str, tuple[Line, ...]]:
    return {rule: (Line(number, rule, value),) for number, (rule, value) in enumerate(values.items(), start=1)}


PRESENT = lines(loan_days=30, loan_limit=5, renewals_max=1, overdue_block_days=30)


def tried(*loans: PastLoan, counted: LoansCounted = LoansCounted.COUNTY, **changed: Any) -> Figures:
    """Return the figures when the rules named were changed."""
    present = Rules(PRESENT, {}, counted)
    return replay(loans, World(present, replace(present, lines={**PRESENT, **lines(**changed)}), plainly, TODAY))


def differences(figures: Figures) -> dict[str, int]:
    """Return the figures that are not nought, without the two that count what was looked at."""
    return {
        name: count for name, count in asdict(figures.total()).items() if count and name not in {"loans", "renewals"}
    }


def test_a_longer_loan_is_due_later_and_no_longer_late() -> None:
    figures = tried(loan(0, 40), loan(50, 60), loan_days=45)
    assert differences(figures) == {"later": 2, "days_later": 30, "no_longer_late": 1}
    assert (figures.readers, figures.readers_touched, figures.total().loans) == (1, 1, 2)


def test_a_shorter_loan_is_due_earlier_and_late_instead() -> None:
    assert differences(tried(loan(0, 25), loan_days=20)) == {"earlier": 1, "days_earlier": 10, "now_late": 1}


def test_an_open_loan_is_judged_by_today() -> None:
    out = (TODAY - day(0)).days - 40
    assert differences(tried(loan(out), loan_days=45)) == {"later": 1, "days_later": 15, "no_longer_late": 1}


def test_a_lower_limit_refuses_the_loan_that_came_on_top() -> None:
    figures = tried(loan(0, 90), loan(1, 90), loan(2, 90), loan(3, 90), loan_limit=3)
    assert differences(figures) == {"refused": 1}
    assert figures.refused_by == {"loan_limit": 1}


def test_what_came_back_before_is_not_in_hand() -> None:
    assert differences(tried(loan(0, 2), loan(1, 2), loan(3, 4), loan_limit=2)) == {}


def test_a_higher_limit_allows_what_needed_an_exception() -> None:
    six = [loan(number, 90) for number in range(6)]
    assert differences(tried(*six, loan_limit=6)) == {"allowed": 1}


def test_loans_of_another_place_fill_the_limit_only_where_the_county_counts_them() -> None:
    two = (loan(0, 90, branch_id=OTHER_ROOM), loan(1, 90))
    assert differences(tried(*two, loan_limit=1)) == {"refused": 1}
    assert differences(tried(*two, counted=LoansCounted.BRANCH, loan_limit=1)) == {}


def test_limits_of_a_class_a_title_and_an_age() -> None:
    discs = (loan(0, 90, item_class="disc"), loan(1, 90), loan(2, 90, item_class="disc"))
    assert tried(*discs, loan_limit_class=1).refused_by == {"loan_limit_class": 1}
    one_title = (loan(0, 90, bib_id=7), loan(1, 90, bib_id=7))
    assert differences(tried(*one_title, loan_limit_title=2)) == {"allowed": 1}
    assert tried(loan(0, 9, born_in=2015), loan(1, 9, born_in=2015), age_limit=14).refused_by == {"age_limit": 2}
    assert differences(tried(loan(0, 9, born_in=None), age_limit=14)) == {}


def test_a_reader_is_blocked_by_a_book_that_is_late_by_more_days_than_allowed() -> None:
    two = (loan(0, 90), loan(45, 50))
    assert differences(tried(*two, overdue_block_days=15)) == {}
    assert tried(*two, overdue_block_days=14).refused_by == {"overdue_block_days": 1}
    assert tried(*two, overdue_block_days=0).refused_by == {"overdue_block_days": 1}


def test_what_was_copied_from_a_notebook_neither_blocks_nor_is_refused() -> None:
    assert tried(loan(0, 90, is_backdated=True), loan(45, 50), overdue_block_days=0).refused_by == {}
    assert tried(loan(0, 90), loan(45, 50, is_backdated=True), loan_limit=1).refused_by == {}
    assert tried(loan(0, 90, is_backdated=True), loan(1, 50), loan_limit=1).refused_by == {"loan_limit": 1}


def test_a_shorter_loan_blocks_a_later_one() -> None:
    assert tried(loan(0, 90), loan(45, 50), loan_days=10).refused_by == {"overdue_block_days": 1}


def test_renewals_that_are_no_longer_allowed_leave_the_old_due_date() -> None:
    figures = tried(loan(0, 50, renewed=(20,)), renewals_max=0)
    assert differences(figures) == {"earlier": 1, "days_earlier": 30, "now_late": 1, "renewals_refused": 1}
    assert figures.total().renewals == 1


def test_a_second_renewal_would_be_allowed() -> None:
    assert differences(tried(loan(0, 80, renewed=(20, 50)), renewals_max=2)) == {
        "later": 1,
        "days_later": 30,
        "no_longer_late": 1,
        "renewals_allowed": 1,
    }


def test_from_where_a_renewal_counts_and_how_long_it_is() -> None:
    early = loan(0, 40, renewed=(5,))
    assert differences(tried(early, renew_from="today")) == {"earlier": 1, "days_earlier": 25, "now_late": 1}
    assert differences(tried(early, renewal_days=40)) == {"later": 1, "days_later": 10}


def test_a_late_loan_is_not_renewed_where_lateness_stands_against_it() -> None:
    late = loan(0, 40, renewed=(35,))
    assert differences(tried(late, renew_blocked_by=frozenset({Blocker.OVERDUE})))["renewals_refused"] == 1
    assert differences(tried(loan(0, 40, renewed=(30,)), renew_blocked_by=frozenset({Blocker.OVERDUE}))) == {}


def test_a_fixed_date_and_a_case_after_so_many_days() -> None:
    assert differences(tried(loan(0, 5), hard_due=HardDue(DueMode.LATEST, day(20)))) == {
        "earlier": 1,
        "days_earlier": 10,
    }
    assert differences(tried(loan(0, 95), lost_after_days=60)) == {"now_lost": 1}
    assert differences(tried(loan(0, 125), lost_after_days=None)) == {"no_longer_lost": 1}


def test_a_loan_from_before_the_year_is_counted_in_hand_and_not_judged() -> None:
    figures = tried(loan(0, 90, is_judged=False), loan(1, 90), loan_limit=1)
    assert (figures.total().loans, differences(figures)) == (1, {"refused": 1})


def test_readers_who_are_forgotten_are_judged_loan_by_loan() -> None:
    figures = tried(loan(0, 90, patron_id=None), loan(1, 90, patron_id=None), loan_limit=1)
    assert (figures.readers, differences(figures)) == (0, {})
    assert differences(tried(loan(0, 90, patron_id=None), loan_days=31)) == {"later": 1, "days_later": 1}


def test_figures_stand_by_category_and_township() -> None:
    figures = tried(loan(0, 5), loan(0, 5, patron_id=2, category="child"), loan_days=31)
    assert {cell: tally.later for cell, tally in figures.cells.items()} == {
        ("adult", TOWNSHIP): 1,
        ("child", TOWNSHIP): 1,
    }


def test_a_row_of_next_summer_is_tried_on_last_summers_loans() -> None:
    summer = {"from_on": date(2027, 7, 1), "to_on": date(2027, 8, 31)}
    present = Rules(PRESENT, {})
    row = Line(99, "loan_days", 60, **summer)  # type: ignore[arg-type]  # dates by name
    changed = Rules({**PRESENT, "loan_days": (*PRESENT["loan_days"], row)}, {})
    in_july, in_may = loan((date(2026, 7, 5) - day(0)).days, 200), loan((date(2026, 5, 5) - day(0)).days, 100)
    assert replay([in_july, in_may], World(present, changed, plainly, TODAY)).total().later == 0
    figures = replay([in_july, in_may], World(present, changed, plainly, TODAY, years=1))
    assert (figures.total().later, figures.total().days_later) == (1, 30)


def test_each_distinct_question_is_resolved_once() -> None:
    asked: list[date] = []

    def counting(branch: int, patron: int | None, begins_on: date, length: int, terms: Terms) -> date:
        asked.append(begins_on)
        return plainly(branch, patron, begins_on, length, terms)

    present = Rules(PRESENT, {})
    world = World(present, Rules({**PRESENT, **lines(loan_days=31)}, {}), counting, TODAY)
    replay([loan(number, number + 1, patron_id=number) for number in range(50)], world)
    assert len(world.resolved) == 1
    assert len(asked) == 2 * 50


days_out = st.integers(0, 300)
loans = st.lists(
    st.builds(
        lambda out, length, patron, renewed, **values: loan(
            out,
            out + length if length else None,
            patron_id=patron,
            renewed=tuple(sorted(out + r for r in renewed)),
            **values,
        ),
        out=days_out,
        length=st.integers(0, 120),
        patron=st.integers(1, 3),
        renewed=st.lists(st.integers(1, 60), max_size=2),
        id=st.integers(1, 10**6),
        bib_id=st.integers(1, 3),
        item_class=st.sampled_from(["book", "disc"]),
        category=st.sampled_from(["adult", "child"]),
    ),
    max_size=12,
).map(lambda found: sorted(found, key=lambda one: one.patron_id))
changes = st.fixed_dictionaries(
    {},
    optional={
        "loan_days": st.integers(1, 90),
        "loan_limit": st.integers(0, 6),
        "loan_limit_title": st.one_of(st.none(), st.integers(1, 3)),
        "renewals_max": st.integers(0, 3),
        "overdue_block_days": st.one_of(st.none(), st.integers(0, 60)),
    },
)


@given(loans, st.sampled_from(sorted(PRESENT)))
def test_a_row_that_says_what_holds_changes_nothing(loans: list[PastLoan], rule: str) -> None:
    (line,) = PRESENT[rule]
    figures = tried(*loans, **{rule: line.value})
    assert differences(figures) == {}
    assert (figures.readers_touched, figures.total().loans) == (0, len(loans))


@given(loans, changes)
def test_the_figures_add_up(loans: list[PastLoan], changed: dict[str, Any]) -> None:
    figures = tried(*loans, **changed)
    total = figures.total()
    parts = Tally()
    for tally in figures.cells.values():
        parts.add(tally)
    assert parts == total
    assert total.loans == len(loans)
    assert total.renewals == sum(len(one.renewed_on) for one in loans)
    assert total.later + total.earlier <= total.loans
    assert total.refused + total.allowed <= total.loans
    assert total.renewals_refused + total.renewals_allowed <= total.renewals
    assert figures.readers_touched <= figures.readers == len({one.patron_id for one in loans})
    assert bool(total.touched) == bool(figures.readers_touched)


@given(loans, changes)
def test_changing_back_undoes_the_change(loans: list[PastLoan], changed: dict[str, Any]) -> None:
    there = tried(*loans, **changed).total()
    present = Rules({**PRESENT, **lines(**changed)}, {})
    back = {**present.lines, **PRESENT, **{name: () for name in changed if name not in PRESENT}}
    again = replay(loans, World(present, Rules(back, {}), plainly, TODAY)).total()
    pairs = [
        ("later", "earlier"),
        ("days_later", "days_earlier"),
        ("now_late", "no_longer_late"),
        ("refused", "allowed"),
    ]
    for one, other in [*pairs, ("renewals_refused", "renewals_allowed"), ("now_lost", "no_longer_lost")]:
        assert (getattr(there, one), getattr(there, other)) == (getattr(again, other), getattr(again, one))


def test_every_replayed_rule_is_a_rule() -> None:

    assert set(RULES) >= REPLAYED
