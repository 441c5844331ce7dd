"""The day a reader is told: by the van's rounds, by the loans of others, and told again when things turn out otherwise."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from circulation.holds import placing, promises, queries, queueing, services
from circulation.logistics import services as transfers
from circulation.models import Transfer
from library.branches import opening
from library.branches.rounds import cancel_date, route_by_code
from library.kernel import clock as kernel_clock
from library.kernel.operations import Answer
from library.patrons.models import Patron
from tests.circulation.holds.desk import Desk, codes
from tests.factories import a_bib, a_policy

Clock = Callable[[datetime], None]
MONDAY = date(2026, 11, 23)
NORTH = ("township", "west", "east")


def day(days: int) -> date:
    return MONDAY + timedelta(days=days)


def iso(days: int | None) -> str | None:
    return day(days).isoformat() if days is not None else None


def look_ahead(desk: Desk, patron: Patron, pickup: str = "east", **wanted: int) -> Answer:
    return placing.forecast(
        desk.session,
        desk.make("place_hold"),
        patron_id=patron.id,
        pickup_branch_id=desk.branches[pickup].id,
        **(wanted or {"bib_id": desk.bib.id}),
    )


@pytest.mark.parametrize(
    ("stands_at", "pickup", "promised"),
    [
        ("east", "east", 0),  # to be fetched from the shelf
        ("west", "east", 2),  # further on along Wednesday's round
        ("east", "west", 9),  # against the driving: by the central library, with the next round
        ("central", "east", 2),
        ("school", "east", 2),  # no round comes past the school; it brings the book to the central library
        ("west", "central", 3),  # sorted on the day after
        ("west", "school", None),  # nothing goes there
    ],
)
def test_a_copy_on_a_shelf_is_promised_for_the_round_that_brings_it(
    desk: Desk, stands_at: str, pickup: str, promised: int | None
) -> None:
    desk.drive("north", NORTH, (day(2), day(9)))
    desk.copy(stands_at)
    reader = desk.reader()
    ahead = look_ahead(desk, reader, pickup)
    assert (ahead["decision"], ahead["promised_on"], ahead["waiting"]) == ("allowed", iso(promised), 0)
    assert desk.place(reader, pickup=pickup)["hold"]["promised_on"] == iso(promised)


def test_nothing_is_promised_where_nothing_is_planned(desk: Desk) -> None:
    desk.copy("west")
    reader = desk.reader()
    assert look_ahead(desk, reader)["promised_on"] is None
    assert desk.place(reader)["hold"]["promised_on"] is None


@pytest.mark.parametrize(
    ("lent_at", "due", "pickup", "promised"),
    [
        ("east", 5, "east", 5),  # comes back where it is wanted
        ("east", -3, "east", 1),  # late already: tomorrow at the earliest
        ("central", 7, "east", 9),  # back on Monday, with Wednesday's round
        ("central", 8, "east", 9),
        ("central", 9, "east", None),  # the last planned round has left by then
        ("west", 1, "east", 2),
        ("east", 0, "west", 9),
    ],
)
def test_a_copy_on_loan_is_promised_for_its_due_day_and_the_round_after_it(
    desk: Desk, lent_at: str, due: int, pickup: str, promised: int | None
) -> None:
    desk.drive("north", NORTH, (day(2), day(9)))
    desk.lend(desk.copy(lent_at), desk.reader(), due_on=day(due))
    reader = desk.reader()
    assert look_ahead(desk, reader, pickup)["promised_on"] == iso(promised)
    assert desk.place(reader, pickup=pickup)["hold"]["promised_on"] == iso(promised)


def test_each_in_the_queue_is_promised_the_copy_of_their_place_and_those_behind_move_up(desk: Desk) -> None:
    for due in (20, 10):
        desk.lend(desk.copy("east"), desk.reader(), due_on=day(due))
    holds = [desk.place(desk.reader())["hold"] for _ in range(3)]
    assert [hold["promised_on"] for hold in holds] == [iso(10), iso(20), None]
    services.cancel_hold(desk.session, desk.make(), holds[0]["id"])
    shown = [queries.view(desk.session, hold["id"]) for hold in holds[1:]]
    assert [(hold["promised_on"], hold["position"]) for hold in shown] == [(iso(10), 1), (iso(20), 2)]
    assert desk.told(holds[1]["id"])[-1] == ("hold.promised", "new_day")


def test_a_hold_for_one_copy_is_promised_that_copy(desk: Desk) -> None:
    first, second = desk.copy("east"), desk.copy("east")
    desk.lend(first, desk.reader(), due_on=day(10))
    desk.lend(second, desk.reader(), due_on=day(20))
    assert look_ahead(desk, desk.reader(), item_id=second.id)["promised_on"] == iso(20)
    assert desk.place(desk.reader(), item_id=second.id)["hold"]["promised_on"] == iso(20)
    assert desk.place(desk.reader(), item_id=second.id)["hold"]["promised_on"] is None


def test_copies_the_reader_may_not_have_promise_nothing(desk: Desk) -> None:
    a_policy(desk.session, "hold_scope", "branch", branch_id=desk.branches["east"].id)
    desk.drive("north", NORTH, (day(2), day(9)))
    desk.lend(desk.copy("central"), desk.reader(), due_on=day(1))
    desk.lend(desk.copy("east"), desk.reader(), due_on=day(5))
    assert desk.place(desk.reader())["hold"]["promised_on"] == iso(5)


def test_a_refusal_is_told_before_anything_is_placed(desk: Desk) -> None:
    ahead = look_ahead(desk, desk.reader(), bib_id=a_bib(desk.session).id)
    assert (codes(ahead), ahead["promised_on"]) == (["nothing_to_hold"], None)


def test_a_room_in_which_a_copy_stands_is_promised_for_its_next_opening(desk: Desk) -> None:
    opening.set_week(
        desk.session, desk.make(), desk.branches["east"].id, {4: [(time(18), time(20))]}, valid_from=day(-30)
    )
    desk.copy("east")
    reader = desk.reader()
    assert look_ahead(desk, reader)["promised_on"] == iso(4)
    assert desk.place(reader)["hold"]["promised_on"] == iso(4)


def test_the_van_is_not_promised_to_a_closed_door(desk: Desk) -> None:
    desk.drive("north", NORTH, (day(2), day(9)))
    opening.set_exception(desk.session, desk.make(), desk.branches["east"].id, day(2))
    desk.copy("central")
    assert desk.place(desk.reader())["hold"]["promised_on"] == iso(9)


def test_a_cancelled_round_gives_those_who_wait_another_day(desk: Desk) -> None:
    route_id = desk.drive("north", NORTH, (day(2), day(9)))
    desk.copy("west")
    sent = desk.place(desk.reader())["hold"]
    other = a_bib(desk.session)
    desk.lend(desk.copy("central", bib=other), desk.reader(), due_on=day(1))
    waits = desk.place(desk.reader(), bib_id=other.id)["hold"]
    assert (sent["promised_on"], waits["promised_on"]) == (iso(2), iso(2))
    assert promises.promise_again(desk.session, desk.make(), desk.bib.id) == 0
    cancel_date(desk.session, desk.make(), route_by_code(desk.session, "north"), day(2), note="下雪")
    titles = promises.titles_on_round(desk.session, route_id)
    assert set(titles) == {desk.bib.id, other.id}
    assert [promises.promise_again(desk.session, desk.make(), bib_id) for bib_id in titles] == [1, 1]
    assert [desk.row(hold["id"]).promised_on for hold in (sent, waits)] == [day(9), day(9)]
    assert desk.session.get_one(Transfer, sent["transfer"], populate_existing=True).promised_on == day(9)
    assert desk.told(sent["id"])[-1] == ("hold.promised", "new_day")


def test_a_day_that_passed_in_vain_is_replaced(desk: Desk, clock: Clock) -> None:
    desk.drive("north", NORTH, (day(2), day(9)))
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    clock(kernel_clock.now() + timedelta(days=3))
    assert promises.promise_again(desk.session, desk.make(), desk.bib.id) == 1
    assert desk.row(hold["id"]).promised_on == day(9)
    clock(kernel_clock.now() + timedelta(days=9))
    assert promises.promise_again(desk.session, desk.make(), desk.bib.id) == 1
    assert desk.row(hold["id"]).promised_on is None


def test_what_is_on_the_road_comes_with_the_next_visit(desk: Desk, clock: Clock) -> None:
    desk.drive("north", NORTH, (day(2), day(9), day(16)))
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"], until="dispatch")
    clock(kernel_clock.now() + timedelta(days=3))
    assert transfers.promise_again(desk.session, hold["transfer"], kernel_clock.today()) == day(9)
    assert transfers.promise_again(desk.session, hold["transfer"], kernel_clock.today()) == day(9)


def test_when_the_transfer_stops_the_loans_of_others_say_when(desk: Desk) -> None:
    desk.drive("north", NORTH, (day(2), day(9)))
    desk.copy("west")
    desk.lend(desk.copy("east"), desk.reader(), due_on=day(6))
    hold = desk.place(desk.reader())["hold"]
    assert hold["promised_on"] == iso(2)
    transfers.miss(desk.session, desk.make(), hold["transfer"])
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["cause"], shown["promised_on"]) == ("waiting", "copy_missing", iso(6))


def test_a_paused_hold_is_promised_nothing_and_a_resumed_one_again(desk: Desk) -> None:
    desk.lend(desk.copy("east"), desk.reader(), due_on=day(10))
    first, second = (desk.place(desk.reader())["hold"]["id"] for _ in range(2))
    queueing.suspend(desk.session, desk.make(), first)
    assert [desk.row(hold_id).promised_on for hold_id in (first, second)] == [None, day(10)]
    queueing.resume(desk.session, desk.make(), first)
    assert [desk.row(hold_id).promised_on for hold_id in (first, second)] == [day(10), None]
