"""Signing in and out, sessions that can be taken back, and how long a six-digit PIN holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from library.accounts import services
from library.accounts.jobs import forget_ended
from library.accounts.models import SignInSession
from library.app import create_app
from library.kernel import clock as kernel_clock
from library.kernel import passwords, sessions, throttle
from library.kernel.commands import backup, restore
from library.kernel.db import Database
from library.kernel.guard import COOKIE
from library.kernel.models import SignInThrottle
from library.settings import Settings
from tests.library.accounts.conftest import PASSWORD, PIN, People

Clock = Callable[..., None]


def as_reader(client: FlaskClient, card: str, pin: str = PIN, **more: Any) -> TestResponse:
    return client.post("/sign-in", data={"who": "reader", "card": card, "pin": pin, **more})


def as_staff(client: FlaskClient, name: str = "keeper", password: str = PASSWORD) -> TestResponse:
    return client.post("/sign-in", data={"who": "staff", "name": name, "password": password})


def test_a_reader_signs_in_by_card_and_pin_and_goes_on(client: FlaskClient, people: People) -> None:
    assert "读者证号" in client.get("/sign-in").text
    answer = as_reader(client, f" {people.card} ", next="/b/7?from=s")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/b/7?from=s")
    assert client.get("/api/v1/reader").json == {"actor": f"patron:{people.reader_id}"}
    assert client.get("/api/v1/staff").status_code == 401


def test_staff_sign_in_by_name_and_password(client: FlaskClient, people: People) -> None:
    assert as_staff(client).headers["Location"] == "/desk"
    assert client.get("/api/v1/may/lend/east").status_code == 200
    assert (client.get("/api/v1/may/lend/west").json or {})["code"] == "outside_grant"


def test_the_way_on_never_leads_to_another_site(client: FlaskClient, people: People) -> None:
    assert as_reader(client, people.card, next="https://evil.example/").headers["Location"] == "/me"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, people: People) -> None:
    plain = as_reader(client, people.card).headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    answer = client.post(
        "/sign-in", data={"who": "reader", "card": people.card, "pin": PIN}, base_url="https://library.example"
    )
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("card", "pin"),
    [
        ("200000000123", "000000"),
        ("200000000123", ""),
        ("200000000456", PIN),
        ("299999999999", PIN),
        ("", ""),
        ("200000000123", "9" * 5000),
    ],
    ids=["wrong pin", "no pin", "reader without pin", "unknown card", "nothing", "very long pin"],
)
def test_every_failure_looks_the_same(card: str, pin: str, client: FlaskClient, people: People) -> None:
    answer = as_reader(client, card, pin)
    assert answer.status_code == 422
    assert "证号或用户名与密码对不上" in answer.text
    assert "Set-Cookie" not in answer.headers or COOKIE not in answer.headers["Set-Cookie"]


def test_a_form_of_another_site_signs_nobody_in(app: Flask, people: People) -> None:
    client = app.test_client()
    assert as_reader(client, people.card).status_code == 403


def test_signing_out_ends_the_session_on_the_server(app: Flask, client: FlaskClient, people: People) -> None:
    as_reader(client, people.card)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert client.post("/sign-out").status_code == 303
    stolen = app.test_client()
    stolen.set_cookie(COOKIE, cookie.value)
    answer = stolen.get("/api/v1/reader")
    assert answer.status_code == 401
    assert f"{COOKIE}=;" in answer.headers["Set-Cookie"]


def test_a_session_is_taken_back_by_its_row(client: FlaskClient, database: Database, people: People) -> None:
    as_reader(client, people.card)
    with database.writing() as session:
        assert services.end_sessions(session, patron_id=people.reader_id) == 1
    assert client.get("/api/v1/reader").status_code == 401


def test_a_session_that_ended_does_not_come_back_with_a_backup(
    app: Flask, client: FlaskClient, people: People, tmp_path: Path
) -> None:
    as_reader(client, people.card)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    runner, file = app.test_cli_runner(), str(tmp_path / "county.backup")
    assert runner.invoke(backup, [file]).exit_code == 0
    client.post("/sign-out")
    assert runner.invoke(restore, [file, "--force"]).exit_code == 0
    stolen = app.test_client()
    stolen.set_cookie(COOKIE, cookie.value)
    assert stolen.get("/api/v1/reader").status_code == 401


@pytest.mark.parametrize("value", ["", "made-up", "made-up.signature", "\xff", "x" * 4000])
def test_a_made_up_cookie_is_nobody(value: str, client: FlaskClient, people: People) -> None:
    client.set_cookie(COOKIE, value)
    assert client.get("/api/v1/reader").status_code == 401


def test_a_session_ends_when_idle_and_when_old(
    client: FlaskClient, people: People, database: Database, clock: Clock
) -> None:
    start = kernel_clock.now()
    as_reader(client, people.card)
    for hours in range(0, int(sessions.READER.absolute.total_seconds() // 3600) - 1, 24):
        clock(start + timedelta(hours=hours))
        assert client.get("/api/v1/reader").status_code == 200, "used every day it lives"
    clock(start + sessions.READER.absolute)
    assert client.get("/api/v1/reader").status_code == 401
    as_reader(client, people.card)
    clock(start + sessions.READER.absolute + sessions.READER.idle)
    assert client.get("/api/v1/reader").status_code == 401


def test_only_the_digest_of_a_session_is_kept(client: FlaskClient, database: Database, people: People) -> None:
    as_reader(client, people.card)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    secret = cookie.value.rpartition(".")[0]
    with database.reading() as session:
        assert session.scalars(select(SignInSession.secret_hash)).all() == [sessions.digest(secret)]


def test_a_changed_password_ends_the_sessions(
    app: Flask, client: FlaskClient, database: Database, people: People
) -> None:
    as_staff(client)
    with app.app_context(), database.writing() as session:
        services.set_password(session, services.account_by_name(session, "keeper"), "x")
    assert client.get("/api/v1/staff").status_code == 401


def test_wrong_pins_are_counted_across_workers(
    app: Flask, settings: Settings, people: People, database: Database, clock: Clock
) -> None:
    workers = [app, create_app(settings)]
    clients = [worker.test_client() for worker in workers]
    for client in clients:
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    statuses = [as_reader(clients[number % 2], people.card, f"{number:06}").status_code for number in range(8)]
    assert statuses == [422] * throttle.PERSON.free + [429] * (8 - throttle.PERSON.free)
    answer = as_reader(clients[0], people.card)
    assert answer.status_code == 429, "the right PIN must wait as well"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    clock(kernel_clock.now() + timedelta(seconds=61))
    assert as_reader(clients[1], people.card).status_code == 303
    with database.reading() as session:
        failures = {row.subject: row.failures for row in session.scalars(select(SignInThrottle))}
    with app.app_context():
        assert throttle.subject("card", people.card).key not in failures, "who is right starts again"
        assert failures[throttle.address_subject("127.0.0.1").key] == throttle.PERSON.free, "an address is not cleared"
    workers[1].extensions["library.database"].dispose()


def test_guesses_sent_all_at_once_are_counted_before_they_are_verified(
    app: Flask, settings: Settings, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    def verify(stored: str | None, secret: str) -> bool:
        verified.append(secret)
        return False

    monkeypatch.setattr(passwords, "verify", verify)
    workers = [app, create_app(settings)]

    def guess(number: int) -> int:
        client = workers[number % 2].test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        return as_reader(client, people.card, f"{number:06}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(guess, range(24)))
    assert statuses == [422] * throttle.PERSON.free + [429] * (24 - throttle.PERSON.free)
    assert len(verified) == throttle.PERSON.free
    workers[1].extensions["library.database"].dispose()


def test_one_address_cannot_try_one_pin_on_every_card(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda stored, secret: False)
    statuses = [
        as_reader(client, f"2{number:011}", "123456").status_code for number in range(throttle.ADDRESS.free + 2)
    ]
    assert statuses == [422] * throttle.ADDRESS.free + [429] * 2


def test_the_count_names_nobody(client: FlaskClient, database: Database, people: People) -> None:
    as_reader(client, people.card, "000000")
    with database.reading() as session:
        dump = str(session.connection().exec_driver_sql("SELECT * FROM sign_in_throttles").all())
    assert people.card not in dump
    assert "127.0.0.1" not in dump


def test_the_nightly_work_forgets_what_ended(
    app: Flask, client: FlaskClient, database: Database, people: People, clock: Clock
) -> None:
    as_reader(client, people.card, "000000")
    as_reader(client, people.card)
    client.post("/sign-out")
    clock(kernel_clock.now() + throttle.PERSON.quiet + timedelta(days=1))
    with app.app_context():
        forget_ended()
    with database.reading() as session:
        assert session.scalars(select(SignInSession.id)).all() == []
        assert session.scalars(select(SignInThrottle.subject)).all() == []
