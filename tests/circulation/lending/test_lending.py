"""Lending, taking back and renewing on real rows."""

from datetime import date

from sqlalchemy import select

from circulation.models import Loan
from library.kernel.models import EventRow
from tests.circulation.lending.desk import Desk, codes


def test_a_copy_is_lent_until_the_rule_says(desk: Desk) -> None:
    item = desk.item()
    answer = desk.lend(item)
    assert answer["decision"] == "allowed"
    assert answer["reasons"] == []
    assert answer["loan"]["due_on"] == "2026-12-23"
    loan = desk.session.get_one(Loan, answer["loan"]["id"])
    assert (loan.item_id, loan.patron_id, loan.due_on) == (item.id, desk.reader.id, date(2026, 12, 23))
    desk.session.refresh(item)
    assert not item.is_available
    assert item.last_loan_on == date(2026, 11, 23)
    event = desk.session.scalars(select(EventRow).where(EventRow.kind == "loan.opened")).one()
    assert (event.patron_id, event.clc, event.village_id) == (desk.reader.id, "S", desk.here.id)


def test_a_lent_copy_comes_back_to_its_shelf(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    answer = desk.take_back(item)
    assert (answer["closed_loan"], answer["next"], answer["destination"]) == (loan, "shelve", desk.here.id)
    desk.session.refresh(item)
    assert item.is_available


def test_a_copy_returned_elsewhere_is_sent_home(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    answer = desk.take_back(item, where="west")
    assert (answer["next"], answer["destination"]) == ("transfer", desk.here.id)
    desk.session.refresh(item)
    assert item.current_branch_id == desk.places["west"].id
    assert not item.is_available
    home = desk.take_back(item)
    assert (home["next"], codes(home)) == ("shelve", ["not_on_loan"])


def test_a_loan_is_renewed_once(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    assert desk.renew(loan)["loan"]["due_on"] == "2027-01-22"
    assert codes(desk.renew(loan)) == ["renewals_exhausted"]
