"""Claims, losses, damage and recalls on real rows: what is refused, what follows, and what waits for whom."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.items.models import Item
from circulation.cases.services import open_cases_of
from circulation.charges.services import balance
from circulation.claims import reasons
from circulation.claims.claiming import claim_returned
from circulation.claims.damage import note_damaged, note_missing
from circulation.claims.jobs import claim_lost_loans, given_up
from circulation.claims.lost import declare_lost
from circulation.claims.recall import recall, undo_recall
from circulation.claims.rules import LEAST_CENTS, loss_cents, recalled_until
from circulation.claims.settling import settle
from circulation.holds.services import place_hold
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.models import Case, Hold, LedgerEntry, Loan, Transfer
from circulation.policies.reasons import LOAN_ENDED
from circulation.policies.services import set_row
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer, system_operation
from library.patrons.models import Guardian, Household, Patron
from tests.circulation.lending.desk import Desk, available, codes
from tests.factories import a_county, a_loan, a_patron, an_item, county_policies

TODAY = date(2026, 11, 23)


def rule(desk: Desk, name: str, value: str, **where: object) -> None:
    set_row(desk.session, desk.operation(), rule=name, value=value, **where)


def lent(desk: Desk, reader: Patron | None = None, **values: object) -> tuple[Item, int]:
    item = desk.item(**values)
    return item, desk.lend(item, reader)["loan"]["id"]


def claim(desk: Desk, loan_id: int) -> Answer:
    return claim_returned(desk.session, desk.operation("claim"), loan_id)


def lose(desk: Desk, loan_id: int) -> Answer:
    return declare_lost(desk.session, desk.operation("lose"), loan_id)


def kinds(desk: Desk) -> list[str]:
    return list(desk.session.scalars(select(EventRow.kind).order_by(EventRow.id)))


def hold(desk: Desk, item: Item, where: str = "east") -> int:
    reader = desk.patron()
    pickup = desk.places[where].id
    answer = place_hold(
        desk.session, desk.operation(), patron_id=reader.id, bib_id=item.bib_id, pickup_branch_id=pickup
    )
    hold_id: int = answer["hold"]["id"]
    return hold_id


def hold_state(desk: Desk, hold_id: int) -> str:
    return desk.session.scalars(select(Hold.state).where(Hold.id == hold_id)).one()


def test_a_claim_is_noted_once_and_a_check_in_anywhere_settles_it(desk: Desk) -> None:
    item, loan_id = lent(desk)
    first = claim(desk, loan_id)
    assert (first["decision"], first["case"]["kind"]) == ("allowed", "claimed_returned")
    again = claim(desk, loan_id)
    assert (codes(again), again["case"]["id"]) == ([reasons.CLAIM_ALREADY_OPEN], first["case"]["id"])
    desk.take_back(item, where="west")
    case = desk.session.get_one(Case, first["case"]["id"], populate_existing=True)
    assert (case.outcome, case.patron_id) == ("found_on_shelf", desk.reader.id)
    assert codes(claim(desk, loan_id)) == [LOAN_ENDED]


def test_what_is_said_of_a_loan_that_does_not_exist_is_said_of_nothing(desk: Desk) -> None:
    for say in (claim, lose):
        with pytest.raises(NotFound, match="unknown_loan"):
            say(desk, 999_999)
    for note in (note_damaged, note_missing):
        with pytest.raises(NotFound, match="unknown_item"):
            note(desk.session, desk.operation(), 999_999, branch=desk.here)


def test_a_lost_book_ends_the_loan_and_is_a_case_and_no_debt_where_no_rule_asks_for_money(desk: Desk) -> None:
    item, loan_id = lent(desk, price_cents=2_000)
    answer = lose(desk, loan_id)
    assert (answer["decision"], codes(answer)) == ("allowed", [reasons.LOSS_NOT_CHARGED])
    loan = desk.session.get_one(Loan, loan_id, populate_existing=True)
    assert (loan.closed_as, loan.in_branch_id) == ("lost", desk.here.id)
    assert not available(desk, item)
    assert balance(desk.session, desk.reader.id) == 0
    assert kinds(desk)[-3:] == ["loan.lost", "case.opened", "item.lost"]
    assert codes(lose(desk, loan_id)) == [LOAN_ENDED]


def test_an_open_claim_ends_with_the_loss_of_its_book(desk: Desk) -> None:
    item, loan_id = lent(desk)
    claim(desk, loan_id)
    lose(desk, loan_id)
    assert [case.kind for case in open_cases_of(desk.session, item.id)] == ["lost"]


def test_a_loss_is_charged_by_the_price_and_the_rule(desk: Desk) -> None:
    rule(desk, "lost_charge_percent", "150")
    _item, loan_id = lent(desk, price_cents=2_000)
    assert codes(lose(desk, loan_id)) == [reasons.LOSS_CHARGED]
    entry = desk.session.scalars(select(LedgerEntry)).one()
    assert (entry.kind, entry.amount_cents, entry.loan_id) == ("compensation", 3_000, loan_id)


def test_without_a_price_nothing_is_charged_and_somebody_is_told(desk: Desk) -> None:
    rule(desk, "lost_charge_percent", "100")
    _item, loan_id = lent(desk)
    assert codes(lose(desk, loan_id)) == [reasons.PRICE_UNKNOWN]
    assert balance(desk.session, desk.reader.id) == 0


def test_a_child_owes_nothing_the_guardian_or_the_household_does(desk: Desk) -> None:
    rule(desk, "lost_charge_percent", "100")
    household = Household(name="柳家")
    desk.session.add(household)
    desk.session.flush()
    parent, family = desk.patron(name="柳大山"), desk.patron(category="family", household_id=household.id)
    guarded, housed, alone = (desk.patron(category="child", born_in=2017) for _ in range(3))
    housed.household_id = household.id
    desk.session.add(Guardian(patron_id=guarded.id, guardian_patron_id=parent.id, relation="parent"))
    desk.session.flush()
    said = []
    for child in (guarded, housed, alone):
        _item, loan_id = lent(desk, child, price_cents=1_000)
        said.append(codes(lose(desk, loan_id)))
    assert said == [[reasons.GUARDIAN_OWES], [reasons.GUARDIAN_OWES], [reasons.LOSS_NOT_CHARGED]]
    owed = [balance(desk.session, one.id) for one in (parent, family, guarded, housed, alone)]
    assert owed == [1_000, 1_000, 0, 0, 0]


@given(st.none() | st.integers(0, 10_000_00), st.integers(0, 1000))
def test_a_loss_costs_nothing_or_something_worth_a_receipt(price: int | None, percent: int) -> None:
    cents = loss_cents(price, percent)
    assert (cents is None) == (price is None and percent > 0)
    assert not cents or cents >= LEAST_CENTS


@given(st.dates(), st.dates())
def test_a_recall_never_gives_more_time(due_on: date, wanted_on: date) -> None:
    assert recalled_until(due_on, wanted_on) <= due_on


def test_damage_names_who_brought_the_book_today_and_keeps_it_from_everybody(desk: Desk) -> None:
    item, loan_id = lent(desk)
    waiting = hold(desk, item)
    desk.take_back(item)
    assert hold_state(desk, waiting) == "ready"
    answer = note_damaged(desk.session, desk.operation("damage"), item.id, branch=desk.here, note="掉页")
    case = desk.session.get_one(Case, answer["case"]["id"])
    assert (answer["patron"], case.loan_id, case.note) == (desk.reader.id, loan_id, "掉页")
    assert (hold_state(desk, waiting), available(desk, item)) == ("waiting", False)
    again = note_damaged(desk.session, desk.operation("damage"), item.id, branch=desk.here)
    assert codes(again) == [reasons.CONDITION_ALREADY_NOTED]
    settle(desk.session, desk.operation("settle"), case.id, "repaired", branch=desk.here)
    assert hold_state(desk, waiting) == "ready"


def test_damage_found_on_the_shelf_names_nobody_who_had_it_before(desk: Desk) -> None:
    item = desk.item()
    yesterday = kernel_clock.now() - timedelta(days=1)
    a_loan(desk.session, item=item, patron=desk.reader, out_at=yesterday - timedelta(days=9), in_at=yesterday)
    answer = note_damaged(desk.session, desk.operation("damage"), item.id, branch=desk.here)
    assert (answer["patron"], desk.session.get_one(Case, answer["case"]["id"]).loan_id) == (None, None)


def test_a_damaged_copy_that_should_be_sent_stays(desk: Desk) -> None:
    item, _loan_id = lent(desk)
    desk.take_back(item, where="west")
    note_damaged(desk.session, desk.operation("damage"), item.id, branch=desk.places["west"])
    assert desk.session.scalars(select(Transfer.state)).all() == ["cancelled"]


def test_a_book_on_loan_is_neither_damaged_nor_missing_here(desk: Desk) -> None:
    item, _loan_id = lent(desk)
    for note in (note_damaged, note_missing):
        assert codes(note(desk.session, desk.operation(), item.id, branch=desk.here)) == [ITEM_ON_LOAN]


def test_a_copy_that_is_not_on_its_shelf_is_missing_and_its_reader_waits_again(desk: Desk) -> None:
    item = desk.item()
    waiting = hold(desk, item)
    answer = note_missing(desk.session, desk.operation("missing"), item.id, branch=desk.here)
    assert answer["case"]["kind"] == "missing"
    assert (hold_state(desk, waiting), available(desk, item)) == ("waiting", False)
    again = note_missing(desk.session, desk.operation("missing"), item.id, branch=desk.here)
    assert codes(again) == [reasons.CONDITION_ALREADY_NOTED]


def test_a_copy_missing_on_its_way_is_a_case_of_its_transfer(desk: Desk) -> None:
    item, _loan_id = lent(desk)
    desk.take_back(item, where="west")
    note_missing(desk.session, desk.operation("missing"), item.id, branch=desk.places["west"])
    assert desk.session.scalars(select(Transfer.state)).all() == ["missing"]
    assert [case.kind for case in open_cases_of(desk.session, item.id)] == ["missing_in_transfer"]


def test_a_recall_shortens_the_loan_stops_renewals_and_can_be_undone(desk: Desk) -> None:
    _item, loan_id = lent(desk)
    before = desk.session.get_one(Loan, loan_id).due_on
    answer = recall(desk.session, desk.operation("recall"), loan_id)
    assert answer["loan"] == {"id": loan_id, "due_on": (TODAY + timedelta(days=7)).isoformat()}
    assert codes(recall(desk.session, desk.operation("recall"), loan_id)) == [reasons.ALREADY_RECALLED]
    assert desk.renew(loan_id)["decision"] == "refused"
    undone = undo_recall(desk.session, desk.operation("undo"), loan_id)
    assert undone["loan"]["due_on"] == before.isoformat()
    assert codes(undo_recall(desk.session, desk.operation("undo"), loan_id)) == [reasons.NOT_RECALLED]
    assert desk.renew(loan_id)["decision"] == "allowed"
    assert [kind for kind in kinds(desk) if "recall" in kind] == ["loan.recalled", "loan.recall_undone"]


def test_a_recall_leaves_a_loan_that_is_due_sooner_as_it_is(desk: Desk) -> None:
    loan = a_loan(desk.session, item=desk.item(), patron=desk.reader, due_on=TODAY + timedelta(days=2))
    answer = recall(desk.session, desk.operation("recall"), loan.id)
    assert answer["loan"]["due_on"] == (TODAY + timedelta(days=2)).isoformat()


def test_an_undone_recall_keeps_the_later_day_when_the_loan_was_moved_on_meanwhile(desk: Desk) -> None:
    _item, loan_id = lent(desk)
    recall(desk.session, desk.operation("recall"), loan_id)
    loan = desk.session.get_one(Loan, loan_id)
    loan.due_on = later = TODAY + timedelta(days=90)
    desk.session.flush()
    assert undo_recall(desk.session, desk.operation("undo"), loan_id)["loan"]["due_on"] == later.isoformat()


def test_an_ended_loan_is_neither_called_back_nor_left(desk: Desk) -> None:
    item, loan_id = lent(desk)
    desk.take_back(item)
    for change in (recall, undo_recall):
        assert codes(change(desk.session, desk.operation(), loan_id)) == [LOAN_ENDED]


@pytest.mark.parametrize(
    ("days", "changes", "is_claimed"),
    [
        (90, {}, False),
        (91, {}, True),
        (91, {"is_backdated": True}, False),
        (91, {"in_at": kernel_clock.now()}, False),
    ],
)
def test_a_loan_is_claimed_lost_when_it_is_more_days_late_than_the_rule_says(
    desk: Desk, days: int, changes: dict[str, object], is_claimed: bool
) -> None:
    long_ago = kernel_clock.now() - timedelta(days=200)
    if "in_at" in changes:
        changes = {"in_at": kernel_clock.now()}
    loan = a_loan(
        desk.session,
        item=desk.item(),
        patron=desk.reader,
        out_at=long_ago,
        due_on=TODAY - timedelta(days=days),
        **changes,
    )
    assert given_up(desk.session, TODAY) == ([loan.id] if is_claimed else [])


def test_a_loan_somebody_is_asked_about_is_not_claimed_lost_besides(desk: Desk) -> None:
    long_ago = kernel_clock.now() - timedelta(days=200)
    late = {"out_at": long_ago, "due_on": TODAY - timedelta(days=150)}
    asked, never = (a_loan(desk.session, item=desk.item(), patron=desk.reader, **late) for _ in range(2))
    claim(desk, asked.id)
    assert given_up(desk.session, TODAY) == [never.id]
    rule(desk, "lost_after_days", "never")
    assert given_up(desk.session, TODAY) == []


def test_the_job_claims_each_late_loan_once_in_its_life(app: object, database: Database, clock: object) -> None:
    del clock
    with app.app_context():  # type: ignore[attr-defined]  # the application
        with database.writing() as session:
            places = a_county(session)
            county_policies(session)
            reader, item = a_patron(session, branch=places["east"]), an_item(session, branch=places["east"])
            long_ago = kernel_clock.now() - timedelta(days=300)
            a_loan(session, item=item, patron=reader, out_at=long_ago, due_on=TODAY - timedelta(days=120))
        assert claim_lost_loans() == 1
        assert claim_lost_loans() == 0
        with database.writing() as session:
            case = session.scalars(select(Case)).one()
            assert (case.kind, case.details["days_late"]) == ("claimed_lost", 120)
            settle(session, system_operation("settle"), case.id, "still_with_reader", branch=places["east"])
        assert claim_lost_loans() == 0
        with database.reading() as session:
            assert session.scalars(select(Loan.in_at)).one() is None


def test_lending_a_missing_copy_settles_its_case(desk: Desk) -> None:
    item = desk.item()
    note_missing(desk.session, desk.operation("missing"), item.id, branch=desk.here)
    assert desk.lend(item)["decision"] == "allowed"
    assert open_cases_of(desk.session, item.id) == []


def test_a_claim_keeps_a_late_loan_from_blocking_and_from_costing(desk: Desk) -> None:
    rule(desk, "fine_per_day", "10")
    long_ago = kernel_clock.now() - timedelta(days=90)
    late = a_loan(
        desk.session, item=desk.item(), patron=desk.reader, out_at=long_ago, due_on=TODAY - timedelta(days=60)
    )
    assert desk.lend(desk.item())["decision"] == "refused"
    claim(desk, late.id)
    assert desk.lend(desk.item())["decision"] == "allowed"
    desk.take_back(desk.session.get_one(Item, late.item_id))
    assert balance(desk.session, desk.reader.id) == 0


@pytest.mark.parametrize("outcome", ["found_on_shelf", "returned_by_reader"])
def test_a_claim_that_somebody_settles_costs_as_little_as_one_that_a_scan_settles(desk: Desk, outcome: str) -> None:
    for name, value in {"fine_per_day": "10", "suspension_days": "2"}.items():
        rule(desk, name, value)
    long_ago = kernel_clock.now() - timedelta(days=90)
    late = a_loan(
        desk.session, item=desk.item(), patron=desk.reader, out_at=long_ago, due_on=TODAY - timedelta(days=60)
    )
    case_id = claim(desk, late.id)["case"]["id"]
    settled = settle(desk.session, desk.operation("settle"), case_id, outcome, branch=desk.here, note="在书架上")
    assert settled["decision"] == "allowed"
    assert balance(desk.session, desk.reader.id) == 0
    assert desk.lend(desk.item())["decision"] == "allowed"
    case = desk.session.get_one(Case, case_id, populate_existing=True)
    assert (case.outcome, case.outcome_note) == (outcome, "在书架上")
