"""Records and copies over HTTP: the answers other programs rely on, requests sent twice, requests that make no sense."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from library.accounts.services import issue_token
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.factories import a_bib, a_county, an_item, staff

WHEAT = {
    "title": "冬小麦种植",
    "creators": [{"name": "田禾", "role": "著"}],
    "year": 2023,
    "isbns": ["978-7-5999-0001-0"],
}
BIBS = "/api/v1/bibs"


class Cataloguer:
    """A program with a cataloguer's token; `room` is one of a room keeper who may not catalogue."""

    def __init__(self, client: FlaskClient, tokens: dict[str, str]) -> None:
        self.client, self.tokens = client, tokens

    def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, name: str = "cataloguer"
    ) -> TestResponse:
        content = {"operation_id": new_id(), **body} if body is not None else None
        return self.client.open(
            path, method=method, json=content, headers={"Authorization": f"Bearer {self.tokens[name]}"}
        )

    def create(self, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", BIBS, {**WHEAT, **values})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.get_json()
        return made


@pytest.fixture
def api(app: Flask, client: FlaskClient, database: Database) -> Cataloguer:
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        accounts = {
            "cataloguer": staff(session, "cataloguer", ("cataloguer", county["county"])),
            "keeper": staff(session, "keeper", ("room_keeper", county["east"])),
        }
        tokens = {name: issue_token(session, account) for name, account in accounts.items()}
        an_item(session, branch=county["east"], bib=a_bib(session, title="有册的书"), barcode="N0001")
        an_item(session, branch=county["west"], bib=a_bib(session, title="同号的书"), barcode="N0002")
        an_item(session, branch=county["east"], bib=a_bib(session, title="同号的书"), barcode="N0002")
    return Cataloguer(client, tokens)


def test_a_book_is_described_and_sending_it_twice_makes_one(api: Cataloguer) -> None:
    body = {"operation_id": new_id(), **WHEAT}
    first, again = (api.send("POST", BIBS, body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    shown = first.get_json()
    assert (shown["title"], shown["creators"], shown["isbn"]) == ("冬小麦种植", ["田禾"], "9787599900010")


def test_a_correction_is_shown_and_named_and_null_takes_it_back(api: Cataloguer) -> None:
    bib = api.create()
    changed = api.send("PATCH", f"{BIBS}/{bib['id']}", {"title": "冬小麦栽培"}).get_json()
    assert (changed["title"], changed["edited"]) == ("冬小麦栽培", ["title"])
    back = api.send("PATCH", f"{BIBS}/{bib['id']}", {"title": None}).get_json()
    assert (back["title"], back["edited"]) == ("冬小麦种植", [])


def test_a_merge_leads_to_the_survivor_and_can_be_taken_back(api: Cataloguer) -> None:
    kept, gone = api.create(), api.create(title="冬小麦种植法", isbns=[])
    merge = api.send("POST", f"{BIBS}/{kept['id']}/merge", {"from": gone["id"]}).get_json()
    assert merge["from"] == gone["id"]
    assert api.send("GET", f"{BIBS}/{gone['id']}").get_json()["id"] == kept["id"]
    assert api.send("POST", f"/api/v1/merges/{merge['id']}/undo", {}).status_code == 200
    assert api.send("GET", f"{BIBS}/{gone['id']}").get_json()["id"] == gone["id"]


@pytest.mark.parametrize("flavour", ["cnmarc", "marc21"])
def test_a_record_is_given_as_marc_in_every_form(api: Cataloguer, flavour: str) -> None:
    bib = api.create()
    tag = "200" if flavour == "cnmarc" else "245"
    address = f"{BIBS}/{bib['id']}/marc?flavour={flavour}&format="
    iso, xml, text = (api.send("GET", address + form) for form in ("iso2709", "marcxml", "json"))
    assert iso.mimetype == "application/marc"
    assert int(iso.data[:5]) == len(iso.data)
    assert f'tag="{tag}"' in xml.text
    assert any(tag in field for field in json.loads(text.data)["fields"])


def test_iso_2709_may_be_had_in_gb18030(api: Cataloguer) -> None:
    bib = api.create()
    answer = api.send("GET", f"{BIBS}/{bib['id']}/marc?format=iso2709&encoding=gb18030")
    assert "冬小麦种植".encode("gb18030") in answer.data


def test_a_copy_is_added_and_found_and_its_status_is_computed(api: Cataloguer) -> None:
    bib = api.create()
    added = api.send("POST", "/api/v1/items", {"bib": bib["id"], "owner_branch": "central", "barcode": "d0001"})
    assert added.status_code == 201, added.text
    item = added.get_json()
    names = ("barcode", "bib", "status", "owner_branch", "home_branch", "current_branch", "due_on")
    assert [item[name] for name in names] == ["D0001", bib["id"], "available", "central", "central", "central", None]
    assert api.send("GET", f"/api/v1/items/{item['id']}").get_json() == item
    assert api.send("GET", "/api/v1/items?barcode=D0001").get_json()["items"] == [item]
    assert api.send("GET", f"{BIBS}/{bib['id']}/items").get_json()["total"] == 1


def test_a_barcode_of_two_branches_finds_both(api: Cataloguer) -> None:
    assert api.send("GET", "/api/v1/items?barcode=N0002").get_json()["total"] == 2


@pytest.mark.parametrize(
    ("call", "body", "status", "code"),
    [
        ("GET /items?barcode=9787503717444", None, 404, "isbn_scanned"),
        ("GET /items", None, 422, None),
        ("GET /items/99999", None, 404, "unknown_item"),
        ("GET /items/99999999999999999999999", None, 404, None),
        ("GET /bibs/99999", None, 404, "unknown_bib"),
        ("GET /bibs/99999/marc", None, 404, "unknown_bib"),
        ("GET /bibs/99999/items", None, 404, "unknown_bib"),
        ("POST /bibs", {}, 422, None),
        ("POST /bibs", {"title": "  "}, 422, None),
        ("POST /bibs", {"title": "a\0b"}, 422, None),
        ("POST /bibs", {"title": "书", "isbns": ["12"]}, 422, None),
        ("POST /bibs", {"title": "书", "year": 99999}, 422, None),
        ("POST /bibs", {"title": "书", "colour": "red"}, 422, None),
        ("PATCH /bibs/99999", {"title": "书"}, 404, "unknown_bib"),
        ("POST /bibs/1/merge", {"from": 1}, 409, "merge_with_itself"),
        ("POST /bibs/1/merge", {"from": 99999}, 404, "unknown_bib"),
        ("POST /merges/99999/undo", {}, 404, "unknown_merge"),
        ("POST /items", {"bib": 99999, "owner_branch": "east"}, 404, "unknown_bib"),
        ("POST /items", {"bib": 1, "owner_branch": "nowhere"}, 404, "unknown_branch"),
        ("POST /items", {"bib": 1, "owner_branch": "east", "barcode": "N0001"}, 409, "barcode_taken"),
        ("POST /items", {"bib": 1, "owner_branch": "east", "barcode": "9787503717444"}, 422, "bad_barcode"),
        ("POST /items", {"bib": 1, "owner_branch": "east", "location": 99999}, 422, "unknown_location"),
    ],
)
def test_a_request_that_makes_no_sense_gets_a_code(
    api: Cataloguer, call: str, body: dict[str, Any] | None, status: int, code: str | None
) -> None:
    method, path = call.split(" ", 1)
    answer = api.send(method, f"/api/v1{path}", body)
    assert answer.status_code == status, answer.text
    assert code is None or answer.get_json()["code"] == code


def test_whoever_may_not_catalogue_is_refused(api: Cataloguer) -> None:
    assert api.send("POST", BIBS, dict(WHEAT), name="keeper").status_code == 403
    assert api.client.post(BIBS, json={"operation_id": new_id(), **WHEAT}).status_code == 401


def test_a_change_needs_an_operation_id(api: Cataloguer) -> None:
    headers = {"Authorization": f"Bearer {api.tokens['cataloguer']}"}
    answer = api.client.post(BIBS, json=WHEAT, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "operation_id_required")
