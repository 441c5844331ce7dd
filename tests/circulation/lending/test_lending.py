"""Lending on real rows: who, what, where, until when, and why not."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from catalog.items.models import Item
from catalog.items.services import change_barcode
from circulation.models import Loan
from circulation.policies import reasons
from circulation.policies.services import choose, set_row
from library.branches.opening import set_exception, set_week
from library.kernel import clock as kernel_clock
from library.kernel.models import EventRow
from library.patrons.cards import replace_card
from library.patrons.models import PatronBlock
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_loan, a_policy, patron_card

TODAY = date(2026, 11, 23)


def test_a_copy_is_lent_until_the_rule_says(desk: Desk) -> None:
    item = desk.item()
    answer = desk.lend(item)
    assert (answer["decision"], answer["reasons"]) == ("allowed", [])
    assert answer["loan"]["due_on"] == "2026-12-23"
    loan = desk.session.get_one(Loan, answer["loan"]["id"])
    assert (loan.item_id, loan.patron_id, loan.due_on) == (item.id, desk.reader.id, date(2026, 12, 23))
    assert (loan.age_band, loan.patron_category, loan.village_id, loan.clc) == ("18-59", "adult", desk.here.id, "S")
    assert not available(desk, item)
    assert desk.session.scalar(select(Item.last_loan_on).where(Item.id == item.id)) == TODAY
    event = desk.session.scalars(select(EventRow).where(EventRow.kind == "loan.opened")).one()
    assert (event.patron_id, event.item_id, event.clc, event.village_id) == (desk.reader.id, item.id, "S", desk.here.id)


def test_the_rows_that_decided_are_kept_with_the_loan(desk: Desk) -> None:
    row = a_policy(desk.session, "loan_days", 10, item_class="book", patron_category="adult")
    set_row(desk.session, desk.operation(), rule="loan_limit", value="7")
    answer = desk.lend(desk.item())
    assert answer["loan"]["due_on"] == "2026-12-03"
    decided = desk.session.get_one(Loan, answer["loan"]["id"]).decided
    assert decided["rows"]["loan_days"] == row.id


SCANS = [
    ("nobody has this", reasons.UNKNOWN_BARCODE),
    ("", reasons.UNKNOWN_BARCODE),
    ("🙂", reasons.UNKNOWN_BARCODE),
    ("9787539649245", reasons.ISBN_NOT_A_BARCODE),
    ("7-5396-4924-8", reasons.UNKNOWN_BARCODE),
    ("300000000011", reasons.CODE_MISREAD),
    ("SHARED", reasons.AMBIGUOUS_BARCODE),
]


@pytest.mark.parametrize(("scanned", "code"), SCANS)
def test_a_scan_that_cannot_be_told_is_refused_with_its_code(desk: Desk, scanned: str, code: str) -> None:
    shared = [desk.item(where, barcode="SHARED").id for where in ("east", "west")]
    expected = shared if code == reasons.AMBIGUOUS_BARCODE else []
    out = desk.scan_out(scanned)
    assert (out["decision"], codes(out), out["candidates"]) == ("refused", [code], expected)
    back = desk.scan_in(scanned)
    assert (back["decision"], codes(back), back["candidates"], back["next"]) == ("refused", [code], expected, None)
    assert desk.session.scalar(select(func.count()).select_from(Loan)) == 0


CARDS = [("nobody has this", reasons.UNKNOWN_CARD), ("", reasons.UNKNOWN_CARD), ("200000000011", reasons.CODE_MISREAD)]


@pytest.mark.parametrize(("card", "code"), CARDS)
def test_a_card_that_cannot_be_told_is_refused_with_its_code(desk: Desk, card: str, code: str) -> None:
    answer = desk.scan_card(card, desk.item())
    assert (answer["decision"], codes(answer), answer["patron"]) == ("refused", [code], None)


def test_of_several_copies_with_one_barcode_the_chosen_one_is_lent(desk: Desk) -> None:
    chosen, other = (desk.item(where, barcode="SHARED") for where in ("east", "west"))
    answer = desk.scan_card(patron_card(desk.session, desk.reader), chosen)
    assert (answer["decision"], answer["item"]) == ("allowed", chosen.id)
    assert available(desk, other)


def test_a_replaced_barcode_still_leads_to_its_copy_and_a_current_one_wins(desk: Desk) -> None:
    item = desk.item(barcode="OLD1")
    change_barcode(desk.session, desk.operation(), item, "NEW1")
    assert desk.scan_out("old-1")["item"] == item.id
    newer = desk.item("west", barcode="OLD1")
    assert desk.scan_in("OLD1")["item"] == newer.id


def test_a_replaced_card_no_longer_borrows(desk: Desk) -> None:
    old = patron_card(desk.session, desk.reader)
    replace_card(desk.session, desk.operation(), desk.reader)
    answer = desk.scan_card(old, desk.item())
    assert codes(answer) == [reasons.CARD_NOT_ACTIVE]
    assert answer["reasons"][0]["params"] == {"state": "replaced"}


def test_a_card_number_given_again_belongs_to_who_has_it_now(desk: Desk) -> None:
    card = patron_card(desk.session, desk.reader)
    replace_card(desk.session, desk.operation(), desk.reader)
    heir = desk.patron(card=card)
    assert desk.scan_card(card, desk.item())["patron"] == heir.id


def test_a_block_set_by_staff_refuses_while_it_lasts(desk: Desk) -> None:
    block = PatronBlock(patron_id=desk.reader.id, code="address_unknown", from_on=TODAY, until_on=TODAY)
    desk.session.add(block)
    desk.session.flush()
    assert codes(desk.lend(desk.item())) == [reasons.PATRON_BLOCKED]
    block.lifted_at = kernel_clock.now()
    desk.session.flush()
    assert desk.lend(desk.item())["decision"] == "allowed"


def test_the_limit_counts_the_county_or_the_branch(desk: Desk) -> None:
    set_row(desk.session, desk.operation(), rule="loan_limit", value="1")
    assert desk.lend(desk.item("west"), where="west")["decision"] == "allowed"
    assert codes(desk.lend(desk.item())) == [reasons.LOAN_LIMIT_REACHED]
    choose(desk.session, desk.operation(), "loans_counted", "branch")
    assert desk.lend(desk.item())["decision"] == "allowed"


@pytest.mark.parametrize(
    ("setting", "due"),
    [("lending_branch", "2026-12-03"), ("item_home", "2026-12-13"), ("patron_home", "2026-12-23")],
)
def test_the_county_chooses_whose_rules_decide(desk: Desk, setting: str, due: str) -> None:
    for branch, days in (("central", "10"), ("west", "20"), ("east", "30")):
        set_row(desk.session, desk.operation(), rule="loan_days", value=days, branch_id=desk.places[branch].id)
    choose(desk.session, desk.operation(), "policy_place", setting)
    assert desk.lend(desk.item("west"), where="central")["loan"]["due_on"] == due


def test_a_due_date_on_a_closed_day_moves_to_the_next_open_one(desk: Desk) -> None:
    week = {day: [(time(8), time(17))] for day in range(7)}
    set_week(desk.session, desk.operation(), desk.here.id, week, valid_from=date(2026, 1, 1))
    assert desk.lend(desk.item())["loan"]["due_on"] == "2026-12-23"
    set_exception(desk.session, desk.operation(), desk.here.id, date(2026, 12, 23), cause="大雪")
    assert desk.lend(desk.item())["loan"]["due_on"] == "2026-12-24"


def test_a_late_loan_blocks_until_it_comes_back(desk: Desk) -> None:
    late = desk.item()
    a_loan(desk.session, item=late, patron=desk.reader, due_on=TODAY - timedelta(days=31))
    refused = desk.lend(desk.item())
    assert refused["reasons"][0]["params"] == {"days": 31, "allowed": 30}
    assert codes(desk.take_back(late)) == [reasons.RETURNED_LATE]
    assert desk.lend(desk.item())["decision"] == "allowed"


def test_a_copy_lent_to_another_is_refused_and_ones_own_names_its_loan(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]
    assert codes(desk.lend(item, desk.patron())) == ["item_on_loan"]
    own = desk.lend(item)
    assert (codes(own), own["loan"]) == (["already_on_loan_to_patron"], loan)


def test_a_dry_run_tells_the_due_date_and_writes_nothing(desk: Desk) -> None:
    item = desk.item()
    answer = desk.lend(item, dry_run=True)
    assert (answer["decision"], answer["loan"]) == ("allowed", {"id": None, "due_on": "2026-12-23"})
    assert desk.session.scalar(select(func.count()).select_from(Loan)) == 0
    assert available(desk, item)


def test_an_override_is_kept_with_the_loan_and_named_in_its_event(desk: Desk) -> None:
    set_row(desk.session, desk.operation(), rule="loan_limit", value="0")
    item = desk.item()
    given = [{"code": reasons.LOAN_LIMIT_REACHED, "reason": "写作文要用"}]
    keeper = desk.lend(item, overrides=given)
    assert codes(keeper) == [reasons.LOAN_LIMIT_REACHED, reasons.OVERRIDE_NOT_PERMITTED]
    answer = desk.lend(item, overrides=given, may_override=True)
    assert answer["decision"] == "allowed"
    assert desk.session.get_one(Loan, answer["loan"]["id"]).decided["overrides"] == given
    event = desk.session.scalars(select(EventRow).where(EventRow.kind == "loan.opened")).one()
    assert event.payload["overridden"] == [reasons.LOAN_LIMIT_REACHED]


def test_a_suspended_branch_lends_nothing_but_takes_back(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    desk.here.state = "suspended"
    desk.session.flush()
    assert codes(desk.lend(desk.item())) == [reasons.BRANCH_NOT_OPEN]
    assert desk.take_back(item)["decision"] == "allowed"
