"""Headers of every answer."""

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from library.kernel.guard import COOKIE


@pytest.fixture
def browser(bare: Flask, browser: FlaskClient) -> FlaskClient:
    bare.add_url_rule("/", "home", lambda: render_template_string("<script nonce='{{ csp_nonce() }}'></script>"))
    return browser


def test_no_script_runs_without_the_nonce_of_this_answer(browser: FlaskClient) -> None:
    first, second = browser.get("/"), browser.get("/")
    policy = first.headers["Content-Security-Policy"]
    nonce = first.text.split("'")[1]
    assert f"script-src 'self' 'nonce-{nonce}'" in policy
    assert f"style-src 'self' 'nonce-{nonce}'" in policy
    assert "unsafe" not in policy
    assert first.text != second.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz", "/api/v1/none"])
def test_every_answer_is_armoured(path: str, name: str, value: str, browser: FlaskClient) -> None:
    answer = browser.get(path)
    assert answer.headers[name] == value
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_strict_transport_is_promised_only_over_https(browser: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in browser.get("/").headers
    assert "max-age" in browser.get("/", base_url="https://library.example").headers["Strict-Transport-Security"]


def test_what_belongs_to_a_person_is_kept_nowhere(bare: Flask, browser: FlaskClient) -> None:
    assert browser.get("/").headers["Cache-Control"] == "no-cache"
    assert browser.get("/nowhere").headers["Cache-Control"] == "no-store"
    assert browser.get("/api/v1/openapi.json").headers["Cache-Control"] == "no-store"
    browser.set_cookie(COOKIE, "x")
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_a_route_may_set_its_own_rule(bare: Flask, browser: FlaskClient) -> None:
    bare.add_url_rule("/map", "map", lambda: ("x", {"Cache-Control": "public, max-age=60"}))
    assert browser.get("/map").headers["Cache-Control"] == "public, max-age=60"


def test_a_page_varies_with_its_cookies(browser: FlaskClient) -> None:
    assert "Cookie" in browser.get("/").headers["Vary"]
