"""The days a book is kept: from the first real opening, by the rule of the place, never against a closed door."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from circulation.holds import pickup, services
from circulation.holds.states import Cause
from library.branches import hours_choices, opening, opening_log
from library.branches.rules import OpeningMode
from library.kernel import clock as kernel_clock
from tests.circulation.holds.desk import Desk
from tests.factories import a_policy

Clock = Callable[[datetime], None]
MONDAY = date(2026, 11, 23)
FRIDAYS = {4: [(time(18), time(20))]}


def day(days: int) -> date:
    return MONDAY + timedelta(days=days)


def opens_on_fridays(desk: Desk) -> None:
    opening.set_week(desk.session, desk.make(), desk.branches["east"].id, FRIDAYS, valid_from=day(-60))


def opens_when_the_keeper_is_home(desk: Desk) -> None:
    hours_choices.choose(
        desk.session,
        desk.make(),
        desk.branches["east"],
        opening_mode=OpeningMode.KEEPER_HOME,
        holiday_mode=None,
    )


def opened(desk: Desk, clock: Clock, days: int, hour: int = 18) -> None:
    """Open the room for an hour, `days` from now."""
    at = datetime.combine(day(days), time(hour), kernel_clock.timezone())
    clock(at)
    opening_log.log_opened(desk.session, desk.make("open"), desk.branches["east"].id)
    clock(at + timedelta(hours=1))
    opening_log.log_closed(desk.session, desk.make("close"), desk.branches["east"].id)
    desk.session.flush()


def came(desk: Desk, **reader: object) -> int:
    """A book that has come to the east room and waits for its reader."""
    desk.copy("west")
    hold = desk.place(desk.reader(**reader))["hold"]
    desk.send(hold["transfer"], until="receive")
    return int(hold["id"])


def begin(desk: Desk, hold_id: int) -> bool:
    return pickup.begin(desk.session, desk.make("begin"), services.locked(desk.session, hold_id))


def until(desk: Desk, hold_id: int) -> date | None:
    return desk.row(hold_id).pickup_until_on


def test_the_days_count_from_the_first_scheduled_opening_by_the_rule_of_the_place(desk: Desk) -> None:
    opens_on_fridays(desk)
    a_policy(desk.session, "pickup_days", 14, branch_id=desk.branches["east"].id)
    a_policy(desk.session, "pickup_days", 21, patron_category="elder")
    adult, elder = came(desk), came(desk, category="elder")
    assert until(desk, adult) == day(4 + 14)
    assert until(desk, elder) == day(4 + 21)


def test_an_opening_that_is_over_for_today_does_not_count(desk: Desk, clock: Clock) -> None:
    opens_on_fridays(desk)
    clock(datetime.combine(day(4), time(21), kernel_clock.timezone()))
    assert until(desk, came(desk)) == day(11 + 7)


def test_where_the_keeper_opens_when_at_home_the_days_begin_with_the_log(desk: Desk, clock: Clock) -> None:
    opens_when_the_keeper_is_home(desk)
    hold_id = came(desk)
    assert (until(desk, hold_id), begin(desk, hold_id)) == (None, False)
    assert pickup.missed(desk.session, day(300)) == []
    opened(desk, clock, 9)
    assert pickup.waiting_for_opening(desk.session, desk.branches["east"].id, kernel_clock.now()) == [hold_id]
    assert begin(desk, hold_id)
    assert until(desk, hold_id) == day(9 + 7)
    assert not begin(desk, hold_id)
    assert desk.told(hold_id)[-1] == ("hold.pickup_moved", "room_opened")


def test_a_room_that_is_open_as_the_book_comes_begins_at_once(desk: Desk) -> None:
    opens_when_the_keeper_is_home(desk)
    opening_log.log_opened(desk.session, desk.make(), desk.branches["east"].id)
    desk.session.flush()
    assert until(desk, came(desk)) == day(7)


def test_an_opening_before_the_book_came_counts_for_nothing(desk: Desk, clock: Clock) -> None:
    opens_when_the_keeper_is_home(desk)
    opened(desk, clock, 0, hour=9)
    hold_id = came(desk)
    assert (until(desk, hold_id), begin(desk, hold_id)) == (None, False)


def test_a_room_that_opens_later_than_its_timetable_says_gives_the_days_then(desk: Desk, clock: Clock) -> None:
    opens_on_fridays(desk)
    opened(desk, clock, -3)
    clock(datetime.combine(day(0), time(12), kernel_clock.timezone()))
    hold_id = came(desk)
    assert until(desk, hold_id) == day(11)
    opened(desk, clock, 6)
    assert begin(desk, hold_id)
    # The seventh day after Sunday is a Sunday; the next Friday is five days later.
    assert until(desk, hold_id) == day(18)


def test_an_earlier_opening_takes_no_day_away(desk: Desk, clock: Clock) -> None:
    opens_on_fridays(desk)
    hold_id = came(desk)
    opened(desk, clock, 1)
    assert not begin(desk, hold_id)
    assert until(desk, hold_id) == day(11)


def test_a_book_behind_a_door_that_stayed_shut_does_not_expire(desk: Desk, clock: Clock) -> None:
    opens_on_fridays(desk)
    opened(desk, clock, -10)
    clock(datetime.combine(day(0), time(12), kernel_clock.timezone()))
    hold_id = came(desk)
    clock(datetime.combine(day(12), time(1), kernel_clock.timezone()))
    assert pickup.missed(desk.session, day(12)) == [hold_id]
    assert services.expire_pickup(desk.session, desk.make(), hold_id)
    assert (desk.state(hold_id), until(desk, hold_id)) == ("ready", None)
    assert desk.told(hold_id)[-1] == ("hold.pickup_moved", "room_stayed_shut")
    opened(desk, clock, 14)
    assert begin(desk, hold_id)
    assert until(desk, hold_id) == day(14 + 7 + 4)


@pytest.mark.parametrize("keeps_a_log", [True, False])
def test_it_expires_where_the_reader_could_have_come_or_nobody_can_tell(
    desk: Desk, clock: Clock, keeps_a_log: bool
) -> None:
    opens_on_fridays(desk)
    hold_id = came(desk)
    if keeps_a_log:
        opened(desk, clock, 4)
    clock(datetime.combine(day(12), time(1), kernel_clock.timezone()))
    assert services.expire_pickup(desk.session, desk.make(), hold_id)
    assert desk.state(hold_id) == "expired"
    assert desk.told(hold_id)[-1] == ("hold.expired", "not_collected")


def test_a_copy_seen_elsewhere_has_no_last_day_until_it_is_back(desk: Desk) -> None:
    item = desk.copy("east")
    hold_id = desk.place(desk.reader())["hold"]["id"]
    desk.bring_back(item, "west")
    assert (desk.state(hold_id), until(desk, hold_id)) == ("in_transit", None)


def test_days_that_stand_still_begin_anew(desk: Desk) -> None:
    hold_id = came(desk)
    pickup.wait_for_opening(desk.session, desk.make(), services.locked(desk.session, hold_id), Cause.BRANCH_CLOSED)
    assert until(desk, hold_id) is None
    reopened_at = kernel_clock.now() + timedelta(days=20)
    held = services.locked(desk.session, hold_id)
    assert pickup.begin(desk.session, desk.make(), held, reopened_at=reopened_at)
    assert until(desk, hold_id) == day(27)
