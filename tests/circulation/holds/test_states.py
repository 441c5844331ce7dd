"""The table of holds, edge by edge; the stage people are told; every cause in words for both."""

from itertools import product

import pytest
from flask import Flask
from flask_babel import force_locale

from circulation.holds.states import (
    OPEN,
    QUEUED,
    TABLE,
    Action,
    Cause,
    Stage,
    State,
    allowed_actions,
    copy_cause,
    next_state,
    not_in_state,
    stage,
)
from circulation.holds.wording import CAUSES, STAGES, cause_words, stage_words
from circulation.models import HOLD_CAPTURED
from circulation.models.holds import HOLD_STATES
from circulation.whereabouts.facts import conditions_in


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_a_pair_of_state_and_action_leads_where_the_table_says_or_nowhere(state: State, action: Action) -> None:
    assert next_state(state, action) == TABLE.get((state, action))


def test_open_holds_can_be_cancelled_and_fulfilled_and_ended_ones_nothing() -> None:
    for state in State:
        assert (next_state(state, Action.CANCEL) is State.CANCELLED) == (state in OPEN)
        assert (next_state(state, Action.FULFIL) is State.FULFILLED) == (state in OPEN)
        assert (next_state(state, Action.RELEASE) is State.WAITING) == (state in HOLD_CAPTURED)
        assert (next_state(state, Action.MOVE) is state) == (state in QUEUED)


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        (State.WAITING, (Action.SUSPEND, Action.MOVE, Action.CANCEL)),
        (State.SUSPENDED, (Action.RESUME, Action.SUSPEND, Action.MOVE, Action.CANCEL)),
        (State.IN_TRANSIT, (Action.CANCEL,)),
        (State.READY, (Action.CANCEL,)),
        *((state, ()) for state in State if state not in OPEN),
    ],
)
def test_reader_and_staff_are_offered_what_fits(state: State, actions: tuple[Action, ...]) -> None:
    assert allowed_actions(state) == actions


def test_a_hold_with_a_copy_says_why_it_cannot_be_paused_or_moved() -> None:
    codes = {state: not_in_state(state).code for state in State}
    assert {state for state, code in codes.items() if code == "hold_has_its_copy"} == set(HOLD_CAPTURED)
    assert set(codes.values()) == {"hold_has_its_copy", "hold_not_in_state"}


@pytest.mark.parametrize(
    ("state", "cause", "transfer", "reached"),
    [
        ("waiting", "staff", None, "requested"),
        ("suspended", "reader", None, "suspended"),
        ("in_transit", "to_fetch", "requested", "allocated"),
        ("in_transit", "check_in", "picked", "pulled"),
        ("in_transit", "check_in", "packed", "in_box"),
        ("in_transit", "check_in", "dispatched", "in_transit"),
        ("in_transit", "seen_elsewhere", None, "in_transit"),
        ("ready", "to_fetch", None, "allocated"),
        ("ready", "set_aside", None, "ready"),
        ("ready", None, "arrived", "ready"),
        ("fulfilled", "lent", None, "fulfilled"),
        ("cancelled", "reader", None, "cancelled"),
        ("expired", "not_collected", None, "expired"),
    ],
)
def test_the_stage_follows_from_the_hold_and_its_transfer(
    state: str, cause: str | None, transfer: str | None, reached: str
) -> None:
    assert stage(State(state), cause, transfer) is Stage(reached)


def test_every_stage_is_reached_and_every_stored_state_has_one() -> None:
    assert set(HOLD_STATES) == set(State)
    transfers = ("requested", "picked", "packed", "dispatched", None)
    assert {stage(state, cause, move) for state, cause, move in product(State, (None, "to_fetch"), transfers)} == set(
        Stage
    )


def test_a_copy_in_any_bad_condition_gives_a_cause() -> None:
    assert {copy_cause(kind) for kind in conditions_in(0b11111)} == {
        Cause.COPY_LOST,
        Cause.COPY_MISSING,
        Cause.COPY_DAMAGED,
        Cause.COPY_WITHDRAWN,
        Cause.COPY_IN_PROCESSING,
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_every_cause_and_stage_has_words_for_reader_and_staff(app: Flask, locale: str) -> None:
    assert set(CAUSES) == set(Cause)
    assert set(STAGES) == set(Stage)
    with app.test_request_context(), force_locale(locale):
        for audience in ("reader", "staff"):
            assert all(cause_words(cause, audience) for cause in Cause)
            assert all(stage_words(reached, audience) for reached in Stage)
        assert cause_words("of older days", "staff") is None
        assert cause_words(None, "reader") is None
