"""When the van brings a book: along one round, by the central library, past a closed door, or not at all."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from library.branches import opening, rounds
from library.branches.journeys import Stop, Timetable
from library.kernel.operations import Operation
from tests.factories import a_county

Make = Callable[..., Operation]

MONDAY = date(2026, 11, 23)
CENTRAL, FIRST, SECOND, OTHER, UNSERVED = 1, 2, 3, 4, 5
NORTH, SOUTH = 1, 2


def day(days: int) -> date:
    return MONDAY + timedelta(days=days)


TIMETABLE = Timetable(
    stops={FIRST: (Stop(NORTH, 1),), SECOND: (Stop(NORTH, 2),), OTHER: (Stop(SOUTH, 1),)},
    days={NORTH: (day(1), day(8), day(15)), SOUTH: (day(2), day(9))},
    hubs=frozenset({CENTRAL}),
)


@pytest.mark.parametrize(
    ("from_id", "to_id", "not_before", "arrives"),
    [
        (FIRST, FIRST, day(0), day(0)),  # it is there
        (FIRST, SECOND, day(0), day(1)),  # further on along the round: the same day
        (FIRST, SECOND, day(1), day(1)),
        (FIRST, SECOND, day(2), day(8)),  # today's round is missed
        (SECOND, FIRST, day(0), day(8)),  # against the driving: by the central library, with the next round
        (FIRST, OTHER, day(0), day(2)),  # sorted on the day after, which is the other round's
        (OTHER, FIRST, day(0), day(8)),
        (CENTRAL, SECOND, day(0), day(1)),
        (FIRST, CENTRAL, day(0), day(2)),  # sorted on the day after
        (UNSERVED, SECOND, day(0), day(1)),  # brings it to the central library by itself
        (FIRST, UNSERVED, day(0), None),
        (UNSERVED, CENTRAL, day(0), day(0)),
        (FIRST, OTHER, day(9), None),  # collected when the other round has no day left
        (FIRST, SECOND, day(16), None),
    ],
)
def test_a_book_goes_along_its_round_or_by_the_central_library(
    from_id: int, to_id: int, not_before: date, arrives: date | None
) -> None:
    assert TIMETABLE.arrival(from_id, to_id, not_before) == arrives


def test_the_van_finds_nobody_at_a_closed_door() -> None:
    shut = Timetable(TIMETABLE.stops, TIMETABLE.days, frozenset({(FIRST, day(1))}), TIMETABLE.hubs)
    assert shut.arrival(FIRST, SECOND, day(0)) == day(8)
    assert shut.arrival(SECOND, FIRST, day(0)) == day(8)
    assert shut.arrival(CENTRAL, FIRST, day(0)) == day(8)


def test_a_branch_on_two_rounds_takes_the_sooner_one() -> None:
    both = Timetable({FIRST: (Stop(NORTH, 1), Stop(SOUTH, 3))}, TIMETABLE.days, hubs=TIMETABLE.hubs)
    assert both.arrival(CENTRAL, FIRST, day(2)) == day(2)
    assert both.share_a_round(FIRST, FIRST)
    assert not TIMETABLE.share_a_round(FIRST, OTHER)


def test_the_timetable_knows_planned_days_of_driven_rounds_and_closed_doors(session: Session, operation: Make) -> None:
    county = {code: branch.id for code, branch in a_county(session).items()}
    stops = [county["township"], county["east"], county["west"]]
    north = rounds.define_route(session, operation(), code="north", name="北线", stops=stops)
    given_up = rounds.define_route(session, operation(), code="old", name="老线", stops=[county["school"]])
    given_up.is_active = False
    for route in (north, given_up):
        rounds.plan_dates(session, operation(), route, [day(-7), day(1), day(8), day(15)])
    rounds.cancel_date(session, operation(), north, day(1))
    opening.set_exception(session, operation(), county["west"], day(8))
    session.flush()

    found = rounds.timetable_of(session, [*stops, county["central"], county["school"]], MONDAY)

    assert found.hubs == {county["central"]}
    assert found.arrival(county["central"], county["east"], MONDAY) == day(8)
    assert found.arrival(county["east"], county["west"], MONDAY) == day(15)
    assert found.arrival(county["central"], county["school"], MONDAY) is None
    assert [visit.on for visit in found.visits(county["township"], MONDAY)] == [day(8), day(15)]
