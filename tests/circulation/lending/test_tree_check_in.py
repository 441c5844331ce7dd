"""The decision tree of check-in: every way a copy can come back, each on real rows, along the steps of `checkin`.

After the outcome stands what to do next with the copy: shelve it, put it on the pickup shelf (hold), or send it (transfer).
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from catalog.items.models import Item
from circulation.cases.rules import Kind
from circulation.cases.services import open_case
from circulation.charges import services as charges
from circulation.claims.claiming import claim_returned
from circulation.claims.lost import declare_lost
from circulation.claims.recall import recall
from circulation.models import Case, LedgerEntry, Loan
from library.branches.opening import set_exception
from library.kernel import clock
from library.kernel.models import EventRow
from library.kernel.operations import Answer
from library.patrons.models import Guardian, Household, Patron, PatronBlock
from tests.circulation.decision_trees import Leaf, Tree, assert_told
from tests.circulation.lending.desk import Desk, available, codes

TODAY = date(2026, 11, 23)
LATE = TODAY - timedelta(days=5)
CheckIn = Callable[[Desk], Answer]

TREE: Tree[CheckIn] = Tree("""
1 What was scanned
  1.1 No copy has this barcode => refused: unknown_barcode
  1.2 One digit of it is wrong => refused: code_misread
  1.3 It is the ISBN => refused: isbn_not_a_barcode
  1.4 Two copies have it => refused: ambiguous_barcode
  1.5 Two copies have it and one was chosen => allowed shelve: not_on_loan
2 Was it on loan
  2.1 No => allowed shelve: not_on_loan
  2.2 Yes, and it is in time => allowed shelve
  2.3 Yes, and the branch lends nothing at the moment => allowed shelve
  2.4 Yes, and nobody knows to whom any more => allowed shelve: returned_late
3 What follows from being late
  3.1 Nothing, by the rules => allowed shelve: returned_late
  3.2 Nothing, because its room has been closed since it was due => allowed shelve
  3.3 Nothing, because it was copied from the notebook => allowed shelve: returned_late
  3.4 Money is asked for each day
    3.4.1 of the reader => allowed shelve: returned_late late_charge
    3.4.2 of nobody within the days of grace => allowed shelve: returned_late
    3.4.3 of a child's guardian => allowed shelve: returned_late guardian_charged
    3.4.4 of a child's household => allowed shelve: returned_late guardian_charged
    3.4.5 of nobody, because the child has neither => allowed shelve: returned_late
    3.4.6 of nobody, because the guardian has left => allowed shelve: returned_late
  3.5 Borrowing is suspended for each day
    3.5.1 for the reader => allowed shelve: returned_late now_suspended
    3.5.2 but not for an elder whom no row names => allowed shelve: returned_late
    3.5.3 and for a child whom a row names => allowed shelve: returned_late now_suspended
4 Is a case open
  4.1 The reader had said that it came back => allowed shelve: returned_late claim_settled
  4.2 It counted as lost => allowed shelve: returned_late late_charge claim_settled
  4.3 It was missing in a transfer => allowed shelve: not_on_loan claim_settled missing_came_back
  4.4 It is damaged, which its coming back does not settle => allowed shelve: not_on_loan set_aside
5 It was called back => allowed shelve: recall_fulfilled
6 Was it thought gone
  6.1 It was lost, and nothing was charged => allowed shelve: not_on_loan claim_settled lost_came_back
  6.2 It was lost, and is owed => allowed shelve: not_on_loan claim_settled lost_came_back compensation_taken_back
  6.3 It was lost, and was paid lately => allowed shelve: not_on_loan claim_settled lost_came_back compensation_taken_back
  6.4 It was lost, and was paid long ago => allowed shelve: not_on_loan claim_settled lost_came_back compensation_kept
  6.5 It was lost, and the charge was undone => allowed shelve: not_on_loan claim_settled lost_came_back
  6.6 It was missing => allowed shelve: not_on_loan missing_came_back
7 Is it fit for the shelf
  7.1 It was withdrawn => allowed shelve: withdrawn_came_back
  7.2 It is damaged => allowed shelve: set_aside
  7.3 It is being processed => allowed shelve: set_aside
8 It was thought to be at another branch => allowed shelve: not_on_loan
9 Was it under way
  9.1 to here => allowed shelve: not_on_loan
  9.2 to another branch => allowed transfer: not_on_loan
  9.3 in a box, to nowhere => allowed shelve: not_on_loan
10 Does somebody wait
  10.1 who picks it up here => allowed hold
  10.2 who picks it up elsewhere => allowed transfer
  10.3 for whom it was kept already => allowed hold: not_on_loan
  10.4 but the copy is damaged => allowed shelve: set_aside
11 It belongs to another branch
  11.1 and goes home => allowed transfer
  11.2 and stays => allowed shelve
  11.3 and is damaged: nobody sends it => allowed shelve: set_aside
""")


TREE.case("1.1")(lambda desk: desk.scan_in("nobody has this"))
TREE.case("1.2")(lambda desk: desk.scan_in("300000000011"))
TREE.case("1.3")(lambda desk: desk.scan_in("9787539649245"))


@TREE.case("1.4")
def two_copies(desk: Desk) -> Answer:
    for where in ("east", "west"):
        desk.item(where, barcode="SHARED")
    return desk.scan_in("SHARED")


@TREE.case("1.5")
def one_of_two(desk: Desk) -> Answer:
    chosen, _other = (desk.item(where, barcode="SHARED") for where in ("east", "west"))
    return desk.take_back_chosen(chosen)


TREE.case("2.1")(lambda desk: desk.take_back(desk.item()))


def coming_back(where: str = "east", rules: dict[str, object] | None = None, **loan: Any) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        for name, value in (rules or {}).items():
            desk.rule(name, value)
        item = desk.item()
        desk.loan(item=item, **loan)
        return desk.take_back(item, where=where)

    return take_back


TREE.case("2.2")(coming_back())


@TREE.case("2.3")
def to_a_suspended_branch(desk: Desk) -> Answer:
    item = desk.item()
    desk.loan(item=item)
    desk.here.state = "suspended"
    desk.session.flush()
    return desk.take_back(item)


@TREE.case("2.4")
def from_a_forgotten_reader(desk: Desk) -> Answer:
    item = desk.item()
    desk.rule("fine_per_day", 10)
    loan = desk.loan(item=item, due_on=LATE)
    desk.session.execute(update(Loan).where(Loan.id == loan.id).values(patron_id=None))
    return desk.take_back(item)


COSTLY: dict[str, object] = {"fine_per_day": 10, "suspension_days": 2}
TREE.case("3.1")(coming_back(due_on=LATE))
TREE.case("3.3")(coming_back(due_on=LATE, rules=COSTLY, is_backdated=True))
TREE.case("3.4.1")(coming_back(due_on=LATE, rules={"fine_per_day": 10}))
TREE.case("3.4.2")(coming_back(due_on=LATE, rules={"fine_per_day": 10, "fine_grace_days": 5}))
TREE.case("3.5.1")(coming_back(due_on=LATE, rules={"suspension_days": 2}))


@TREE.case("3.2")
def closed_since(desk: Desk) -> Answer:
    for days in range(5):
        set_exception(desk.session, desk.operation(), desk.here.id, LATE + timedelta(days=days), cause="修房顶")
    return coming_back(due_on=LATE, rules=COSTLY)(desk)


def from_reader(rules: dict[str, object], make: Callable[[Desk], Patron], *, category: str | None = None) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        for name, value in rules.items():
            desk.rule(name, value, patron_category=category)
        item = desk.item()
        desk.loan(item=item, reader=make(desk), due_on=LATE)
        return desk.take_back(item)

    return take_back


def child(desk: Desk, **values: Any) -> Patron:
    return desk.patron(category="child", born_in=2018, **values)


def with_guardian(desk: Desk, **guardian: Any) -> Patron:
    one = child(desk)
    desk.session.add(Guardian(patron_id=one.id, guardian_patron_id=desk.patron(name="家长", **guardian).id))
    desk.session.flush()
    return one


def with_household(desk: Desk) -> Patron:
    household = Household(name="张家", village_id=desk.here.id)
    desk.session.add(household)
    desk.session.flush()
    desk.patron(name="张家", category="family", household_id=household.id)
    return child(desk, household_id=household.id)


FINE: dict[str, object] = {"fine_per_day": 10}
TREE.case("3.4.3")(from_reader(FINE, with_guardian))
TREE.case("3.4.4")(from_reader(FINE, with_household))
TREE.case("3.4.5")(from_reader(FINE, child))
TREE.case("3.4.6")(from_reader(FINE, lambda desk: with_guardian(desk, closed_on=TODAY)))
TREE.case("3.5.2")(from_reader({"suspension_days": 2}, lambda desk: desk.patron(category="elder", born_in=1950)))
TREE.case("3.5.3")(from_reader({"suspension_days": 2}, child, category="child"))


@TREE.case("4.1")
def claimed_returned(desk: Desk) -> Answer:
    for name, value in COSTLY.items():
        desk.rule(name, value)
    item = desk.item()
    claim_returned(desk.session, desk.operation(), desk.loan(item=item, due_on=LATE).id)
    return desk.take_back(item)


@TREE.case("4.2")
def claimed_lost(desk: Desk) -> Answer:
    desk.rule("fine_per_day", 10)
    item = desk.item()
    loan = desk.loan(item=item, due_on=TODAY - timedelta(days=91))
    about = {"item_id": item.id, "loan_id": loan.id, "patron_id": loan.patron_id}
    open_case(desk.session, desk.operation(), Kind.CLAIMED_LOST, desk.here.id, **about)
    return desk.take_back(item)


def with_case(kind: Kind, condition: str) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        item = desk.item()
        desk.be(item, condition)
        open_case(desk.session, desk.operation(), kind, desk.here.id, item_id=item.id)
        return desk.take_back(item)

    return take_back


TREE.case("4.3")(with_case(Kind.MISSING_IN_TRANSFER, "missing"))
TREE.case("4.4")(with_case(Kind.DAMAGED, "damaged"))


@TREE.case("5")
def called_back(desk: Desk) -> Answer:
    item = desk.item()
    recall(desk.session, desk.operation(), desk.loan(item=item).id)
    return desk.take_back(item)


def lost(*, percent: int = 100, paid: bool = False, days_ago: int = 0, undone: bool = False) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        desk.rule("lost_charge_percent", percent)
        item = desk.item(price_cents=3500)
        desk.session.flush()
        now = clock.now()
        with clock.using(clock.FixedClock(now - timedelta(days=days_ago))):
            loan = desk.loan(item=item)
            declare_lost(desk.session, desk.operation(), loan.id)
            town = desk.places["township"]
            if undone:
                [entry] = desk.session.scalars(select(LedgerEntry.id))
                charges.void(desk.session, desk.operation(), entry, branch=town, note="写错了")
            if paid:
                pay = {"patron_id": desk.reader.id, "kind": "payment", "amount_cents": -3500}
                charges.append(desk.session, desk.operation(), **pay, branch=town)
        return desk.take_back(item)

    return take_back


TREE.case("6.1")(lost(percent=0))
TREE.case("6.2")(lost(days_ago=400))
TREE.case("6.3")(lost(paid=True, days_ago=180))
TREE.case("6.4")(lost(paid=True, days_ago=181))
TREE.case("6.5")(lost(undone=True))


def being(kind: str, *, on_loan: bool = True, home: str = "east") -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        item = desk.item(home)
        if on_loan:
            desk.loan(item=item)
        desk.be(item, kind)
        return desk.take_back(item)

    return take_back


TREE.case("6.6")(being("missing", on_loan=False))
TREE.case("7.1")(being("withdrawn"))
TREE.case("7.2")(being("damaged"))
TREE.case("7.3")(being("in_processing"))


@TREE.case("8")
def seen_elsewhere(desk: Desk) -> Answer:
    item = desk.item()
    desk.session.execute(update(Item).where(Item.id == item.id).values(current_branch_id=desk.places["west"].id))
    return desk.take_back(item)


def under_way(home: str, to: str) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        item = desk.item(home)
        desk.send(item, to, on_the_road=True)
        return desk.take_back(item)

    return take_back


@TREE.case("9.1")
def sent_here(desk: Desk) -> Answer:
    item = desk.item()
    desk.session.execute(update(Item).where(Item.id == item.id).values(current_branch_id=desk.places["west"].id))
    desk.send(item, "east", on_the_road=True)
    return desk.take_back(item)


TREE.case("9.2")(under_way("central", "west"))


@TREE.case("9.3")
def in_a_box(desk: Desk) -> Answer:
    item = desk.item()
    desk.in_a_box(item)
    return desk.take_back(item)


def waited_for(pickup: str, condition: str | None = None) -> CheckIn:
    def take_back(desk: Desk) -> Answer:
        item = desk.item()
        desk.loan(item=item)
        desk.hold(item, desk.patron(), pickup)
        if condition:
            desk.be(item, condition)
        return desk.take_back(item)

    return take_back


TREE.case("10.1")(waited_for("east"))
TREE.case("10.2")(waited_for("west"))
TREE.case("10.4")(waited_for("east", "damaged"))


@TREE.case("10.3")
def kept_already(desk: Desk) -> Answer:
    item = desk.item()
    desk.hold(item)
    return desk.take_back(item)


TREE.case("11.1")(coming_back("west"))
TREE.case("11.2")(coming_back("west", rules={"return_policy": "stay"}))
TREE.case("11.3")(being("damaged", home="west"))


def test_the_tree_is_whole() -> None:
    TREE.assert_whole()


@pytest.mark.parametrize("leaf", TREE.parameters())
def test_check_in_answers_as_the_tree_says(leaf: Leaf, desk: Desk) -> None:
    answer = TREE.cases[leaf.number](desk)
    assert_told(leaf, answer)
    assert ((answer["next"],) if answer["next"] else ()) == leaf.also
    if answer["item"] is not None:
        item = desk.session.get_one(Item, answer["item"], populate_existing=True)
        assert available(desk, item) == (
            answer["next"] == "shelve" and not {"set_aside", "withdrawn_came_back"} & {*codes(answer)}
        )
        assert desk.session.scalar(select(Loan.id).where(Loan.item_id == item.id, Loan.in_at.is_(None))) is None


def lines(desk: Desk) -> list[tuple[int | None, str, int]]:
    rows = desk.session.execute(
        select(LedgerEntry.patron_id, LedgerEntry.kind, LedgerEntry.amount_cents).order_by(LedgerEntry.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def test_a_late_return_is_written_into_the_ledger_and_keeps_its_reader_from_borrowing(desk: Desk) -> None:
    answer = coming_back(due_on=LATE, rules={**COSTLY, "fine_grace_days": 1, "fine_cap": 35})(desk)
    assert lines(desk) == [(desk.reader.id, "overdue", 35)]
    [block] = desk.session.scalars(select(PatronBlock))
    assert (block.code, block.from_on, block.until_on) == ("suspended_late", TODAY, date(2026, 12, 3))
    assert codes(desk.lend(desk.item())) == ["suspended_late"]
    told = {one["code"]: one["params"] for one in answer["reasons"]}
    assert told["late_charge"] == {"yuan": "0.35", "days": 5}
    events = select(EventRow.kind).where(EventRow.item_id == answer["item"], EventRow.patron_id == desk.reader.id)
    assert {*desk.session.scalars(events)} == {"loan.closed", "charge.written", "patron.blocked"}


def test_of_two_suspensions_the_longer_one_is_told(desk: Desk) -> None:
    desk.rule("suspension_days", 2)
    for days in (3, 7):
        item = desk.item()
        desk.loan(item=item, due_on=TODAY - timedelta(days=days))
        desk.take_back(item)
    refused = desk.lend(desk.item())
    assert [one["params"] for one in refused["reasons"]] == [{"until": "2026-12-07"}]


def test_a_childs_lateness_is_the_guardians_debt(desk: Desk) -> None:
    TREE.cases["3.4.3"](desk)
    guardian = desk.session.scalars(select(Guardian.guardian_patron_id)).one()
    assert lines(desk) == [(guardian, "overdue", 50)]


def test_a_lost_copy_that_was_paid_leaves_a_credit_that_a_cash_desk_gives_back(desk: Desk) -> None:
    TREE.cases["6.3"](desk)
    reader, town = desk.reader.id, desk.places["township"]
    assert [line[1:] for line in lines(desk)] == [("compensation", 3500), ("payment", -3500), ("void", -3500)]
    assert charges.balance(desk.session, reader) == -3500
    back = charges.append(
        desk.session, desk.operation(), patron_id=reader, kind="refund", amount_cents=3500, branch=town
    )
    assert back["balance"] == 0


def test_a_case_is_closed_by_the_copy_it_asks_for(desk: Desk) -> None:
    TREE.cases["4.2"](desk)
    [case] = desk.session.scalars(select(Case))
    assert (case.outcome, case.settled_at) == ("returned_by_reader", clock.now())


def test_a_return_keeps_what_the_rules_were_asked(desk: Desk) -> None:
    answer = coming_back("west", due_on=LATE, rules={"fine_per_day": 10})(desk)
    asked = [(one["path"], one["rules"]) for one in answer["policy"]]
    lateness = ["suspension_days", "fine_per_day", "fine_grace_days", "fine_cap"]
    assert asked == [(desk.here.path, lateness), (desk.places["west"].path, ["return_policy"])]
