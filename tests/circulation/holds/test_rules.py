"""The queue's order, the table of holds, who may reserve, which copy is sent for, and what is promised."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.holds.rules import (
    OPEN,
    PICKUP_DAYS,
    TABLE,
    Action,
    Asked,
    Candidate,
    State,
    allowed_actions,
    best_first,
    expected_back,
    first_for,
    in_order,
    may_hold,
    next_state,
    pickup_until,
)
from circulation.models import HOLD_CAPTURED
from library.branches.rules import Calendar, Session, WeekPattern

MONDAY = date(2026, 11, 23)
START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Waiter:
    """A hold as the queue sees it."""

    id: int
    placed_at: datetime
    item_id: int | None = None


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_a_pair_of_state_and_action_leads_where_the_table_says_or_nowhere(state: State, action: Action) -> None:
    assert next_state(state, action) == TABLE.get((state, action))


def test_open_holds_can_be_cancelled_and_fulfilled_and_ended_ones_nothing() -> None:
    for state in State:
        assert (next_state(state, Action.CANCEL) is State.CANCELLED) == (state in OPEN)
        assert (next_state(state, Action.FULFIL) is State.FULFILLED) == (state in OPEN)
        assert (next_state(state, Action.RELEASE) is State.WAITING) == (state in HOLD_CAPTURED)
        assert allowed_actions(state) == ((Action.CANCEL,) if state in OPEN else ())


waiters = st.lists(
    st.builds(
        Waiter,
        id=st.integers(1, 50),
        placed_at=st.integers(0, 5).map(lambda days: START + timedelta(days=days)),
        item_id=st.none() | st.integers(1, 3),
    ),
    unique_by=lambda waiter: waiter.id,
)


@given(waiters, st.integers(1, 3))
def test_the_first_in_the_queue_that_the_copy_can_fill_gets_it(queue: list[Waiter], item_id: int) -> None:
    first = first_for(queue, item_id)
    possible = [waiter for waiter in in_order(queue) if waiter.item_id in {None, item_id}]
    assert first == (possible[0] if possible else None)
    assert sorted(queue, key=lambda waiter: waiter.id) == sorted(in_order(queue), key=lambda waiter: waiter.id)


def test_a_copy_at_the_pickup_branch_comes_before_a_near_and_a_far_one() -> None:
    far = Candidate(1, 10, 3, date(2024, 1, 1))
    near_lately = Candidate(2, 11, 2, date(2026, 11, 1))
    near_long_ago = Candidate(3, 12, 2, date(2025, 1, 1))
    never_lent = Candidate(4, 13, 2)
    here = Candidate(5, 14, 0, date(2026, 11, 20))
    wanted = [here, never_lent, near_long_ago, near_lately, far]
    assert best_first([far, near_lately, near_long_ago, never_lent, here]) == wanted


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (Asked(MONDAY, 5), []),
        (Asked(MONDAY, 5, open_holds=5), ["holds_limit_reached"]),
        (Asked(MONDAY, 5, open_holds=4), []),
        (Asked(MONDAY, 5, open_holds=5, has_hold=True), ["hold_exists"]),
        (Asked(MONDAY, 5, has_loan=True), ["already_on_loan_to_patron"]),
        (Asked(MONDAY, 5, copies_that_could=0), ["nothing_to_hold"]),
        (Asked(MONDAY, 5, pickup_open=False), ["pickup_branch_closed"]),
        (Asked(MONDAY, 5, blocks=("manual", "damage")), ["patron_blocked", "patron_blocked"]),
        (Asked(MONDAY, 5, expires_on=MONDAY), []),
        (Asked(MONDAY, 5, expires_on=MONDAY - timedelta(days=1)), ["card_expired"]),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=31), overdue_block_days=30), ["overdue_block"]),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=30), overdue_block_days=30), []),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY, overdue_block_days=0), []),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=999), overdue_block_days=None), []),
    ],
)
def test_every_obstacle_is_named(asked: Asked, codes: list[str]) -> None:
    assert [reason.code for reason in may_hold(asked).reasons] == codes


def test_the_reader_has_a_week_from_the_first_opening_after_the_book_came() -> None:
    fridays = WeekPattern({4: (Session(time(18), time(20)),)})
    assert pickup_until(Calendar((fridays,)), MONDAY) == date(2026, 12, 4)
    assert pickup_until(Calendar(), MONDAY) == MONDAY + timedelta(days=PICKUP_DAYS)


def test_the_place_in_the_queue_says_which_loan_to_wait_for() -> None:
    dues = [MONDAY + timedelta(days=9), MONDAY - timedelta(days=3), MONDAY + timedelta(days=2)]
    assert expected_back(dues, 1, MONDAY) == MONDAY + timedelta(days=1)
    assert expected_back(dues, 3, MONDAY) == MONDAY + timedelta(days=9)
    assert expected_back(dues, 4, MONDAY) is None
    assert expected_back(dues, 0, MONDAY) is None
