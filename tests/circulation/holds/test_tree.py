"""The decision about a new hold as a tree a librarian can read, with a case for each leaf."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from catalog.items.models import ItemCondition
from circulation.claims.claiming import claim_returned
from circulation.policies.lateness import SUSPENDED
from library.branches.opening import set_exception
from library.kernel import clock
from library.kernel.operations import Answer
from library.patrons.models import Patron, PatronBlock
from tests.circulation.decision_trees import Leaf, Tree, assert_told
from tests.circulation.holds.desk import Desk
from tests.factories import a_bib, a_loan, a_location, a_policy

TREE: Tree[Callable[[Desk], Answer]] = Tree(
    """
    1 The reader
      1.1 is blocked by staff => refused: patron_blocked
      1.2 has a card that expired yesterday => refused: card_expired
      1.3 has a book that is late
        1.3.1 by as many days as are allowed => allowed ready
        1.3.2 by one day more => refused: overdue_block
        1.3.3 by one day more, but says that it came back => allowed ready
        1.3.4 by far more, but its room has been closed since it was due => allowed ready
      1.4 is suspended twice => refused: suspended_late
    2 What the reader has already
      2.1 as many holds as are allowed at a time => refused: holds_limit_reached
      2.2 as many holds as are allowed in a day
        2.2.1 placed today, and given up since => refused: holds_per_day_reached
        2.2.2 placed yesterday => allowed ready
      2.3 a hold on the same title => refused: hold_exists
      2.4 a hold on the very copy that is wanted => refused: copy_already_reserved
      2.5 a hold on another volume of the set => allowed ready
      2.6 the title on loan => refused: already_on_loan_to_patron
      2.7 another volume of the set on loan => allowed ready
    3 The copies of the title
      3.1 There is none => refused: nothing_to_hold
      3.2 All are for reading in the room => refused: nothing_to_hold
      3.3 All are lost => refused: nothing_to_hold
      3.4 The reader is too young for all of them => refused: too_young
      3.5 The reader is too young for one and not for the other => allowed in_transit
      3.6 There is an age limit, and the reader's year of birth is not known => allowed ready
      3.7 All are new and belong to another township => refused: new_book_protected
      3.8 They are new and belong to the reader's township => allowed in_transit
      3.9 None may travel to where it would be collected => refused: copy_out_of_reach
      3.10 One is for older readers, the other may not travel => refused: too_young copy_out_of_reach
    4 The place where it would be collected
      4.1 is an area of the tree => refused: not_a_pickup_place
      4.2 is suspended => refused: pickup_branch_closed
      4.3 is too far from the reader's own => refused: pickup_out_of_reach
      4.4 is as near as it has to be => allowed in_transit
    5 Nothing stands against it
      5.1 A copy stands on the shelf there => allowed ready
      5.2 A copy stands on another shelf => allowed in_transit
      5.3 All copies are on loan => allowed waiting
      5.4 A copy stands on a shelf, and another reader has waited longer => allowed waiting
      5.5 The only copy stands in a branch that is suspended => allowed waiting
      5.6 One copy is named and is on loan => allowed waiting
    6 Several things stand against it => refused: patron_blocked already_on_loan_to_patron pickup_branch_closed
    """
)


@pytest.mark.parametrize("leaf", TREE.parameters())
def test_placing_a_hold(desk: Desk, leaf: Leaf) -> None:
    answer = TREE.cases[leaf.number](desk)
    assert_told(leaf, answer)
    assert [answer["hold"]["state"]] == list(leaf.also) if answer["hold"] else leaf.also == ()


def test_every_leaf_has_its_case() -> None:
    TREE.assert_whole()


def late_by(desk: Desk, days: int) -> Answer:
    desk.copy("east")
    reader = desk.reader()
    a_loan(
        desk.session,
        item=desk.copy("east", bib=a_bib(desk.session)),
        patron=reader,
        due_on=clock.today() - timedelta(days),
    )
    return desk.place(reader)


def another_hold(desk: Desk, reader: Patron) -> int:
    other = a_bib(desk.session)
    desk.copy("east", bib=other)
    return int(desk.place(reader, bib_id=other.id)["hold"]["id"])


@TREE.case("1.1")
def blocked(desk: Desk) -> Answer:
    desk.copy("east")
    reader = desk.reader()
    desk.session.add(PatronBlock(patron_id=reader.id, code="manual", from_on=clock.today()))
    return desk.place(reader)


@TREE.case("1.2")
def expired(desk: Desk) -> Answer:
    desk.copy("east")
    return desk.place(desk.reader(expires_on=clock.today() - timedelta(days=1)))


TREE.case("1.3.1")(lambda desk: late_by(desk, 30))
TREE.case("1.3.2")(lambda desk: late_by(desk, 31))


@TREE.case("1.3.3")
def claimed(desk: Desk) -> Answer:
    desk.copy("east")
    reader = desk.reader()
    late = a_loan(
        desk.session,
        item=desk.copy("west", bib=a_bib(desk.session)),
        patron=reader,
        due_on=clock.today() - timedelta(31),
    )
    claim_returned(desk.session, desk.make("claim_returned"), late.id)
    return desk.place(reader)


@TREE.case("1.3.4")
def closed_since(desk: Desk) -> Answer:
    desk.copy("east")
    reader, due = desk.reader(), clock.today() - timedelta(60)
    a_loan(desk.session, item=desk.copy("west", bib=a_bib(desk.session)), patron=reader, due_on=due)
    for days in range(60):
        on = due + timedelta(days)
        set_exception(desk.session, desk.make("set_exception"), desk.branches["west"].id, on, cause="修房顶")
    return desk.place(reader)


@TREE.case("1.4")
def suspended_twice(desk: Desk) -> Answer:
    desk.copy("east")
    reader, today = desk.reader(), clock.today()
    for days in (3, 9):
        block = PatronBlock(patron_id=reader.id, code=SUSPENDED, from_on=today, until_on=today + timedelta(days))
        desk.session.add(block)
    answer = desk.place(reader)
    assert [reason["params"]["until"] for reason in answer["reasons"]] == [(today + timedelta(9)).isoformat()]
    return answer


@TREE.case("2.1")
def full(desk: Desk) -> Answer:
    desk.copy("east")
    a_policy(desk.session, "holds_max", 1, branch_id=desk.branches["east"].id)
    reader = desk.reader()
    another_hold(desk, reader)
    return desk.place(reader)


def one_a_day(desk: Desk, reader: Patron) -> int:
    desk.copy("east")
    a_policy(desk.session, "holds_per_day", 1, branch_id=desk.branches["township"].id)
    return another_hold(desk, reader)


@TREE.case("2.2.1")
def full_today(desk: Desk) -> Answer:
    reader = desk.reader()
    hold = desk.row(one_a_day(desk, reader))
    hold.state, hold.ended_at = "cancelled", clock.now()
    desk.session.flush()
    return desk.place(reader)


@TREE.case("2.2.2")
def full_yesterday(desk: Desk) -> Answer:
    reader = desk.reader()
    desk.row(one_a_day(desk, reader)).placed_at = clock.start_of_day(clock.today()) - timedelta(seconds=1)
    desk.session.flush()
    return desk.place(reader)


@TREE.case("2.3")
def same_title(desk: Desk) -> Answer:
    reader = desk.reader()
    copy = desk.copy("east")
    desk.place(reader)
    return desk.place(reader, item_id=copy.id)


@TREE.case("2.4")
def same_copy(desk: Desk) -> Answer:
    reader = desk.reader()
    copy = desk.copy("east")
    desk.place(reader, item_id=copy.id)
    return desk.place(reader, item_id=copy.id)


@TREE.case("2.5")
def other_volume_reserved(desk: Desk) -> Answer:
    reader = desk.reader()
    first, second = (desk.copy("east", volume=volume) for volume in ("上", "下"))
    desk.place(reader, item_id=first.id)
    return desk.place(reader, item_id=second.id)


@TREE.case("2.6")
def on_loan(desk: Desk) -> Answer:
    reader = desk.reader()
    desk.lend(desk.copy("east"), reader)
    return desk.place(reader)


@TREE.case("2.7")
def other_volume_on_loan(desk: Desk) -> Answer:
    reader = desk.reader()
    first, second = (desk.copy("east", volume=volume) for volume in ("上", "下"))
    desk.lend(first, reader)
    return desk.place(reader, item_id=second.id)


TREE.case("3.1")(lambda desk: desk.place(desk.reader()))


@TREE.case("3.2")
def for_reading_here(desk: Desk) -> Answer:
    desk.copy("east", item_class="reference")
    desk.copy("east", location=a_location(desk.session, desk.branches["east"], is_lendable=False))
    return desk.place(desk.reader())


@TREE.case("3.3")
def lost(desk: Desk) -> Answer:
    desk.session.add(ItemCondition(item_id=desk.copy("east").id, kind="lost", since=clock.now()))
    return desk.place(desk.reader())


def for_grown_ups(desk: Desk) -> None:
    a_policy(desk.session, "age_limit", 14, item_class="disc")
    desk.copy("east", item_class="disc")


@TREE.case("3.4")
def too_young(desk: Desk) -> Answer:
    for_grown_ups(desk)
    return desk.place(desk.reader(category="child", born_in=clock.today().year - 13))


@TREE.case("3.5")
def too_young_for_one(desk: Desk) -> Answer:
    for_grown_ups(desk)
    desk.copy("west")
    return desk.place(desk.reader(category="child", born_in=clock.today().year - 13))


@TREE.case("3.6")
def age_unknown(desk: Desk) -> Answer:
    for_grown_ups(desk)
    return desk.place(desk.reader(born_in=None))


def new_in_the_township(desk: Desk) -> None:
    a_policy(desk.session, "new_book_protect_days", 30)
    desk.copy("west", acquired_on=clock.today() - timedelta(days=29))


@TREE.case("3.7")
def protected(desk: Desk) -> Answer:
    new_in_the_township(desk)
    return desk.place(desk.reader("central"))


@TREE.case("3.8")
def new_and_ours(desk: Desk) -> Answer:
    new_in_the_township(desk)
    return desk.place(desk.reader())


def stays_in_its_township(desk: Desk) -> None:
    a_policy(desk.session, "hold_scope", "township")
    desk.copy("central")


@TREE.case("3.9")
def out_of_reach(desk: Desk) -> Answer:
    stays_in_its_township(desk)
    return desk.place(desk.reader())


@TREE.case("3.10")
def two_obstacles(desk: Desk) -> Answer:
    for_grown_ups(desk)
    stays_in_its_township(desk)
    return desk.place(desk.reader(category="child", born_in=clock.today().year - 13))


@TREE.case("4.1")
def in_an_area(desk: Desk) -> Answer:
    desk.copy("east")
    return desk.place(desk.reader(), pickup="county")


@TREE.case("4.2")
def where_it_is_shut(desk: Desk) -> Answer:
    desk.copy("west")
    desk.branches["east"].state = "suspended"
    return desk.place(desk.reader())


def near_home(desk: Desk) -> None:
    desk.copy("east")
    a_policy(desk.session, "pickup_scope", "township")


@TREE.case("4.3")
def too_far(desk: Desk) -> Answer:
    near_home(desk)
    return desk.place(desk.reader(), pickup="central")


@TREE.case("4.4")
def near_enough(desk: Desk) -> Answer:
    near_home(desk)
    return desk.place(desk.reader(), pickup="school")


@TREE.case("5.1")
def here(desk: Desk) -> Answer:
    desk.copy("east")
    return desk.place(desk.reader())


@TREE.case("5.2")
def elsewhere(desk: Desk) -> Answer:
    desk.copy("west")
    return desk.place(desk.reader())


@TREE.case("5.3")
def all_out(desk: Desk) -> Answer:
    desk.lend(desk.copy("east"), desk.reader())
    return desk.place(desk.reader())


@TREE.case("5.4")
def after_another(desk: Desk) -> Answer:
    desk.lend(desk.copy("east"), desk.reader())
    desk.place(desk.reader("west"), pickup="west")
    desk.copy("east")
    return desk.place(desk.reader())


@TREE.case("5.5")
def behind_a_shut_door(desk: Desk) -> Answer:
    desk.copy("west")
    desk.branches["west"].state = "suspended"
    return desk.place(desk.reader())


@TREE.case("5.6")
def one_copy(desk: Desk) -> Answer:
    wanted, _other = desk.copy("east"), desk.copy("east")
    desk.lend(wanted, desk.reader())
    return desk.place(desk.reader(), item_id=wanted.id)


@TREE.case("6")
def several(desk: Desk) -> Answer:
    reader = desk.reader()
    desk.lend(desk.copy("east"), reader)
    desk.branches["east"].state = "suspended"
    desk.session.add(PatronBlock(patron_id=reader.id, code="manual", from_on=clock.today()))
    return desk.place(reader)
