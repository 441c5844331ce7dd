"""Pausing, going on, collecting elsewhere, waiting no longer."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.items.models import Item
from circulation.holds import queries, queueing, services
from circulation.whereabouts.services import refresh_availability
from library.kernel import clock as kernel_clock
from library.kernel.errors import Invalid
from library.kernel.operations import Answer
from tests.circulation.holds.desk import Desk, codes
from tests.factories import a_policy

Clock = Callable[[datetime], None]
MONDAY = date(2026, 11, 23)


def day(days: int) -> date:
    return MONDAY + timedelta(days=days)


def queue(desk: Desk, readers: int = 3) -> list[int]:
    """Readers who wait for the only copy, which is out."""
    desk.lend(desk.copy("east"), desk.reader(), due_on=day(20))
    return [int(desk.place(desk.reader())["hold"]["id"]) for _ in range(readers)]


def only_copy(desk: Desk) -> Item:
    return desk.session.scalars(select(Item)).one()


def test_a_paused_hold_is_passed_over_and_keeps_its_place(desk: Desk) -> None:
    first, second, third = queue(desk)
    answer = queueing.suspend(desk.session, desk.make(), first, day(10))
    assert (answer["hold"]["stage"], answer["hold"]["suspended_until_on"]) == ("suspended", "2026-12-03")
    assert [queries.position(desk.session, hold_id) for hold_id in (first, second, third)] == [1, 1, 2]
    trapped = desk.bring_back(only_copy(desk), "east")
    assert trapped is not None
    assert trapped.hold_id == second
    services.cancel_hold(desk.session, desk.make(), second)
    assert desk.state(third) == "ready"
    queueing.resume(desk.session, desk.make(), first)
    assert (desk.state(first), queries.position(desk.session, first)) == ("waiting", 1)


def test_whoever_goes_on_finds_a_copy_on_a_shelf_at_once(desk: Desk) -> None:
    [hold_id] = queue(desk, 1)
    queueing.suspend(desk.session, desk.make(), hold_id)
    copy = only_copy(desk)
    assert desk.bring_back(copy, "east") is None
    refresh_availability(desk.session, [copy.id])
    assert queueing.resume(desk.session, desk.make(), hold_id)["hold"]["state"] == "ready"


def test_a_pause_ends_by_itself_on_its_day(desk: Desk, clock: Clock) -> None:
    first, second, _third = queue(desk)
    queueing.suspend(desk.session, desk.make(), first, day(10))
    queueing.suspend(desk.session, desk.make(), second)
    assert queueing.due_to_resume(desk.session, day(9)) == []
    assert not queueing.resume_when_due(desk.session, desk.make(), first)
    clock(kernel_clock.now() + timedelta(days=10))
    assert queueing.due_to_resume(desk.session, day(10)) == [first]
    assert queueing.resume_when_due(desk.session, desk.make(), first)
    assert desk.told(first)[-2:] == [("hold.resumed", "day_came"), ("hold.promised", "new_day")]
    assert desk.row(first).suspended_until_on is None
    assert not queueing.resume_when_due(desk.session, desk.make(), first)


def test_the_day_of_a_pause_can_be_changed_and_left_open(desk: Desk) -> None:
    [hold_id] = queue(desk, 1)
    for until in (day(10), day(20), None):
        queueing.suspend(desk.session, desk.make(), hold_id, until)
        assert (desk.state(hold_id), desk.row(hold_id).suspended_until_on) == ("suspended", until)


@pytest.mark.parametrize("days", [0, -1])
def test_a_pause_ends_in_the_future(desk: Desk, days: int) -> None:
    [hold_id] = queue(desk, 1)
    with pytest.raises(Invalid, match="day_is_past"):
        queueing.suspend(desk.session, desk.make(), hold_id, day(days))


def test_a_pause_ends_before_the_hold_does(desk: Desk) -> None:
    desk.lend(desk.copy("east"), desk.reader())
    hold_id = desk.place(desk.reader(), expires_on=day(7))["hold"]["id"]
    assert codes(queueing.suspend(desk.session, desk.make(), hold_id, day(8))) == ["ends_before_it_resumes"]
    assert desk.state(hold_id) == "waiting"
    assert queueing.suspend(desk.session, desk.make(), hold_id, day(7))["decision"] == "allowed"


def test_a_book_that_is_ready_or_on_its_way_is_not_paused(desk: Desk) -> None:
    desk.copy("east")
    desk.copy("west")
    for _ in range(2):
        hold = desk.place(desk.reader())["hold"]
        assert codes(queueing.suspend(desk.session, desk.make(), hold["id"])) == ["hold_has_its_copy"]
        assert desk.state(hold["id"]) == hold["state"]


@pytest.mark.parametrize(
    ("chosen", "rule", "last"), [(7, None, 7), (None, 90, 90), (120, 90, 90), (7, 90, 7), (None, None, None)]
)
def test_a_hold_ends_on_the_day_its_reader_chose_or_the_rule_says(
    desk: Desk, clock: Clock, chosen: int | None, rule: int | None, last: int | None
) -> None:
    if rule is not None:
        a_policy(desk.session, "hold_expiry_days", rule)
    desk.lend(desk.copy("east"), desk.reader())
    hold = desk.place(desk.reader(), expires_on=day(chosen) if chosen else None)["hold"]
    assert hold["expires_on"] == (day(last).isoformat() if last else None)
    if last is None:
        return
    clock(kernel_clock.now() + timedelta(days=last))
    assert queueing.past_their_last_day(desk.session, kernel_clock.today()) == []
    assert not queueing.expire_waiting(desk.session, desk.make(), hold["id"])
    clock(kernel_clock.now() + timedelta(days=1))
    assert queueing.past_their_last_day(desk.session, kernel_clock.today()) == [hold["id"]]
    assert queueing.expire_waiting(desk.session, desk.make(), hold["id"])
    assert (desk.state(hold["id"]), desk.told(hold["id"])[-1]) == ("expired", ("hold.expired", "expired"))


def test_a_copy_does_not_go_to_a_hold_past_its_last_day(desk: Desk, clock: Clock) -> None:
    desk.lend(desk.copy("east"), desk.reader())
    late = desk.place(desk.reader(), expires_on=day(3))["hold"]["id"]
    patient = desk.place(desk.reader())["hold"]["id"]
    clock(kernel_clock.now() + timedelta(days=4))
    desk.bring_back(only_copy(desk), "east")
    assert [desk.state(hold_id) for hold_id in (late, patient)] == ["waiting", "ready"]


def test_a_last_day_in_the_past_is_no_day(desk: Desk) -> None:
    desk.copy("east")
    with pytest.raises(Invalid, match="day_is_past"):
        desk.place(desk.reader(), expires_on=day(-1))


def move(desk: Desk, hold_id: int, to: str) -> Answer:
    return queueing.move_pickup(desk.session, desk.make(), hold_id, desk.branches[to].id)


def test_a_hold_is_collected_elsewhere_and_keeps_its_place(desk: Desk) -> None:
    first, second, _ = queue(desk)
    answer = move(desk, second, "west")
    assert (answer["hold"]["pickup_branch"], answer["hold"]["position"]) == ("west", 2)
    before = desk.told(second)
    assert move(desk, second, "west")["decision"] == "allowed"
    assert desk.told(second) == before
    queueing.suspend(desk.session, desk.make(), first)
    assert move(desk, first, "west")["hold"]["state"] == "suspended"


def test_a_copy_at_the_new_place_is_kept_at_once(desk: Desk) -> None:
    a_policy(desk.session, "hold_scope", "branch")
    desk.lend(desk.copy("east"), desk.reader())
    there = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    assert hold["state"] == "waiting"
    moved = move(desk, hold["id"], "west")["hold"]
    assert (moved["state"], moved["copy"]) == ("ready", there.id)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("county", "not_a_pickup_place"),
        ("school", "pickup_branch_closed"),
        ("central", "pickup_out_of_reach"),
        ("township", "copy_out_of_reach"),
    ],
)
def test_a_place_that_could_not_be_chosen_before_cannot_be_chosen_now(desk: Desk, to: str, code: str) -> None:
    a_policy(desk.session, "pickup_scope", "township")
    a_policy(desk.session, "hold_scope", "branch", branch_id=desk.branches["township"].id)
    a_policy(desk.session, "hold_scope", "county", branch_id=desk.branches["east"].id)
    [hold_id] = queue(desk, 1)
    desk.branches["school"].state = "suspended"
    desk.session.flush()
    assert codes(move(desk, hold_id, to)) == [code]
    assert desk.row(hold_id).pickup_branch_id == desk.branches["east"].id
