"""Holds over HTTP: staff at the pickup branch, readers for themselves, repeats and bad requests."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from catalog.items.models import Item
from circulation.policies.services import set_row
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.models import EventRow, OperationRow
from library.kernel.operations import new_id, system_operation
from library.patrons.models import Patron, PatronCard
from tests.acting import Api
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies, patron_card


class World:
    """Ids of a county with one title, one copy in the west room and two readers."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        with app.app_context(), database.writing() as session:
            self.branches: dict[str, Branch] = a_county(session)
            county_policies(session)
            bib = a_bib(session)
            self.bib = bib.id
            self.item = an_item(session, branch=self.branches["west"], bib=bib).id
            first, second = (a_patron(session, branch=self.branches["east"]) for _ in range(2))
            self.readers = (first.id, second.id)
            self.card = patron_card(session, first)

    def lend_out(self) -> None:
        """Lend the only copy to the second reader."""
        with self.app.app_context(), self.database.writing() as session:
            a_loan(session, item=session.get_one(Item, self.item), patron=session.get_one(Patron, self.readers[1]))


@pytest.fixture
def world(app: Flask, database: Database) -> World:
    return World(app, database)


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    made = Api(app)
    made.become(Role.ROOM_KEEPER, world.branches["east"])
    return made


def test_staff_reserve_for_a_reader_and_the_copy_is_sent_for(api: Api, world: World) -> None:
    status, answer = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")
    assert (status, answer["decision"]) == (200, "allowed")
    hold = answer["hold"]
    assert (hold["state"], hold["copy"], hold["pickup_branch"]) == ("in_transit", world.item, "east")
    assert api.get("/transfers?branch=east&direction=in")[1]["items"][0]["hold"] == hold["id"]
    listed = api.get("/holds?branch=east&state=open")[1]
    assert (listed["total"], listed["items"][0]["id"]) == (1, hold["id"])


def test_staff_see_the_holds_of_a_subtree_and_without_a_branch_those_that_are_theirs(api: Api, world: World) -> None:
    api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")
    assert api.get("/holds")[1]["total"] == 1
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    assert api.get("/holds")[1]["total"] == 0
    api.become(Role.SUPERVISOR, world.branches["township"])
    assert api.get("/holds?branch=township")[1]["total"] == 1


def test_a_reader_reserves_and_cancels_their_own_only(api: Api, world: World) -> None:
    api.become_reader(world.readers[0])
    hold = api.post("/holds", bib=world.bib, pickup_branch="east")[1]["hold"]
    assert hold["patron"] == world.readers[0]
    other = api.post("/holds", patron=world.readers[1], bib=world.bib, pickup_branch="east")
    assert (other[0], other[1]["code"]) == (403, "not_your_own")
    api.become_reader(world.readers[1])
    assert api.post(f"/holds/{hold['id']}/cancel")[0] == 403
    assert api.get("/holds")[1]["total"] == 0
    assert api.get(f"/holds?patron={world.readers[0]}")[0] == 403
    api.become_reader(world.readers[0])
    assert api.get("/holds")[1]["total"] == 1
    assert api.post(f"/holds/{hold['id']}/cancel")[1]["hold"]["state"] == "cancelled"
    again = api.post(f"/holds/{hold['id']}/cancel")[1]
    assert (again["decision"], again["reasons"][0]["code"]) == ("refused", "hold_not_in_state")
    assert again["reasons"][0]["text"]


def test_the_same_request_twice_is_one_hold_and_a_new_one_is_refused(api: Api, world: World) -> None:
    body: dict[str, Any] = {"card": world.card, "bib": world.bib, "pickup_branch": "east", "operation_id": new_id()}
    first = api.post("/holds", **body)
    assert api.post("/holds", **body) == first
    refused = api.post("/holds", **{**body, "operation_id": new_id()})[1]
    assert (refused["decision"], refused["hold"]) == ("refused", None)
    assert [reason["code"] for reason in refused["reasons"]] == ["hold_exists"]


def test_a_keeper_reserves_for_their_own_room_only(api: Api, world: World) -> None:
    status, problem = api.post("/holds", card=world.card, bib=world.bib, pickup_branch="west")
    assert (status, problem["code"]) == (403, "outside_grant")


def test_a_copy_on_the_pickup_shelf_is_fetched(api: Api, world: World) -> None:
    api.become(Role.BRANCH_LIBRARIAN, world.branches["west"])
    hold = api.post("/holds", card=world.card, item=world.item, pickup_branch="west")[1]["hold"]
    assert (hold["state"], hold["to_fetch"]) == ("ready", True)
    assert api.post(f"/holds/{hold['id']}/set_aside")[1]["hold"]["to_fetch"] is False


def test_a_reader_pauses_goes_on_and_collects_elsewhere(api: Api, world: World, clock: object) -> None:
    world.lend_out()
    api.become_reader(world.readers[0])
    hold = api.post("/holds", bib=world.bib, pickup_branch="east", expires_on="2027-01-31")[1]["hold"]
    assert (hold["stage"], hold["expires_on"], hold["position"]) == ("requested", "2027-01-31", 1)
    assert hold["actions"] == ["suspend", "move", "cancel"]
    paused = api.post(f"/holds/{hold['id']}/suspend", until="2026-12-31")[1]["hold"]
    assert (paused["stage"], paused["suspended_until_on"]) == ("suspended", "2026-12-31")
    listed = api.get("/holds?state=suspended")[1]["items"][0]
    assert (listed["stage"], listed["cause"], listed["position"]) == ("suspended", "reader", 1)
    assert listed["cause_text"]
    moved = api.post(f"/holds/{hold['id']}/move", pickup_branch="west")[1]["hold"]
    assert (moved["pickup_branch"], moved["stage"]) == ("west", "suspended")
    assert api.post(f"/holds/{hold['id']}/resume")[1]["hold"]["stage"] == "requested"
    refused = api.post(f"/holds/{hold['id']}/resume")[1]
    assert [reason["code"] for reason in refused["reasons"]] == ["hold_not_in_state"]


@pytest.mark.parametrize("step", ["suspend", "resume", "move", "cancel"])
def test_only_its_reader_and_staff_of_the_place_take_a_step(api: Api, world: World, step: str) -> None:
    hold = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")[1]["hold"]
    body = {"pickup_branch": "west"} if step == "move" else {}
    api.become_reader(world.readers[1])
    assert api.post(f"/holds/{hold['id']}/{step}", **body)[1]["code"] == "not_your_own"
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    assert api.post(f"/holds/{hold['id']}/{step}", **body)[1]["code"] == "outside_grant"
    api.actor = None
    assert api.post(f"/holds/{hold['id']}/{step}", **body)[0] == 401
    assert api.post(f"/holds/99999/{step}", **body)[0] == 401


def test_a_dry_run_tells_the_promised_day_and_stores_nothing(api: Api, world: World, clock: object) -> None:
    body = {"patron": world.readers[0], "bib": world.bib, "pickup_branch": "west"}
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    status, ahead = api.post("/holds", **body, dry_run=True, explain=True)
    assert (status, ahead["decision"], ahead["hold"]) == (200, "allowed", None)
    assert (ahead["promised_on"], ahead["waiting"]) == ("2026-11-23", 0)
    assert {entry["rule"] for entry in ahead["explain"]} >= {"holds_max", "hold_scope", "pickup_days"}
    assert api.get("/holds")[1]["total"] == 0
    assert api.post("/holds", **body)[1]["hold"]["promised_on"] == ahead["promised_on"]
    again = api.post("/holds", **body, dry_run=True)[1]
    assert [reason["code"] for reason in again["reasons"]] == ["hold_exists"]


def test_a_refusal_because_of_the_copies_names_the_row_for_their_class(api: Api, world: World) -> None:
    with world.app.app_context(), world.database.writing() as session:
        session.get_one(Item, world.item).item_class = "disc"
        session.get_one(Patron, world.readers[0]).born_in = kernel_clock.today().year - 10
        operation = system_operation("set_policy")
        row = set_row(session, operation, rule="age_limit", value="14", item_class="disc")["policy"]
    body = {"patron": world.readers[0], "bib": world.bib, "pickup_branch": "east"}
    refused = api.post("/holds", **body, explain=True)[1]
    assert [reason["code"] for reason in refused["reasons"]] == ["too_young"]
    rows = [entry["row"]["id"] for entry in refused["explain"] if entry["rule"] == "age_limit" and entry["row"]]
    assert rows == [row]


def test_each_change_has_its_actor_device_and_reason(api: Api, world: World) -> None:
    world.lend_out()
    api.client.environ_base["HTTP_X_DEVICE"] = "phone of the east room"
    hold_id = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")[1]["hold"]["id"]
    for step in ("suspend", "resume", "cancel"):
        assert api.post(f"/holds/{hold_id}/{step}")[1]["decision"] == "allowed"
    with world.app.app_context(), world.database.reading() as session:
        rows = session.execute(
            select(EventRow.kind, EventRow.actor_kind, EventRow.actor_id, EventRow.payload, OperationRow.device)
            .join(OperationRow, OperationRow.id == EventRow.operation_id)
            .where(EventRow.kind.in_(("hold.placed", "hold.suspended", "hold.resumed", "hold.cancelled")))
            .order_by(EventRow.id)
        ).all()
    assert [row.kind for row in rows] == ["hold.placed", "hold.suspended", "hold.resumed", "hold.cancelled"]
    assert {(row.actor_kind, row.actor_id, row.device) for row in rows} == {("staff", 7, "phone of the east room")}
    assert {row.payload["cause"] for row in rows} == {"staff"}


def test_moving_house_says_what_follows(api: Api, world: World) -> None:
    world.lend_out()
    hold_id = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")[1]["hold"]["id"]
    api.become(Role.ROOM_KEEPER, world.branches["school"])
    body = {"home_branch": "west", "card": world.card, "operation_id": new_id()}
    assert api.patch(f"/patrons/{world.readers[0]}", **body)[1]["code"] == "outside_grant"
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    status, changed = api.patch(f"/patrons/{world.readers[0]}", **body)
    assert (status, changed["home_branch"]) == (200, "west")
    assert (changed["holds_moved"], changed["holds_staying"]) == ([hold_id], [])
    assert changed["holds"][0]["pickup_branch"] == "west"
    assert api.patch(f"/patrons/{world.readers[0]}", **body)[1]["holds_moved"] == [hold_id]
    back = api.patch(f"/patrons/{world.readers[0]}", home_branch="nowhere")
    assert (back[0], back[1]["code"]) == (404, "unknown_branch")


def test_a_reader_is_not_moved_into_a_room_without_their_card(api: Api, world: World) -> None:
    path = f"/patrons/{world.readers[0]}"
    with world.app.app_context(), world.database.reading() as session:
        others = session.scalars(select(PatronCard.number).where(PatronCard.patron_id == world.readers[1])).one()
    api.become(Role.ROOM_KEEPER, world.branches["west"])
    for card in ({}, {"card": others}):
        status, refused = api.patch(path, home_branch="west", **card)
        assert (status, refused["code"]) == (403, "reader_card_required")
    assert api.patch(path, home_branch="west", card="no such card")[1]["code"] == "unknown_card"
    assert api.get(path)[1]["code"] == "outside_grant"
    assert api.patch(path, home_branch="west", card=world.card)[1]["home_branch"] == "west"


def test_the_old_home_lets_a_reader_go_without_a_card_and_needs_it_to_have_them_back(api: Api, world: World) -> None:
    path = f"/patrons/{world.readers[0]}"
    assert api.patch(path, home_branch="west")[0] == 200
    assert api.patch(path, home_branch="east")[1]["code"] == "reader_card_required"


@pytest.mark.parametrize(
    ("step", "body", "problem"),
    [
        ("suspend", {"until": "2020-01-01"}, (422, "day_is_past")),
        ("suspend", {"until": "soon"}, (422, "invalid_request")),
        ("move", {}, (422, "invalid_request")),
        ("move", {"pickup_branch": "nowhere"}, (404, "unknown_branch")),
        ("resume", {"operation_id": "x"}, (422, "operation_id_invalid")),
    ],
)
def test_bad_steps_have_a_code(
    api: Api, world: World, step: str, body: dict[str, Any], problem: tuple[int, str]
) -> None:
    world.lend_out()
    hold_id = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")[1]["hold"]["id"]
    status, answer = api.post(f"/holds/{hold_id}/{step}", **body)
    assert (status, answer["code"]) == problem
    assert api.post("/holds/99999/resume")[1]["code"] == "unknown_hold"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"card": "200000000000", "bib": 1, "pickup_branch": "east"}, (404, "unknown_card")),
        ({"patron": 99999, "bib": 1, "pickup_branch": "east"}, (404, "unknown_patron")),
        ({"patron": 1, "bib": 99999, "pickup_branch": "east"}, (404, "unknown_bib")),
        ({"patron": 1, "bib": 1, "pickup_branch": "nowhere"}, (404, "unknown_branch")),
        ({"patron": 1, "pickup_branch": "east"}, (422, "invalid_request")),
        ({"bib": 1, "pickup_branch": "east"}, (422, "patron_required")),
        ({"patron": 1, "bib": 1, "item": 1, "pickup_branch": "east"}, (422, "invalid_request")),
        ({"patron": 1, "bib": 1, "pickup_branch": "east", "operation_id": ""}, (422, "invalid_request")),
        ({"patron": 1, "bib": 1, "pickup_branch": "east", "expires_on": "2020-01-01"}, (422, "day_is_past")),
        ({"patron": 1, "bib": 1, "pickup_branch": "east", "expires_on": 7}, (422, "invalid_request")),
    ],
)
def test_bad_requests_have_a_code(api: Api, world: World, body: dict[str, Any], problem: tuple[int, str]) -> None:
    status, answer = api.post("/holds", **body)
    assert (status, answer["code"]) == problem


def test_without_sign_in_nothing_is_shown(api: Api) -> None:
    api.actor = None
    assert api.get("/holds")[0] == 401
    assert api.post("/holds", patron=1, bib=1, pickup_branch="east")[0] == 401
    assert api.post("/holds/1/cancel")[0] == 401


def test_a_move_out_of_the_own_room_is_answered_the_same_when_it_is_sent_again(api: Api, world: World) -> None:
    world.lend_out()
    hold_id = api.post("/holds", patron=world.readers[0], bib=world.bib, pickup_branch="east")[1]["hold"]["id"]
    body = {"pickup_branch": "west", "operation_id": new_id()}
    first = api.post(f"/holds/{hold_id}/move", **body)
    assert (first[0], first[1]["hold"]["pickup_branch"]) == (200, "west")
    assert api.post(f"/holds/{hold_id}/move", **body) == first
    assert api.post(f"/holds/{hold_id}/move", **{**body, "operation_id": new_id()})[1]["code"] == "outside_grant"
    assert api.post(f"/holds/{hold_id}/move", **{**body, "pickup_branch": "east"})[1]["code"] == "operation_reused"
