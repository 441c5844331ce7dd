"""Holds over HTTP: staff at the pickup branch, readers for themselves, repeats and bad requests."""

from typing import Any

import pytest
from flask import Flask

from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.acting import Api
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies, patron_card


class World:
    """Ids of a county with one title, one copy in the west room and two readers."""

    def __init__(self, app: Flask, database: Database) -> None:
        with app.app_context(), database.writing() as session:
            self.branches: dict[str, Branch] = a_county(session)
            county_policies(session)
            bib = a_bib(session)
            self.bib = bib.id
            self.item = an_item(session, branch=self.branches["west"], bib=bib).id
            first, second = (a_patron(session, branch=self.branches["east"]) for _ in range(2))
            self.readers = (first.id, second.id)
            self.card = patron_card(session, first)


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
