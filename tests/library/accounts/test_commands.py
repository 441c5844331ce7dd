"""`library user …`."""

import json

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from library.accounts.commands import user
from tests.library.accounts.conftest import People


@pytest.fixture
def run(app: Flask) -> object:
    def call(*arguments: str, text: str | None = None) -> Result:
        return app.test_cli_runner().invoke(user, list(arguments), input=text)

    return call


def test_an_account_is_added_granted_and_signs_in(run: object, client: FlaskClient, people: People) -> None:
    assert callable(run)
    added = run("add", "mei", "--role", "room_keeper", "--branch", "west", "--json")
    password = json.loads(added.stdout.splitlines()[-1])["password"]
    client.post("/sign-in", data={"who": "staff", "name": "mei", "password": password})
    assert client.get("/api/v1/may/lend/west").status_code == 200
    assert client.get("/api/v1/may/lend/east").status_code == 403
    assert run("grant", "mei", "branch_librarian", "--branch", "east").exit_code == 0
    assert client.get("/api/v1/may/lend/east").status_code == 200
    assert "before" in run("grant", "mei", "branch_librarian", "--branch", "east").stdout


def test_the_token_stands_alone_on_the_last_line(run: object, client: FlaskClient, people: People) -> None:
    assert callable(run)
    token = run("token", "keeper", "--label", "van", "--days", "30").stdout.splitlines()[-1]
    assert client.get("/api/v1/staff", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert run("revoke", "keeper", "--tokens").exit_code == 0
    assert client.get("/api/v1/staff", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_password_is_read_from_standard_input(run: object, client: FlaskClient, people: People) -> None:
    assert callable(run)
    assert run("password", "keeper", "--password-stdin", text="short\n").exit_code == 1
    assert run("password", "keeper", "--password-stdin", text="a much better one\n").exit_code == 0
    answer = client.post("/sign-in", data={"who": "staff", "name": "keeper", "password": "a much better one"})
    assert answer.status_code == 303


def test_a_new_password_lets_a_locked_account_in_at_once(run: object, client: FlaskClient, people: People) -> None:
    assert callable(run)
    for _ in range(7):
        locked = client.post("/sign-in", data={"who": "staff", "name": "keeper", "password": "guessed at random"})
    assert locked.status_code == 429
    assert run("password", "keeper", "--password-stdin", text="a much better one\n").exit_code == 0
    answer = client.post("/sign-in", data={"who": "staff", "name": "keeper", "password": "a much better one"})
    assert answer.status_code == 303


def test_a_password_that_sign_in_would_cut_is_refused(run: object, people: People) -> None:
    assert callable(run)
    assert run("password", "keeper", "--password-stdin", text="x" * 201 + "\n").exit_code == 1


def test_a_shut_account_is_listed_as_such(run: object, people: People) -> None:
    assert callable(run)
    run("revoke", "keeper")
    listed = json.loads(run("list", "--json").stdout.splitlines()[-1])["accounts"]
    assert [(one["name"], one["disabled"]) for one in listed] == [("admin", False), ("keeper", True)]
    assert {"role": "room_keeper", "branch": "east"} in listed[1]["grants"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["token", "nobody"], "unknown_account"),
        (["add", "keeper"], "account_exists"),
        (["add", "two words"], "account_name_invalid"),
        (["grant", "keeper", "supervisor", "--branch", "nowhere"], "unknown_branch"),
    ],
)
def test_a_failure_is_one_line(arguments: list[str], says: str, run: object, people: People) -> None:
    assert callable(run)
    result = run(*arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
