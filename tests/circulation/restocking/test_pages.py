"""The planner's pages without scripts: from the county to a room, a plan proposed, changed, approved and called back."""

import re

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from circulation.models import RestockLine, RestockPlan
from library.accounts.models import StaffAccount
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.circulation.restocking.made_stock import lend, stocked
from tests.factories import staff

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def planner(app: Flask, database: Database) -> FlaskClient:
    """A browser whose visitor plans for the county; who they are is said by the test, not by a session."""
    with database.writing() as session:
        places = stocked(session)
        lend(session, places["east"], 40)
        staff(session, "planner", ("distribution", places["county"]))
    with database.reading() as session:
        root = session.scalars(select(Branch).where(Branch.code == "county")).one()
        account = session.scalars(select(StaffAccount)).one()
        actor = Actor(ActorKind.STAFF, account.id, "规划员", (Grant("distribution", root.id, root.path),))

    def be_the_planner() -> None:
        g.actor = actor

    app.before_request_funcs.setdefault(None, []).append(be_the_planner)
    browser = app.test_client()
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return browser


def a_plan(planner: FlaskClient, budget: str = "900") -> str:
    answer = planner.post("/plan/restock", data={"operation_id": new_id(), "branch": "county", "budget": budget})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_the_county_at_a_glance_shows_every_room_and_what_needs_a_look(planner: FlaskClient) -> None:
    page = planner.get("/plan").text
    assert page.count('class="stat"') == 5
    assert "东洼村农家书屋" in page
    assert "数据不够" in page
    assert page.index("东洼村农家书屋</a></th>") < page.index("西岭村农家书屋</a></th>")


def test_a_room_shows_its_forecast_once_there_is_a_plan(planner: FlaskClient) -> None:
    assert "做过方案后这里就有预测" in planner.get("/plan/rooms/west").text
    a_plan(planner)
    page = planner.get("/plan/rooms/west").text
    assert "只有全县数据" in page
    assert "预测来自" in page


def test_a_plan_is_proposed_changed_approved_and_called_back(planner: FlaskClient, database: Database) -> None:
    path = a_plan(planner)
    page = planner.get(path).text
    assert "批准方案" in page
    edits = re.findall(rf'action="({path}/lines/\d+)"', page)
    form = {"operation_id": new_id(), "quantity": "0", "page": "1"}
    for _ in range(2):
        assert planner.post(edits[0], data=form).status_code == 303
    assert planner.post(f"{path}/approve", data={"operation_id": new_id()}).status_code == 303
    assert "已批准" in planner.get(path).text
    assert planner.post(f"{path}/cancel", data={"operation_id": new_id()}).status_code == 303
    assert "已撤回" in planner.get(path).text
    with database.reading() as session:
        assert session.scalars(select(RestockPlan.state)).all() == ["cancelled"]
        assert set(session.scalars(select(RestockLine.state))) == {"dropped"}


def test_every_form_carries_an_operation_and_every_button_its_own_name(planner: FlaskClient) -> None:
    for path in ("/plan", a_plan(planner)):
        page = planner.get(path).text
        assert page.count('<form method="post"') + page.count('<form class="card" method="post"') == page.count(
            'name="operation_id"'
        )
        names = re.findall(r"<button type=\"submit\" class=\"ghost small\">(.*?)</button>", page)
        forms = re.findall(r'name="operation_id" value="([^"]+)"', page)
        assert len(set(forms)) == len(forms)
        assert all("unseen" in name for name in names)


def test_pages_speak_english_too(planner: FlaskClient) -> None:
    path = a_plan(planner)
    page = planner.get(f"{path}?lang=en").text
    assert "Approve the plan" in page
    assert "should bring" in page


def test_no_page_says_anything_that_was_not_translated(planner: FlaskClient) -> None:
    path = a_plan(planner)
    for address in ("/plan", "/plan/rooms/east", "/plan/rooms/county", path):
        main = re.split(r"<main[^>]*>|</main>", planner.get(address).text)[1]
        words = re.sub(r"<svg.*?</svg>|<[^>]+>|planner", " ", main, flags=re.DOTALL)
        assert not re.findall(r"[A-Za-z]{3,}", words), address


@pytest.mark.parametrize("budget", ["-5", "abc", "9999999999", "５"])
def test_a_budget_that_is_none_is_refused_with_a_page(planner: FlaskClient, budget: str) -> None:
    answer = planner.post("/plan/restock", data={"operation_id": new_id(), "branch": "county", "budget": budget})
    assert answer.status_code == 422
    assert "预算不对" in answer.text


def test_what_does_not_exist_is_a_page_too(planner: FlaskClient) -> None:
    assert planner.get("/plan/restock/999").status_code == 404
    assert planner.get("/plan/rooms/nowhere").status_code == 404
    assert planner.get(f"{a_plan(planner)}?page=0").status_code == 422


def test_visitors_are_led_to_the_sign_in(client: FlaskClient) -> None:
    answer = client.get("/plan")
    assert answer.status_code in {302, 303, 401}
