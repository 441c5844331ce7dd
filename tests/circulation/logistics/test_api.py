"""Transfers and boxes over HTTP: who may do which step, repeats, refusals and bad requests."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from catalog.items.models import Item
from circulation.models import Case, Hold, Transfer
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.kernel.operations import new_id
from tests.acting import Api
from tests.factories import a_county, an_item


@pytest.fixture
def branches(database: Database, app: Flask) -> dict[str, Branch]:
    with app.app_context(), database.writing() as session:
        return a_county(session)


@pytest.fixture
def api(app: Flask, branches: dict[str, Branch]) -> Api:
    made = Api(app)
    made.become(Role.DISTRIBUTION, branches["county"])
    return made


@pytest.fixture
def barcodes(database: Database, app: Flask, branches: dict[str, Branch]) -> list[str]:
    with app.app_context(), database.writing() as session:
        return [an_item(session, branch=branches["east"]).barcode for _ in range(3)]


def transfer_of(api: Api, barcode: str, to: str = "west") -> dict[str, Any]:
    status, answer = api.post("/transfers", barcode=barcode, to_branch=to)
    assert status == 200, answer
    found: dict[str, Any] = answer["transfer"]
    return found


def test_keepers_do_their_own_side_only(api: Api, branches: dict[str, Branch], barcodes: list[str]) -> None:
    transfer = transfer_of(api, barcodes[0])
    path = f"/transfers/{transfer['id']}"
    api.become(Role.ROOM_KEEPER, branches["west"])
    assert api.post(f"{path}/pick")[0] == 403
    api.become(Role.ROOM_KEEPER, branches["east"])
    assert api.post(f"{path}/pick")[1]["transfer"]["state"] == "picked"
    assert api.post(f"{path}/dispatch")[1]["transfer"]["state"] == "dispatched"
    status, problem = api.post(f"{path}/receive")
    assert (status, problem["code"]) == (403, "outside_grant")
    api.become(Role.ROOM_KEEPER, branches["west"])
    assert api.post(f"{path}/receive")[1]["transfer"]["state"] == "arrived"
    assert api.post(f"{path}/shelve")[1]["transfer"] == {**transfer, "state": "shelved", "actions": []}


def test_the_same_request_twice_does_it_once_and_a_new_one_is_refused(api: Api, barcodes: list[str]) -> None:
    transfer = transfer_of(api, barcodes[0])
    path, operation_id = f"/transfers/{transfer['id']}/pick", new_id()
    first = api.post(path, operation_id=operation_id)
    assert api.post(path, operation_id=operation_id) == first
    status, again = api.post(path)
    assert (status, again["decision"]) == (200, "refused")
    assert again["reasons"][0]["code"] == "transfer_not_in_state"
    assert again["reasons"][0]["text"]
    assert again["transfer"]["actions"] == ["pack", "dispatch", "cancel", "miss"]
    other = transfer_of(api, barcodes[1])
    assert api.post(f"/transfers/{other['id']}/pick", operation_id=operation_id)[0] == 409


def test_lists_are_filtered_by_branch_direction_and_state(api: Api, barcodes: list[str]) -> None:
    ids = [transfer_of(api, barcode)["id"] for barcode in barcodes]
    api.post(f"/transfers/{ids[0]}/cancel")
    _, listed = api.get("/transfers?branch=east&direction=out&state=open&per_page=1")
    assert (listed["total"], len(listed["items"])) == (2, 1)
    assert listed["items"][0]["id"] == ids[2]
    assert listed["items"][0]["title"]
    assert api.get("/transfers?branch=east&direction=in")[1]["total"] == 0
    assert api.get(f"/transfers?barcode={barcodes[0]}")[1]["items"][0]["state"] == "cancelled"


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/transfers", {"barcode": "300000000000", "to_branch": "west"}, (404, "unknown_barcode")),
        ("/transfers", {"item": 99999, "to_branch": "west"}, (404, "unknown_item")),
        ("/transfers", {"item": 1, "to_branch": "nowhere"}, (404, "unknown_branch")),
        ("/transfers", {"to_branch": "west"}, (422, "invalid_request")),
        ("/transfers", {"item": 1, "to_branch": "west", "reason": "hold"}, (422, "invalid_request")),
        ("/transfers", {"item": 1, "to_branch": "west", "operation_id": "x"}, (422, "operation_id_invalid")),
        ("/transfers/99999/pick", {}, (404, "unknown_transfer")),
        ("/boxes/599999999999/dispatch", {}, (404, "unknown_box")),
        ("/boxes", {"branch": "east"}, (422, "invalid_request")),
    ],
)
def test_bad_requests_have_a_code(
    api: Api, barcodes: list[str], path: str, body: dict[str, Any], problem: tuple[int, str]
) -> None:
    status, answer = api.post(path, **body)
    assert (status, answer["code"]) == problem


def test_without_sign_in_nothing_is_shown(api: Api) -> None:
    api.actor = None
    assert api.get("/transfers")[0] == 401
    assert api.post("/transfers", item=1, to_branch="west")[0] == 401


def test_a_box_is_packed_sent_and_received_with_one_scan_each(
    api: Api, app: Flask, database: Database, barcodes: list[str]
) -> None:
    for barcode in barcodes:
        transfer_of(api, barcode)
    box = api.post("/boxes", branch="east", to_branch="west", capacity=3)[1]["box"]
    assert (len(box["code"]), box["holder_branch"], box["actions"]) == (12, "east", ["pack", "dispatch"])
    path = f"/boxes/{box['code']}"
    assert api.post(f"{path}/dispatch")[1]["reasons"][0]["code"] == "box_empty"
    for barcode in barcodes:
        assert api.post(f"{path}/pack", barcode=barcode)[1]["decision"] == "allowed"
    assert api.post(f"{path}/pack", barcode=barcodes[0])[1]["reasons"][0]["code"] == "transfer_not_in_state"
    sent = api.post(f"{path}/dispatch", carrier="李师傅", seal="S-17")[1]["box"]
    assert (sent["state"], sent["holder_name"], sent["holder_branch"], sent["copies"]) == (
        "dispatched",
        "李师傅",
        None,
        3,
    )
    with app.app_context(), database.reading() as session:
        answers = [str(answer) for answer in session.scalars(select(OperationRow.answer))]
    assert not any("李师傅" in answer for answer in answers), (
        "whose name it is stands with the box, not with the operation"
    )
    shown = api.get(path)[1]
    assert {transfer["state"] for transfer in shown["transfers"]} == {"dispatched"}
    come = api.post(f"{path}/receive")[1]["box"]
    assert (come["state"], come["holder_branch"], come["copies"]) == ("received", "west", 0)
    assert api.get("/transfers?branch=west&direction=in&state=arrived")[1]["total"] == 3
    again = api.post("/boxes", branch="west", to_branch="east", code=box["code"])[1]
    assert (again["decision"], again["box"]["state"], again["box"]["code"]) == ("allowed", "open", box["code"])


def test_short_damaged_and_extra_copies_become_cases(
    api: Api, app: Flask, database: Database, branches: dict[str, Branch], barcodes: list[str]
) -> None:
    with app.app_context(), database.writing() as session:
        stowaway = an_item(session, branch=branches["central"]).barcode
    box = api.post("/boxes", branch="east", to_branch="west")[1]["box"]["code"]
    for barcode in barcodes:
        transfer_of(api, barcode)
        api.post(f"/boxes/{box}/pack", barcode=barcode)
    api.post(f"/boxes/{box}/dispatch")
    answer = api.post(f"/boxes/{box}/receive", short=[barcodes[0]], damaged=[barcodes[1]], extra=[stowaway])[1]
    assert [reason["code"] for reason in answer["reasons"]] == ["box_short", "box_damaged", "box_extra"]
    with app.app_context(), database.reading() as session:
        kinds = session.scalars(select(Case.kind).order_by(Case.kind)).all()
        states = session.scalars(select(Transfer.state).order_by(Transfer.id)).all()
        seen_at = session.scalars(select(Item.current_branch_id).where(Item.barcode == stowaway)).one()
    assert seen_at == branches["west"].id
    assert kinds == ["box_damaged", "box_extra", "missing_in_transfer"]
    assert states == ["missing", "arrived", "arrived"]


def test_a_box_takes_only_what_goes_its_way_and_as_much_as_it_holds(
    api: Api, barcodes: list[str], branches: dict[str, Branch]
) -> None:
    box = api.post("/boxes", branch="east", to_branch="west", capacity=1)[1]["box"]["code"]
    codes = []
    for barcode, to in zip(barcodes, ("school", "west", "west"), strict=True):
        transfer_of(api, barcode, to)
        codes += [reason["code"] for reason in api.post(f"/boxes/{box}/pack", barcode=barcode)[1]["reasons"]]
    assert codes == ["box_goes_elsewhere", "box_full"]
    transfer = api.get("/transfers?state=picked")
    assert transfer[1]["total"] == 0


def test_a_box_takes_no_copy_that_is_not_to_be_sent_and_none_once_it_is_gone(api: Api, barcodes: list[str]) -> None:
    box = api.post("/boxes", branch="east", to_branch="west")[1]["box"]["code"]
    for barcode in barcodes[:2]:
        transfer_of(api, barcode)
    answers = [api.post(f"/boxes/{box}/pack", barcode=barcode)[1] for barcode in (barcodes[2], barcodes[0])]
    api.post(f"/boxes/{box}/dispatch")
    answers += [api.post(f"/boxes/{box}/pack", barcode=barcodes[1])[1], api.post(f"/boxes/{box}/dispatch")[1]]
    told = [[reason["code"] for reason in answer["reasons"]] for answer in answers]
    assert told == [["no_open_transfer"], [], ["box_not_in_state"], ["box_not_in_state"]]


def test_a_transfer_is_packed_into_a_named_box_and_may_leave_it_again(api: Api, barcodes: list[str]) -> None:
    transfer = transfer_of(api, barcodes[0])
    path = f"/transfers/{transfer['id']}"
    assert api.post(f"{path}/pack")[1]["reasons"][0]["code"] == "box_needed"
    box = api.post("/boxes", branch="east", to_branch="west")[1]["box"]["code"]
    assert api.post(f"{path}/pack", box=box)[1]["transfer"]["box"] == box
    sent = api.post(f"{path}/dispatch")[1]["transfer"]
    assert (sent["state"], sent["box"]) == ("dispatched", None)
    assert api.get(f"/boxes/{box}")[1]["copies"] == 0


def test_a_copy_kept_for_a_reader_is_not_sent_elsewhere(
    api: Api, app: Flask, database: Database, branches: dict[str, Branch]
) -> None:
    with app.app_context(), database.writing() as session:
        item = an_item(session, branch=branches["east"])
        hold = Hold(
            bib_id=item.bib_id,
            pickup_branch_id=branches["east"].id,
            state="ready",
            captured_item_id=item.id,
            placed_at=item.created_at,
        )
        session.add(hold)
    answer = api.post("/transfers", item=item.id, to_branch="west")[1]
    assert answer["reasons"][0]["code"] == "item_kept_for_reader"
