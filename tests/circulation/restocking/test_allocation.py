"""Buying: the budget, the minima, one title once, and whether one shadow price beats cheap books first."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circulation.restocking.allocation import CLASS_MINIMUM, ROOM_MINIMUM, Market, Purchases, buy, net_gain
from circulation.restocking.rules import CHILDREN, CLASS_INDEX, CLASSES, Limits

FEW = Limits(min_titles=2, max_titles=6, class_minima=(((CHILDREN,), 1),), copies_per_title=3)


def market(seed: int = 0, rooms: int = 4, titles: int = 60) -> Market:
    rng = np.random.default_rng(seed)
    return Market(
        cls=np.sort(rng.integers(0, len(CLASSES), titles)),
        quality=rng.gamma(8.0, 1 / 8.0, titles),
        price=rng.integers(800, 8_000, titles),
        annual=rng.gamma(1.5, 10.0, (rooms, len(CLASSES))),
        mass=rng.gamma(2.0, 6.0, (rooms, len(CLASSES))),
        blocked=rng.random((rooms, titles)) < 0.2,
        asked=np.zeros((rooms, titles)),
        space=rng.integers(0, 9, rooms),
        half=12.0,
    )


def total(found: Purchases) -> float:
    return sum(pick.gain for pick in found.picks)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60_000))
def test_no_plan_breaks_a_limit(seed: int, budget: int) -> None:
    offer = market(seed)
    found = buy(offer, FEW, budget)
    pairs = [(pick.room, pick.title) for pick in found.picks]
    assert found.spent == sum(int(offer.price[pick.title]) for pick in found.picks) <= budget
    assert len(set(pairs)) == len(pairs)
    assert not any(offer.blocked[pair] for pair in pairs)
    per_room = np.bincount([room for room, _ in pairs], minlength=4)
    assert np.all(per_room <= np.minimum(FEW.max_titles, offer.space))
    assert np.bincount([title for _, title in pairs], minlength=1).max(initial=0) <= FEW.copies_per_title
    assert buy(offer, FEW, budget) == found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_enough_money_meets_every_minimum(seed: int) -> None:
    offer = market(seed)
    found = buy(offer, FEW, 10**9)
    assert found.short == []
    assert found.shadow_price == 0


def test_a_budget_below_the_minima_names_the_rooms_left_short() -> None:
    offer = replace(market(1), blocked=np.zeros((4, 60), dtype=np.bool_), space=np.full(4, 9))
    found = buy(offer, FEW, 6_000)
    assert found.spent <= 6_000
    assert found.short
    assert max(np.bincount([pick.room for pick in found.picks], minlength=4)) <= FEW.min_titles


def test_no_money_buys_nothing() -> None:
    assert buy(market(), FEW, 0).picks == []


def test_class_minima_come_before_what_pays_best() -> None:
    offer = market(5)
    annual = offer.annual.copy()
    annual[:, CLASS_INDEX[CHILDREN]] = 0.01
    offer = replace(offer, annual=annual, space=np.full(4, 9), cls=np.sort(np.arange(60) % len(CLASSES)))
    found = buy(offer, FEW, 10**9)
    children = [pick for pick in found.picks if offer.cls[pick.title] == CLASS_INDEX[CHILDREN]]
    assert {pick.room for pick in children} == {0, 1, 2, 3}
    assert {pick.constraint for pick in children} == {CLASS_MINIMUM}


def test_a_minimum_beyond_what_pays_is_marked_as_such() -> None:
    offer = replace(market(2), annual=np.full((4, len(CLASSES)), 1e-9), space=np.full(4, 9))
    tight = buy(offer, replace(FEW, class_minima=()), 60_000)
    assert {pick.constraint for pick in tight.picks} <= {ROOM_MINIMUM, "worth_its_price"}


def test_a_readers_request_decides_between_equal_titles() -> None:
    offer = market(3)
    even = replace(
        offer,
        quality=np.ones(60),
        price=np.full(60, 2_000),
        space=np.full(4, 9),
        blocked=np.zeros((4, 60), dtype=np.bool_),
    )
    asked = np.zeros((4, 60))
    asked[2, 41] = 0.8
    found = buy(replace(even, asked=asked), FEW, 10**9)
    assert (2, 41) in {(pick.room, pick.title) for pick in found.picks}


def test_one_shadow_price_beats_gain_per_yuan() -> None:
    free = Limits(min_titles=0, max_titles=6, class_minima=())
    offer = replace(market(9, rooms=12, titles=400), space=np.full(12, 9))
    found = buy(offer, free, 220_000)
    assert total(found) > by_ratio(offer, free, 220_000)


def by_ratio(offer: Market, limits: Limits, budget: int) -> float:
    """The usual alternative: the best gain per yuan anywhere, until money or room is used up."""
    mass, opened = offer.mass.copy(), ~offer.blocked
    count, gained = np.zeros(len(mass), dtype=int), 0.0
    while True:
        gain = net_gain(offer.annual[:, offer.cls], mass[:, offer.cls], offer.quality[None, :], offer.half)
        allowed = opened & (offer.price <= budget)[None, :] & (count < limits.max_titles)[:, None]
        if not allowed.any():
            return gained
        room, title = np.unravel_index(np.argmax(np.where(allowed, gain / offer.price, -1)), gain.shape)
        gained += float(gain[room, title])
        budget -= int(offer.price[title])
        mass[room, offer.cls[title]] += offer.quality[title]
        opened[room, title], count[room] = False, count[room] + 1


def test_gain_is_net_of_what_the_shelf_lends_already() -> None:
    first = net_gain(20.0, 0.0, np.array([1.0]), 12.0)
    crowded = net_gain(20.0, 200.0, np.array([1.0]), 12.0)
    assert first[0] == pytest.approx((20 / 13) / (1 + 2 / 13))
    assert crowded[0] < 0.01 * first[0]


def test_titles_out_of_class_order_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="sorted"):
        replace(market(), cls=np.arange(60)[::-1].copy())


@pytest.mark.parametrize("bounds", [{"min_titles": 9, "max_titles": 3}, {"box_in": -1}])
def test_limits_that_cannot_be_met_are_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"titles|negative"):
        Limits(**bounds)


def test_a_budget_between_is_spent_at_the_price_it_leads_to() -> None:
    free = Limits(min_titles=1, max_titles=30, class_minima=())
    offer = replace(market(9, rooms=12, titles=400), space=np.full(12, 40))
    costs = [buy(offer, free, budget).spent for budget in (50_000, 150_000, 300_000)]
    prices = [buy(offer, free, budget).shadow_price for budget in (50_000, 150_000, 300_000)]
    assert prices[0] > prices[1] > prices[2] > 0
    assert all(cost > 0.97 * budget for cost, budget in zip(costs, (50_000, 150_000, 300_000), strict=True))
