"""The decision tree of renewal: every way in which more time is given or not, each on real rows.

After the outcome stands the new due date, where the leaf is about it. A loan is due on 23 December unless the leaf says more.
"""

from datetime import date, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import update

from catalog.items.models import Item
from circulation.cases.rules import Kind
from circulation.cases.services import open_case
from circulation.claims.claiming import claim_returned
from circulation.claims.recall import recall
from circulation.lending.onsite import use_on_site
from circulation.models import Loan
from library.branches.rounds import define_route, plan_dates
from library.kernel.decisions import is_overridable
from library.kernel.operations import Answer
from library.patrons.models import PatronBlock
from tests.circulation.decision_trees import Leaf, Tree, assert_told
from tests.circulation.lending.desk import Desk
from tests.factories import a_bib

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)


class Renewal(Protocol):
    """Do what a leaf says at a desk; overrides are handed on."""

    def __call__(self, desk: Desk, /, **more: Any) -> Answer: ...


TREE: Tree[Renewal] = Tree("""
1 Is it still on loan
  1.1 It came back => refused: loan_ended
  1.2 It came back and another reader has it => refused: loan_ended
  1.3 It was read in the room => refused: on_site_not_renewed
2 Does something stand against the reader
  2.1 The card has ended => refused: card_expired
  2.2 The card ends before the new date => allowed: card_ends_first
  2.3 Somebody has blocked the reader
    2.3.1 and that counts => refused: patron_blocked
    2.3.2 and it does not count => allowed
  2.4 Another loan is far too late
    2.4.1 and that counts => refused: overdue_block
    2.4.2 and it does not count => allowed
3 Does something stand against the loan
  3.1 It was called back => refused: loan_recalled
  3.2 The reader says that it came back => refused: claimed_not_renewed
  3.3 It counts as lost => refused: claimed_not_renewed renewed_late
  3.4 It was renewed as often as is allowed => refused: renewals_exhausted
4 Does somebody wait
  4.1 for the title, and no copy is free => refused: hold_waiting
  4.2 for the title, and another copy is free => allowed: other_copies_free
  4.3 for this very copy, though another one is free => refused: hold_waiting
  4.4 which does not count => allowed
5 Is it late
  5.1 and that is no matter => allowed 2026-12-23: renewed_late
  5.2 and late loans are not renewed => refused: late_not_renewed
6 Until when
  6.1 a loan more from the due date, which is later than today => allowed 2027-01-22
  6.2 a loan more from today => allowed 2026-12-28
  6.3 a loan more from the due date, though it is over => allowed 2026-12-22: renewed_late
  6.4 fewer days than a loan => allowed 2027-01-02
  6.5 not after a hard date => allowed 2027-01-05
  6.6 not after a hard date that is the due date already => refused: nothing_gained
  6.7 no longer than today => refused: nothing_gained
  6.8 the van's next run => allowed 2027-01-25
  6.9 the van, of which no run is planned => allowed 2027-01-22: no_run_planned
7 Who makes an exception
  7.1 the reader => refused: renewals_exhausted override_not_permitted
  7.2 a librarian who does not say why => refused: renewals_exhausted override_needs_reason
  7.3 a librarian who says why => allowed: renewals_exhausted
  7.4 a librarian, where there is none => refused: nothing_gained override_not_permitted
""")


@TREE.case("1.1")
def came_back(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    desk.take_back(item)
    return desk.renew(loan, **more)


@TREE.case("1.2")
def lent_to_another(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    loan = desk.lend(item)["loan"]["id"]
    desk.take_back(item)
    desk.lend(item, desk.patron())
    return desk.renew(loan, **more)


@TREE.case("1.3")
def read_in_the_room(desk: Desk, /, **more: Any) -> Answer:
    use = use_on_site(
        desk.session, desk.operation(), branch=desk.here, item_id=desk.item().id, patron_id=desk.reader.id
    )
    return desk.renew(use["use"], **more)


def by_rules(loan: dict[str, Any] | None = None, **rules: object) -> Renewal:
    def renew(desk: Desk, /, **more: Any) -> Answer:
        for name, value in rules.items():
            desk.rule(name, value)
        return desk.renew(desk.loan(**(loan or {})).id, **more)

    return renew


def card_until(expires_on: date) -> Renewal:
    def renew(desk: Desk, /, **more: Any) -> Answer:
        desk.reader.expires_on = expires_on
        desk.session.flush()
        return desk.renew(desk.loan().id, **more)

    return renew


TREE.case("2.1")(card_until(YESTERDAY))
TREE.case("2.2")(card_until(date(2027, 1, 21)))


@TREE.case("2.3.1")
def blocked(desk: Desk, /, **more: Any) -> Answer:
    desk.session.add(PatronBlock(patron_id=desk.reader.id, code="address_unknown", from_on=TODAY))
    desk.session.flush()
    return desk.renew(desk.loan().id, **more)


@TREE.case("2.3.2")
def blocked_in_vain(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("renew_blocked_by", "hold, overdue")
    return blocked(desk, **more)


@TREE.case("2.4.1")
def another_is_late(desk: Desk, /, **more: Any) -> Answer:
    desk.loan(due_on=TODAY - timedelta(days=31))
    return desk.renew(desk.loan().id, **more)


@TREE.case("2.4.2")
def another_is_late_in_vain(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("renew_blocked_by", "hold")
    return another_is_late(desk, **more)


@TREE.case("3.1")
def called_back(desk: Desk, /, **more: Any) -> Answer:
    loan = desk.loan()
    recall(desk.session, desk.operation(), loan.id)
    return desk.renew(loan.id, **more)


@TREE.case("3.2")
def claimed(desk: Desk, /, **more: Any) -> Answer:
    loan = desk.loan()
    claim_returned(desk.session, desk.operation(), loan.id)
    return desk.renew(loan.id, **more)


@TREE.case("3.3")
def counts_as_lost(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("overdue_block_days", "never")
    loan = desk.loan(due_on=TODAY - timedelta(days=90))
    about = {"item_id": loan.item_id, "loan_id": loan.id, "patron_id": loan.patron_id}
    open_case(desk.session, desk.operation(), Kind.CLAIMED_LOST, desk.here.id, **about)
    return desk.renew(loan.id, **more)


@TREE.case("3.4")
def renewed_before(desk: Desk, /, **more: Any) -> Answer:
    loan = desk.loan()
    desk.renew(loan.id)
    return desk.renew(loan.id, **more)


@TREE.case("4.1")
def somebody_waits(desk: Desk, /, **more: Any) -> Answer:
    loan = desk.loan()
    desk.hold(desk.session.get_one(Item, loan.item_id), desk.patron())
    return desk.renew(loan.id, **more)


def with_a_free_copy(desk: Desk, **of_item: Any) -> Loan:
    """A loan on whose title somebody waits, and another copy that has just come to its shelf."""
    bib = a_bib(desk.session)
    item, free = desk.item(bib=bib), desk.item(bib=bib)
    loan = desk.loan(item=item)
    desk.session.execute(update(Item).where(Item.id == free.id).values(is_available=False))
    desk.hold(item, desk.patron(), **dict.fromkeys(of_item, item.id))
    desk.session.execute(update(Item).where(Item.id == free.id).values(is_available=True))
    return loan


TREE.case("4.2")(lambda desk, **more: desk.renew(with_a_free_copy(desk).id, **more))
TREE.case("4.3")(lambda desk, **more: desk.renew(with_a_free_copy(desk, item_id=True).id, **more))


@TREE.case("4.4")
def somebody_waits_in_vain(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("renew_blocked_by", "none")
    return somebody_waits(desk, **more)


LATE = {"due_on": TODAY - timedelta(days=3)}
TREE.case("5.1")(by_rules(LATE))
TREE.case("5.2")(by_rules(LATE, renew_blocked_by="overdue"))
TREE.case("6.1")(by_rules())
TREE.case("6.2")(by_rules(renew_from="today", loan_days=35))
TREE.case("6.3")(by_rules({"due_on": TODAY - timedelta(days=1)}, renew_from="due"))
TREE.case("6.4")(by_rules(renewal_days=10))
TREE.case("6.5")(by_rules(hard_due="latest 2027-01-05"))
TREE.case("6.6")(by_rules(hard_due="latest 2026-12-23"))
TREE.case("6.7")(by_rules(renew_from="today", loan_days=30))


def with_van(*days: date) -> Renewal:
    def renew(desk: Desk, /, **more: Any) -> Answer:
        route = define_route(desk.session, desk.operation(), code="R1", name="北线", stops=[desk.here.id])
        plan_dates(desk.session, desk.operation(), route, days)
        return by_rules(due_by_next_run="yes")(desk, **more)

    return renew


TREE.case("6.8")(with_van(date(2026, 12, 28), date(2027, 1, 25)))
TREE.case("6.9")(with_van(date(2026, 12, 28)))


def excepting(case: Renewal, code: str, why: str = "住院", *, may: bool = True) -> Renewal:
    def renew(desk: Desk, /, **_: Any) -> Answer:
        return case(desk, overrides=[{"code": code, "reason": why}], may_override=may)

    return renew


TREE.case("7.1")(excepting(renewed_before, "renewals_exhausted", may=False))
TREE.case("7.2")(excepting(renewed_before, "renewals_exhausted", " "))
TREE.case("7.3")(excepting(renewed_before, "renewals_exhausted"))
TREE.case("7.4")(excepting(TREE.cases["6.7"], "nothing_gained"))


def test_the_tree_is_whole() -> None:
    TREE.assert_whole()


@pytest.mark.parametrize("leaf", TREE.parameters())
def test_renewal_answers_as_the_tree_says(leaf: Leaf, desk: Desk) -> None:
    answer = TREE.cases[leaf.number](desk)
    assert_told(leaf, answer)
    if leaf.also:
        assert (answer["loan"]["due_on"],) == leaf.also
    if leaf.outcome == "allowed":
        assert desk.session.get_one(Loan, answer["loan"]["id"], populate_existing=True).renewals >= 1


WAIVED = [
    leaf for leaf in TREE.leaves if len(leaf.codes) == 1 and leaf.outcome == "refused" and is_overridable(leaf.codes[0])
]


@pytest.mark.parametrize("leaf", [pytest.param(leaf, id=leaf.number) for leaf in WAIVED])
def test_an_exception_renews_and_stays_with_the_loan(leaf: Leaf, desk: Desk) -> None:
    why = [{"code": leaf.codes[0], "reason": "住院"}]
    answer = TREE.cases[leaf.number](desk, overrides=why, may_override=True)
    assert answer["decision"] == "allowed"
    kept = desk.session.get_one(Loan, answer["loan"]["id"], populate_existing=True).decided
    assert kept["renewed_by"] == why
