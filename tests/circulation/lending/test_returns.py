"""Taking back and renewing on real rows, with transfers, holds and conditions in the way."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.items.models import Item, ItemCondition
from circulation.models import Hold, Loan, LoanRenewal, Transfer
from circulation.policies import reasons
from circulation.policies.services import set_row
from library.kernel import clock as kernel_clock
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_loan

TODAY = date(2026, 11, 23)


def state_of(desk: Desk, transfer_id: int) -> str:
    return desk.session.scalars(select(Transfer.state).where(Transfer.id == transfer_id)).one()


def hold_state(desk: Desk, hold_id: int) -> str:
    return desk.session.scalars(select(Hold.state).where(Hold.id == hold_id)).one()


def test_a_lent_copy_comes_back_to_its_shelf(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    answer = desk.take_back(item)
    assert (answer["decision"], answer["closed_loan"], answer["next"]) == ("allowed", loan, "shelve")
    assert (answer["destination"], answer["patron"], answer["hold"]) == (desk.here.id, desk.reader.id, None)
    assert available(desk, item)
    closed = desk.session.get_one(Loan, loan, populate_existing=True)
    assert (closed.closed_as, closed.in_branch_id) == ("returned", desk.here.id)
    event = desk.session.scalars(select(EventRow).where(EventRow.kind == "loan.closed")).one()
    assert event.payload == {"loan_id": loan, "days_out": 0, "days_late": 0}


def test_taking_back_twice_changes_nothing_more(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    desk.take_back(item)
    again = desk.take_back(item)
    assert (again["closed_loan"], codes(again), again["next"]) == (None, [reasons.NOT_ON_LOAN], "shelve")


def test_a_copy_returned_elsewhere_is_sent_home(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    answer = desk.take_back(item, where="west")
    assert (answer["next"], answer["destination"]) == ("transfer", desk.here.id)
    assert not available(desk, item)
    transfer = desk.session.scalars(select(Transfer)).one()
    assert (transfer.reason, transfer.from_branch_id, transfer.state) == (
        "return_home",
        desk.places["west"].id,
        "requested",
    )
    home = desk.take_back(item)
    assert (home["next"], codes(home)) == ("shelve", [reasons.NOT_ON_LOAN])
    assert state_of(desk, transfer.id) == "shelved"
    assert available(desk, item)


def test_a_copy_stays_where_the_rule_lets_it_stay(desk: Desk) -> None:
    set_row(desk.session, desk.operation(), rule="return_policy", value="stay", branch_id=desk.places["west"].id)
    item = desk.item()
    desk.lend(item)
    answer = desk.take_back(item, where="west")
    assert (answer["next"], answer["destination"]) == ("shelve", desk.places["west"].id)
    assert available(desk, item)


def test_the_first_who_waits_gets_the_copy_here_or_is_sent_it(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    first, second = desk.patron(), desk.patron()
    here = desk.hold(item, first)
    there = desk.hold(item, second, "west")
    answer = desk.take_back(item)
    assert (answer["next"], answer["hold"], hold_state(desk, here)) == ("hold", here, "ready")
    assert codes(desk.lend(item, second)) == [reasons.CAPTURED_FOR_ANOTHER]
    assert desk.lend(item, first)["decision"] == "allowed"
    assert hold_state(desk, here) == "fulfilled"
    sent = desk.take_back(item)
    assert (sent["next"], sent["destination"], sent["hold"]) == ("transfer", desk.places["west"].id, there)
    arrived = desk.take_back(item, where="west")
    assert (arrived["next"], hold_state(desk, there)) == ("hold", "ready")


def test_a_copy_under_way_elsewhere_is_lent_after_a_yes_which_stops_its_transfer(desk: Desk) -> None:
    item = desk.item()
    transfer = desk.send(item, "west")
    asked = desk.lend(item)
    assert (asked["decision"], codes(asked)) == ("needs_confirmation", [reasons.ITEM_IN_TRANSIT])
    done = desk.lend(item, overrides=[{"code": reasons.ITEM_IN_TRANSIT, "reason": ""}])
    assert done["decision"] == "allowed"
    assert state_of(desk, transfer) == "cancelled"
    assert not available(desk, item)


def test_a_copy_that_was_sent_here_is_lent_as_soon_as_it_is_here(desk: Desk) -> None:
    item = desk.item("west")
    transfer = desk.send(item, "east", on_the_road=True)
    answer = desk.lend(item)
    assert (answer["decision"], codes(answer)) == ("allowed", [reasons.SEEN_ELSEWHERE])
    assert state_of(desk, transfer) == "shelved"


def test_a_copy_on_the_road_that_turns_up_elsewhere_goes_on_from_there(desk: Desk) -> None:
    item = desk.item()
    transfer = desk.send(item, "west", on_the_road=True)
    answer = desk.take_back(item, where="central")
    assert (answer["next"], answer["destination"]) == ("transfer", desk.places["west"].id)
    assert desk.session.scalar(select(Item.current_branch_id).where(Item.id == item.id)) == desk.places["central"].id
    assert state_of(desk, transfer) == "picked"


def test_a_copy_in_a_box_without_a_transfer_is_taken_out(desk: Desk) -> None:
    item = desk.item()
    desk.in_a_box(item)
    assert desk.lend(item)["decision"] == "needs_confirmation"
    assert desk.take_back(item)["next"] == "shelve"
    assert available(desk, item)


@pytest.mark.parametrize(("kind", "code"), [("lost", reasons.LOST_CAME_BACK), ("missing", reasons.MISSING_CAME_BACK)])
def test_a_copy_thought_gone_is_found_by_being_here(desk: Desk, kind: str, code: str) -> None:
    item = desk.item()
    desk.be(item, kind)
    answer = desk.take_back(item)
    assert codes(answer) == [reasons.NOT_ON_LOAN, code]
    assert available(desk, item)
    assert desk.session.scalars(select(EventRow.payload).where(EventRow.kind == "item.found")).all() == [
        {"ended": [kind]}
    ]


def test_lending_a_missing_copy_finds_it(desk: Desk) -> None:
    item = desk.item()
    desk.be(item, "missing")
    assert codes(desk.lend(item)) == [reasons.MISSING_CAME_BACK]
    assert desk.take_back(item)["next"] == "shelve"
    assert available(desk, item)


@pytest.mark.parametrize(("kind", "code"), [("withdrawn", reasons.WITHDRAWN_CAME_BACK), ("damaged", reasons.SET_ASIDE)])
def test_a_copy_that_is_put_aside_goes_to_nobody(desk: Desk, kind: str, code: str) -> None:
    item = desk.item("west")
    lender = desk.patron()
    a_loan(desk.session, item=item, patron=lender)
    waiting = desk.hold(item, desk.reader)
    desk.be(item, kind)
    answer = desk.take_back(item)
    assert (codes(answer), answer["next"]) == ([code], "shelve")
    assert hold_state(desk, waiting) == "waiting"
    assert not available(desk, item)


def test_a_clock_that_goes_back_does_not_end_a_loan_before_it_began(desk: Desk) -> None:
    item = desk.item()
    tomorrow = kernel_clock.now() + timedelta(days=1)
    loan = a_loan(desk.session, item=item, patron=desk.reader, out_at=tomorrow)
    desk.take_back(item)
    ended: datetime | None = desk.session.scalar(select(Loan.in_at).where(Loan.id == loan.id))
    assert ended == tomorrow


def test_a_loan_is_renewed_once_from_its_due_date(desk: Desk) -> None:
    loan = desk.lend(desk.item())["loan"]["id"]
    answer = desk.renew(loan)
    assert (answer["decision"], answer["loan"]) == ("allowed", {"id": loan, "due_on": "2027-01-22"})
    assert codes(desk.renew(loan)) == [reasons.RENEWALS_EXHAUSTED]
    row = desk.session.scalars(select(LoanRenewal)).one()
    assert (row.due_before, row.due_after) == (date(2026, 12, 23), date(2027, 1, 22))
    event = desk.session.scalars(select(EventRow).where(EventRow.kind == "loan.renewed")).one()
    assert event.payload["due_after"] == "2027-01-22"


def test_a_librarian_renews_once_more_with_a_reason(desk: Desk) -> None:
    loan = desk.lend(desk.item())["loan"]["id"]
    desk.renew(loan)
    overrides = [{"code": reasons.RENEWALS_EXHAUSTED, "reason": "住院"}]
    assert desk.renew(loan, overrides=overrides, may_override=True)["decision"] == "allowed"


def test_a_late_loan_is_renewed_from_today(desk: Desk) -> None:
    loan = a_loan(desk.session, item=desk.item(), patron=desk.reader, due_on=TODAY - timedelta(days=3))
    answer = desk.renew(loan.id)
    assert (codes(answer), answer["loan"]["due_on"]) == ([reasons.RENEWED_LATE], "2026-12-23")


def test_nobody_renews_what_another_waits_for(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    desk.hold(item, desk.patron())
    assert codes(desk.renew(loan)) == [reasons.HOLD_WAITING]


def test_an_ended_loan_is_not_renewed_and_an_unknown_one_is_unknown(desk: Desk) -> None:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    desk.take_back(item)
    assert codes(desk.renew(loan)) == [reasons.LOAN_ENDED]
    desk.lend(item, desk.patron())
    assert codes(desk.renew(loan)) == [reasons.LOAN_ENDED]
    with pytest.raises(NotFound, match="unknown_loan"):
        desk.renew(999_999)


def test_a_copy_to_be_fetched_for_a_reader_is_fetched_when_it_is_scanned(desk: Desk) -> None:
    item = desk.item()
    held = desk.hold(item, desk.reader)
    assert desk.session.scalars(select(Hold.cause).where(Hold.id == held)).one() == "to_fetch"
    answers = [desk.take_back(item) for _ in range(2)]
    assert [(answer["next"], answer["hold"]) for answer in answers] == [("hold", held)] * 2
    assert desk.session.scalars(select(Hold.cause).where(Hold.id == held)).one() == "set_aside"
    events = desk.session.scalars(select(EventRow).where(EventRow.kind == "hold.set_aside")).all()
    assert [event.item_id for event in events] == [item.id]


def test_a_kept_copy_whose_pickup_branch_has_closed_is_taken_back_and_its_reader_waits(desk: Desk) -> None:
    item = desk.item()
    held = desk.hold(item, desk.reader)
    desk.here.state = "suspended"
    desk.session.flush()
    answer = desk.take_back(item, where="west")
    assert (answer["decision"], answer["hold"], answer["next"]) == ("allowed", None, "shelve")
    assert hold_state(desk, held) == "waiting"
    assert available(desk, item)


def test_a_kept_copy_that_was_withdrawn_meanwhile_is_taken_back_and_its_reader_waits(desk: Desk) -> None:
    item = desk.item()
    held = desk.hold(item, desk.reader)
    desk.be(item, "withdrawn")
    answer = desk.take_back(item, where="west")
    assert (answer["decision"], answer["hold"], codes(answer)) == (
        "allowed",
        None,
        [reasons.NOT_ON_LOAN, reasons.WITHDRAWN_CAME_BACK],
    )
    assert hold_state(desk, held) == "waiting"


def test_a_copy_noted_missing_while_the_check_in_waited_is_found_all_the_same(desk: Desk) -> None:
    item = desk.item()
    later = kernel_clock.now() + timedelta(seconds=1)
    desk.session.add(ItemCondition(item_id=item.id, kind="missing", since=later))
    item.is_available = False
    desk.session.flush()
    assert desk.take_back(item)["decision"] == "allowed"
    assert available(desk, item)
