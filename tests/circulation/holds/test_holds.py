"""The queue on both engines: who may wait, which copy is sent, what arrivals, loans and cancellations mean."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition
from circulation.holds import merging, pickup, queries, services
from circulation.logistics import services as transfers
from circulation.models import Hold, Transfer
from library.kernel import clock as kernel_clock
from library.kernel.errors import Invalid, NotFound
from library.patrons.models import PatronBlock
from tests.circulation.holds.desk import Desk, codes
from tests.factories import a_bib, a_loan, a_location, a_policy, an_item


def test_a_copy_on_the_pickup_shelf_is_ready_at_once_and_to_be_fetched(desk: Desk) -> None:
    near, _far = desk.copy("east"), desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    assert (hold["state"], hold["copy"], hold["to_fetch"]) == ("ready", near.id, True)
    assert hold["promised_on"] == "2026-11-23"
    assert hold["pickup_until_on"] == "2026-11-30"
    assert services.set_aside(desk.session, desk.make(), hold["id"])["hold"]["to_fetch"] is False


def test_a_copy_elsewhere_is_sent_for_from_the_same_township_before_the_county(desk: Desk) -> None:
    desk.copy("central")
    near = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    assert (hold["state"], hold["copy"]) == ("in_transit", near.id)
    transfer = desk.session.get_one(Transfer, hold["transfer"])
    assert (transfer.reason, transfer.hold_id, transfer.to_branch_id) == ("hold", hold["id"], desk.branches["east"].id)


def test_a_received_copy_makes_its_hold_ready_and_starts_the_pickup_clock(desk: Desk) -> None:
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"], until="receive")
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["pickup_until_on"]) == ("ready", "2026-11-30")
    assert transfers.shelve(desk.session, desk.make(), hold["transfer"])["decision"] == "allowed"
    assert desk.state(hold["id"]) == "ready"


def test_when_all_are_out_readers_wait_in_the_order_in_which_they_asked(desk: Desk) -> None:
    item = desk.copy("east")
    desk.lend(item, desk.reader())
    first, second = (desk.place(desk.reader())["hold"] for _ in range(2))
    assert [first["position"], second["position"]] == [1, 2]
    assert first["promised_on"] == "2026-12-23"
    assert second["promised_on"] is None
    assert services.waiting_count(desk.session, desk.bib.id) == 2
    trapped = desk.bring_back(item, "east")
    assert trapped is not None
    assert (trapped.hold_id, trapped.state) == (first["id"], "ready")
    assert queries.position(desk.session, second["id"]) == 1


def test_a_copy_brought_back_elsewhere_is_sent_to_the_pickup_branch(desk: Desk) -> None:
    item = desk.copy("east")
    desk.lend(item, desk.reader())
    hold = desk.place(desk.reader("west"), pickup="west")["hold"]
    trapped = desk.bring_back(item, "east")
    assert trapped is not None
    assert (trapped.state, trapped.pickup_branch_id) == ("in_transit", desk.branches["west"].id)
    desk.send(trapped.transfer_id or 0)
    assert desk.state(hold["id"]) == "ready"


def test_a_hold_for_one_copy_waits_for_that_copy(desk: Desk) -> None:
    wanted, _other = desk.copy("east"), desk.copy("east")
    desk.lend(wanted, desk.reader())
    hold = desk.place(desk.reader(), item_id=wanted.id)["hold"]
    assert (hold["state"], hold["item"]) == ("waiting", wanted.id)
    assert desk.bring_back(wanted, "east") is not None
    assert desk.state(hold["id"]) == "ready"


def test_refusals_name_every_obstacle(desk: Desk) -> None:
    item = desk.copy("east")
    reader = desk.reader()
    desk.lend(item, reader)
    desk.branches["east"].state = "suspended"
    desk.session.add(PatronBlock(patron_id=reader.id, code="manual", from_on=kernel_clock.today()))
    desk.session.flush()
    answer = desk.place(reader)
    assert answer["decision"] == "refused"
    assert codes(answer) == ["patron_blocked", "already_on_loan_to_patron", "pickup_branch_closed"]
    assert desk.session.scalars(select(Hold)).all() == []


def test_the_same_title_is_reserved_once(desk: Desk) -> None:
    desk.copy("east")
    reader = desk.reader()
    desk.place(reader)
    assert codes(desk.place(reader)) == ["hold_exists"]


def test_the_limit_is_the_policy_of_the_pickup_branch(desk: Desk) -> None:
    a_policy(desk.session, "holds_max", 1, branch_id=desk.branches["east"].id)
    reader = desk.reader()
    for expected in ([], ["holds_limit_reached"]):
        bib = a_bib(desk.session)
        an_item(desk.session, branch=desk.branches["east"], bib=bib)
        assert codes(desk.place(reader, bib_id=bib.id)) == expected


def test_a_long_overdue_loan_and_an_ended_registration_block(desk: Desk) -> None:
    desk.copy("east")
    reader = desk.reader(expires_on=kernel_clock.today() - timedelta(days=1))
    late = an_item(desk.session, branch=desk.branches["east"])
    a_loan(desk.session, item=late, patron=reader, due_on=kernel_clock.today() - timedelta(days=31))
    assert codes(desk.place(reader)) == ["card_expired", "overdue_block"]


def test_a_title_without_a_copy_that_lends_cannot_be_reserved(desk: Desk) -> None:
    assert codes(desk.place(desk.reader())) == ["nothing_to_hold"]
    reading_room = a_location(desk.session, desk.branches["east"], is_lendable=False)
    desk.copy("east", location=reading_room)
    gone = desk.copy("east")
    desk.session.add(ItemCondition(item_id=gone.id, kind="lost", since=kernel_clock.now()))
    desk.session.flush()
    assert codes(desk.place(desk.reader())) == ["nothing_to_hold"]


def test_a_merged_title_is_reserved_at_the_one_that_took_over(desk: Desk) -> None:
    desk.copy("east")
    old = a_bib(desk.session, merged_into_id=desk.bib.id)
    assert desk.place(desk.reader(), bib_id=old.id)["hold"]["bib"] == desk.bib.id


def test_unknown_things_are_named(desk: Desk) -> None:
    reader = desk.reader()
    for wanted, code in (({"bib_id": 99999}, "unknown_bib"), ({"item_id": 99999}, "unknown_item")):
        with pytest.raises(NotFound, match=code):
            desk.place(reader, **wanted)
    with pytest.raises(Invalid, match="bib_or_item_required"):
        desk.place(reader, bib_id=None)
    with pytest.raises(NotFound, match="unknown_hold"):
        services.cancel_hold(desk.session, desk.make(), 99999)
    with pytest.raises(NotFound, match="unknown_patron"):
        services.place_hold(
            desk.session,
            desk.make(),
            patron_id=99999,
            bib_id=desk.bib.id,
            pickup_branch_id=desk.branches["east"].id,
        )


def test_a_cancelled_ready_copy_goes_to_the_next_reader(desk: Desk) -> None:
    item = desk.copy("east")
    first = desk.place(desk.reader())["hold"]
    second = desk.place(desk.reader("west"), pickup="west")["hold"]
    answer = services.cancel_hold(desk.session, desk.make(), first["id"])
    assert answer["hold"]["state"] == "cancelled"
    shown = queries.view(desk.session, second["id"])
    assert (shown["state"], shown["copy"], shown["transfer_state"]) == ("in_transit", item.id, "requested")
    assert codes(services.cancel_hold(desk.session, desk.make(), first["id"])) == ["hold_not_in_state"]


def test_cancelling_before_the_copy_left_stops_its_transfer(desk: Desk) -> None:
    item = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"], until="pick")
    services.cancel_hold(desk.session, desk.make(), hold["id"])
    assert desk.session.get_one(Transfer, hold["transfer"], populate_existing=True).state == "cancelled"
    desk.session.expire_all()
    assert item.is_available


def test_cancelling_on_the_road_lets_the_copy_arrive_and_go_home(desk: Desk) -> None:
    item = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"], until="dispatch")
    services.cancel_hold(desk.session, desk.make(), hold["id"])
    for step in (transfers.receive, transfers.shelve):
        step(desk.session, desk.make(), hold["transfer"])
    move = transfers.open_transfer(desk.session, item.id)
    assert move is not None
    assert (move.reason, move.to_branch_id) == ("return_home", desk.branches["west"].id)


def test_a_copy_not_collected_goes_on_and_the_hold_expires(desk: Desk, clock: Callable[[datetime], None]) -> None:
    desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    desk.send(hold["transfer"])
    today, now = kernel_clock.today(), kernel_clock.now()
    assert pickup.missed(desk.session, today + timedelta(days=7)) == []
    assert not services.expire_pickup(desk.session, desk.make(), hold["id"])
    clock(now + timedelta(days=8))
    assert pickup.missed(desk.session, today + timedelta(days=8)) == [hold["id"]]
    assert services.expire_pickup(desk.session, desk.make(), hold["id"])
    assert not services.expire_pickup(desk.session, desk.make(), hold["id"])
    assert desk.state(hold["id"]) == "expired"
    reasons = desk.session.scalars(select(Transfer.reason).order_by(Transfer.id)).all()
    assert reasons == ["hold", "return_home"]


def test_borrowing_the_kept_copy_fulfils_the_hold(desk: Desk) -> None:
    item = desk.copy("east")
    reader = desk.reader()
    hold = desk.place(reader)["hold"]
    loan = desk.lend(item, reader)
    row = desk.session.get_one(Hold, hold["id"], populate_existing=True)
    assert (row.state, row.loan_id) == ("fulfilled", loan.id)


def test_borrowing_another_copy_fulfils_the_hold_and_frees_the_kept_one(desk: Desk) -> None:
    kept = desk.copy("west")
    reader, next_reader = desk.reader(), desk.reader()
    hold = desk.place(reader)["hold"]
    waiting = desk.place(next_reader)["hold"]
    desk.lend(desk.copy("east"), reader)
    assert desk.state(hold["id"]) == "fulfilled"
    assert queries.view(desk.session, waiting["id"])["copy"] == kept.id


def test_lending_a_kept_copy_to_another_lets_the_first_reader_wait_again(desk: Desk) -> None:
    item = desk.copy("east")
    hold = desk.place(desk.reader())["hold"]
    desk.lend(item, desk.reader())
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["copy"], shown["promised_on"]) == ("waiting", None, "2026-12-23")


def test_when_the_copy_is_missing_another_one_is_sent_for(desk: Desk) -> None:
    desk.copy("west")
    other = desk.copy("central")
    hold = desk.place(desk.reader())["hold"]
    transfers.miss(desk.session, desk.make(), hold["transfer"])
    shown = queries.view(desk.session, hold["id"])
    assert (shown["state"], shown["copy"]) == ("in_transit", other.id)


def test_a_cancelled_transfer_lets_the_hold_wait_until_the_next_look(desk: Desk) -> None:
    item = desk.copy("west")
    hold = desk.place(desk.reader())["hold"]
    transfers.cancel(desk.session, desk.make(), hold["transfer"])
    assert desk.state(hold["id"]) == "waiting"
    assert services.worth_targeting(desk.session, kernel_clock.today()) == [hold["id"]]
    assert services.target(desk.session, desk.make(), hold["id"]) is not None
    assert queries.view(desk.session, hold["id"])["copy"] == item.id


def test_a_kept_copy_seen_at_another_branch_is_sent_back_for_its_reader(desk: Desk) -> None:
    item = desk.copy("east")
    hold = desk.place(desk.reader())["hold"]
    trapped = desk.bring_back(item, "west")
    assert trapped is not None
    assert (trapped.hold_id, trapped.state) == (hold["id"], "in_transit")
    desk.send(trapped.transfer_id or 0)
    assert desk.state(hold["id"]) == "ready"


def test_a_new_copy_on_the_shelf_serves_who_waited_first(desk: Desk) -> None:
    desk.lend(desk.copy("east"), desk.reader())
    first = desk.place(desk.reader("west"), pickup="west")["hold"]
    fresh = desk.copy("east")
    second = desk.place(desk.reader())["hold"]
    assert queries.view(desk.session, first["id"])["copy"] == fresh.id
    assert second["state"] == "waiting"


def test_restocked_copies_are_kept_for_readers_when_they_are_shelved(desk: Desk) -> None:
    desk.lend(desk.copy("east"), desk.reader())
    moved = desk.copy("central")
    answer = transfers.request_transfer(
        desk.session,
        desk.make(),
        item_id=moved.id,
        to_branch_id=desk.branches["west"].id,
        reason="restock",
    )
    hold = desk.place(desk.reader("west"), pickup="west")["hold"]
    assert hold["state"] == "waiting"
    desk.send(answer["transfer"]["id"])
    assert queries.view(desk.session, hold["id"])["copy"] == moved.id
    assert desk.state(hold["id"]) == "ready"


def test_bibs_without_holds_have_nobody_waiting(desk: Desk) -> None:
    other: Bib = a_bib(desk.session)
    assert services.waiting_count(desk.session, other.id) == 0
    assert services.trap(desk.session, desk.make(), desk.copy("east"), desk.branches["east"].id) is None


def merge(desk: Desk, old: Bib) -> None:
    desk.session.execute(update(Item).where(Item.bib_id == old.id).values(bib_id=desk.bib.id))
    old.merged_into_id = desk.bib.id
    desk.session.flush()
    merging.follow_merge(desk.session, desk.make(), old.id, desk.bib.id)


def test_readers_of_a_merged_title_keep_their_place_in_the_queue_of_the_other(desk: Desk) -> None:
    old = a_bib(desk.session)
    lent = an_item(desk.session, branch=desk.branches["east"], bib=old)
    desk.lend(lent, desk.reader())
    desk.lend(desk.copy("east"), desk.reader())
    first = desk.place(desk.reader(), bib_id=old.id)["hold"]
    second = desk.place(desk.reader())["hold"]
    merge(desk, old)
    assert [queries.position(desk.session, hold["id"]) for hold in (first, second)] == [1, 2]
    assert desk.bring_back(lent, "east") is not None
    assert desk.state(first["id"]) == "ready"


def test_a_reader_of_both_titles_waits_once_after_a_merge_and_keeps_the_copy(desk: Desk) -> None:
    old = a_bib(desk.session)
    kept = an_item(desk.session, branch=desk.branches["east"], bib=old)
    desk.lend(desk.copy("east"), desk.reader())
    reader = desk.reader()
    waiting = desk.place(reader)["hold"]
    ready = desk.place(reader, bib_id=old.id)["hold"]
    merge(desk, old)
    assert (desk.state(waiting["id"]), desk.state(ready["id"])) == ("cancelled", "ready")
    shown = queries.view(desk.session, ready["id"])
    assert (shown["bib"], shown["copy"]) == (desk.bib.id, kept.id)


def test_a_kept_copy_takes_its_hold_along_when_a_merge_is_undone(desk: Desk) -> None:
    kept = desk.copy("east")
    hold = desk.place(desk.reader())["hold"]
    back = a_bib(desk.session)
    desk.session.execute(update(Item).where(Item.id == kept.id).values(bib_id=back.id))
    assert merging.follow_copies(desk.session, desk.make(), back.id) == 1
    assert queries.view(desk.session, hold["id"])["bib"] == back.id
