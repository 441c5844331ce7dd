"""Readers over HTTP."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from library.accounts.services import issue_token
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.kernel.operations import new_id
from library.patrons.models import Patron
from library.patrons.standing import StandingNow, register_standing
from tests.factories import a_county, a_patron, staff


@pytest.fixture
def keeper(app: Flask, database: Database) -> dict[str, str]:
    """Headers of a keeper of the east room."""
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        account = staff(session, "keeper", ("room_keeper", county["east"]))
        a_patron(session, branch=county["east"], card="A1")
        token = issue_token(session, account)
    return {"Authorization": f"Bearer {token}"}


def a_body(**values: Any) -> dict[str, Any]:
    return {"operation_id": new_id(), "name": "李田禾", "home_branch": "east", **values}


def test_a_stranger_costs_no_hashing(
    client: FlaskClient, keeper: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("library.patrons.api.hash_pin", lambda pin, card: hashed.append(pin))
    assert client.post("/api/v1/patrons", json=a_body(pin="480715")).status_code == 401
    assert hashed == []


def test_a_keeper_registers_a_reader_and_sending_it_twice_registers_once(
    client: FlaskClient, keeper: dict[str, str], app: Flask, database: Database
) -> None:
    body = a_body(card="B7", pin="480715", born_in=1970)
    first = client.post("/api/v1/patrons", json=body, headers=keeper)
    again = client.post("/api/v1/patrons", json=body, headers=keeper)
    assert (first.status_code, again.status_code) == (201, 201), first.get_json()
    assert first.get_json() == again.get_json()
    shown = first.get_json()
    assert (shown["card"], shown["category"], shown["home_branch"]) == ("B7", "adult", "east")
    assert (shown["loans"], shown["holds"], shown["blocks"], shown["balance"]) == ([], [], [], 0)
    with database.reading() as session:
        assert len(session.scalars(select(Patron)).all()) == 2
        stored = session.scalars(select(OperationRow)).one()
        assert stored.answer == {"patron": shown["id"]}


def test_the_pin_is_not_in_what_an_operation_remembers(
    client: FlaskClient, keeper: dict[str, str], database: Database
) -> None:
    body = a_body(pin="480715")
    assert client.post("/api/v1/patrons", json=body, headers=keeper).status_code == 201
    other = client.post("/api/v1/patrons", json={**body, "pin": "591826"}, headers=keeper)
    assert other.status_code == 201  # the digest cannot tell the two apart, so nobody can guess the PIN from it


def test_a_keeper_registers_only_at_the_own_room(client: FlaskClient, keeper: dict[str, str]) -> None:
    answer = client.post("/api/v1/patrons", json=a_body(home_branch="west"), headers=keeper)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "outside_grant")


def test_a_child_needs_a_guardian_who_agrees(client: FlaskClient, keeper: dict[str, str]) -> None:
    guardian = {"name": "李大山"}
    child = a_body(category="child", born_in=2017, guardian=guardian)
    refused = client.post("/api/v1/patrons", json=child, headers=keeper)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "guardian_required")
    taken = client.post(
        "/api/v1/patrons",
        json=a_body(category="child", born_in=2017, guardian={**guardian, "consents": True}),
        headers=keeper,
    )
    assert taken.status_code == 201


def test_bad_bodies_are_answered_with_a_code(client: FlaskClient, keeper: dict[str, str]) -> None:
    cases = {
        "pin_shape": a_body(pin="12"),
        "pin_trivial": a_body(pin="111111"),
        "card_in_use": a_body(card="A1"),
        "unknown_branch": a_body(home_branch="nowhere"),
        "bad_identity_number": a_body(identity_number="1"),
        "operation_id_required": {"name": "李", "home_branch": "east"},
    }
    for code, body in cases.items():
        answer = client.post("/api/v1/patrons", json=body, headers=keeper)
        assert answer.get_json()["code"] == code, answer.get_json()
        assert 400 <= answer.status_code < 500
    assert client.post("/api/v1/patrons", json={"name": ""}, headers=keeper).status_code == 422


def test_a_reader_is_found_by_card_and_shown_by_id(client: FlaskClient, keeper: dict[str, str]) -> None:
    found = client.get("/api/v1/patrons?card=a1", headers=keeper).get_json()
    assert (found["total"], found["items"][0]["card"]) == (1, "A1")
    one = client.get(f"/api/v1/patrons/{found['items'][0]['id']}", headers=keeper).get_json()
    assert one == found["items"][0]


def test_unknown_readers_and_strangers_get_a_code(client: FlaskClient, keeper: dict[str, str]) -> None:
    assert client.get("/api/v1/patrons?card=Z9", headers=keeper).get_json()["code"] == "unknown_card"
    assert client.get("/api/v1/patrons/999", headers=keeper).get_json()["code"] == "unknown_patron"
    assert client.get("/api/v1/patrons", headers=keeper).status_code == 422
    assert client.get("/api/v1/patrons?card=A1").status_code == 401


class OneBook:
    """A reader with one book who owes two yuan."""

    def of_patron(self, session: Session, patron_id: int) -> StandingNow:
        return StandingNow(loans=[{"id": 7}], balance_cents=200)


def test_what_circulation_knows_of_a_reader_is_shown(client: FlaskClient, keeper: dict[str, str], app: Flask) -> None:
    register_standing(app, OneBook())
    shown = client.get("/api/v1/patrons?card=A1", headers=keeper).get_json()["items"][0]
    assert (shown["loans"], shown["balance"]) == ([{"id": 7}], 200)


def _reader(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(Patron.id).order_by(Patron.id).limit(1)).one()


def test_a_new_pin_lets_the_reader_in_and_ends_what_the_old_one_opened(
    app: Flask, client: FlaskClient, keeper: dict[str, str], database: Database
) -> None:
    patron = _reader(database)
    url = f"/api/v1/patrons/{patron}/pin"
    assert client.post(url, json={"operation_id": new_id(), "pin": "480715"}, headers=keeper).status_code == 200
    browser = app.test_client()
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    assert browser.post("/sign-in", data={"card": "A1", "pin": "480715"}).status_code == 303
    assert browser.get("/me").status_code == 200
    body = {"operation_id": new_id(), "pin": "926153"}
    assert [client.post(url, json=body, headers=keeper).status_code for _ in range(2)] == [200, 200]
    assert browser.get("/me").status_code == 303
    assert browser.post("/sign-in", data={"card": "A1", "pin": "926153"}).status_code == 303


@pytest.mark.parametrize("pin", ["12345", "000000", "abcdef", "1234567"])
def test_a_pin_anybody_would_guess_is_refused(
    client: FlaskClient, keeper: dict[str, str], database: Database, pin: str
) -> None:
    url = f"/api/v1/patrons/{_reader(database)}/pin"
    answer = client.post(url, json={"operation_id": new_id(), "pin": pin}, headers=keeper)
    assert (answer.status_code, answer.get_json()["code"]) in {(422, "pin_shape"), (422, "pin_trivial")}


def test_a_new_card_takes_the_place_of_the_lost_one(
    client: FlaskClient, keeper: dict[str, str], database: Database
) -> None:
    url = f"/api/v1/patrons/{_reader(database)}/card"
    body = {"operation_id": new_id(), "card": "A2"}
    answers = [client.post(url, json=body, headers=keeper).get_json() for _ in range(2)]
    assert [answer["card"] for answer in answers] == ["A2", "A2"]
    assert client.get("/api/v1/patrons?card=A1", headers=keeper).status_code == 404


def test_a_keeper_changes_only_readers_of_the_own_room(
    app: Flask, client: FlaskClient, keeper: dict[str, str], database: Database
) -> None:
    with app.app_context(), database.writing() as session:
        west = session.scalars(select(Branch).where(Branch.code == "west")).one()
        other = a_patron(session, branch=west).id
    answer = client.post(
        f"/api/v1/patrons/{other}/pin", json={"operation_id": new_id(), "pin": "480715"}, headers=keeper
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, "outside_grant")


def test_ids_cannot_be_counted_through_to_read_the_readers_of_other_rooms(
    app: Flask, client: FlaskClient, keeper: dict[str, str], database: Database
) -> None:
    with app.app_context(), database.writing() as session:
        west = session.scalars(select(Branch).where(Branch.code == "west")).one()
        other = a_patron(session, branch=west, card="W1").id
    answer = client.get(f"/api/v1/patrons/{other}", headers=keeper)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "outside_grant")
    assert client.get("/api/v1/patrons?card=W1", headers=keeper).get_json()["items"][0]["id"] == other
    assert client.get(f"/api/v1/patrons/{_reader(database)}", headers=keeper).status_code == 200
