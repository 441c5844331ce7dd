"""The lending rules over HTTP."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from library.accounts import services as accounts
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.factories import a_county, county_policies, staff


@pytest.fixture
def tokens(app: Flask, database: Database) -> dict[str, str]:
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        people = {
            "admin": staff(session, "admin", ("county_administrator", places["county"])),
            "town": staff(session, "town", ("county_administrator", places["township"])),
            "keeper": staff(session, "keeper", ("room_keeper", places["east"])),
        }
        return {name: accounts.issue_token(session, account) for name, account in people.items()}


class Callers:
    """Everybody who may call, by name."""

    def __init__(self, client: FlaskClient, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    def _headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def post(self, who: str, path: str = "", **body: Any) -> TestResponse:
        body = {"operation_id": new_id(), **body}
        return self.client.post(f"/api/v1/policies{path}", json=body, headers=self._headers(who))

    def get(self, who: str, path: str = "", **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1/policies{path}", query_string=query, headers=self._headers(who))


@pytest.fixture
def call(client: FlaskClient, tokens: dict[str, str]) -> Callers:
    return Callers(client, tokens)


def test_rows_are_set_listed_explained_and_ended(call: Callers) -> None:
    made = call.post("admin", rule="loan_days", value="60", branch="township", patron_category="elder")
    assert made.status_code == 201
    assert (made.json["unit"], made.json["branch"], made.json["patron_category"]) == ("days", "township", "elder")
    assert call.get("keeper", rule="loan_days").json["total"] == 2
    explained = call.get("keeper", "/explain", branch="east", category="elder", item_class="book").json["rules"]
    days = next(entry for entry in explained if entry["rule"] == "loan_days")
    assert (days["value"], days["row"]["id"], days["row"]["branch"]) == (60, made.json["id"], "township")
    assert [row["value"] for row in days["beat"]] == [30]
    ended = call.post("admin", f"/{made.json['id']}/end")
    assert ended.json["ended_at"] is not None
    assert call.get("keeper", rule="loan_days").json["total"] == 1
    assert call.get("keeper", rule="loan_days", ended=1).json["total"] == 2
    again = call.post("admin", f"/{made.json['id']}/end")
    assert (again.status_code, again.json["code"]) == (409, "policy_already_ended")


def test_a_row_is_set_only_by_who_administers_every_place_it_touches(call: Callers) -> None:
    assert call.post("town", rule="loan_days", value="9", branch="east").status_code == 201
    county_wide = call.post("town", rule="loan_days", value="9")
    assert (county_wide.status_code, county_wide.json["code"]) == (403, "outside_grant")
    assert call.post("town", "/settings", setting="loans_counted", value="branch").status_code == 403
    assert call.post("keeper", rule="loan_days", value="9", branch="east").json["code"] == "not_allowed"
    assert call.post("admin", "/settings", setting="loans_counted", value="branch").status_code == 200


BAD = [
    pytest.param({"rule": "loan_moons", "value": "1"}, 422, "unknown_rule", id="rule"),
    pytest.param({"rule": "loan_days", "value": "soon"}, 422, "bad_policy_value", id="value"),
    pytest.param({"rule": "loan_days", "value": "9", "branch": "moon"}, 404, "unknown_branch", id="branch"),
    pytest.param({"rule": "loan_days", "value": "9", "set": "moon"}, 404, "unknown_set", id="set"),
    pytest.param({"rule": "loan_days", "value": "9", "from_on": "31.12."}, 422, "invalid_request", id="date"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_a_row_that_cannot_be_is_a_problem_with_a_code(
    call: Callers, body: dict[str, Any], status: int, code: str
) -> None:
    answer = call.post("admin", **body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_request_sent_twice_sets_one_row(call: Callers) -> None:
    body = {"operation_id": new_id(), "rule": "loan_limit", "value": "9"}
    first, second = (call.post("admin", **body) for _ in range(2))
    assert first.json == second.json


def test_a_row_is_tried_before_it_is_saved(call: Callers) -> None:
    answer = call.post("town", "/what_if", rule="loan_days", value="9", branch="east")
    assert answer.status_code == 200, answer.json
    assert (answer.json["is_replayed"], answer.json["loans"], answer.json["by"]) == (True, 0, [])
    assert answer.json["text"][0].startswith("放到过去一年里，什么都不会变")
    assert call.get("keeper", rule="loan_days").json["total"] == 1


def test_the_end_of_a_row_is_tried_too(call: Callers) -> None:
    made = call.post("admin", rule="loan_days", value="60", branch="east").json
    answer = call.post("admin", "/what_if", ends=made["id"])
    assert (answer.status_code, answer.json["rule"]) == (200, "loan_days")
    assert call.post("keeper", "/what_if", ends=made["id"]).json["code"] == "not_allowed"


BAD_TRIES = [
    pytest.param({}, 422, "rule_and_value_required", id="nothing"),
    pytest.param({"rule": "loan_days", "value": "soon"}, 422, "bad_policy_value", id="value"),
    pytest.param({"rule": "loan_days", "value": "9", "replaces": 999}, 404, "unknown_policy", id="replaced"),
    pytest.param({"ends": 999}, 404, "unknown_policy", id="ended"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_TRIES)
def test_what_cannot_be_tried_is_a_problem_with_a_code(
    call: Callers, body: dict[str, Any], status: int, code: str
) -> None:
    answer = call.post("admin", "/what_if", **body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_an_explanation_tells_by_what_each_row_was_beaten(call: Callers) -> None:
    call.post("admin", rule="loan_days", value="60", branch="township", note="试行")
    rules = call.get("keeper", "/explain", branch="east").json["rules"]
    days = next(entry for entry in rules if entry["rule"] == "loan_days")
    assert (days["row"]["words"], days["row"]["note"]) == ("所有读者 · 柳泉镇分馆 · 全年", "试行")
    assert days["beat"][0]["because"] == "place"
    assert days["text"].startswith("借期：60 天。")
    assert days["why"] == ["没有用“所有读者 · 全县 · 全年”（30 天）：离得近的优先。"]
