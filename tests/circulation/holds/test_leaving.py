"""Copies that are lost, rooms that close, readers who move house: what becomes of the holds."""

from typing import Any

import pytest
from sqlalchemy import select

from catalog.items.models import Item, ItemCondition
from circulation.holds import leaving, queries, queueing, services
from circulation.logistics import services as transfers
from circulation.whereabouts.services import refresh_availability
from library.branches import services as branches
from library.kernel import clock
from library.kernel.errors import Conflict
from library.patrons.models import Patron
from library.patrons.services import move_house
from tests.circulation.holds.desk import Desk
from tests.factories import a_bib

CONDITIONS = ("lost", "missing", "damaged", "withdrawn", "in_processing")


def note(desk: Desk, item_id: int, condition: str) -> None:
    desk.session.add(ItemCondition(item_id=item_id, kind=condition, since=clock.now()))
    desk.session.flush()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_copy_that_cannot_be_lent_lets_its_reader_have_the_next_best_at_once(desk: Desk, condition: str) -> None:
    kept = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    other = desk.copy("central")
    note(desk, kept.id, condition)
    assert leaving.lose_copy(desk.session, desk.make(), kept.id, condition) == hold["id"]
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["copy"]) == ("in_transit", other.id)
    assert ("hold.released", f"copy_{condition}") in desk.told(hold["id"])
    stopped = transfers.queries.view(desk.session, hold["transfer"])
    assert stopped["state"] == "cancelled"
    assert transfers.open_transfer(desk.session, kept.id) is None


def test_without_another_copy_the_reader_waits_in_the_old_place(desk: Desk) -> None:
    kept = desk.copy("east")
    first, second = (desk.place(desk.reader())["hold"]["id"] for _ in range(2))
    note(desk, kept.id, "lost")
    leaving.lose_copy(desk.session, desk.make(), kept.id, "lost")
    shown = [queries.view(desk.session, hold_id) for hold_id in (first, second)]
    assert [(hold["state"], hold["position"], hold["cause"]) for hold in shown] == [
        ("waiting", 1, "copy_lost"),
        ("waiting", 2, "staff"),
    ]
    assert leaving.lose_copy(desk.session, desk.make(), kept.id, "lost") is None


def test_what_nobody_was_told_of_is_found_by_the_next_look(desk: Desk) -> None:
    kept, sound = desk.copy("east"), desk.copy("west")
    hold_id = desk.place(desk.reader())["hold"]["id"]
    elsewhere = desk.place(desk.reader("west"), pickup="west")["hold"]
    note(desk, kept.id, "damaged")
    assert leaving.kept_without_a_sound_copy(desk.session) == [kept.id]
    assert leaving.lose_unsound_copy(desk.session, desk.make(), kept.id)
    assert not leaving.lose_unsound_copy(desk.session, desk.make(), kept.id)
    assert not leaving.lose_unsound_copy(desk.session, desk.make(), sound.id)
    assert desk.state(hold_id) == "waiting"
    assert queries.view(desk.session, elsewhere["id"])["copy"] == sound.id


def test_a_copy_in_a_room_that_is_suspended_is_asked_for_elsewhere(desk: Desk) -> None:
    there, other = desk.copy("west"), desk.copy("central")
    hold = desk.place(desk.reader())["hold"]
    assert hold["copy"] == there.id
    branches.suspend(desk.session, desk.make(), desk.branches["west"])
    desk.session.flush()
    assert leaving.bound_by_suspended(desk.session) == [hold["id"]]
    assert leaving.unbind(desk.session, desk.make(), hold["id"])
    assert not leaving.unbind(desk.session, desk.make(), hold["id"])
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["copy"]) == ("in_transit", other.id)
    assert ("hold.released", "room_closed") in desk.told(hold["id"])


def test_a_copy_that_has_left_goes_on(desk: Desk) -> None:
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"], until="dispatch")
    branches.suspend(desk.session, desk.make(), desk.branches["west"])
    desk.session.flush()
    assert leaving.bound_by_suspended(desk.session) == []
    assert not leaving.unbind(desk.session, desk.make(), hold["id"])


def test_nothing_is_sent_to_a_place_that_is_suspended_and_the_next_reader_has_the_copy(desk: Desk) -> None:
    copy = desk.copy("west")
    first = desk.place(desk.reader())["hold"]
    second = desk.place(desk.reader(), pickup="school")["hold"]
    branches.suspend(desk.session, desk.make(), desk.branches["east"])
    desk.session.flush()
    assert leaving.unbind(desk.session, desk.make(), first["id"])
    assert (desk.state(first["id"]), desk.row(first["id"]).cause) == ("waiting", "branch_closed")
    assert queries.view(desk.session, second["id"])["copy"] == copy.id
    branches.reopen(desk.session, desk.make(), desk.branches["east"])
    services.cancel_hold(desk.session, desk.make(), second["id"])
    assert queries.view(desk.session, first["id"])["copy"] == copy.id


def test_the_days_on_the_shelf_of_a_suspended_place_stand_still(desk: Desk) -> None:
    desk.copy("east")
    hold_id = desk.place(desk.reader())["hold"]["id"]
    assert not leaving.stand_still(desk.session, desk.make(), hold_id)
    branches.suspend(desk.session, desk.make(), desk.branches["east"])
    desk.session.flush()
    assert leaving.ready_at(desk.session, desk.branches["east"].id) == [hold_id]
    assert leaving.stand_still(desk.session, desk.make(), hold_id)
    assert not leaving.stand_still(desk.session, desk.make(), hold_id)
    assert (desk.state(hold_id), desk.row(hold_id).pickup_until_on) == ("ready", None)


def wait_at(desk: Desk, pickup: str = "east", **reader: Any) -> int:
    """A hold on a title of its own, whose only copy is out."""
    bib = a_bib(desk.session)
    desk.lend(desk.copy("central", bib=bib), desk.reader())
    return int(desk.place(desk.reader(**reader), pickup=pickup, bib_id=bib.id)["hold"]["id"])


def test_who_waits_at_a_branch_that_is_merged_is_handed_to_the_one_that_takes_over(desk: Desk) -> None:
    waiting, paused = wait_at(desk, "school"), wait_at(desk, "school")
    queueing.suspend(desk.session, desk.make(), paused)
    branches.merge(desk.session, desk.make(), desk.branches["school"], desk.branches["west"])
    for hold_id, state in ((waiting, "waiting"), (paused, "suspended")):
        hold = desk.row(hold_id)
        assert (hold.state, hold.pickup_branch_id, hold.cause) == (state, desk.branches["west"].id, "branch_closed")
        assert ("hold.place_changed", "branch_closed") in desk.told(hold_id)


def test_who_waits_at_a_branch_that_closes_is_handed_to_the_library_above_it(desk: Desk) -> None:
    hold_id = wait_at(desk, "school")
    branches.close(desk.session, desk.make(), desk.branches["school"])
    assert desk.row(hold_id).pickup_branch_id == desk.branches["township"].id


def test_above_a_township_stands_the_central_library(desk: Desk) -> None:
    hold_id = wait_at(desk, "township")
    assert leaving.vacate(desk.session, desk.make(), desk.branches["township"], None) == 1
    assert desk.row(hold_id).pickup_branch_id == desk.branches["central"].id


def test_where_nobody_is_left_to_take_over_the_holds_keep_the_branch_from_closing(desk: Desk) -> None:
    hold_id = wait_at(desk, "central")
    assert leaving.vacate(desk.session, desk.make(), desk.branches["central"], None) == 0
    assert desk.row(hold_id).pickup_branch_id == desk.branches["central"].id
    with pytest.raises(Conflict, match="branch_in_use"):
        branches.close(desk.session, desk.make(), desk.branches["central"])


def test_a_copy_not_yet_sent_to_a_closing_branch_is_sent_to_the_other_one(desk: Desk) -> None:
    copy = desk.copy("west")
    hold = desk.place(desk.reader(), pickup="school")["hold"]
    branches.close(desk.session, desk.make(), desk.branches["school"])
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["copy"], shown["pickup_branch"]) == ("in_transit", copy.id, "township")
    move = transfers.open_transfer(desk.session, copy.id)
    assert move is not None
    assert move.to_branch_id == desk.branches["township"].id


def test_a_book_on_the_shelf_of_a_branch_keeps_it_from_closing(desk: Desk) -> None:
    desk.copy("west")
    hold = desk.place(desk.reader(), pickup="school")["hold"]
    desk.send(hold["transfer"])
    with pytest.raises(Conflict, match="branch_in_use"):
        branches.close(desk.session, desk.make(), desk.branches["school"])


def test_moving_house_takes_along_what_waits_and_leaves_what_is_there(desk: Desk) -> None:
    reader = desk.reader()
    bibs = [a_bib(desk.session) for _ in range(4)]
    for bib, at in zip(bibs, ("east", "west", "central", "central"), strict=True):
        desk.copy(at, bib=bib)
    ready, sent, waits, paused = (
        desk.place(reader, bib_id=bib.id)["hold"]["id"] if number < 2 else _wait_for(desk, reader, bib.id)
        for number, bib in enumerate(bibs)
    )
    queueing.suspend(desk.session, desk.make(), paused)
    followed = move_house(desk.session, desk.make(), reader, desk.branches["west"])
    assert (sorted(followed.holds_moved), sorted(followed.holds_staying)) == (
        sorted([waits, paused]),
        sorted([ready, sent]),
    )
    assert {desk.row(hold_id).pickup_branch_id for hold_id in (waits, paused)} == {desk.branches["west"].id}
    assert {desk.row(hold_id).pickup_branch_id for hold_id in (ready, sent)} == {desk.branches["east"].id}
    assert ("hold.place_changed", "moved_house") in desk.told(waits)
    assert (reader.home_branch_id, reader.village_id) == (desk.branches["west"].id, desk.branches["west"].id)


def _wait_for(desk: Desk, reader: Patron, bib_id: int) -> int:
    copy = desk.session.scalars(select(Item).where(Item.bib_id == bib_id)).one()
    desk.lend(copy, desk.reader())
    refresh_availability(desk.session, [copy.id])
    return int(desk.place(reader, bib_id=bib_id)["hold"]["id"])


def test_a_copy_that_stands_at_the_new_home_is_kept_there_at_once(desk: Desk) -> None:
    reader, bib = desk.reader(), a_bib(desk.session)
    copy = desk.copy("west", bib=bib)
    hold_id = desk.place(reader, bib_id=bib.id)["hold"]["id"]
    transfers.cancel(desk.session, desk.make(), desk_transfer(desk, hold_id))
    assert desk.state(hold_id) == "waiting"
    move_house(desk.session, desk.make(), reader, desk.branches["west"])
    shown = queries.view(desk.session, hold_id)
    assert (shown["state"], shown["copy"], shown["stage"]) == ("ready", copy.id, "allocated")


def desk_transfer(desk: Desk, hold_id: int) -> int:
    return int(queries.view(desk.session, hold_id)["transfer"])


def test_holds_collected_elsewhere_or_of_others_stay_as_they_are(desk: Desk) -> None:
    reader = desk.reader()
    bib = a_bib(desk.session)
    desk.lend(desk.copy("central", bib=bib), desk.reader())
    elsewhere = desk.place(reader, pickup="central", bib_id=bib.id)["hold"]["id"]
    others = wait_at(desk)
    followed = move_house(desk.session, desk.make(), reader, desk.branches["west"])
    assert (followed.holds_moved, followed.holds_staying) == ([], [])
    assert desk.row(elsewhere).pickup_branch_id == desk.branches["central"].id
    assert desk.row(others).pickup_branch_id == desk.branches["east"].id
    same = move_house(desk.session, desk.make(), reader, desk.branches["west"])
    assert (same.holds_moved, same.holds_staying) == ((), ())


def test_a_home_where_nothing_is_collected_takes_no_holds_along(desk: Desk) -> None:
    reader = desk.reader()
    bib = a_bib(desk.session)
    desk.lend(desk.copy("central", bib=bib), desk.reader())
    hold_id = desk.place(reader, bib_id=bib.id)["hold"]["id"]
    followed = move_house(desk.session, desk.make(), reader, desk.branches["county"])
    assert (followed.holds_moved, followed.holds_staying) == ([], [hold_id])
