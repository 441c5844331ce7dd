"""One test for each edge of the table of transfers, driven by what really happens, and one for each pair that is no edge."""

from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.logistics import boxes, services
from circulation.logistics.rules import EDGES, Action, State
from circulation.logistics.steps import advance, by_id
from circulation.models import BoxLine, Transfer, TransferStep
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from tests.circulation.lending.desk import Desk, codes

Steps = list[tuple[str, str | None]]
TABLE = {(edge.before, edge.action): edge.after for edge in EDGES}


class Way:
    """A copy of the east room that the west room has asked for, and all that may happen to it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.session = desk, desk.session
        self.item: Item = desk.item()
        self.id: int = desk.send(self.item, "west")
        self.box = ""

    @property
    def state(self) -> str:
        return self.session.scalars(select(Transfer.state).where(Transfer.id == self.id)).one()

    def steps(self) -> Steps:
        """Return the steps as (state, cause) in their order, after looking that each has its event."""
        wanted = select(TransferStep).where(TransferStep.transfer_id == self.id).order_by(TransferStep.id)
        steps = [(step.state, step.cause) for step in self.session.scalars(wanted)]
        told = self.session.scalars(select(EventRow).where(EventRow.kind.like("transfer.%")).order_by(EventRow.id))
        kinds = [event.kind for event in told if event.payload["transfer_id"] == self.id]
        assert kinds == [f"transfer.{state}" for state, _cause in steps]
        return steps

    def ask(self, step: Callable[[Session, Operation, int], Answer]) -> Answer:
        return step(self.session, self.desk.operation(step.__name__), self.id)

    def take(self, *steps: Callable[[Session, Operation, int], Answer]) -> None:
        for step in steps:
            assert self.ask(step)["decision"] == "allowed"

    def pack(self) -> Answer:
        ends = {"from_branch_id": self.desk.here.id, "to_branch_id": self.desk.places["west"].id}
        self.box = boxes.open_box(self.session, self.desk.operation(), **ends)["box"]["code"]
        return boxes.pack(self.session, self.desk.operation("pack_box"), self.box, self.item.id)

    def send_box(self) -> None:
        assert boxes.dispatch(self.session, self.desk.operation(), self.box)["decision"] == "allowed"

    def turn_up(self, where: str) -> None:
        self.desk.take_back(self.item, where)

    def lend(self) -> None:
        answer = self.desk.lend(self.item, overrides=[{"code": "item_in_transit", "reason": ""}])
        assert answer["decision"] == "allowed"


def packed(way: Way) -> None:
    assert way.pack()["decision"] == "allowed"


SENT = (services.pick, services.dispatch)
BEGINNINGS: dict[State, Callable[[Way], None]] = {
    State.REQUESTED: lambda way: way.take(),
    State.PICKED: lambda way: way.take(services.pick),
    State.PACKED: packed,
    State.DISPATCHED: lambda way: way.take(*SENT),
    State.ARRIVED: lambda way: way.take(*SENT, services.receive),
    State.SHELVED: lambda way: way.take(*SENT, services.receive, services.shelve),
    State.CANCELLED: lambda way: way.take(services.cancel),
    State.MISSING: lambda way: way.take(services.miss),
}
BY_ACTION: dict[Action, tuple[Callable[[Way], None], str | None]] = {
    Action.PICK: (lambda way: way.take(services.pick), None),
    Action.PACK: (packed, None),
    # Whoever sends a packed copy by itself takes it out of its box first.
    Action.UNPACK: (lambda way: way.take(services.dispatch), "unpacked"),
    Action.DISPATCH: (lambda way: way.take(services.dispatch), None),
    Action.RECEIVE: (lambda way: way.take(services.receive), None),
    Action.SHELVE: (lambda way: way.take(services.shelve), None),
    Action.CANCEL: (lambda way: way.take(services.cancel), "cancelled"),
    Action.MISS: (lambda way: way.take(services.miss), "not_found"),
    Action.TURN_UP: (lambda way: way.turn_up("west"), "check_in"),
    Action.STRAY: (lambda way: way.turn_up("school"), "seen_elsewhere"),
    Action.LEND: (lambda way: way.lend(), "lent"),
}
TESTED: tuple[tuple[State, Action], ...] = (
    (State.REQUESTED, Action.PICK),
    (State.PICKED, Action.PACK),
    (State.PACKED, Action.UNPACK),
    (State.PICKED, Action.DISPATCH),
    (State.PACKED, Action.DISPATCH),
    (State.DISPATCHED, Action.RECEIVE),
    (State.ARRIVED, Action.SHELVE),
    *((state, Action.CANCEL) for state in (State.REQUESTED, State.PICKED, State.PACKED)),
    *((state, Action.TURN_UP) for state in (State.REQUESTED, State.PICKED, State.PACKED, State.DISPATCHED)),
    *product(
        (State.REQUESTED, State.PICKED, State.PACKED, State.DISPATCHED, State.ARRIVED),
        (Action.MISS, Action.STRAY, Action.LEND),
    ),
)
ACTS = {pair: BY_ACTION[pair[1]] for pair in TESTED} | {(State.PACKED, Action.DISPATCH): (Way.send_box, None)}
FORBIDDEN = [pair for pair in product(State, Action) if pair not in TABLE]


@pytest.fixture
def way(session: Session, operation: Callable[..., Operation], clock: object) -> Way:
    del clock
    return Way(Desk(session, operation))


def test_every_edge_has_an_act_and_no_other_pair() -> None:
    assert set(ACTS) == set(TABLE)
    assert len(TABLE) == len(EDGES)


@pytest.mark.parametrize(("state", "action"), ACTS)
def test_an_edge_is_taken_by_what_happens_and_its_step_names_the_cause(way: Way, state: State, action: Action) -> None:
    BEGINNINGS[state](way)
    assert way.state == state
    before = len(way.steps())
    act, cause = ACTS[state, action]
    act(way)
    assert way.steps()[before] == (TABLE[state, action], cause)
    assert way.state == way.steps()[-1][0]
    in_a_box = select(BoxLine.id).where(BoxLine.item_id == way.item.id, BoxLine.closed_at.is_(None))
    assert bool(way.session.scalars(in_a_box).all()) == (bool(way.box) and (action, way.state) in IN_A_BOX)


IN_A_BOX = {(Action.PACK, "packed"), (Action.DISPATCH, "dispatched")}


@pytest.mark.parametrize(("state", "action"), FORBIDDEN)
def test_no_other_pair_is_ever_written(way: Way, state: State, action: Action) -> None:
    BEGINNINGS[state](way)
    before = way.steps()
    with pytest.raises(ValueError, match=f"{action} does not fit a transfer at {state}"):
        advance(way.session, way.desk.operation(), [by_id(way.session, way.id)], action, branch_id=way.desk.here.id)
    assert (way.state, way.steps()) == (state, before)


ASKED = {
    Action.PICK: services.pick,
    Action.DISPATCH: services.dispatch,
    Action.RECEIVE: services.receive,
    Action.SHELVE: services.shelve,
    Action.CANCEL: services.cancel,
    Action.MISS: services.miss,
}


@pytest.mark.parametrize(("state", "action"), [pair for pair in FORBIDDEN if pair[1] in ASKED])
def test_what_does_not_fit_is_refused_with_a_reason(way: Way, state: State, action: Action) -> None:
    BEGINNINGS[state](way)
    before = way.steps()
    answer = way.ask(ASKED[action])
    assert (answer["decision"], codes(answer)) == ("refused", ["transfer_not_in_state"])
    assert (way.state, way.steps()) == (state, before)


# A copy that was only asked for is picked by packing it.
@pytest.mark.parametrize("state", sorted(set(State) - {State.REQUESTED, State.PICKED}))
def test_what_left_or_ended_is_not_packed(way: Way, state: State) -> None:
    BEGINNINGS[state](way)
    before = way.steps()
    answer = way.pack()
    is_open = state in {State.PACKED, State.DISPATCHED, State.ARRIVED}
    assert (answer["decision"], codes(answer)) == (
        "refused",
        ["transfer_not_in_state" if is_open else "no_open_transfer"],
    )
    assert way.steps() == before
