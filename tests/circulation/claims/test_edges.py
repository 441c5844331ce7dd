"""The state table of cases, edge by edge: each kind is opened as it really comes about and ended in each way it may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from catalog.items import checks as items
from catalog.items.models import Item, ItemCondition
from circulation.cases import checks as cases
from circulation.cases.rules import EDGES, Kind, Outcome
from circulation.cases.services import open_case
from circulation.charges.services import balance
from circulation.claims import reasons
from circulation.claims.claiming import claim_lost, claim_returned
from circulation.claims.damage import note_damaged, note_missing
from circulation.claims.lost import declare_lost
from circulation.claims.settling import settle
from circulation.claims.subjects import loan_of
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.logistics.services import dispatch, miss, pick, request_transfer
from circulation.models import Case, Hold, Loan, Transfer
from circulation.models import checks as moving
from circulation.policies.reasons import LOAN_ENDED
from circulation.policies.services import set_row
from circulation.whereabouts import checks as whereabouts
from library.kernel import clock as kernel_clock
from library.kernel.errors import Invalid, NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer
from tests.circulation.lending.desk import Desk, available, codes

PRICE = 3_500
LAWS = (*items.INVARIANTS, *moving.INVARIANTS, *cases.INVARIANTS, *whereabouts.INVARIANTS)


@dataclass
class Scene:
    """A case with its copy, and the loan it is about, if any."""

    desk: Desk
    item: Item
    case_id: int
    loan_id: int | None = None

    def settle(self, outcome: str, where: str = "east", note: str = "") -> Answer:
        branch = self.desk.places[where]
        return settle(self.desk.session, self.desk.operation("settle"), self.case_id, outcome, branch=branch, note=note)

    @property
    def loan(self) -> Loan:
        return self.desk.session.get_one(Loan, self.loan_id, populate_existing=True)

    def conditions(self) -> set[str]:
        """Return what is noted about the copy, after looking that nothing contradicts anything."""
        broken = {law.name: self.desk.session.execute(law.broken).all() for law in LAWS}
        assert {name: rows for name, rows in broken.items() if rows} == {}
        wanted = select(ItemCondition.kind).where(ItemCondition.item_id == self.item.id, ItemCondition.until.is_(None))
        return set(self.desk.session.scalars(wanted))

    def open_kinds(self) -> list[str]:
        wanted = select(Case.kind).where(Case.item_id == self.item.id, Case.settled_at.is_(None))
        return list(self.desk.session.scalars(wanted.order_by(Case.id)))

    def is_on_shelf(self) -> bool:
        return available(self.desk, self.item)


def _lent(desk: Desk) -> tuple[Item, int]:
    item = desk.item(price_cents=PRICE)
    return item, desk.lend(item)["loan"]["id"]


def _claimed_returned(desk: Desk) -> Scene:
    item, loan_id = _lent(desk)
    answer = claim_returned(desk.session, desk.operation("claim"), loan_id, note="放在门口的箱子里了")
    return Scene(desk, item, answer["case"]["id"], loan_id)


def _claimed_lost(desk: Desk) -> Scene:
    item, loan_id = _lent(desk)
    loan = desk.session.get_one(Loan, loan_id)
    loan.out_at -= timedelta(days=200)
    loan.due_on -= timedelta(days=200)
    desk.session.flush()
    return Scene(desk, item, claim_lost(desk.session, desk.operation("job"), loan_of(desk.session, loan_id)), loan_id)


def _lost(desk: Desk) -> Scene:
    set_row(desk.session, desk.operation(), rule="lost_charge_percent", value="100")
    item, loan_id = _lent(desk)
    answer = declare_lost(desk.session, desk.operation("lose"), loan_id)
    assert codes(answer) == [reasons.LOSS_CHARGED]
    return Scene(desk, item, answer["case"]["id"], loan_id)


def _damaged(desk: Desk) -> Scene:
    item = desk.item()
    answer = note_damaged(desk.session, desk.operation("damage"), item.id, branch=desk.here)
    return Scene(desk, item, answer["case"]["id"])


def _missing(desk: Desk) -> Scene:
    item = desk.item()
    answer = note_missing(desk.session, desk.operation("missing"), item.id, branch=desk.here)
    return Scene(desk, item, answer["case"]["id"])


def _missing_in_transfer(desk: Desk) -> Scene:
    item = desk.item("west")
    to = desk.here.id
    asked = request_transfer(desk.session, desk.operation(), item_id=item.id, to_branch_id=to, reason="manual")
    transfer_id = asked["transfer"]["id"]
    for step in (pick, dispatch, miss):
        step(desk.session, desk.operation(), transfer_id)
    case_id = desk.session.scalars(select(Case.id).where(Case.transfer_id == transfer_id)).one()
    return Scene(desk, item, case_id)


def _in_box(kind: Kind) -> Callable[[Desk], Scene]:
    def scene(desk: Desk) -> Scene:
        item = desk.item()
        return Scene(desk, item, open_case(desk.session, desk.operation(), kind, desk.here.id, item_id=item.id))

    return scene


SCENES: dict[Kind, Callable[[Desk], Scene]] = {
    Kind.CLAIMED_RETURNED: _claimed_returned,
    Kind.CLAIMED_LOST: _claimed_lost,
    Kind.LOST: _lost,
    Kind.DAMAGED: _damaged,
    Kind.MISSING: _missing,
    Kind.MISSING_IN_TRANSFER: _missing_in_transfer,
    Kind.BOX_DAMAGED: _in_box(Kind.BOX_DAMAGED),
    Kind.BOX_EXTRA: _in_box(Kind.BOX_EXTRA),
}


def _is_back(scene: Scene, answer: Answer) -> None:
    assert answer["next"] in {"shelve", "transfer"}
    assert scene.conditions() == set()
    if scene.loan_id is not None:
        assert scene.loan.in_at is not None
    assert balance(scene.desk.session, scene.desk.reader.id) == 0


def _goes_on(scene: Scene, answer: Answer) -> None:
    del answer
    assert scene.loan.in_at is None
    assert scene.conditions() == set()


def _is_lost_for_good(scene: Scene, answer: Answer) -> None:
    assert codes(answer) == [reasons.LOSS_NOT_CHARGED]
    assert (scene.loan.closed_as, scene.conditions(), scene.open_kinds()) == ("lost", {"lost"}, ["lost"])


def _owes(cents: int) -> Callable[[Scene, Answer], None]:
    def after(scene: Scene, answer: Answer) -> None:
        assert codes(answer) == ([] if cents else [reasons.LOSS_FORGIVEN])
        assert balance(scene.desk.session, scene.desk.reader.id) == cents
        assert scene.conditions() == {"lost"}
        assert not scene.is_on_shelf()

    return after


def _is_on_shelf(scene: Scene, answer: Answer) -> None:
    del answer
    assert scene.conditions() == set()
    assert scene.is_on_shelf()


def _noted_as(kind: str, *still_open: str) -> Callable[[Scene, Answer], None]:
    def after(scene: Scene, answer: Answer) -> None:
        del answer
        assert (scene.conditions(), scene.open_kinds()) == ({kind}, list(still_open))
        assert not scene.is_on_shelf()

    return after


AFTER: dict[tuple[Kind, Outcome], Callable[[Scene, Answer], None]] = {
    (Kind.CLAIMED_RETURNED, Outcome.FOUND_ON_SHELF): _is_back,
    (Kind.CLAIMED_RETURNED, Outcome.RETURNED_BY_READER): _is_back,
    (Kind.CLAIMED_RETURNED, Outcome.STILL_WITH_READER): _goes_on,
    (Kind.CLAIMED_RETURNED, Outcome.LOST): _is_lost_for_good,
    (Kind.CLAIMED_LOST, Outcome.FOUND_ON_SHELF): _is_back,
    (Kind.CLAIMED_LOST, Outcome.RETURNED_BY_READER): _is_back,
    (Kind.CLAIMED_LOST, Outcome.STILL_WITH_READER): _goes_on,
    (Kind.CLAIMED_LOST, Outcome.LOST): _is_lost_for_good,
    (Kind.LOST, Outcome.PAID): _owes(PRICE),
    (Kind.LOST, Outcome.REPLACED): _owes(0),
    (Kind.LOST, Outcome.WAIVED): _owes(0),
    (Kind.LOST, Outcome.WRITTEN_OFF): _owes(PRICE),
    (Kind.LOST, Outcome.FOUND_ON_SHELF): _is_back,
    (Kind.LOST, Outcome.RETURNED_BY_READER): _is_back,
    (Kind.DAMAGED, Outcome.REPAIRED): _is_on_shelf,
    (Kind.DAMAGED, Outcome.USABLE): _is_on_shelf,
    (Kind.DAMAGED, Outcome.TO_WITHDRAW): _noted_as("damaged"),
    (Kind.MISSING, Outcome.FOUND_ON_SHELF): _is_back,
    (Kind.MISSING, Outcome.LOST): _noted_as("lost"),
    (Kind.MISSING_IN_TRANSFER, Outcome.FOUND_ON_SHELF): _is_back,
    (Kind.MISSING_IN_TRANSFER, Outcome.LOST): _noted_as("lost"),
    (Kind.BOX_DAMAGED, Outcome.USABLE): _is_on_shelf,
    (Kind.BOX_DAMAGED, Outcome.DAMAGED): _noted_as("damaged", "damaged"),
    (Kind.BOX_EXTRA, Outcome.NOTED): _is_on_shelf,
}
ALL = [(kind, edge.outcome) for kind, edges in EDGES.items() for edge in edges]


def test_every_edge_has_its_consequence_and_no_other() -> None:
    assert set(AFTER) == set(ALL)


@pytest.mark.parametrize(("kind", "outcome"), ALL, ids=str)
def test_a_case_ends_with_what_its_table_says(desk: Desk, kind: Kind, outcome: Outcome) -> None:
    scene = SCENES[kind](desk)
    answer = scene.settle(outcome, note="找过了")
    assert answer["decision"] == "allowed"
    assert answer["case"] == {"id": scene.case_id, "kind": kind, "outcome": outcome}
    row = desk.session.get_one(Case, scene.case_id, populate_existing=True)
    assert (row.outcome, row.outcome_note, row.settled_at) == (outcome, "找过了", kernel_clock.now())
    AFTER[kind, outcome](scene, answer)


@pytest.mark.parametrize("kind", sorted(SCENES))
def test_no_case_ends_as_another_kind_does_and_none_ends_twice(desk: Desk, kind: Kind) -> None:
    scene = SCENES[kind](desk)
    possible = {edge.outcome for edge in EDGES[kind]}
    for outcome in sorted(set(Outcome) - possible):
        with pytest.raises(Invalid, match="outcome_not_possible"):
            scene.settle(outcome)
    first, other = (*sorted(possible), *sorted(possible))[:2]
    scene.settle(first)
    again = scene.settle(other)
    assert (codes(again), again["case"]["outcome"]) == ([reasons.CASE_ALREADY_SETTLED], first)


def test_an_unknown_case_is_unknown(desk: Desk) -> None:
    with pytest.raises(NotFound, match="unknown_case"):
        settle(desk.session, desk.operation(), 999_999, "lost", branch=desk.here)


def test_a_claim_whose_loan_ended_otherwise_does_not_end_it_again(desk: Desk) -> None:
    scene = _claimed_returned(desk)
    ended = {"in_at": kernel_clock.now(), "closed_as": "forced"}
    desk.session.execute(update(Loan).where(Loan.id == scene.loan_id).values(ended))
    assert codes(scene.settle(Outcome.LOST)) == [LOAN_ENDED]


@pytest.mark.parametrize(("pickup", "moves"), [("east", []), ("west", ["cancelled"])])
def test_a_copy_that_came_damaged_in_a_box_is_kept_for_nobody_and_not_sent_on(
    desk: Desk, pickup: str, moves: list[str]
) -> None:
    scene = SCENES[Kind.BOX_DAMAGED](desk)
    hold_id = desk.hold(scene.item, pickup=pickup)
    scene.settle(Outcome.DAMAGED)
    hold = desk.session.get_one(Hold, hold_id, populate_existing=True)
    assert (hold.state, hold.captured_item_id) == ("waiting", None)
    assert desk.session.scalars(select(Transfer.state)).all() == moves
    assert (scene.conditions(), scene.open_kinds()) == ({"damaged"}, ["damaged"])


def test_a_copy_that_was_lent_since_it_came_damaged_is_not_set_aside_before_it_is_back(desk: Desk) -> None:
    scene = SCENES[Kind.BOX_DAMAGED](desk)
    desk.lend(scene.item)
    refused = scene.settle(Outcome.DAMAGED)
    assert (refused["decision"], codes(refused)) == ("refused", [ITEM_ON_LOAN])
    assert (scene.conditions(), scene.open_kinds()) == (set(), ["box_damaged"])
    desk.take_back(scene.item)
    assert scene.settle(Outcome.DAMAGED)["decision"] == "allowed"
    assert scene.conditions() == {"damaged"}


def test_a_copy_noted_as_missing_while_its_loss_waited_for_its_turn_is_lost_with_the_end_of_it_told(desk: Desk) -> None:
    scene = SCENES[Kind.MISSING](desk)
    later = kernel_clock.now() + timedelta(seconds=5)
    of_copy = ItemCondition.item_id == scene.item.id
    desk.session.execute(update(ItemCondition).where(of_copy).values(since=later))
    assert scene.settle(Outcome.LOST)["decision"] == "allowed"
    until = desk.session.scalars(select(ItemCondition.until).where(of_copy, ItemCondition.kind == "missing")).one()
    assert until == later
    told = desk.session.execute(select(EventRow.kind, EventRow.payload).order_by(EventRow.id)).all()[-2:]
    assert told[0] == ("item.found", {"ended": ["missing"]})
    assert told[1].kind == "item.lost"
