"""One test for each edge of the table of holds, driven by what really happens, and one for each pair that is no edge."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select

from catalog.items.models import Item
from circulation.holds import changes, queueing, services
from circulation.holds.states import OPEN, TABLE, Action, Cause, State
from circulation.models import Hold, Loan
from library.kernel import clock as kernel_clock
from library.kernel.operations import Answer
from tests.circulation.holds.desk import Desk, codes

Clock = Callable[[datetime], None]
Act = Callable[[Desk, Clock, int], Cause]
LATER = timedelta(days=30)


def waiting(desk: Desk) -> int:
    """A hold on a title whose only copy is out; its reader waits for a week."""
    desk.lend(desk.copy("east"), desk.reader())
    week = kernel_clock.today() + timedelta(days=7)
    return hold_in(desk, State.WAITING, desk.place(desk.reader(), expires_on=week))


def suspended(desk: Desk) -> int:
    hold_id = waiting(desk)
    return hold_in(desk, State.SUSPENDED, queueing.suspend(desk.session, desk.make(), hold_id))


def in_transit(desk: Desk) -> int:
    desk.copy("west")
    return hold_in(desk, State.IN_TRANSIT, desk.place(desk.reader()))


def ready(desk: Desk) -> int:
    desk.copy("east")
    return hold_in(desk, State.READY, desk.place(desk.reader()))


def fulfilled(desk: Desk) -> int:
    hold_id = ready(desk)
    lend_to_its_reader(desk, hold_id)
    return hold_id


def cancelled(desk: Desk) -> int:
    hold_id = waiting(desk)
    return hold_in(desk, State.CANCELLED, services.cancel_hold(desk.session, desk.make(), hold_id))


def expired(desk: Desk) -> int:
    hold_id = waiting(desk)
    desk.row(hold_id).expires_on = kernel_clock.today() - timedelta(days=1)
    desk.session.flush()
    assert queueing.expire_waiting(desk.session, desk.make(), hold_id)
    return hold_id


BEGINNINGS: dict[State, Callable[[Desk], int]] = {
    State.WAITING: waiting,
    State.SUSPENDED: suspended,
    State.IN_TRANSIT: in_transit,
    State.READY: ready,
    State.FULFILLED: fulfilled,
    State.CANCELLED: cancelled,
    State.EXPIRED: expired,
}


def hold_in(desk: Desk, state: State, answer: Answer) -> int:
    assert (answer["decision"], answer["hold"]["state"]) == ("allowed", state)
    return int(answer["hold"]["id"])


def lent_copy(desk: Desk) -> Item:
    return desk.session.scalars(select(Item).join(Loan, Loan.item_id == Item.id).where(Loan.in_at.is_(None))).one()


def kept_copy(desk: Desk, hold_id: int) -> Item:
    return desk.session.get_one(Item, desk.row(hold_id).captured_item_id)


def lend_to_its_reader(desk: Desk, hold_id: int) -> None:
    hold = desk.row(hold_id)
    reader = desk.session.get_one(type(desk.reader()), hold.patron_id)
    taken = kept_copy(desk, hold_id) if hold.captured_item_id is not None else desk.copy("school")
    desk.lend(taken, reader)


def comes_back(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    assert desk.bring_back(lent_copy(desk), "east") is not None
    return Cause.CHECK_IN


def found_on_a_shelf(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    desk.copy("west")
    assert services.target(desk.session, desk.make(), hold_id) is not None
    return Cause.TO_FETCH


def comes_with_the_van(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    desk.send(services.queries.view(desk.session, hold_id)["transfer"], until="receive")
    return Cause.ARRIVED


def turns_up_elsewhere(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    desk.bring_back(kept_copy(desk, hold_id), "west")
    return Cause.SEEN_ELSEWHERE


def is_lent_to_another(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    desk.lend(kept_copy(desk, hold_id), desk.reader())
    return Cause.LENT_TO_ANOTHER


def is_lent(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    lend_to_its_reader(desk, hold_id)
    return Cause.LENT


def is_given_up(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    assert services.cancel_hold(desk.session, desk.make(), hold_id)["decision"] == "allowed"
    return Cause.STAFF


def is_not_collected(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    clock(kernel_clock.now() + LATER)
    assert services.expire_pickup(desk.session, desk.make(), hold_id)
    return Cause.NOT_COLLECTED


def waits_too_long(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    clock(kernel_clock.now() + LATER)
    assert queueing.expire_waiting(desk.session, desk.make(), hold_id)
    return Cause.EXPIRED


def is_paused(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    until = kernel_clock.today() + timedelta(days=3)
    assert queueing.suspend(desk.session, desk.make(), hold_id, until)["decision"] == "allowed"
    return Cause.STAFF


def goes_on(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    assert queueing.resume(desk.session, desk.make(), hold_id)["decision"] == "allowed"
    return Cause.STAFF


def is_collected_elsewhere(desk: Desk, clock: Clock, hold_id: int) -> Cause:
    branch_id = desk.branches["west"].id
    assert queueing.move_pickup(desk.session, desk.make(), hold_id, branch_id)["decision"] == "allowed"
    return Cause.STAFF


ACTS: dict[tuple[State, Action], Act] = {
    (State.WAITING, Action.KEEP): comes_back,
    (State.WAITING, Action.SEND): found_on_a_shelf,
    (State.IN_TRANSIT, Action.ARRIVE): comes_with_the_van,
    (State.READY, Action.WANDER): turns_up_elsewhere,
    (State.READY, Action.EXPIRE): is_not_collected,
    **{(state, Action.RELEASE): is_lent_to_another for state in (State.IN_TRANSIT, State.READY)},
    **{(state, Action.EXPIRE): waits_too_long for state in (State.WAITING, State.SUSPENDED)},
    **{(state, Action.SUSPEND): is_paused for state in (State.WAITING, State.SUSPENDED)},
    (State.SUSPENDED, Action.RESUME): goes_on,
    **{(state, Action.MOVE): is_collected_elsewhere for state in (State.WAITING, State.SUSPENDED)},
    **{(state, Action.FULFIL): is_lent for state in OPEN},
    **{(state, Action.CANCEL): is_given_up for state in OPEN},
}
FORBIDDEN = [pair for pair in product(State, Action) if pair not in TABLE]


@pytest.mark.parametrize(("state", "action"), TABLE)
def test_an_edge_is_taken_by_what_happens_and_its_event_names_the_cause(
    desk: Desk, clock: Clock, state: State, action: Action
) -> None:
    hold_id = BEGINNINGS[state](desk)
    before = len(desk.told(hold_id))
    cause = ACTS[state, action](desk, clock, hold_id)
    assert desk.row(hold_id).state == TABLE[state, action]
    assert changes.EVENTS[action] in {kind for kind, told in desk.told(hold_id)[before:] if told == cause}


def test_every_edge_has_an_act_and_no_other_pair() -> None:
    assert set(ACTS) == set(TABLE)


@pytest.mark.parametrize(("state", "action"), FORBIDDEN)
def test_no_other_pair_is_ever_written(desk: Desk, state: State, action: Action) -> None:
    hold_id = BEGINNINGS[state](desk)
    before = desk.told(hold_id)
    with pytest.raises(ValueError, match=f"{action} does not fit a hold at {state}"):
        changes.change(desk.session, desk.make(), changes.by_id(desk.session, hold_id), action, Cause.STAFF)
    assert (desk.row(hold_id).state, desk.told(hold_id)) == (state, before)


ASKED: dict[Action, Callable[[Desk, int], Answer]] = {
    Action.CANCEL: lambda desk, hold_id: services.cancel_hold(desk.session, desk.make(), hold_id),
    Action.SUSPEND: lambda desk, hold_id: queueing.suspend(desk.session, desk.make(), hold_id),
    Action.RESUME: lambda desk, hold_id: queueing.resume(desk.session, desk.make(), hold_id),
    Action.MOVE: lambda desk, hold_id: queueing.move_pickup(
        desk.session, desk.make(), hold_id, desk.branches["west"].id
    ),
}


@pytest.mark.parametrize(("state", "action"), [pair for pair in FORBIDDEN if pair[1] in ASKED])
def test_what_does_not_fit_is_refused_with_a_reason(desk: Desk, state: State, action: Action) -> None:
    hold_id = BEGINNINGS[state](desk)
    answer = ASKED[action](desk, hold_id)
    has_copy = state in {State.IN_TRANSIT, State.READY}
    assert codes(answer) == ["hold_has_its_copy" if has_copy else "hold_not_in_state"]
    assert (answer["decision"], answer["hold"]["state"]) == ("refused", state)


@pytest.mark.parametrize("state", State)
def test_nightly_work_leaves_what_is_not_its_own(desk: Desk, clock: Clock, state: State) -> None:
    hold_id = BEGINNINGS[state](desk)
    operation = desk.make("nightly")
    assert not services.expire_pickup(desk.session, operation, hold_id)
    assert not queueing.expire_waiting(desk.session, operation, hold_id)
    assert not queueing.resume_when_due(desk.session, operation, hold_id)
    item_id = desk.copy("school").id
    assert not services.lost_its_copy(desk.session, operation, hold_id, item_id, Cause.COPY_LOST)
    assert desk.session.get_one(Hold, hold_id).state == state
