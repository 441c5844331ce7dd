"""The table of transfers: every pair of state and action, and every obstacle of a request."""

from itertools import product

import pytest

from circulation.logistics.rules import (
    EDGES,
    OPEN,
    Action,
    Side,
    State,
    Wanted,
    allowed_actions,
    may_request,
    next_state,
    side_for,
    state_after,
)

ENDED = (State.SHELVED, State.CANCELLED, State.MISSING)


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_a_pair_of_state_and_action_leads_where_the_table_says_or_nowhere(state: State, action: Action) -> None:
    edges = [edge for edge in EDGES if (edge.before, edge.action) == (state, action)]
    assert len(edges) <= 1
    assert next_state(state, action) == (edges[0].after if edges else None)


def test_the_way_without_a_box_and_with_one() -> None:
    for way in (
        [Action.PICK, Action.DISPATCH, Action.RECEIVE, Action.SHELVE],
        [Action.PICK, Action.PACK, Action.DISPATCH, Action.RECEIVE, Action.SHELVE],
    ):
        state: State | None = State.REQUESTED
        for action in way:
            assert state is not None
            state = next_state(state, action)
        assert state is State.SHELVED


def test_what_has_ended_stays_ended() -> None:
    assert all(next_state(state, action) is None for state, action in product(ENDED, Action))
    assert all(allowed_actions(state) == () for state in ENDED)


def test_every_open_state_can_end_and_a_loan_ends_it() -> None:
    for state in OPEN:
        assert next_state(state, Action.LEND) is State.CANCELLED
        assert next_state(state, Action.MISS) is State.MISSING


def test_each_side_is_offered_its_own_steps_only() -> None:
    assert allowed_actions(State.DISPATCHED, Side.SENDER) == ()
    assert allowed_actions(State.DISPATCHED, Side.DESTINATION) == (Action.RECEIVE, Action.MISS)
    assert allowed_actions(State.REQUESTED, Side.DESTINATION) == ()
    assert allowed_actions(State.PACKED) == (Action.UNPACK, Action.DISPATCH, Action.CANCEL, Action.MISS)
    assert side_for(State.REQUESTED, Action.MISS) is Side.SENDER
    assert side_for(State.ARRIVED, Action.MISS) is Side.DESTINATION
    assert side_for(State.SHELVED, Action.PICK) is Side.SENDER


def test_what_follows_from_a_scan_is_never_offered() -> None:
    offered = {action for state in State for action in allowed_actions(state)}
    assert offered.isdisjoint({Action.TURN_UP, Action.STRAY, Action.LEND})


def test_a_history_is_replayed_and_an_impossible_one_is_noticed() -> None:
    assert state_after(iter(["requested", "picked", "dispatched", "arrived", "shelved"])) is State.SHELVED
    assert state_after(iter([])) is None
    with pytest.raises(ValueError, match="shelved cannot follow requested"):
        state_after(iter(["requested", "shelved"]))


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Wanted(1, 2), []),
        (Wanted(1, 1), ["already_there"]),
        (Wanted(1, 2, destination_open=False), ["destination_closed"]),
        (Wanted(1, 2, is_on_loan=True), ["item_on_loan"]),
        (Wanted(1, 2, open_transfer_id=5), ["transfer_open"]),
        (Wanted(1, 2, kept_for_hold_id=5), ["item_kept_for_reader"]),
        (Wanted(1, 2, kept_for_hold_id=5, for_hold_id=5), []),
        (Wanted(1, 2, gone_as="lost"), ["item_gone"]),
        (Wanted(1, 1, is_on_loan=True, gone_as="missing"), ["item_on_loan", "item_gone", "already_there"]),
    ],
)
def test_every_obstacle_of_a_request_is_named(wanted: Wanted, codes: list[str]) -> None:
    decision = may_request(wanted)
    assert [reason.code for reason in decision.reasons] == codes
    assert decision.is_allowed == (not codes)
