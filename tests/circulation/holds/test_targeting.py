"""Which copies a reader may have, and which of those on the shelves is asked for: tables over values."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.holds.targeting import (
    STEP_DAYS,
    Candidate,
    CopyAt,
    Place,
    Step,
    Wanting,
    best_first,
    candidate,
    in_reach,
    obstacle,
    protected_until,
)
from circulation.policies.named import DEFAULT_TERMS, Terms
from circulation.policies.values import Reach
from library.branches.journeys import Stop, Timetable

MONDAY = date(2026, 11, 23)
CENTRAL = Place(2, "/1/2/", "central")
TOWN, EAST, WEST = Place(3, "/1/3/", "township"), Place(4, "/1/3/4/", "village"), Place(5, "/1/3/5/", "village")
OTHER_TOWN, OTHER_ROOM = Place(6, "/1/6/", "township"), Place(7, "/1/6/7/", "village")
NORTH, SOUTH = 1, 2


def day(days: int) -> date:
    return MONDAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("reach", "place", "near"),
    [
        (Reach.BRANCH, EAST, {EAST}),
        (Reach.TOWNSHIP, EAST, {TOWN, EAST, WEST}),
        (Reach.TOWNSHIP, TOWN, {TOWN, EAST, WEST}),
        (Reach.COUNTY, EAST, {CENTRAL, TOWN, EAST, WEST, OTHER_TOWN, OTHER_ROOM}),
        # The central library belongs to the whole county.
        (Reach.TOWNSHIP, CENTRAL, {CENTRAL, TOWN, EAST, WEST, OTHER_TOWN, OTHER_ROOM}),
        (Reach.BRANCH, CENTRAL, {CENTRAL}),
    ],
)
def test_reach_is_the_branch_its_township_or_the_county(reach: Reach, place: Place, near: set[Place]) -> None:
    everywhere = (CENTRAL, TOWN, EAST, WEST, OTHER_TOWN, OTHER_ROOM)
    assert {other for other in everywhere if in_reach(reach, place, other.path)} == near


def terms(**changes: Any) -> Terms:
    values = {name: getattr(DEFAULT_TERMS, name) for name in Terms.__dataclass_fields__}
    return Terms(**{**values, **changes})


READER = Wanting(EAST, EAST, "adult", 1980)


@pytest.mark.parametrize(
    ("copy", "wanting", "rules", "code"),
    [
        (CopyAt(1, OTHER_ROOM, OTHER_ROOM), READER, {}, None),
        (CopyAt(1, OTHER_ROOM, OTHER_ROOM), READER, {"hold_scope": "township"}, "copy_out_of_reach"),
        (CopyAt(1, WEST, OTHER_ROOM), READER, {"hold_scope": "township"}, None),
        (CopyAt(1, WEST, EAST), READER, {"hold_scope": "branch"}, "copy_out_of_reach"),
        # Out on loan it may come back to its home as well.
        (CopyAt(1, WEST, EAST, is_on_shelf=False), READER, {"hold_scope": "branch"}, None),
        (CopyAt(1, EAST, EAST), Wanting(EAST, EAST, "child", 2014), {"age_limit": 14}, "too_young"),
        (CopyAt(1, EAST, EAST), Wanting(EAST, EAST, "child", 2012), {"age_limit": 14}, None),
        (CopyAt(1, EAST, EAST), Wanting(EAST, EAST, "adult", None), {"age_limit": 14}, None),
        (CopyAt(1, WEST, WEST, acquired_on=MONDAY), READER, {"new_book_protect_days": 30}, None),
        (
            CopyAt(1, OTHER_ROOM, OTHER_ROOM, acquired_on=MONDAY),
            READER,
            {"new_book_protect_days": 30},
            "new_book_protected",
        ),
        (CopyAt(1, OTHER_ROOM, OTHER_ROOM, acquired_on=day(-30)), READER, {"new_book_protect_days": 30}, None),
        (
            CopyAt(1, OTHER_ROOM, OTHER_ROOM, acquired_on=day(-29)),
            READER,
            {"new_book_protect_days": 30},
            "new_book_protected",
        ),
        # Protection follows the copy's home and the reader's, wherever the book is collected.
        (CopyAt(1, EAST, OTHER_ROOM, acquired_on=MONDAY), READER, {"new_book_protect_days": 30}, "new_book_protected"),
        (CopyAt(1, CENTRAL, CENTRAL, acquired_on=MONDAY), READER, {"new_book_protect_days": 30}, None),
        (
            CopyAt(1, WEST, WEST, acquired_on=MONDAY),
            Wanting(EAST, None),
            {"new_book_protect_days": 30},
            "new_book_protected",
        ),
    ],
)
def test_what_keeps_a_copy_from_a_reader(
    copy: CopyAt, wanting: Wanting, rules: dict[str, Any], code: str | None
) -> None:
    found = obstacle(copy, wanting, terms(**rules), MONDAY)
    assert (found.code if found else None) == code


def test_protection_ends_with_its_last_day() -> None:
    assert protected_until(MONDAY, 0) is None
    assert protected_until(None, 30) is None
    assert protected_until(MONDAY, 1) == MONDAY


TIMETABLE = Timetable(
    stops={
        EAST.id: (Stop(NORTH, 2),),
        WEST.id: (Stop(NORTH, 3),),
        OTHER_TOWN.id: (Stop(NORTH, 1),),
        OTHER_ROOM.id: (Stop(SOUTH, 1),),
    },
    days={NORTH: (day(1), day(8)), SOUTH: (day(2), day(9))},
    hubs=frozenset({CENTRAL.id}),
)


def found(*copies: tuple[Place, date | None], timetable: Timetable = TIMETABLE) -> list[int]:
    """Return the places (ids) from which copies are asked for by a reader in the east room, in their order."""
    listed = [CopyAt(number, at, at, last_loan_on=lent) for number, (at, lent) in enumerate(copies, start=1)]
    ordered = best_first((candidate(copy, EAST, timetable, MONDAY) for copy in listed), MONDAY)
    return [one.branch_id for one in ordered]


def test_the_pickup_room_comes_first_then_the_same_round_then_the_township_then_the_county() -> None:
    unserved = Place(8, "/1/3/8/", "village")
    places = (CENTRAL, unserved, OTHER_TOWN, EAST)
    # All of them are there tomorrow, the first day of the round.
    assert {candidate(CopyAt(1, at, at), EAST, TIMETABLE, MONDAY).arrives_on for at in places[:3]} == {day(1)}
    assert found(*((place, None) for place in places)) == [EAST.id, OTHER_TOWN.id, unserved.id, CENTRAL.id]


def test_without_any_round_the_order_of_trouble_decides() -> None:
    assert found((OTHER_ROOM, None), (WEST, None), (EAST, None), timetable=Timetable()) == [
        EAST.id,
        WEST.id,
        OTHER_ROOM.id,
    ]


def test_the_van_that_comes_sooner_outweighs_a_step_and_not_three_days_of_it() -> None:
    # The west room lies behind the east one: its book comes with the next round, a week later.
    assert found((WEST, None), (CENTRAL, None)) == [CENTRAL.id, WEST.id]
    near, far = Candidate(1, WEST.id, Step.ROUND, day(4)), Candidate(2, CENTRAL.id, Step.TOWNSHIP, day(4 - STEP_DAYS))
    assert [one.item_id for one in best_first([far, near], MONDAY)] == [1, 2]
    sooner = Candidate(3, CENTRAL.id, Step.TOWNSHIP, day(4 - STEP_DAYS - 1))
    assert [one.item_id for one in best_first([near, sooner], MONDAY)] == [3, 1]


def test_a_copy_that_no_planned_round_brings_comes_last_and_the_one_in_the_room_first() -> None:
    nowhere = Timetable(TIMETABLE.stops, {SOUTH: TIMETABLE.days[SOUTH]}, hubs=TIMETABLE.hubs)
    assert candidate(CopyAt(1, WEST, WEST), EAST, nowhere, MONDAY).arrives_on is None
    assert found((WEST, None), (EAST, MONDAY), timetable=nowhere) == [EAST.id, WEST.id]


def test_of_equally_good_copies_the_one_lent_longest_ago_is_asked_for() -> None:
    copies = [
        Candidate(1, 10, Step.COUNTY, day(8), date(2024, 1, 1)),
        Candidate(2, 11, Step.COUNTY, day(8), date(2026, 11, 1)),
        Candidate(3, 12, Step.COUNTY, day(8)),
        Candidate(4, 13, Step.COUNTY, day(8), date(2024, 1, 1)),
    ]
    assert [one.item_id for one in best_first(copies, MONDAY)] == [3, 1, 4, 2]


candidates = st.lists(
    st.builds(
        Candidate,
        item_id=st.integers(1, 99),
        branch_id=st.integers(1, 9),
        step=st.sampled_from(Step),
        arrives_on=st.none() | st.integers(0, 40).map(day),
        last_loan_on=st.none() | st.integers(-400, 0).map(day),
    ),
    unique_by=lambda one: one.item_id,
)


@given(candidates, st.randoms())
def test_the_order_does_not_depend_on_how_the_copies_were_read(copies: list[Candidate], chance: Any) -> None:
    ordered = best_first(copies, MONDAY)
    shuffled = list(copies)
    chance.shuffle(shuffled)
    assert best_first(shuffled, MONDAY) == ordered
    away = [one.cost(MONDAY) for one in ordered if one.step is not Step.PICKUP]
    assert away == sorted(away)
    assert all(one.step is not Step.PICKUP for one in ordered[len(ordered) - len(away) :])
