"""The ceiling on anonymous requests."""

import pytest
from flask import Flask, Response

from library.kernel import rates, sessions
from library.kernel.guard import COOKIE

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def limited(bare: Flask) -> Flask:
    rates.register(bare, 3)
    bare.add_url_rule("/", "home", lambda: "home")
    return bare


def test_a_bucket_empties_and_fills_again() -> None:
    now = [0.0]
    buckets = rates.Buckets(60, clock=lambda: now[0])
    assert [buckets.wait("a") for _ in range(60)] == [0.0] * 60
    assert buckets.wait("a") == pytest.approx(1.0)
    assert buckets.wait("b") == 0.0
    now[0] = 1.0
    assert buckets.wait("a") == 0.0
    assert buckets.wait("a") > 0


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_ADDRESSES", 2)
    buckets = rates.Buckets(1, clock=lambda: 0.0)
    assert [buckets.wait(address) for address in "abc"] == [0.0] * 3
    assert buckets.wait("c") > 0
    assert buckets.wait("a") == 0.0


def test_a_stranger_who_asks_too_often_is_told_when_to_come_back(limited: Flask) -> None:
    client = limited.test_client()
    assert [client.get("/", environ_base=ELSEWHERE).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = client.get("/", environ_base=ELSEWHERE, headers={"Accept": "application/json"})
    assert (answer.json or {})["code"] == "too_many_requests"
    assert int(answer.headers["Retry-After"]) <= 20
    assert client.get("/healthz", environ_base=ELSEWHERE).status_code == 200


def test_who_is_known_and_this_machine_are_not_counted(limited: Flask) -> None:
    client = limited.test_client()
    assert {client.get("/").status_code for _ in range(6)} == {200}
    with limited.test_request_context():
        response = Response()
        sessions.set_cookie(response, "secret", sessions.READER)
    client.set_cookie(COOKIE, response.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
    assert {client.get("/", environ_base=ELSEWHERE).status_code for _ in range(6)} == {200}


def test_a_made_up_cookie_does_not_help(limited: Flask) -> None:
    client = limited.test_client()
    client.set_cookie(COOKIE, "made-up")
    assert [client.get("/", environ_base=ELSEWHERE).status_code for _ in range(4)] == [200, 200, 200, 429]
