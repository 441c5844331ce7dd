"""The calendar anybody may read; hours, seasons, closures and the log over HTTP, each within its grant."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from circulation.models import Loan
from library.accounts.rules import Role
from library.branches import closure_work
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.acting import Api
from tests.conftest import NOON
from tests.factories import a_county, a_loan, a_patron, an_item

DAYS = {str(day): "8:30-11:30 14:30-17:30" for day in range(5)}


class Rooms:
    def __init__(self, app: Flask, database: Database) -> None:
        self.app = app
        self.database = database
        self.api = Api(app)
        with app.app_context(), database.writing() as session:
            self.county = a_county(session)
            east = self.county["east"]
            reader = a_patron(session, branch=east)
            self.loan = a_loan(session, item=an_item(session, branch=east), patron=reader, due_on=date(2026, 11, 26)).id

    def become(self, role: Role, code: str) -> None:
        self.api.become(role, self.county[code])

    def put(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        response = self.api.client.put(f"/api/v1{path}", json={"operation_id": new_id(), **body})
        return response.status_code, response.get_json()

    def due(self) -> date:
        with self.app.app_context(), self.database.reading() as session:
            return session.scalars(select(Loan.due_on).where(Loan.id == self.loan)).one()


@pytest.fixture
def rooms(app: Flask, database: Database, clock: Callable[[datetime], None]) -> Rooms:
    return Rooms(app, database)


def test_a_librarian_sets_the_hours_and_anybody_reads_them_with_their_reasons(rooms: Rooms) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "township")
    assert rooms.put("/branches/east/hours", week=DAYS, valid_from="2026-01-01")[0] == 200
    assert rooms.put("/branches/east/hours/exceptions", on="2026-11-24", hours="", cause="停电")[0] == 200
    chosen = {"holiday_mode": "own_hours", "holiday_hours": "9-12", "makeup_as_weekday": True}
    assert rooms.put("/branches/township/opening", **chosen)[0] == 200
    rooms.api.actor = None
    status, found = rooms.api.get("/branches/east/calendar?from=2026-11-23&to=2027-01-02")
    assert status == 200
    days = {day["on"]: day for day in found["days"]}
    assert days["2026-11-23"]["sessions"][1] == {"opens": "14:30", "closes": "17:30"}
    assert (days["2026-11-24"]["why"], days["2026-11-24"]["text"]) == ("exception", "这天不开：停电")
    assert (days["2026-11-28"]["why"], days["2026-11-28"]["text"]) == ("week", "每周六不开")
    assert (days["2027-01-01"]["why"], days["2027-01-01"]["holiday"]) == ("holiday", "元旦")
    assert [(year["year"], year["holidays"]) for year in found["years"]] == [(2026, "published"), (2027, "estimated")]
    assert found["years"][0]["text"] == ""
    assert "还没有公布" in found["years"][1]["text"]
    _, worked = rooms.api.get("/branches/east/calendar?from=2026-10-10&to=2026-10-10")
    assert [(day["why"], day["is_makeup_workday"]) for day in worked["days"]] == [("makeup", True)]
    rooms.become(Role.BRANCH_LIBRARIAN, "township")
    assert rooms.put("/branches/east/hours/exceptions", on="2026-11-24", hours=None)[0] == 200
    _, found = rooms.api.get("/branches/east/calendar?from=2026-11-24&to=2026-11-24")
    assert found["days"][0]["why"] == "week"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/branches/east/hours", {"week": {"0": "早"}, "valid_from": "2026-01-01"}, "hours_unreadable"),
        ("/branches/east/hours", {"week": {"0": ""}, "valid_from": "2026-01-01"}, "week_is_empty"),
        ("/branches/east/hours", {"week": {"7": "8-9"}, "valid_from": "2026-01-01"}, "invalid_request"),
        (
            "/branches/east/hours",
            {"week": DAYS, "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
            "days_out_of_order",
        ),
        ("/branches/east/hours/exceptions", {"on": "2026-11-24", "hours": "9-8"}, "hours_out_of_order"),
        ("/branches/east/opening", {"holiday_mode": "own_hours"}, "holiday_hours_missing"),
        ("/branches/east/opening", {"holiday_mode": "sometimes"}, "invalid_request"),
        ("/branches/nowhere/opening", {}, "unknown_branch"),
        ("/branches/west/opening", {}, "outside_grant"),
    ],
)
def test_hours_that_make_no_sense_are_refused(rooms: Rooms, path: str, body: dict[str, Any], code: str) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "east")
    status, problem = rooms.put(path, **body)
    assert 400 <= status < 500
    assert problem["code"] == code


def test_a_keeper_opens_the_door_but_sets_no_hours(rooms: Rooms) -> None:
    rooms.become(Role.ROOM_KEEPER, "east")
    assert rooms.put("/branches/east/hours", week=DAYS, valid_from="2026-01-01")[1]["code"] == "not_allowed"
    assert rooms.api.post("/branches/east/opening-log", action="close")[1]["code"] == "not_opened"
    for action, outcome in (("open", "open"), ("open", "open"), ("close", "closed")):
        assert rooms.api.post("/branches/east/opening-log", action=action)[1] == {"outcome": outcome}
    body = {"on": "2026-11-20", "hours": "9-11", "reason": "忘了点"}
    assert rooms.api.post("/branches/east/opening-log/corrections", **body)[1] == {"outcome": "corrected"}
    _, found = rooms.api.get("/branches/east/opening-log")
    assert [(entry["source"], entry["reason"]) for entry in found["items"]] == [
        ("desk", ""),
        ("correction", "忘了点"),
    ]
    _, detail = rooms.api.get("/branches/east")
    assert (detail["opening_mode"], detail["last_opened_at"][:10]) == ("scheduled", "2026-11-23")
    assert rooms.api.post("/branches/west/opening-log", action="open")[1]["code"] == "outside_grant"
    assert rooms.api.post("/closures", **CLOSURE)[1]["code"] == "not_allowed"


CLOSURE = {
    "below": "township",
    "kind": "closure",
    "first_on": "2026-11-25",
    "last_on": "2026-11-28",
    "cause": "抢收",
}


def test_a_closure_is_looked_at_confirmed_and_taken_back(rooms: Rooms, clock: Callable[[datetime], None]) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "township")
    _, preview = rooms.api.post("/closures", **CLOSURE, dry_run=True)
    assert preview["moves"] == [{"sort": "due", "from": "2026-11-26", "to": "2026-11-29", "count": 1}]
    assert (preview["closure"], preview["rooms"], rooms.due()) == (None, 4, date(2026, 11, 26))
    operation = new_id()
    _, made = rooms.api.post("/closures", **CLOSURE, operation_id=operation)
    assert rooms.api.post("/closures", **CLOSURE, operation_id=operation)[1] == made
    with rooms.app.app_context():
        closure_work.work_through(made["closure"])
        clock(NOON + timedelta(minutes=1))
        closure_work.work_through(made["closure"])
    assert rooms.due() == date(2026, 11, 29)
    _, shown = rooms.api.get(f"/closures/{made['closure']}")
    assert (shown["state"], shown["moved"], shown["rooms"]) == ("done", 1, ["east", "school", "township", "west"])
    _, listed = rooms.api.get("/closures?branch=township")
    assert (listed["total"], listed["items"][0]) == (1, shown)
    _, effects = rooms.api.get(f"/closures/{made['closure']}/effects?state=moved")
    assert [(one["id"], one["field"], one["after_on"]) for one in effects["items"]] == [
        (rooms.loan, "due_on", "2026-11-29")
    ]
    assert rooms.api.post(f"/closures/{made['closure']}/undo")[1]["outcome"] == "undoing"
    assert rooms.api.post(f"/closures/{made['closure']}/undo")[1]["code"] == "closure_undone"
    with rooms.app.app_context():
        closure_work.work_through(made["closure"])
    assert rooms.due() == date(2026, 11, 26)
    assert rooms.api.get("/closures/999")[1]["code"] == "unknown_closure"


def test_nobody_closes_rooms_outside_the_grant(rooms: Rooms) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "east")
    assert rooms.api.post("/closures", **CLOSURE)[1]["code"] == "outside_grant"
    assert rooms.api.post("/closures", **{**CLOSURE, "dry_run": True})[1]["code"] == "outside_grant"
    rooms.become(Role.COUNTY_ADMINISTRATOR, "county")
    _, made = rooms.api.post("/closures", **CLOSURE)
    rooms.become(Role.BRANCH_LIBRARIAN, "east")
    assert rooms.api.get(f"/closures/{made['closure']}")[1]["code"] == "outside_grant"
    assert rooms.api.post(f"/closures/{made['closure']}/undo")[1]["code"] == "outside_grant"
    assert rooms.api.post("/closures", **{**CLOSURE, "kind": "postponement"})[1]["code"] == "outside_grant"


def test_a_closure_confirmed_again_when_it_is_over_gets_its_answer(
    rooms: Rooms, clock: Callable[[datetime], None]
) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "county")
    operation = new_id()
    _, made = rooms.api.post("/closures", **CLOSURE, operation_id=operation)
    clock(NOON + timedelta(days=60))
    assert rooms.api.post("/closures", **CLOSURE, operation_id=operation) == (200, made)
    assert rooms.api.post("/closures", **CLOSURE)[1]["code"] == "closure_over"


def test_a_batch_of_many_rooms_asks_no_more_of_the_database_than_one_of_a_room(rooms: Rooms) -> None:
    rooms.become(Role.BRANCH_LIBRARIAN, "county")
    week = {"name": "冬闲", "week": {"0": "9-12"}, "first_on": "2026-11-23", "last_on": "2026-12-31"}
    asked: list[str] = []
    event.listen(rooms.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def of_batch(**scope: Any) -> list[int]:
        batch = {name: value for name, value in CLOSURE.items() if name not in {"below", "rooms", "set"}}
        closure = rooms.api.post("/closures", **batch, **scope)[1]["closure"]
        season = rooms.api.post("/seasons", **week, **scope)[1]["season"]
        counts = []
        for ask, path in (
            (rooms.api.get, f"/closures/{closure}"),
            (rooms.api.get, f"/closures/{closure}/effects"),
            (rooms.api.post, f"/closures/{closure}/undo"),
            (rooms.api.post, f"/seasons/{season}/end"),
        ):
            asked.clear()
            assert ask(path)[0] in {200, 201}
            counts.append(len(asked))
        return counts

    assert of_batch(below="county") == of_batch(rooms=["east"])


def test_a_season_is_previewed_begun_and_ended(rooms: Rooms) -> None:
    rooms.become(Role.COUNTY_ADMINISTRATOR, "county")
    season = {
        "rooms": ["east", "west"],
        "name": "冬闲",
        "first_on": "2026-12-01",
        "last_on": "2027-02-28",
        "week": {"6": "14-17"},
    }
    assert rooms.api.post("/seasons", **season, dry_run=True)[1] == {
        "outcome": "preview",
        "season": None,
        "rooms": 2,
    }
    _, begun = rooms.api.post("/seasons", **season)
    _, found = rooms.api.get("/branches/west/calendar?from=2026-12-06&to=2026-12-06")
    assert (found["days"][0]["why"], found["days"][0]["text"]) == ("season", "冬闲")
    assert rooms.api.post(f"/seasons/{begun['season']}/end")[1]["outcome"] == "ended"
    _, found = rooms.api.get("/branches/west/calendar?from=2026-12-06&to=2026-12-06")
    assert found["days"][0]["why"] == "no_hours"
    assert rooms.api.post("/seasons", **{**season, "week": {}})[1]["code"] == "week_is_empty"


@pytest.mark.parametrize("query", ["from=2026-01-02&to=2026-01-01", "from=2026-01-01&to=2027-01-02", "from=x"])
def test_a_calendar_that_cannot_be_shown_is_refused(rooms: Rooms, query: str) -> None:
    status, problem = rooms.api.get(f"/branches/east/calendar?{query}")
    assert status == 422
    assert problem["code"] in {"days_out_of_order", "span_too_long", "invalid_request"}


def test_a_calendar_of_an_unknown_place_is_not_found(rooms: Rooms) -> None:
    assert rooms.api.get("/branches/nowhere/calendar")[0] == 404
