"""Trying a row on the loans in the database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from circulation.models import LoanRenewal
from circulation.policies import services, trying
from circulation.policies.book import book
from circulation.policies.replaying import Scope, past_loans
from circulation.policies.rules import Line
from library.branches import opening
from library.branches.models import Branch
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Operation
from library.patrons.models import PatronGroup
from tests.factories import a_bib, a_county, a_loan, a_patron, a_policy, an_item

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
Places = dict[str, Branch]


@pytest.fixture
def places(session: Session, clock: Callable[[datetime], None]) -> Places:
    clock(NOW)
    places = a_county(session)
    a_policy(session, "loan_days", 30, branch_id=places["county"].id)
    a_policy(session, "loan_limit", 5, branch_id=places["county"].id)
    return places


def lent(session: Session, branch: Branch, patron: Any, days_ago: int, days: int | None = None, **values: Any) -> Any:
    """Lend a copy of the branch so many days ago, back after `days`."""
    out_at = NOW - timedelta(days=days_ago)
    back = {"in_at": out_at + timedelta(days=days)} if days is not None else {}
    return a_loan(session, item=an_item(session, branch=branch), patron=patron, out_at=out_at, **back, **values)


def test_a_row_is_tried_on_the_loans_of_the_year_and_nothing_is_stored(session: Session, places: Places) -> None:
    elder, adult = (a_patron(session, branch=places["east"], category=category) for category in ("elder", "adult"))
    lent(session, places["east"], elder, 100, 40)
    lent(session, places["central"], elder, 100, 10)
    lent(session, places["east"], adult, 100, 40)
    lent(session, places["east"], elder, 400, 10)
    lent(session, places["east"], elder, 100, 10, is_on_site=True)
    tried = trying.try_row(
        session, rule="loan_days", value="60", patron_category="elder", branch_id=places["county"].id
    )
    assert (tried["readers"], tried["readers_touched"], tried["loans"], tried["later"]) == (1, 1, 2, 2)
    assert (tried["days_later"], tried["no_longer_late"], tried["years"], tried["one_in"]) == (60, 1, 0, 1)
    assert [(cell["branch"], cell["category"], cell["later"]) for cell in tried["by"]] == [
        ("central", "elder", 1),
        ("township", "elder", 1),
    ]
    assert len(book(session).lines["loan_days"]) == 1


def test_a_row_that_another_one_beats_changes_nothing(session: Session, places: Places) -> None:
    lent(session, places["east"], a_patron(session, branch=places["east"]), 100, 40)
    tried = trying.try_row(session, rule="loan_days", value="60")
    assert (tried["loans"], tried["later"], tried["by"]) == (1, 0, [])


def test_due_dates_are_counted_by_the_hours_of_the_place(
    session: Session, places: Places, operation: Callable[..., Operation]
) -> None:
    week = {weekday: [(time(9), time(17))] for weekday in (0, 2)}
    opening.set_week(session, operation(), places["east"].id, week, valid_from=date(2025, 1, 1))
    patron = a_patron(session, branch=places["east"])
    out_on = date(2026, 6, 1)  # a Monday, and so is the day 28 days later
    lent(session, places["east"], patron, (TODAY - out_on).days, 5)
    place = {"branch_id": places["county"].id}
    assert trying.try_row(session, rule="loan_days", value="28", **place)["days_earlier"] == 2
    assert trying.try_row(session, rule="closed_day_mode", value="ignore", **place)["later"] == 0


@pytest.mark.parametrize(("ended_days_ago", "earlier", "days"), [(90, 1, 20), (100, 0, 0), (150, 0, 0)])
def test_a_term_that_was_over_on_the_day_of_lending_decides_nothing(
    session: Session, places: Places, ended_days_ago: int, earlier: int, days: int
) -> None:
    group = a_patron(session, branch=places["east"], category="group")
    ended_on = TODAY - timedelta(days=ended_days_ago)
    session.add(PatronGroup(name="x", branch_id=places["east"].id, custodian_id=group.id, term_ends_on=ended_on))
    session.flush()
    lent(session, places["east"], group, 100, 40)
    tried = trying.try_row(session, rule="hard_due", value="term_end", branch_id=places["county"].id)
    assert (tried["loans"], tried["earlier"], tried["days_earlier"]) == (1, earlier, days)


def test_a_renewal_counts_on_the_day_it_was_made(session: Session, places: Places) -> None:
    loan = lent(session, places["east"], a_patron(session, branch=places["east"]), 100, 50, renewals=1)
    at = loan.out_at + timedelta(days=10)
    session.add(LoanRenewal(loan_id=loan.id, at=at, due_before=TODAY, due_after=TODAY))
    session.flush()
    tried = trying.try_row(session, rule="renewals_max", value="0", branch_id=places["county"].id)
    assert (tried["renewals"], tried["renewals_refused"], tried["now_late"]) == (1, 1, 1)


@pytest.mark.parametrize(("setting", "touched"), [("lending_branch", 1), ("item_home", 1), ("patron_home", 0)])
def test_the_place_that_decides_is_the_one_the_county_has_chosen(
    session: Session, places: Places, operation: Callable[..., Operation], setting: str, touched: int
) -> None:
    services.choose(session, operation(), "policy_place", setting)
    lent(session, places["east"], a_patron(session, branch=places["west"]), 100, 10)
    tried = trying.try_row(session, rule="loan_days", value="60", branch_id=places["east"].id)
    assert tried["later"] == touched


def test_ending_and_replacing_a_row(session: Session, places: Places) -> None:
    lent(session, places["east"], a_patron(session, branch=places["east"]), 100, 40)
    row = a_policy(session, "loan_days", 60, branch_id=places["east"].id)
    services.raise_version(session, services.VERSION)
    assert trying.try_end(session, row.id)["days_earlier"] == 30
    tried = trying.try_row(session, replaces=row.id, rule="loan_days", value="10", branch_id=places["township"].id)
    assert tried["days_earlier"] == 50


def test_a_rule_that_loans_do_not_tell_is_said_to_be_so(session: Session, places: Places) -> None:
    lent(session, places["east"], a_patron(session, branch=places["east"]), 100, 40)
    tried = trying.try_row(session, rule="pickup_days", value="3")
    assert (tried["is_replayed"], tried["loans"], tried["by"]) == (False, 0, [])


def test_what_cannot_be_saved_cannot_be_tried(session: Session, places: Places) -> None:
    del places
    with pytest.raises(Invalid, match="bad_policy_value"):
        trying.try_row(session, rule="loan_days", value="soon")
    with pytest.raises(NotFound, match="unknown_policy"):
        trying.try_row(session, replaces=999, rule="loan_days", value="3")
    with pytest.raises(NotFound, match="unknown_policy"):
        trying.try_end(session, 999)


def test_a_very_large_county_is_judged_by_a_part_of_its_readers(session: Session, places: Places) -> None:
    bib = a_bib(session)
    for number in range(6):
        patron = a_patron(session, branch=places["east"])
        item = an_item(session, branch=places["east"], bib=bib)
        a_loan(session, item=item, patron=patron, out_at=NOW - timedelta(days=number))
    everybody = past_loans(session, book(session), Scope(), NOW)
    some = past_loans(session, book(session), Scope(), NOW, most=3)
    assert (everybody.one_in, len({loan.patron_id for loan in everybody.loans})) == (1, 6)
    assert (some.one_in, len({loan.patron_id for loan in some.loans})) == (2, 3)


def test_forgotten_readers_are_read_too(session: Session, places: Places) -> None:
    loan = lent(session, places["east"], a_patron(session, branch=places["east"]), 100, 40)
    loan.patron_id = None
    session.flush()
    tried = trying.try_row(session, rule="loan_days", value="60", branch_id=places["east"].id)
    assert (tried["readers"], tried["loans"], tried["later"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("dates", "years"),
    [
        ({}, 0),
        ({"from_on": date(2020, 1, 1)}, 0),
        ({"from_on": date(2025, 11, 23)}, 0),
        ({"from_on": date(2026, 11, 23)}, 1),
        ({"from_on": date(2027, 6, 1)}, 2),
        ({"from_on": date(2026, 7, 1), "to_on": date(2026, 8, 31)}, 0),
        ({"from_on": date(2027, 1, 15), "to_on": date(2027, 2, 20)}, 1),
        ({"from_on": date(2026, 7, 1), "to_on": date(2026, 8, 31), "is_yearly": True}, 0),
    ],
)
def test_a_dated_row_is_tried_in_its_own_time(dates: dict[str, Any], years: int) -> None:
    assert trying.years_ahead(Line(1, "loan_days", 3, **dates), TODAY) == years
