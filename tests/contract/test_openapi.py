"""The OpenAPI document names every call other programs rely on, and describes its answers."""

from typing import Any

import pytest
from flask.testing import FlaskClient

CALLS = (
    "GET /bibs",
    "GET /bibs/{bib_id}",
    "GET /bibs/{bib_id}/items",
    "GET /bibs/{bib_id}/marc",
    "POST /bibs",
    "PATCH /bibs/{bib_id}",
    "POST /bibs/{bib_id}/merge",
    "POST /items",
    "GET /items",
    "GET /items/{item_id}",
    "GET /branches",
    "GET /branches/{code}",
    "GET /branches/{code}/calendar",
    "POST /branches/{code}/opening-log",
    "POST /closures",
    "POST /closures/{closure_id}/undo",
    "POST /patrons",
    "GET /patrons",
    "GET /patrons/{patron_id}",
    "PATCH /patrons/{patron_id}",
    "POST /checkouts",
    "POST /checkins",
    "POST /renewals",
    "POST /on-site-uses",
    "POST /loans/backdated",
    "GET /loan-sheets",
    "POST /loan-sheets",
    "GET /loan-sheets/{code}",
    "POST /loan-sheets/{code}/rows/{row}",
    "GET /groups",
    "POST /groups",
    "GET /groups/{group_id}",
    "PATCH /groups/{group_id}",
    "POST /groups/{group_id}/end",
    "POST /groups/{group_id}/members",
    "POST /groups/{group_id}/members/remove",
    "POST /groups/{group_id}/loans",
    "POST /groups/{group_id}/returns",
    "GET /cases",
    "POST /cases/{case_id}/settle",
    "POST /loans/{loan_id}/claim",
    "POST /loans/{loan_id}/lost",
    "POST /loans/{loan_id}/recall",
    "POST /loans/{loan_id}/recall/undo",
    "POST /items/{item_id}/damage",
    "POST /items/{item_id}/missing",
    "POST /holds",
    "POST /holds/{hold_id}/cancel",
    "POST /holds/{hold_id}/suspend",
    "POST /holds/{hold_id}/resume",
    "POST /holds/{hold_id}/move",
    "GET /holds",
    "POST /transfers",
    "POST /transfers/{transfer_id}/pick",
    "POST /transfers/{transfer_id}/pack",
    "POST /transfers/{transfer_id}/dispatch",
    "POST /transfers/{transfer_id}/receive",
    "POST /transfers/{transfer_id}/shelve",
    "POST /transfers/{transfer_id}/cancel",
    "GET /transfers",
    "POST /boxes",
    "POST /boxes/{code}/pack",
    "POST /boxes/{code}/dispatch",
    "POST /boxes/{code}/receive",
    "POST /wishes",
    "GET /wishes",
    "POST /restock/plans",
    "GET /restock/plans/{plan_id}",
    "PATCH /restock/plans/{plan_id}/lines/{line_id}",
    "POST /restock/plans/{plan_id}/approve",
    "POST /restock/plans/{plan_id}/cancel",
    "GET /stats",
)


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.get_json()
    return described


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_others_rely_on_is_described(document: dict[str, Any], call: str) -> None:
    method, path = call.split(" ")
    described = document["paths"][f"/api/v1{path}"][method.lower()]
    assert set(described["responses"]) & {"200", "201"}
    assert described["summary"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_document_is_openapi_three_one_with_problems_as_errors(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert "bearer" in str(document["components"]["securitySchemes"])
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            if method in {"get", "post", "patch"}:
                assert "default" in described["responses"] or "422" in described["responses"], (path, method)
