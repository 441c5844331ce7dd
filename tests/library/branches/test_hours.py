"""Choices inherited down the tree, seasons of many rooms, and the opening log with its corrections."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from library import checks
from library.branches import hours_choices, opening, opening_log, scopes, seasons, services
from library.branches.calendars import OpeningLog
from library.branches.rules import HolidayMode, OpeningMode, Why
from library.kernel import clock as kernel_clock
from library.kernel.checks import run
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests.conftest import NOON
from tests.factories import a_county

Make = Callable[..., Operation]
MoveClock = Callable[[datetime], None]
WEEK = {day: [(time(9), time(17))] for day in range(5)}
NATIONAL_DAY = date(2027, 10, 1)


@pytest.fixture
def make(operation: Make, clock: MoveClock) -> Make:
    return operation


def test_each_choice_comes_from_the_nearest_place_that_made_it(session: Session, make: Make) -> None:
    county = a_county(session)
    east, west = county["east"], county["west"]
    for room in (east, west, county["central"]):
        opening.set_week(session, make(), room.id, WEEK, valid_from=date(2026, 1, 1))
    nothing = {"opening_mode": None, "holiday_mode": None}
    hours_choices.choose(
        session,
        make(),
        county["county"],
        **{**nothing, "holiday_mode": "own_hours"},
        holiday_hours="９点到12点",
        makeup_as_weekday=True,
    )
    hours_choices.choose(session, make(), county["township"], **{**nothing, "holiday_mode": "closed"})
    hours_choices.choose(session, make(), east, opening_mode="keeper_home", holiday_mode=None, makeup_as_weekday=False)
    found = hours_choices.chosen_at(session, [room.id for room in county.values()])
    assert (found[east.id].mode, found[east.id].since_on) == (OpeningMode.KEEPER_HOME, date(2026, 11, 23))
    assert found[east.id].holidays.mode is HolidayMode.CLOSED
    assert (found[east.id].holidays.makeup_as_weekday, found[west.id].holidays.makeup_as_weekday) == (False, True)
    assert found[west.id].decided_by == {
        "opening_mode": None,
        "holiday_mode": county["township"].id,
        "makeup_as_weekday": county["county"].id,
    }
    calendars = opening.calendars_of(session, [west.id, county["central"].id, east.id])
    assert calendars[west.id].day(NATIONAL_DAY).why is Why.HOLIDAY
    assert [one.opens for one in calendars[county["central"].id].sessions_on(NATIONAL_DAY)] == [time(9)]
    assert calendars[east.id].day(NATIONAL_DAY).why is Why.KEEPER_HOME
    assert hours_choices.rooms_when_keeper_is_home(session) == {east.id: date(2026, 11, 23)}


def test_a_place_that_moves_takes_over_what_the_new_place_chose(session: Session, make: Make) -> None:
    county = a_county(session)
    nothing = {"opening_mode": None, "holiday_mode": None}
    hours_choices.choose(session, make(), county["township"], **{**nothing, "holiday_mode": "closed"})
    assert opening.calendar_of(session, county["east"].id).holidays.mode is HolidayMode.CLOSED
    services.move(session, make(), county["east"], county["county"])
    assert opening.calendar_of(session, county["east"].id).holidays.mode is HolidayMode.AS_USUAL
    with pytest.raises(Invalid, match="holiday_hours_missing"):
        hours_choices.choose(session, make(), county["east"], **{**nothing, "holiday_mode": "own_hours"})


def test_a_season_gives_many_rooms_hours_and_its_end_gives_them_their_own_back(
    session: Session, make: Make, clock: MoveClock
) -> None:
    county = a_county(session)
    room = county["east"]
    opening.set_week(session, make(), room.id, WEEK, valid_from=date(2026, 1, 1))
    scope = scopes.scope_of(session, below="township")
    dates = {"first_on": date(2026, 12, 1), "last_on": date(2027, 2, 28)}
    begun = seasons.begin_season(session, make(), scope, name="冬闲", week={6: "14:00-17:00", 0: "休"}, **dates)
    assert begun["rooms"] == 4
    # A new week of the room's own, later, does not break into the season.
    opening.set_week(session, make(), room.id, WEEK, valid_from=date(2026, 12, 10))
    calendar = opening.calendar_of(session, room.id)
    assert [calendar.day(date(2026, 12, day)).why for day in (12, 13)] == [Why.SEASON, Why.SEASON]
    assert [calendar.is_open_on(date(2026, 12, day)) for day in (13, 14)] == [True, False]
    assert calendar.day(date(2027, 3, 1)).why is Why.WEEK
    clock(NOON + timedelta(days=25))
    season = seasons.season_by_id(session, begun["season"])
    assert [found.id for found, rooms in seasons.seasons_now(session, [room.id], kernel_clock.today())] == [season.id]
    seasons.end_season(session, make(), season)
    calendar = opening.calendar_of(session, room.id)
    assert [calendar.day(date(2026, 12, day)).why for day in (17, 18)] == [Why.SEASON, Why.WEEK]
    with pytest.raises(Conflict, match="season_ended"):
        seasons.end_season(session, make(), season)
    with pytest.raises(NotFound, match="unknown_season"):
        seasons.season_by_id(session, 999)


def test_a_season_ended_before_it_began_never_was(session: Session, make: Make) -> None:
    county = a_county(session)
    scope = scopes.scope_of(session, rooms=["east"])
    dates = {"first_on": date(2026, 12, 1), "last_on": date(2026, 12, 31)}
    begun = seasons.begin_season(session, make(), scope, name="x", week={0: "9-10"}, **dates)
    seasons.end_season(session, make(), seasons.season_by_id(session, begun["season"]))
    assert opening.calendar_of(session, county["east"].id).patterns == ()
    for changed, code in (
        ({"last_on": date(2026, 11, 1)}, "days_out_of_order"),
        ({"first_on": date(2026, 1, 1), "last_on": date(2026, 2, 1)}, "season_over"),
        ({"last_on": date(2028, 1, 1)}, "span_too_long"),
        ({"week": {0: ""}}, "week_is_empty"),
        ({"week": {0: "?"}}, "hours_unreadable"),
    ):
        with pytest.raises(Invalid, match=code):
            seasons.begin_season(session, make(), scope, **{"name": "x", "week": {0: "9-10"}, **dates, **changed})


def test_an_exception_can_be_taken_back(session: Session, make: Make) -> None:
    room = a_county(session)["east"]
    on = date(2026, 12, 1)
    opening.set_exception(session, make(), room.id, on, cause="停电")
    assert opening.calendar_of(session, room.id).exception_on(on) is not None
    opening.unset_exception(session, make(), room.id, on)
    opening.unset_exception(session, make(), room.id, on)
    assert opening.calendar_of(session, room.id).exception_on(on) is None
    kinds = session.scalars(select(EventRow.kind).where(EventRow.branch_id == room.id)).all()
    assert list(kinds).count("branch.exception_unset") == 1


def logged(session: Session) -> list[tuple[datetime, datetime | None]]:
    rows = session.scalars(select(OpeningLog).order_by(OpeningLog.opened_at)).all()
    zone = kernel_clock.timezone()
    return [(row.opened_at.astimezone(zone), row.closed_at and row.closed_at.astimezone(zone)) for row in rows]


def test_a_door_forgotten_open_was_open_until_the_end_of_its_day(
    session: Session, make: Make, clock: MoveClock
) -> None:
    room = a_county(session)["east"]
    opening_log.log_opened(session, make(), room.id)
    assert opening_log.is_logged_open(session, room.id) == NOON
    clock(NOON + timedelta(days=2))
    assert opening_log.is_logged_open(session, room.id) is None
    assert opening_log.first_opening_after(session, room.id, NOON + timedelta(days=1)) is not None
    opening_log.log_opened(session, make(), room.id)
    zone = kernel_clock.timezone()
    assert logged(session) == [
        (datetime(2026, 11, 23, 12, tzinfo=zone), datetime(2026, 11, 23, 23, 59, 59, tzinfo=zone)),
        (datetime(2026, 11, 25, 12, tzinfo=zone), None),
    ]
    opened = select(EventRow.id).where(EventRow.kind == "branch.room_opened")
    assert len(session.scalars(opened).all()) == 2


def test_a_door_opened_in_the_last_second_of_a_day_can_be_closed_and_opened_again(
    session: Session, make: Make, clock: MoveClock
) -> None:
    room, zone = a_county(session)["east"], kernel_clock.timezone()
    late = datetime(2026, 11, 23, 23, 59, 59, 500_000, tzinfo=zone)
    for opened in (late, late + timedelta(days=1)):
        clock(opened)
        opening_log.log_opened(session, make(), room.id)
    assert logged(session)[0] == (late, late)
    clock(late + timedelta(days=1, minutes=1))
    opening_log.log_closed(session, make(), room.id)
    assert logged(session)[1] == (late + timedelta(days=1), late + timedelta(days=1))


def test_correcting_a_day_ends_what_was_forgotten_open_before_it_and_not_what_is_open_today(
    session: Session, make: Make, clock: MoveClock
) -> None:
    room, zone = a_county(session)["east"], kernel_clock.timezone()
    opening_log.log_opened(session, make(), room.id)
    clock(NOON + timedelta(days=2))
    opening_log.correct_day(session, make(), room.id, date(2026, 11, 24), [(time(8), time(10))], reason="手机没电")
    monday = (datetime(2026, 11, 23, 12, tzinfo=zone), datetime(2026, 11, 23, 23, 59, 59, tzinfo=zone))
    assert logged(session)[0] == monday
    checks.register_all()
    assert run(session, "opening_log_in_order") == []
    opening_log.log_opened(session, make(), room.id)
    opening_log.correct_day(session, make(), room.id, date(2026, 11, 24), [], reason="那天没开")
    assert logged(session) == [monday, (datetime(2026, 11, 25, 12, tzinfo=zone), None)]


def test_the_first_opening_waits_for_the_log_where_there_is_no_timetable(
    session: Session, make: Make, clock: MoveClock
) -> None:
    room = a_county(session)["east"]
    hours_choices.choose(session, make(), room, opening_mode="keeper_home", holiday_mode=None)
    assert opening_log.first_opening_after(session, room.id, NOON) is None
    clock(NOON + timedelta(days=3))
    opening_log.log_opened(session, make(), room.id)
    found = opening_log.first_opening_after(session, room.id, NOON)
    assert found is not None
    assert (found.at, found.is_logged) == (NOON + timedelta(days=3), True)
    assert opening_log.door_of(session, room.id).open_since == (NOON + timedelta(days=3)).astimezone(
        kernel_clock.timezone()
    )


def test_a_past_day_is_put_right_with_its_reason_and_the_event_keeps_what_was(
    session: Session, make: Make, clock: MoveClock
) -> None:
    room = a_county(session)["east"]
    opening_log.log_opened(session, make(), room.id)
    clock(NOON + timedelta(days=1))
    on = date(2026, 11, 23)
    spans = [(time(8), time(10)), (time(15), time(16, 30))]
    opening_log.correct_day(session, make(), room.id, on, spans, reason="手机没电")
    assert [opened.hour for opened, _closed in logged(session)] == [8, 15]
    assert opening_log.opened_between(session, [room.id], on, on) == {room.id: {on}}
    assert {entry.reason for entry in opening_log.entries_between(session, room.id, on, on)} == {"手机没电"}
    payload = session.scalars(select(EventRow.payload).where(EventRow.kind == "branch.opening_corrected")).one()
    assert payload["after"] == [["08:00", "10:00"], ["15:00", "16:30"]]
    assert len(payload["before"]) == 1
    opening_log.correct_day(session, make(), room.id, on, [], reason="那天没开")
    assert logged(session) == []
    for day, reason, code in ((date(2026, 11, 24), "x", "correction_not_past"), (on, " ", "correction_needs_reason")):
        with pytest.raises(Invalid, match=code):
            opening_log.correct_day(session, make(), room.id, day, spans, reason=reason)
    checks.register_all()
    assert run(session, "opening_log_in_order") == []


def test_a_log_out_of_order_is_found(session: Session, clock: MoveClock) -> None:
    room = a_county(session)["east"]
    for hours in (0, 1):
        opened = NOON + timedelta(hours=hours)
        session.add(OpeningLog(branch_id=room.id, opened_at=opened, closed_at=opened + timedelta(hours=2)))
    session.flush()
    checks.register_all()
    assert [breach.count for breach in run(session, "opening_log_in_order")] == [1]
