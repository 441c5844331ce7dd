"""Restocking by API: the whole way of a plan, requests sent twice, and requests that make no sense."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from circulation.models import RestockLine, RestockPlan, Transfer
from circulation.restocking.jobs import carry_out_plans
from circulation.restocking.rules import CHILDREN, COUNTY_EVIDENCE_ONLY
from circulation.restocking.services import approve, cancel, plan_by_id
from library.accounts.services import issue_token
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.operations import new_id, system_operation
from tests.circulation.restocking.made_stock import lend, stocked
from tests.factories import staff

PLANS = "/api/v1/restock/plans"

pytestmark = pytest.mark.usefixtures("clock")


class Planner:
    """A program that plans for the county, or for less."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> TestResponse:
        return self.client.open(path, method=method, json=body, headers=self.headers)

    def plan(self, budget: int = 600, branch: str = "county") -> dict[str, Any]:
        answer = self.send("POST", PLANS, {"operation_id": new_id(), "branch": branch, "budget": budget})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found


@pytest.fixture
def planner(client: FlaskClient, database: Database) -> Planner:
    return Planner(client, prepare(database, "county"))


def prepare(database: Database, granted: str, role: str = "distribution") -> str:
    with database.writing() as session:
        places = stocked(session)
        lend(session, places["east"], 40)
        return issue_token(session, staff(session, "planner", (role, places[granted])))


def cell(plan: dict[str, Any], branch: str, cls: str = CHILDREN) -> dict[str, Any]:
    room = next(each for each in plan["rooms"] if each["branch"] == branch)
    found: dict[str, Any] = next(each for each in room["classes"] if each["class"] == cls)
    return found


def test_a_plan_shows_forecast_and_evidence_in_both_languages(planner: Planner) -> None:
    plan = planner.plan()
    assert plan["state"] == "draft"
    assert plan["spent"] <= plan["budget"] == 600
    assert cell(plan, "east")["expected_loans"] > cell(plan, "west")["expected_loans"]
    assert cell(plan, "west")["confidence"] == COUNTY_EVIDENCE_ONLY
    assert cell(plan, "west")["confidence_text"] == "只有全县数据"
    english = planner.send("GET", f"{PLANS}/{plan['id']}?lang=en").get_json()
    assert cell(english, "west")["confidence_text"] == "county evidence only"
    assert all(len(line["reasons"]) >= 3 for line in plan["lines"])


def test_a_plan_sent_twice_is_made_once(planner: Planner, database: Database) -> None:
    body = {"operation_id": new_id(), "branch": "county", "budget": 500}
    first, second = (planner.send("POST", PLANS, body).get_json() for _ in range(2))
    assert first == second
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RestockPlan)) == 1


def test_a_plan_sent_again_is_the_same_though_the_rooms_have_closed(planner: Planner, database: Database) -> None:
    body = {"operation_id": new_id(), "branch": "county", "budget": 500}
    first = planner.send("POST", PLANS, body).get_json()
    with database.writing() as session:
        session.execute(update(Branch).values(state="closed"))
    again = planner.send("POST", PLANS, body)
    assert (again.status_code, again.get_json()["id"]) == (200, first["id"])


def test_what_a_crash_left_of_an_approval_and_of_a_cancellation_is_done_at_night(
    app: Flask, planner: Planner, database: Database
) -> None:
    plan = planner.plan()
    with app.app_context(), database.writing() as session:
        moves = session.scalar(select(func.count()).where(RestockLine.kind == "move"))
        approve(session, system_operation("restock_approve"), plan_by_id(session, plan["id"]))
    with app.app_context():
        assert (carry_out_plans(), carry_out_plans()) == ((1, 0) if moves else (0, 0))
    with app.app_context(), database.writing() as session:
        assert session.scalars(select(Transfer.state)).all() == ["requested"] * (moves or 0)
        cancel(session, system_operation("restock_cancel"), plan_by_id(session, plan["id"]))
    with app.app_context():
        assert (carry_out_plans(), carry_out_plans()) == ((1, 0) if moves else (0, 0))
    with database.reading() as session:
        assert moves
        assert session.scalars(select(Transfer.state)).all() == ["cancelled"] * moves


def test_lines_are_edited_and_the_plan_approved_and_called_back(planner: Planner, database: Database) -> None:
    plan = planner.plan(budget=900)
    bought = next(line for line in plan["lines"] if line["kind"] == "buy")
    path = f"{PLANS}/{plan['id']}"
    edited = planner.send("PATCH", f"{path}/lines/{bought['id']}", {"operation_id": new_id(), "quantity": 0}).get_json()
    assert edited["spent"] == pytest.approx(plan["spent"] - bought["cost"])
    for _ in range(2):
        approved = planner.send("POST", f"{path}/approve", {"operation_id": "11111111-1111-4111-8111-111111111111"})
        assert approved.get_json()["state"] == "approved"
    cancelled = planner.send("POST", f"{path}/cancel", {"operation_id": new_id()}).get_json()
    assert cancelled["state"] == "cancelled"
    assert {line["state"] for line in cancelled["lines"]} == {"dropped"}
    with database.reading() as session:
        assert set(session.scalars(select(Transfer.state))) <= {"cancelled"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"branch": "county"}, 422, "operation_id_required"),
        ({"operation_id": "1", "branch": "county"}, 422, "operation_id_invalid"),
        ({"operation_id": new_id(), "branch": "nowhere"}, 404, "unknown_branch"),
        ({"operation_id": new_id(), "branch": "county", "budget": -1}, 422, "invalid_request"),
        ({"operation_id": new_id(), "branch": "county", "on": "2031-01-01"}, 422, "date_in_future"),
        ({"operation_id": new_id()}, 422, "invalid_request"),
    ],
)
def test_plans_that_make_no_sense_are_answered_with_a_code(
    *, planner: Planner, body: dict[str, Any], status: int, code: str
) -> None:
    answer = planner.send("POST", PLANS, body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/999", "unknown_plan"),
        ("POST", "/999/approve", "unknown_plan"),
        ("PATCH", "/999/lines/1", "unknown_plan"),
        ("GET", "/99999999999999999999", "not_found"),
    ],
)
def test_what_does_not_exist_is_not_found(*, planner: Planner, method: str, path: str, code: str) -> None:
    body = {"operation_id": new_id(), "quantity": 1} if method == "PATCH" else {"operation_id": new_id()}
    answer = planner.send(method, PLANS + path, None if method == "GET" else body)
    assert (answer.status_code, answer.get_json()["code"]) == (404, code)


def test_a_planner_of_one_room_plans_for_that_room(client: FlaskClient, database: Database) -> None:
    local = Planner(client, prepare(database, "east"))
    assert {room["branch"] for room in local.plan(branch="east")["rooms"]} == {"east"}
    outside = local.send("POST", PLANS, {"operation_id": new_id(), "branch": "county"})
    assert (outside.status_code, outside.get_json()["code"]) == (403, "outside_grant")


def test_a_keeper_may_not_plan(client: FlaskClient, database: Database) -> None:
    keeper = Planner(client, prepare(database, "east", role="room_keeper"))
    answer = keeper.send("POST", PLANS, {"operation_id": new_id(), "branch": "east"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")
