"""The tree: adding, moving, merging, suspending, closing; hours, rounds and named sets."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from library import checks
from library.branches import opening, opening_log, rounds, services
from library.branches.calendars import OpeningLog
from library.branches.dependents import register_dependents
from library.branches.models import BranchChange
from library.kernel.checks import run
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.operations import Operation
from tests.factories import a_county

Make = Callable[..., Operation]


@pytest.fixture
def make(operation: Make, clock: object) -> Make:
    return operation


def test_a_branch_is_found_by_its_code_and_an_unknown_one_is_an_error(session: Session) -> None:
    county = a_county(session)
    assert services.branch_by_code(session, "east").id == county["east"].id
    with pytest.raises(NotFound, match="unknown_branch"):
        services.branch_by_code(session, "nowhere")


def test_a_subtree_is_the_branch_and_all_below_it(session: Session) -> None:
    county = a_county(session)
    below = services.subtree_ids(session, county["township"].id)
    assert set(below) == {county[code].id for code in ("township", "east", "west", "school")}


def test_a_new_branch_has_a_path_and_a_place_for_books(session: Session, make: Make) -> None:
    county = a_county(session)
    room = services.create(
        session,
        make(),
        code="R9",
        name="北坡村农家书屋",
        kind="village",
        parent=county["township"],
        division_code="990101000299",
    )
    assert room.path == f"{county['township'].path}{room.id}/"
    assert services.default_location(session, room.id).name == "书架"
    with pytest.raises(Conflict, match="branch_code_taken"):
        services.create(session, make(), code="R9", name="x", kind="village")
    with pytest.raises(Invalid, match="unknown_kind"):
        services.create(session, make(), code="R10", name="x", kind="castle")


def test_a_township_moves_with_everything_below_it(session: Session, make: Make) -> None:
    county = a_county(session)
    services.move(session, make(), county["township"], county["central"])
    assert services.branch_by_code(session, "east").path.startswith(services.branch_by_code(session, "central").path)
    checks.register_all()
    assert not run(session, "branch_path")


def test_nothing_moves_below_itself(session: Session, make: Make) -> None:
    county = a_county(session)
    with pytest.raises(Conflict, match="branch_below_itself"):
        services.move(session, make(), county["county"], county["east"])


def test_a_merged_branch_hands_over_what_stands_below_it(session: Session, make: Make) -> None:
    county = a_county(session)
    services.merge(session, make(), county["township"], county["central"])
    old = services.branch_by_code(session, "township")
    assert (old.state, services.successor_of(session, old).code) == ("merged", "central")
    assert {child.code for child in services.children_of(session, county["central"].id)} == {"east", "west", "school"}
    with pytest.raises(Conflict, match="branch_merged"):
        services.reopen(session, make(), old)


class Shelves:
    """A room with three books left in it."""

    def uses(self, session: Session, branch_id: int) -> Mapping[str, int]:
        return {"items": 3, "transfers": 0}


def test_a_branch_with_books_left_is_neither_closed_nor_merged(app: Flask, session: Session, make: Make) -> None:
    county = a_county(session)
    register_dependents(app, Shelves())
    with pytest.raises(Conflict, match="branch_in_use") as closing:
        services.close(session, make(), county["east"])
    assert closing.value.params == {"branch": "east", "items": 3}
    with pytest.raises(Conflict, match="branch_in_use"):
        services.merge(session, make(), county["east"], county["west"])


def test_a_branch_closes_after_what_is_below_it_and_is_never_deleted(session: Session, make: Make) -> None:
    county = a_county(session)
    with pytest.raises(Conflict, match="branch_has_children"):
        services.close(session, make(), county["township"])
    services.suspend(session, make(), county["east"], note="修房顶")
    services.reopen(session, make(), county["east"])
    for code in ("east", "west", "school", "township"):
        services.close(session, make(), county[code])
    assert services.branch_by_code(session, "east").closed_on == date(2026, 11, 23)
    history = select(BranchChange.kind).where(BranchChange.branch_id == county["east"].id).order_by(BranchChange.id)
    assert list(session.scalars(history)) == ["suspended", "opened", "closed"]


def test_branches_are_listed_by_kind_and_parent_in_the_order_of_the_tree(session: Session) -> None:
    county = a_county(session)
    rooms, total = services.list_branches(session, kind="village")
    assert ([room.code for room in rooms], total) == (["east", "west"], 2)
    below, total = services.list_branches(session, parent=county["township"], offset=1, limit=1)
    assert (len(below), total) == (1, 3)


def test_a_named_set_is_changed_as_a_whole(session: Session, make: Make) -> None:
    county = a_county(session)
    ids = [county[code].id for code in ("east", "west")]
    services.define_set(session, make(), code="harvest", name="麦收时间", branch_ids=ids)
    services.define_set(session, make(), code="harvest", name="麦收", branch_ids=[ids[1], county["school"].id])
    assert services.set_members(session, "harvest") == sorted([ids[1], county["school"].id])
    with pytest.raises(NotFound, match="unknown_set"):
        services.set_members(session, "sowing")


def test_hours_with_several_sessions_and_an_exception_come_back_as_a_calendar(session: Session, make: Make) -> None:
    room = a_county(session)["east"]
    week = {day: [(time(8), time(11)), (time(15), time(18))] for day in range(7)}
    opening.set_week(session, make(), room.id, week, valid_from=date(2026, 1, 1))
    opening.set_week(
        session, make(), room.id, {4: [(time(19), time(21))]}, valid_from=date(2026, 6, 1), valid_to=date(2026, 8, 31)
    )
    opening.set_exception(session, make(), room.id, date(2026, 11, 24), cause="停电")
    calendar = opening.calendar_of(session, room.id)
    assert opening.is_open_now(calendar, datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    assert not calendar.is_open_on(date(2026, 11, 24))
    assert calendar.exception_on(date(2026, 11, 24)).reason == "停电"  # type: ignore[union-attr]  # it was just set
    assert [day for day in range(1, 8) if calendar.is_open_on(date(2026, 7, day))] == [3]
    with pytest.raises(Invalid, match="hours_overlap"):
        opening.set_exception(session, make(), room.id, date(2026, 12, 1), [(time(8), time(11)), (time(10), time(12))])
    with pytest.raises(Invalid, match="hours_out_of_order"):
        opening.set_exception(session, make(), room.id, date(2026, 12, 1), [(time(11), time(8))])


def test_a_room_is_opened_once_and_closed_once(session: Session, make: Make) -> None:
    room = a_county(session)["east"]
    opening_log.log_opened(session, make(), room.id)
    opening_log.log_opened(session, make(), room.id)
    session.flush()
    opening_log.log_closed(session, make(), room.id)
    session.flush()
    assert len(session.scalars(select(OpeningLog)).all()) == 1
    with pytest.raises(Conflict, match="not_opened"):
        opening_log.log_closed(session, make(), room.id)


def test_a_round_has_stops_in_order_and_dates_that_can_be_cancelled(session: Session, make: Make) -> None:
    county = a_county(session)
    stops = [county[code].id for code in ("township", "west", "east")]
    route = rounds.define_route(session, make(), code="north", name="北线", stops=stops)
    assert rounds.stops_of(session, route.id) == stops
    days = [date(2026, 11, 25), date(2026, 12, 2)]
    assert rounds.plan_dates(session, make(), route, days) == 2
    assert rounds.plan_dates(session, make(), route, days) == 0
    assert rounds.next_van_day(session, stops[1], date(2026, 11, 23)) == days[0]
    rounds.cancel_date(session, make(), route, days[0], note="下雪")
    assert rounds.next_van_day(session, stops[1], date(2026, 11, 23)) == days[1]
    assert rounds.next_van_day(session, county["school"].id, date(2026, 11, 23)) is None
    with pytest.raises(NotFound, match="unknown_route_date"):
        rounds.cancel_date(session, make(), route, date(2027, 1, 1))
    with pytest.raises(Invalid, match="stop_twice"):
        rounds.define_route(session, make(), code="south", name="南线", stops=[stops[0], stops[0]])
