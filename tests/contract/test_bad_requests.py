"""Bad requests get a 4xx with a code, or a decision; never a 500."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from library.kernel.db import Database
from library.kernel.operations import new_id
from library.patrons.models import Patron
from tests.contract.conftest import County

EMOJI = "\N{EAR OF RICE}"
POSTS = (
    "/checkouts",
    "/checkins",
    "/renewals",
    "/holds",
    "/transfers",
    "/boxes",
    "/wishes",
    "/patrons",
    "/bibs",
    "/items",
    "/restock/plans",
    "/policies",
    "/policies/settings",
)


def code_of(response: TestResponse) -> str:
    """Return the problem's code, or the decision's first reason."""
    body: dict[str, Any] = response.get_json()
    assert response.status_code < 500, body
    if response.status_code >= 400:
        assert response.content_type == "application/problem+json"
        return str(body["code"])
    assert body["decision"] == "refused"
    return str(body["reasons"][0]["code"])


@pytest.mark.parametrize("path", POSTS)
def test_an_empty_body_is_a_problem(county: County, path: str) -> None:
    response = county.admin.client.post(f"/api/v1{path}", headers=county.admin._headers())
    assert 400 <= response.status_code < 500
    assert response.get_json()["code"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b'{"a": NaN}', b'"text"'])
def test_a_body_that_is_no_object_is_a_problem(county: County, path: str, body: bytes) -> None:
    headers = {**county.admin._headers(), "Content-Type": "application/json"}
    response = county.admin.client.post(f"/api/v1{path}", data=body, headers=headers)
    assert 400 <= response.status_code < 500
    assert response.get_json()["code"]


@pytest.mark.parametrize("path", POSTS)
def test_an_oversized_body_is_refused(county: County, path: str) -> None:
    headers = {**county.admin._headers(), "Content-Type": "application/json"}
    body = b'{"note": "' + b"x" * 2_000_000 + b'"}'
    response = county.admin.client.post(f"/api/v1{path}", data=body, headers=headers)
    assert response.status_code == 413
    assert response.get_json()["code"]


@pytest.mark.parametrize("path", POSTS)
def test_a_change_without_operation_id_is_told_so(county: County, path: str) -> None:
    bodies = {
        "/checkouts": {"branch": "east", "card": county.card, "barcode": county.barcode},
        "/checkins": {"branch": "east", "barcode": county.barcode},
        "/renewals": {"loan": 1},
        "/holds": {"patron": 1, "bib": county.bib, "pickup_branch": "east"},
        "/transfers": {"item": 1, "to_branch": "west", "reason": "manual"},
        "/boxes": {"branch": "east", "to_branch": "west"},
        "/wishes": {"patron": 1, "branch": "east", "title": "麦"},
        "/patrons": {"name": "李四", "category": "adult", "home_branch": "east"},
        "/bibs": {"title": "麦"},
        "/items": {"bib": county.bib, "owner_branch": "east"},
        "/restock/plans": {"branch": "county", "budget": 1000},
        "/policies": {"rule": "loan_days", "value": "30"},
        "/policies/settings": {"setting": "loans_counted", "value": "county"},
    }
    response = county.admin.client.post(f"/api/v1{path}", json=bodies[path], headers=county.admin._headers())
    assert response.status_code == 422
    assert response.get_json()["code"] == "operation_id_required"


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"branch": "nowhere"}, {"unknown_branch"}),
        ({"card": "200000000099"}, {"unknown_card", "code_misread"}),
        ({"barcode": "N9999999"}, {"unknown_barcode"}),
        ({"barcode": "9787302122609"}, {"isbn_not_a_barcode"}),
        ({"barcode": ""}, {"invalid_request"}),
        ({"barcode": "a\0b"}, {"invalid_request", "unstorable_text"}),
        ({"barcode": EMOJI * 40}, {"unknown_barcode"}),
        ({"card": EMOJI}, {"unknown_card"}),
        ({"barcode": "x" * 5000}, {"invalid_request", "unknown_barcode"}),
        ({"barcode": 7}, {"invalid_request"}),
        ({"unknown_member": 1}, {"invalid_request"}),
        ({"item": 999_999_999, "barcode": None}, {"unknown_item", "unknown_barcode"}),
        ({"operation_id": "not a uuid"}, {"operation_id_invalid", "invalid_request"}),
    ],
)
def test_a_wrong_check_out_says_what_is_wrong(county: County, changes: dict[str, Any], codes: set[str]) -> None:
    body = {"branch": county.east, "card": county.card, "barcode": county.barcode, **changes}
    body = {name: value for name, value in body.items() if value is not None}
    assert code_of(county.admin.post("/checkouts", **body)) in codes


def test_an_expired_card_is_refused(app: Flask, database: Database, county: County) -> None:
    with app.app_context(), database.writing() as session:
        session.execute(update(Patron).values(expires_on=date(2020, 1, 1)))
    response = county.admin.post("/checkouts", branch=county.east, card=county.card, barcode=county.barcode)
    assert code_of(response) == "card_expired"


@pytest.mark.parametrize(
    "call",
    [
        lambda it: it.keeper.post("/checkouts", branch=it.west, card=it.card, barcode=it.barcode),
        lambda it: it.keeper.post("/checkins", branch=it.west, barcode=it.barcode),
        lambda it: it.keeper.post("/patrons", name="李四", category="adult", home_branch=it.west),
    ],
)
def test_a_token_of_another_branch_is_outside_its_grant(county: County, call: Callable[[County], TestResponse]) -> None:
    response = call(county)
    assert response.status_code == 403
    assert response.get_json()["code"] == "outside_grant"


def test_nobody_is_told_to_sign_in(county: County) -> None:
    response = county.stranger.post("/checkouts", branch=county.east, card=county.card, barcode=county.barcode)
    assert (response.status_code, response.get_json()["code"]) == (401, "sign_in_required")


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "0"},
        {"page": "x"},
        {"per_page": "100000"},
        {"page": "9" * 30},
        {"year": "x"},
        {"branch": "nowhere"},
    ],
)
def test_a_list_asked_for_wrongly_is_a_problem(county: County, query: dict[str, str]) -> None:
    response = county.admin.get("/bibs", q="麦", **query)
    assert 400 <= response.status_code < 500
    assert response.get_json()["code"]


@pytest.mark.parametrize(
    "words", ["a\0b", EMOJI, "\ufffd", "%", "'\"--", "麦" * 3000, "(((", "*", "AND OR NOT", "\u202e"]
)
def test_a_strange_search_is_answered(county: County, words: str) -> None:
    response = county.admin.get("/bibs", q=words)
    assert response.status_code < 500
    page = county.admin.client.get("/s", query_string={"q": words})
    assert page.status_code < 500


def test_a_future_date_in_figures_is_a_problem(county: County) -> None:
    ahead = (date.today() + timedelta(days=400)).isoformat()  # noqa: DTZ011  any date far enough ahead
    response = county.admin.get("/stats", **{"branch": "east", "from": ahead, "to": ahead})
    assert 400 <= response.status_code < 500
    assert response.get_json()["code"]


@pytest.mark.parametrize(
    "path",
    [
        "/bibs/999999999",
        "/bibs/99999999999999999999999",
        "/items/999999999",
        "/patrons/999999999",
        "/branches/nowhere",
        "/restock/plans/999999999",
        "/nothing",
        "/boxes/500000000099",
    ],
)
def test_what_does_not_exist_is_not_found(county: County, path: str) -> None:
    response = county.admin.get(path)
    assert response.status_code == 404
    assert response.get_json()["code"]


def test_an_operation_id_used_for_another_content_is_refused(county: County) -> None:
    operation_id = new_id()
    body = {"branch": county.east, "card": county.card, "operation_id": operation_id}
    assert county.admin.post("/checkouts", **body, barcode=county.barcode).status_code == 200
    again = county.admin.post("/checkouts", **body, barcode="N0000009")
    assert (again.status_code, again.get_json()["code"]) == (409, "operation_reused")


def test_the_wrong_method_is_a_problem(county: County) -> None:
    response = county.admin.client.delete("/api/v1/checkouts", headers=county.admin._headers())
    assert response.status_code == 405
    assert response.get_json()["code"]
