"""The queue's order, who may reserve what and where, and until when a book waits for its reader or the reader for it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.holds import reasons
from circulation.holds.rules import (
    Asked,
    first_for,
    in_order,
    last_day,
    may_hold,
    nth_arrival,
    pickup_obstacle,
    pickup_until,
)
from circulation.policies.lateness import SUSPENDED, Block
from circulation.policies.reasons import TOO_YOUNG
from library.branches.rules import Calendar, Session, WeekPattern
from library.kernel.decisions import reason

MONDAY = date(2026, 11, 23)
START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Waiter:
    """A hold as the queue sees it."""

    id: int
    placed_at: datetime
    item_id: int | None = None


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


@given(waiters, st.lists(st.integers(1, 3), max_size=8))
def test_whoever_asked_first_is_served_first_however_many_copies_come(queue: list[Waiter], copies: list[int]) -> None:
    left = list(queue)
    for item_id in copies:
        served = first_for(left, item_id)
        if served is None:
            continue
        left.remove(served)
        overtaken = [one for one in left if (one.placed_at, one.id) < (served.placed_at, served.id)]
        assert all(one.item_id not in {None, item_id} for one in overtaken)


YOUNG = reason(TOO_YOUNG, age=14)
FAR = reason(reasons.COPY_OUT_OF_REACH)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (Asked(MONDAY, 5), []),
        (Asked(MONDAY, 5, open_holds=5), ["holds_limit_reached"]),
        (Asked(MONDAY, 5, open_holds=4), []),
        (Asked(MONDAY, 5, placed_today=3, holds_per_day=3), ["holds_per_day_reached"]),
        (Asked(MONDAY, 5, placed_today=2, holds_per_day=3), []),
        (Asked(MONDAY, 5, placed_today=99), []),
        (Asked(MONDAY, 5, open_holds=5, placed_today=3, holds_per_day=3), ["holds_limit_reached"]),
        (Asked(MONDAY, 5, open_holds=5, has_hold=True), ["hold_exists"]),
        (Asked(MONDAY, 5, has_hold=True, has_this_copy=True), ["copy_already_reserved"]),
        (Asked(MONDAY, 5, has_loan=True), ["already_on_loan_to_patron"]),
        (Asked(MONDAY, 5, copies=()), ["nothing_to_hold"]),
        (Asked(MONDAY, 5, copies=(YOUNG,)), ["too_young"]),
        (Asked(MONDAY, 5, copies=(YOUNG, FAR, YOUNG)), ["too_young", "copy_out_of_reach"]),
        (Asked(MONDAY, 5, copies=(YOUNG, None)), []),
        (Asked(MONDAY, 5, pickup_kind="county"), ["not_a_pickup_place"]),
        (Asked(MONDAY, 5, pickup_open=False, pickup_in_reach=False), ["pickup_branch_closed"]),
        (Asked(MONDAY, 5, pickup_in_reach=False), ["pickup_out_of_reach"]),
        (Asked(MONDAY, 5, blocks=(Block("manual"), Block(SUSPENDED, MONDAY))), ["patron_blocked", "suspended_late"]),
        (Asked(MONDAY, 5, expires_on=MONDAY), []),
        (Asked(MONDAY, 5, expires_on=MONDAY - timedelta(days=1)), ["card_expired"]),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=31), overdue_block_days=30), ["overdue_block"]),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=30), overdue_block_days=30), []),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY, overdue_block_days=0), []),
        (Asked(MONDAY, 5, oldest_due_on=MONDAY - timedelta(days=999), overdue_block_days=None), []),
    ],
)
def test_every_obstacle_is_named(asked: Asked, codes: list[str]) -> None:
    assert [found.code for found in may_hold(asked).reasons] == codes


def test_a_library_and_a_room_are_places_to_collect_books_and_areas_are_not() -> None:
    kinds = ("city", "county", "central", "township", "village", "school", "community", "mobile")
    refused = [kind for kind in kinds if pickup_obstacle(kind, is_open=True, is_in_reach=True) is not None]
    assert refused == ["city", "county"]


def test_the_reader_has_its_days_from_the_first_opening_after_the_book_came() -> None:
    fridays = Calendar((WeekPattern({4: (Session(time(18), time(20)),)}),))
    friday = date(2026, 11, 27)
    assert pickup_until(fridays, friday, 7) == date(2026, 12, 4)
    assert pickup_until(fridays, friday, 8) == date(2026, 12, 11)
    assert pickup_until(Calendar(), MONDAY, 14) == MONDAY + timedelta(days=14)


def test_a_hold_waits_no_longer_than_its_reader_wants_and_the_rule_allows() -> None:
    week = MONDAY + timedelta(days=7)
    assert last_day(MONDAY, None, None) is None
    assert last_day(MONDAY, week, None) == week
    assert last_day(MONDAY, None, 90) == MONDAY + timedelta(days=90)
    assert last_day(MONDAY, week, 90) == week
    assert last_day(MONDAY, week, 3) == MONDAY + timedelta(days=3)


def test_the_place_in_the_queue_says_which_copy_to_wait_for() -> None:
    days = [MONDAY + timedelta(days=9), None, MONDAY + timedelta(days=2)]
    assert nth_arrival(days, 1) == MONDAY + timedelta(days=2)
    assert nth_arrival(days, 2) == MONDAY + timedelta(days=9)
    assert nth_arrival(days, 3) is None
    assert nth_arrival(days, 0) is None
