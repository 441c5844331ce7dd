"""The decision tree of check-out: every way a desk can be answered, each on real rows.

After the outcome stands the due date of what was lent, where the leaf is about it.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import update

from catalog.items.models import Item
from circulation.charges import services as charges
from circulation.claims.claiming import claim_returned
from circulation.lending.onsite import use_on_site
from circulation.models import Loan
from circulation.policies.services import choose
from library.branches.opening import set_exception, set_week
from library.branches.rounds import define_route, plan_dates
from library.kernel import clock
from library.kernel.decisions import is_overridable
from library.kernel.operations import Answer
from library.patrons.cards import replace_card
from library.patrons.models import Patron, PatronBlock, PatronGroup
from tests.circulation.decision_trees import Leaf, Tree, assert_told
from tests.circulation.lending.desk import Desk
from tests.factories import a_bib, a_location, patron_card

TODAY = date(2026, 11, 23)
SOON = date(2026, 12, 1)


class CheckOut(Protocol):
    """Do what a leaf says at a desk; overrides are handed on."""

    def __call__(self, desk: Desk, /, **more: Any) -> Answer: ...


TREE: Tree[CheckOut] = Tree("""
1 Whose card is it
  1.1 Nobody has this card => refused: unknown_card
  1.2 One digit of it is wrong => refused: code_misread
  1.3 Another card has replaced it => refused: card_not_active
  1.4 The reader has left the library => refused: card_not_active
  1.5 It ended yesterday => refused: card_expired
  1.6 It ends today => allowed: card_ends_first
2 Which copy is it
  2.1 No copy has this barcode => refused: unknown_barcode
  2.2 No copy has this id => refused: unknown_barcode
  2.3 One digit of it is wrong => refused: code_misread
  2.4 It is the ISBN => refused: isbn_not_a_barcode
  2.5 Two copies have it => refused: ambiguous_barcode
  2.6 Two copies have it and one was chosen => allowed
3 Where
  3.1 The branch is suspended => refused: branch_not_open
  3.2 It is an area of the tree => refused: branch_not_open
4 May the reader borrow
  4.1 Somebody has blocked the reader => refused: patron_blocked
  4.2 The block was lifted => allowed
  4.3 The reader brought a book back late and is suspended => refused: suspended_late
  4.4 A loan is late
    4.4.1 as many days as the county allows => allowed
    4.4.2 one day more => refused: overdue_block
    4.4.3 far more, but the reader is an elder whom nothing blocks => allowed
    4.4.4 far more, but it was copied from the notebook => allowed
    4.4.5 far more, but the reader says that it came back => allowed
    4.4.6 far more, but its room has been closed since it was due => allowed
    4.4.7 any day, where none is allowed => refused: overdue_block
  4.5 How much does the reader have
    4.5.1 as many books as are allowed => refused: loan_limit_reached
    4.5.2 one fewer => allowed
    4.5.3 as many, but at another branch, and each branch counts its own => allowed
    4.5.4 as many, of which one is read in the room => allowed
    4.5.5 the books of a class, of which the reader is the custodian => refused: loan_limit_reached
    4.5.6 as many of this class of copies as are allowed => refused: class_limit_reached
    4.5.7 as many, but of another class => allowed
    4.5.8 a copy of the same title => refused: title_limit_reached
    4.5.9 a copy of the same title, where two are allowed => allowed
  4.6 There has to be a deposit
    4.6.1 none was paid => refused: deposit_missing
    4.6.2 it was written down and not paid => refused: deposit_missing
    4.6.3 it was paid => allowed
    4.6.4 it was paid, and a lost book is owed => refused: deposit_missing
    4.6.5 it was paid, and the line undone => refused: deposit_missing
5 May this reader have this copy
  5.1 The reader is too young for it => refused: too_young
  5.2 Nobody knows how old the reader is => needs_confirmation: age_unknown
  5.3 The reader is old enough this year => allowed
  5.4 It is new
    5.4.1 and the reader lives in another township => refused: new_book_protected
    5.4.2 and the reader lives in the next village => allowed
    5.4.3 no longer => allowed
    5.4.4 but of the central library, which buys for the whole county => allowed
6 May the copy be lent
  6.1 Another reader has it => refused: item_on_loan
  6.2 The reader has it already, and may have no more => refused: already_on_loan_to_patron
  6.3 It was withdrawn => refused: item_withdrawn
  6.4 It is of a class for reading here => refused: not_lendable
  6.5 It stands where nothing is lent => refused: not_lendable
  6.6 It was reported lost => needs_confirmation: item_lost
  6.7 It was missing => allowed: missing_came_back
  6.8 It is damaged => needs_confirmation: item_damaged
  6.9 It is being processed => needs_confirmation: item_in_processing
  6.10 It is kept
    6.10.1 for another reader => refused: captured_for_another
    6.10.2 for this reader => allowed
    6.10.3 for this reader, and should go to the branch where they wanted to collect it => allowed
  6.11 It should go to another branch => needs_confirmation: item_in_transit
  6.12 It was on its way here => allowed: seen_elsewhere
  6.13 It lies in a box => needs_confirmation: item_in_transit
  6.14 It was thought to be elsewhere => allowed: seen_elsewhere
  6.15 Somebody else waits for the title => allowed: others_waiting
7 Until when
  7.1 Thirty days => allowed 2026-12-23
  7.2 Two weeks => allowed 2026-12-07
  7.3 A month => allowed 2026-12-23
  7.4 The room is closed on that day
    7.4.1 then the next open one => allowed 2026-12-24
    7.4.2 then the open one before => allowed 2026-12-22
    7.4.3 which does not matter => allowed 2026-12-23
    7.4.4 and on one before: only open days count => allowed 2026-12-25
    7.4.5 then the same weekday, a week later => allowed 2026-12-30
  7.5 There is a hard date
    7.5.1 not after it => allowed 2026-12-01
    7.5.2 not before it => allowed 2027-02-20
    7.5.3 exactly it, open or not => allowed 2027-01-15
    7.5.4 which is over: tomorrow at the earliest => allowed 2026-11-24
  7.6 The class keeps its books until the term ends
    7.6.1 and has a term => allowed 2027-01-20
    7.6.2 and has none => allowed 2026-12-23
  7.7 Books go with the van
    7.7.1 whose next run is planned => allowed 2026-12-28
    7.7.2 whose next run comes after the term => allowed 2027-01-25
    7.7.3 which is not planned => allowed 2026-12-23: no_run_planned
8 Who makes an exception
  8.1 somebody who may not => refused: loan_limit_reached override_not_permitted
  8.2 somebody who may, and does not say why => refused: loan_limit_reached override_needs_reason
  8.3 somebody who may, and says why => allowed: loan_limit_reached
  8.4 somebody who may, where there is none => refused: patron_blocked override_not_permitted
  8.5 whoever lends, where a yes is enough => allowed: item_damaged
""")


def card_of(desk: Desk, reader: Patron | None = None) -> str:
    return patron_card(desk.session, reader or desk.reader)


def by_card(desk: Desk, card: str) -> Answer:
    return desk.scan_card(card, desk.item())


TREE.case("1.1")(lambda desk, **_: by_card(desk, "nobody has this"))
TREE.case("1.2")(lambda desk, **_: by_card(desk, "200000000011"))


@TREE.case("1.3")
def replaced(desk: Desk, /, **_: Any) -> Answer:
    old = card_of(desk)
    replace_card(desk.session, desk.operation(), desk.reader)
    return by_card(desk, old)


def with_reader(**values: Any) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        return desk.lend(desk.item(), desk.patron(**values), **more)

    return lend


TREE.case("1.4")(with_reader(closed_on=TODAY))
TREE.case("1.5")(with_reader(expires_on=TODAY - timedelta(days=1)))
TREE.case("1.6")(with_reader(expires_on=TODAY))

TREE.case("2.1")(lambda desk, **_: desk.scan_out("nobody has this"))
TREE.case("2.3")(lambda desk, **_: desk.scan_out("300000000011"))
TREE.case("2.4")(lambda desk, **_: desk.scan_out("9787539649245"))


@TREE.case("2.2")
def no_such_id(desk: Desk, /, **_: Any) -> Answer:
    return desk.scan_card(card_of(desk), Item(id=999_999))


@TREE.case("2.5")
def two_copies(desk: Desk, /, **_: Any) -> Answer:
    for where in ("east", "west"):
        desk.item(where, barcode="SHARED")
    return desk.scan_out("SHARED")


@TREE.case("2.6")
def one_of_two(desk: Desk, /, **_: Any) -> Answer:
    chosen, _other = (desk.item(where, barcode="SHARED") for where in ("east", "west"))
    return desk.scan_card(card_of(desk), chosen)


@TREE.case("3.1")
def suspended_branch(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.here.state = "suspended"
    desk.session.flush()
    return desk.lend(item, **more)


@TREE.case("3.2")
def area(desk: Desk, /, **more: Any) -> Answer:
    return desk.lend(desk.item("county"), where="county", **more)


def blocked(*, lifted: bool = False, code: str = "address_unknown") -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        block = PatronBlock(patron_id=desk.reader.id, code=code, from_on=TODAY, until_on=TODAY)
        block.lifted_at = clock.now() if lifted else None
        desk.session.add(block)
        desk.session.flush()
        return desk.lend(desk.item(), **more)

    return lend


TREE.case("4.1")(blocked())
TREE.case("4.2")(blocked(lifted=True))
TREE.case("4.3")(blocked(code="suspended_late"))


def with_late_loan(days: int, allowed: int | None = None, **loan: Any) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        if allowed is not None:
            desk.rule("overdue_block_days", allowed)
        desk.loan(due_on=TODAY - timedelta(days=days), **loan)
        return desk.lend(desk.item(), **more)

    return lend


TREE.case("4.4.1")(with_late_loan(30))
TREE.case("4.4.2")(with_late_loan(31))
TREE.case("4.4.4")(with_late_loan(300, is_backdated=True))
TREE.case("4.4.7")(with_late_loan(1, allowed=0))


@TREE.case("4.4.3")
def elder(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("overdue_block_days", "never", patron_category="elder")
    reader = desk.patron(category="elder")
    desk.loan(reader=reader, due_on=TODAY - timedelta(days=300))
    return desk.lend(desk.item(), reader, **more)


@TREE.case("4.4.5")
def claimed(desk: Desk, /, **more: Any) -> Answer:
    late = desk.loan(due_on=TODAY - timedelta(days=300))
    claim_returned(desk.session, desk.operation(), late.id)
    return desk.lend(desk.item(), **more)


@TREE.case("4.4.6")
def closed_since(desk: Desk, /, **more: Any) -> Answer:
    late = TODAY - timedelta(days=60)
    desk.loan(item=desk.item("west"), due_on=late)
    for days in range(60):
        on = late + timedelta(days=days)
        set_exception(desk.session, desk.operation(), desk.places["west"].id, on, cause="修房顶")
    return desk.lend(desk.item(), **more)


def with_loans(count: int, **loan: Any) -> CheckOut:
    """Five are allowed."""

    def lend(desk: Desk, /, **more: Any) -> Answer:
        for _ in range(count):
            desk.loan(**loan)
        return desk.lend(desk.item(), **more)

    return lend


TREE.case("4.5.1")(with_loans(5))
TREE.case("4.5.2")(with_loans(4))


@TREE.case("4.5.3")
def each_branch_counts(desk: Desk, /, **more: Any) -> Answer:
    choose(desk.session, desk.operation(), "loans_counted", "branch")
    for _ in range(5):
        desk.loan(item=desk.item("west"))
    return desk.lend(desk.item(), **more)


@TREE.case("4.5.4")
def one_in_the_room(desk: Desk, /, **more: Any) -> Answer:
    read = desk.item()
    use_on_site(desk.session, desk.operation(), branch=desk.here, item_id=read.id, patron_id=desk.reader.id)
    return with_loans(4)(desk, **more)


def a_class(desk: Desk, term_ends_on: date | None = None) -> tuple[Patron, PatronGroup]:
    """A school class, and the reader of category `group` that answers for its books."""
    custodian = desk.patron(category="group", born_in=None)
    group = PatronGroup(
        name="三年级一班", branch_id=desk.places["school"].id, custodian_id=custodian.id, term_ends_on=term_ends_on
    )
    desk.session.add(group)
    desk.session.flush()
    return custodian, group


@TREE.case("4.5.5")
def books_of_a_class(desk: Desk, /, **more: Any) -> Answer:
    custodian, group = a_class(desk)
    for _ in range(5):
        desk.loan(reader=custodian, group_id=group.id)
    return desk.lend(desk.item(), custodian, **more)


def with_two_magazines(item_class: str) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        desk.rule("loan_limit_class", 2, item_class="magazine")
        for _ in range(2):
            desk.loan(item=desk.item(item_class="magazine"), item_class="magazine")
        return desk.lend(desk.item(item_class=item_class), **more)

    return lend


TREE.case("4.5.6")(with_two_magazines("magazine"))
TREE.case("4.5.7")(with_two_magazines("book"))


@TREE.case("4.5.8")
def same_title(desk: Desk, /, **more: Any) -> Answer:
    bib = a_bib(desk.session)
    desk.loan(item=desk.item(bib=bib))
    return desk.lend(desk.item(bib=bib), **more)


@TREE.case("4.5.9")
def same_title_twice(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("loan_limit_title", 2)
    return same_title(desk, **more)


def with_ledger(*lines: tuple[str, int], undo_first: bool = False) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        desk.rule("deposit", 5000)
        town = desk.places["township"]
        entries = [
            charges.append(
                desk.session,
                desk.operation(),
                patron_id=desk.reader.id,
                kind=kind,
                amount_cents=cents,
                branch=town,
                note="押金",
            )["entry"]
            for kind, cents in lines
        ]
        if undo_first:
            charges.void(desk.session, desk.operation(), entries[0], branch=town, note="记错了")
        return desk.lend(desk.item(), **more)

    return lend


TREE.case("4.6.1")(with_ledger())
TREE.case("4.6.2")(with_ledger(("deposit", 5000)))
TREE.case("4.6.3")(with_ledger(("deposit", 5000), ("payment", -5000)))
TREE.case("4.6.4")(with_ledger(("deposit", 5000), ("payment", -5000), ("compensation", 3500)))
TREE.case("4.6.5")(with_ledger(("deposit", 5000), ("payment", -5000), undo_first=True))


def of_age(born_in: int | None) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        desk.rule("age_limit", 18, item_class="dvd")
        return desk.lend(desk.item(item_class="dvd"), desk.patron(born_in=born_in), **more)

    return lend


TREE.case("5.1")(of_age(2009))
TREE.case("5.2")(of_age(None))
TREE.case("5.3")(of_age(2008))


def new_book(home: str, days: int, of: str = "east") -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        desk.rule("new_book_protect_days", 90)
        reader = desk.patron()
        reader.home_branch_id = desk.places[home].id
        desk.session.flush()
        return desk.lend(desk.item(of, acquired_on=TODAY - timedelta(days=days)), reader, of, **more)

    return lend


TREE.case("5.4.1")(new_book("central", 89))
TREE.case("5.4.2")(new_book("west", 89))
TREE.case("5.4.3")(new_book("central", 90))
TREE.case("5.4.4")(new_book("east", 89, of="central"))


@TREE.case("6.1")
def lent_to_another(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.loan(item=item, reader=desk.patron())
    return desk.lend(item, **more)


@TREE.case("6.2")
def lent_to_oneself(desk: Desk, /, **more: Any) -> Answer:
    desk.rule("loan_limit", 1)
    item = desk.item()
    desk.loan(item=item)
    return desk.lend(item, **more)


def being(kind: str) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        item = desk.item()
        desk.be(item, kind)
        return desk.lend(item, **more)

    return lend


TREE.case("6.3")(being("withdrawn"))
TREE.case("6.6")(being("lost"))
TREE.case("6.7")(being("missing"))
TREE.case("6.8")(being("damaged"))
TREE.case("6.9")(being("in_processing"))
TREE.case("6.4")(lambda desk, **more: desk.lend(desk.item(item_class="reference", is_available=False), **more))


@TREE.case("6.5")
def reading_corner(desk: Desk, /, **more: Any) -> Answer:
    corner = a_location(desk.session, desk.here, is_lendable=False)
    return desk.lend(desk.item(location=corner, is_available=False), **more)


@TREE.case("6.10.1")
def kept_for_another(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.hold(item, desk.patron())
    return desk.lend(item, **more)


@TREE.case("6.10.2")
def kept_for_oneself(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.hold(item)
    return desk.lend(item, **more)


@TREE.case("6.10.3")
def under_way_to_oneself(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.hold(item, pickup="west")
    return desk.lend(item, **more)


@TREE.case("6.11")
def bound_elsewhere(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.send(item, "west")
    return desk.lend(item, **more)


@TREE.case("6.12")
def bound_here(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item("west")
    desk.send(item, "east", on_the_road=True)
    return desk.lend(item, **more)


@TREE.case("6.13")
def in_a_box(desk: Desk, /, **more: Any) -> Answer:
    item = desk.item()
    desk.in_a_box(item)
    return desk.lend(item, **more)


TREE.case("6.14")(lambda desk, **more: desk.lend(desk.item("west"), **more))


@TREE.case("6.15")
def others_wait(desk: Desk, /, **more: Any) -> Answer:
    bib = a_bib(desk.session)
    lent, item = desk.item(bib=bib), desk.item(bib=bib)
    desk.loan(item=lent, reader=desk.patron())
    desk.hold(lent, desk.patron(), item_id=lent.id)
    desk.session.execute(update(Item).where(Item.id == item.id).values(is_available=False))
    desk.hold(lent, desk.patron())
    desk.session.execute(update(Item).where(Item.id == item.id).values(is_available=True))
    return desk.lend(item, **more)


def by_rules(**rules: object) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        for name, value in rules.items():
            desk.rule(name, value)
        return desk.lend(desk.item(), **more)

    return lend


def on_a_closed_day(mode: str) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        week = {day: [(time(8), time(17))] for day in range(7)}
        set_week(desk.session, desk.operation(), desk.here.id, week, valid_from=date(2026, 1, 1))
        for closed in (date(2026, 12, 10), date(2026, 12, 23)):
            set_exception(desk.session, desk.operation(), desk.here.id, closed, cause="大雪")
        return by_rules(closed_day_mode=mode)(desk, **more)

    return lend


TREE.case("7.1")(by_rules())
TREE.case("7.2")(by_rules(loan_days=2, loan_unit="weeks"))
TREE.case("7.3")(by_rules(loan_days=1, loan_unit="months"))
TREE.case("7.4.1")(on_a_closed_day("next_open"))
TREE.case("7.4.2")(on_a_closed_day("previous_open"))
TREE.case("7.4.3")(on_a_closed_day("ignore"))
TREE.case("7.4.4")(on_a_closed_day("skip_closed"))
TREE.case("7.4.5")(on_a_closed_day("same_weekday"))
TREE.case("7.5.1")(by_rules(hard_due="latest 2026-12-01"))
TREE.case("7.5.2")(by_rules(hard_due="earliest 2027-02-20"))
TREE.case("7.5.3")(by_rules(hard_due="exactly 2027-01-15"))
TREE.case("7.5.4")(by_rules(hard_due="latest 2026-11-01"))


def with_van(*days: date, **rules: object) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        stops = [desk.places["township"].id, desk.here.id]
        route = define_route(desk.session, desk.operation(), code="R1", name="北线", stops=stops)
        plan_dates(desk.session, desk.operation(), route, days)
        return by_rules(due_by_next_run="yes", **rules)(desk, **more)

    return lend


def for_a_class(term_ends_on: date | None, *, by_van: bool = False) -> CheckOut:
    def lend(desk: Desk, /, **more: Any) -> Answer:
        desk.reader, _group = a_class(desk, term_ends_on)
        if by_van:
            return with_van(SOON, date(2027, 1, 25), hard_due="term_end")(desk, **more)
        return by_rules(hard_due="term_end")(desk, **more)

    return lend


TREE.case("7.6.1")(for_a_class(date(2027, 1, 20)))
TREE.case("7.6.2")(for_a_class(None))
TREE.case("7.7.1")(with_van(SOON, date(2026, 12, 28), date(2027, 1, 25)))
TREE.case("7.7.2")(for_a_class(date(2027, 1, 20), by_van=True))
TREE.case("7.7.3")(with_van(SOON))


def excepting(case: CheckOut, code: str, why: str = "写作文要用", *, may: bool = True) -> CheckOut:
    def lend(desk: Desk, /, **_: Any) -> Answer:
        return case(desk, overrides=[{"code": code, "reason": why}], may_override=may)

    return lend


TREE.case("8.1")(excepting(with_loans(5), "loan_limit_reached", may=False))
TREE.case("8.2")(excepting(with_loans(5), "loan_limit_reached", " "))
TREE.case("8.3")(excepting(with_loans(5), "loan_limit_reached"))
TREE.case("8.4")(excepting(blocked(), "patron_blocked"))
TREE.case("8.5")(excepting(being("damaged"), "item_damaged", "", may=False))


def test_the_tree_is_whole() -> None:
    TREE.assert_whole()


@pytest.mark.parametrize("leaf", TREE.parameters())
def test_check_out_answers_as_the_tree_says(leaf: Leaf, desk: Desk) -> None:
    answer = TREE.cases[leaf.number](desk)
    assert_told(leaf, answer)
    if leaf.also:
        assert (answer["loan"]["due_on"],) == leaf.also


REFUSALS = [
    leaf for leaf in TREE.leaves if leaf.outcome != "allowed" and len(leaf.codes) == 1 and leaf.number[0] in "13456"
]
LASTING = [leaf for leaf in REFUSALS if not is_overridable(leaf.codes[0]) and leaf.outcome == "refused"]
WAIVED = [leaf for leaf in REFUSALS if leaf not in LASTING]
CASE = Callable[..., Answer]


@pytest.mark.parametrize("leaf", [pytest.param(leaf, id=leaf.number) for leaf in WAIVED])
def test_an_exception_lends_and_stays_with_the_loan(leaf: Leaf, desk: Desk) -> None:
    why = [{"code": leaf.codes[0], "reason": "写作文要用"}]
    answer = TREE.cases[leaf.number](desk, overrides=why, may_override=True)
    assert (answer["decision"], [one["severity"] for one in answer["reasons"]]) == ("allowed", ["notice"])
    assert desk.session.get_one(Loan, answer["loan"]["id"]).decided["overrides"] == why


@pytest.mark.parametrize("leaf", [pytest.param(leaf, id=leaf.number) for leaf in LASTING if leaf.number > "1.4"])
def test_nobody_makes_an_exception_of_some(leaf: Leaf, desk: Desk) -> None:
    why = [{"code": leaf.codes[0], "reason": "写作文要用"}]
    answer = TREE.cases[leaf.number](desk, overrides=why, may_override=True)
    assert (answer["decision"], [one["code"] for one in answer["reasons"]]) == (
        "refused",
        [leaf.codes[0], "override_not_permitted"],
    )
