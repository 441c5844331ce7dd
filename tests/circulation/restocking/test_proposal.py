"""The acceptance of the planner: a plan follows the readers of its own room and nobody else's."""

from dataclasses import replace

import numpy as np

from circulation.restocking.proposal import Problem, Proposal, interval, propose, title_of
from circulation.restocking.rules import CHILDREN, CLASS_INDEX, COUNTY_EVIDENCE_ONLY, Limits
from tests.circulation.restocking.made_county import ROOM_A, ROOM_B, children_loans, county, loan, with_idle

CHILD = CLASS_INDEX[CHILDREN]
BUDGET = 120_000
LIMITS = Limits()


def plan(problem: Problem) -> Proposal:
    return propose(problem, BUDGET, LIMITS)


def proposed(problem: Problem, found: Proposal, room: int, cls: int = CHILD) -> int:
    picks = sum(
        1 for pick in found.purchases.picks if pick.room == room and problem.titles.cls[title_of(found, pick)] == cls
    )
    return picks + sum(1 for move in found.moves if move.room == room and move.copy.cls == cls)


def test_forty_childrens_loans_in_one_room_raise_that_room_only() -> None:
    before, after = county(per_class=60), county(loans=children_loans(ROOM_A, 40), per_class=60)
    old, new = plan(before), plan(after)
    assert new.demand.expected[ROOM_A, CHILD] > 1.2 * old.demand.expected[ROOM_A, CHILD]
    assert new.demand.expected[ROOM_B, CHILD] == old.demand.expected[ROOM_B, CHILD]
    assert proposed(after, new, ROOM_A) > proposed(before, old, ROOM_A)
    assert proposed(after, new, ROOM_B) <= proposed(before, old, ROOM_B)


def test_taking_the_loans_away_reverts_the_plan_exactly() -> None:
    first = plan(county())
    plan(county(loans=children_loans(ROOM_A, 40)))
    again = plan(county())
    assert again.purchases == first.purchases
    assert np.array_equal(again.demand.annual, first.demand.annual)


def test_forty_loans_count_in_a_county_that_already_lends() -> None:
    day = county().on.toordinal()
    usual = [loan(room, k * 30, k, day - 20 * n, 5) for room in range(4) for k in range(24) for n in range(1, 15)]
    before, after = county(loans=usual), county(loans=[*usual, *children_loans(ROOM_A, 40)])
    old, new = plan(before), plan(after)
    assert new.demand.expected[ROOM_A, CHILD] > old.demand.expected[ROOM_A, CHILD]
    assert new.demand.expected[ROOM_B, CHILD] == old.demand.expected[ROOM_B, CHILD]
    assert proposed(after, new, ROOM_A) > proposed(before, old, ROOM_A)
    assert proposed(after, new, ROOM_B) <= proposed(before, old, ROOM_B)


def test_an_empty_history_says_county_evidence_only() -> None:
    found = plan(county())
    assert set(found.demand.evidence.ravel()) == {COUNTY_EVIDENCE_ONLY}
    assert found.purchases.picks


def test_the_budget_holds_and_no_room_gets_what_it_has() -> None:
    problem = county(loans=children_loans(ROOM_A, 40))
    found = plan(problem)
    assert found.spent <= BUDGET
    assert not {(pick.room, title_of(found, pick)) for pick in found.purchases.picks} & set(problem.held)


def test_a_title_that_moves_in_is_not_bought_as_well() -> None:
    title = 25
    problem = with_idle(county(loans=children_loans(ROOM_A, 40)), [(900, title, ROOM_B)])
    found = plan(replace(problem, held=problem.held | {(ROOM_B, title)}))
    assert [(move.copy.item, move.room) for move in found.moves] == [(900, ROOM_A)]
    assert (ROOM_A, title) not in {(pick.room, title_of(found, pick)) for pick in found.purchases.picks}


def test_rooms_outside_the_plan_receive_nothing() -> None:
    problem = county(loans=children_loans(ROOM_A, 40))
    found = plan(replace(problem, eligible=np.arange(4) == ROOM_A))
    assert {pick.room for pick in found.purchases.picks} == {ROOM_A}


def test_full_shelves_receive_nothing() -> None:
    problem = county()
    found = plan(replace(problem, space=np.zeros(4, dtype=np.int64)))
    assert found.purchases.picks == []


def test_the_promise_of_a_line_lies_inside_its_interval() -> None:
    found = plan(county(loans=children_loans(ROOM_A, 40)))
    for pick in found.purchases.picks:
        low, high = interval(found.demand, pick.room, CHILD, pick.gain)
        assert 0 <= low < pick.gain < high
