"""Tokens and grants: who may do what, where, and with which words it is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from library.accounts import access, services
from library.kernel import clock as kernel_clock
from library.kernel.actors import ANONYMOUS, SYSTEM
from library.kernel.db import Database
from tests.library.accounts.conftest import People


def ask(client: FlaskClient, token: str | None, path: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.get(path, headers=headers)
    return answer.status_code, (answer.json or {}).get("code", "")


@pytest.mark.parametrize(
    ("who", "path", "status", "code"),
    [
        ("keeper", "/api/v1/may/lend/east", 200, ""),
        ("keeper", "/api/v1/may/lend/west", 403, "outside_grant"),
        ("keeper", "/api/v1/may/lend/town", 403, "outside_grant"),
        ("keeper", "/api/v1/may/lend/none", 404, "unknown_branch"),
        ("keeper", "/api/v1/may/view/west", 200, ""),
        ("keeper", "/api/v1/may/administer/east", 403, "not_allowed"),
        ("keeper", "/api/v1/may/administer", 403, "not_allowed"),
        ("keeper", "/api/v1/may/lend", 200, ""),
        ("keeper", "/api/v1/reader", 401, "sign_in_required"),
        ("keeper", "/api/v1/staff", 200, ""),
        ("admin", "/api/v1/may/administer/west", 200, ""),
        (None, "/api/v1/may/lend/east", 401, "sign_in_required"),
        (None, "/api/v1/staff", 401, "sign_in_required"),
        ("nobody", "/api/v1/may/lend/east", 401, "invalid_token"),
        ("nobody", "/sign-in", 401, "invalid_token"),
        ("nobody", "/healthz", 200, ""),
    ],
)
def test_a_token_is_good_for_its_grants_and_no_more(
    *, who: str | None, path: str, status: int, code: str, client: FlaskClient, people: People
) -> None:
    tokens = {"keeper": people.keeper_token, "admin": people.admin_token, "nobody": "lib_made_up", None: None}
    assert ask(client, tokens[who], path) == (status, code)


def test_a_token_needs_no_sign_of_where_it_comes_from(app: Flask, people: People) -> None:
    elsewhere = app.test_client()
    headers = {"Authorization": f"Bearer {people.keeper_token}", "Origin": "https://elsewhere.example"}
    assert elsewhere.post("/api/v1/may/lend/east", headers=headers).status_code == 200


def test_a_token_expires_and_can_be_revoked(
    client: FlaskClient, database: Database, people: People, clock: Callable[..., None]
) -> None:
    with database.writing() as session:
        keeper = services.account_by_name(session, "keeper")
        expires_at = kernel_clock.now() + timedelta(days=1)
        short = services.issue_token(session, keeper, expires_at=expires_at)
    assert ask(client, short, "/api/v1/staff") == (200, "")
    clock(expires_at)
    assert ask(client, short, "/api/v1/staff") == (401, "token_expired")
    with database.writing() as session:
        assert services.revoke_tokens(session, services.account_by_name(session, "keeper")) == 2
    assert ask(client, people.keeper_token, "/api/v1/staff") == (401, "invalid_token")


def test_only_a_digest_of_a_token_is_kept(database: Database, people: People) -> None:
    with database.reading() as session:
        dump = str(session.connection().exec_driver_sql("SELECT * FROM api_tokens").all())
    assert people.keeper_token not in dump


def test_a_grant_that_ended_and_an_account_that_is_shut_give_nothing(
    client: FlaskClient, database: Database, people: People
) -> None:
    with database.writing() as session:
        services.end_grants(session, services.account_by_name(session, "keeper"), role="room_keeper")
    assert ask(client, people.keeper_token, "/api/v1/may/lend/east") == (403, "not_allowed")
    with database.writing() as session:
        services.revoke_account(session, services.account_by_name(session, "keeper"))
    assert ask(client, people.keeper_token, "/api/v1/staff") == (401, "invalid_token")


def test_the_system_may_everything_and_nobody_nothing() -> None:
    assert access.permits(SYSTEM, "administer")
    assert not access.permits(ANONYMOUS, "view")
