"""The tree over HTTP."""

from collections.abc import Callable
from datetime import date, time

from flask import Flask
from flask.testing import FlaskClient

from library.branches import opening, rounds
from library.kernel.db import Database
from library.kernel.operations import Operation
from tests.factories import a_county, a_location


def a_county_with_hours(app: Flask, database: Database, operation: Callable[..., Operation]) -> None:
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        a_location(session, county["east"], code="C", name="儿童角", audience="children")
        week = {1: [(time(15), time(18)), (time(9), time(11))]}
        opening.set_week(session, operation(), county["east"].id, week, valid_from=date(2026, 1, 1))
        route = rounds.define_route(session, operation(), code="north", name="北线", stops=[county["east"].id])
        rounds.plan_dates(session, operation(), route, [date(2026, 11, 27)])


def test_branches_are_listed_in_pages(
    app: Flask, database: Database, client: FlaskClient, operation: Callable[..., Operation]
) -> None:
    a_county_with_hours(app, database, operation)
    answer = client.get("/api/v1/branches?per_page=2&page=2").get_json()
    assert (answer["total"], answer["page"], answer["per_page"], len(answer["items"])) == (6, 2, 2, 2)
    rooms = client.get("/api/v1/branches?kind=village&parent=township").get_json()
    assert [(room["code"], room["kind"], room["parent"]) for room in rooms["items"]] == [
        ("east", "village", "township"),
        ("west", "village", "township"),
    ]


def test_a_branch_is_shown_with_locations_hours_and_the_next_van(
    app: Flask, database: Database, client: FlaskClient, operation: Callable[..., Operation], clock: object
) -> None:
    a_county_with_hours(app, database, operation)
    room = client.get("/api/v1/branches/east").get_json()
    assert (room["code"], room["parent"], room["state"]) == ("east", "township", "open")
    assert [place["name"] for place in room["locations"]] == ["书架", "儿童角"]
    assert [(span["weekday"], span["opens"]) for span in room["hours"]] == [(1, "09:00"), (1, "15:00")]
    assert (room["next_open_on"], room["next_van_on"]) == ("2026-11-24", "2026-11-27")


def test_a_root_has_no_parent_and_a_room_without_hours_no_next_day(
    app: Flask, database: Database, client: FlaskClient, operation: Callable[..., Operation]
) -> None:
    a_county_with_hours(app, database, operation)
    assert client.get("/api/v1/branches/county").get_json()["parent"] is None
    west = client.get("/api/v1/branches/west").get_json()
    assert (west["hours"], west["next_open_on"], west["next_van_on"]) == ([], None, None)


def test_bad_questions_about_branches_are_answered_with_a_code(client: FlaskClient) -> None:
    unknown = client.get("/api/v1/branches/nowhere")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "unknown_branch")
    assert client.get("/api/v1/branches?parent=nowhere").status_code == 404
    for query in ("kind=castle", "page=-1", "page=x", "per_page=0", "kind=%00"):
        answer = client.get(f"/api/v1/branches?{query}")
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), query
