"""The cross-site guard, one row per rule and its edges."""

import pytest
from flask import Flask

from library.kernel.guard import COOKIE, is_from_here

HERE = "library.example:8000"


@pytest.mark.parametrize(
    ("method", "path", "headers", "has_cookie", "passes"),
    [
        ("GET", "/me", {"Sec-Fetch-Site": "cross-site"}, True, True),
        ("HEAD", "/me", {}, True, True),
        ("POST", "/me", {"Authorization": "Bearer abc"}, True, True),
        ("POST", "/me", {"Authorization": "Basic abc"}, True, False),
        ("POST", "/api/v1/holds", {}, False, True),
        ("POST", "/api/v1/holds", {"Sec-Fetch-Site": "cross-site"}, False, True),
        ("POST", "/api/v1/holds", {}, True, False),
        ("POST", "/me", {"Sec-Fetch-Site": "same-origin"}, True, True),
        ("POST", "/me", {"Sec-Fetch-Site": "none"}, True, True),
        ("POST", "/me", {"Sec-Fetch-Site": "same-site"}, True, False),
        ("POST", "/me", {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HERE}"}, True, False),
        ("POST", "/me", {"Origin": f"http://{HERE}"}, True, True),
        ("POST", "/me", {"Origin": f"https://{HERE.upper()}"}, True, True),
        ("POST", "/me", {"Origin": "http://library.example"}, True, False),
        ("POST", "/me", {"Origin": "https://evil.example"}, True, False),
        ("POST", "/me", {"Origin": f"https://{HERE}.evil.example"}, True, False),
        ("POST", "/me", {"Origin": "null"}, True, False),
        ("POST", "/me", {"Origin": "null", "Referer": f"http://{HERE}/me"}, True, False),
        ("POST", "/me", {"Referer": f"http://{HERE}/b/7?x=1"}, True, True),
        ("POST", "/me", {"Referer": "http://evil.example/?library.example:8000"}, True, False),
        ("POST", "/me", {"Referer": f"http://{HERE}@evil.example/"}, True, False),
        ("POST", "/me", {"Origin": "http://[broken"}, True, False),
        ("POST", "/sign-in", {"Origin": "https://evil.example"}, False, False),
        ("POST", "/me", {}, True, False),
        ("PATCH", "/me", {}, True, False),
        ("DELETE", "/me", {}, True, False),
    ],
)
def test_only_our_own_pages_may_use_the_cookie(
    method: str, path: str, headers: dict[str, str], has_cookie: bool, passes: bool
) -> None:
    assert is_from_here(method, path, headers, host=HERE, has_cookie=has_cookie) is passes


def test_the_default_port_is_no_difference() -> None:
    assert is_from_here("POST", "/me", {"Origin": "https://a.example"}, host="a.example:443", has_cookie=True)


def test_a_form_of_another_site_is_answered_403(bare: Flask) -> None:
    bare.add_url_rule("/lend", "lend", lambda: "done", methods=["POST"])
    client = bare.test_client()
    client.set_cookie(COOKIE, "x")
    answer = client.post("/lend", headers={"Sec-Fetch-Site": "cross-site", "Accept": "application/json"})
    assert answer.status_code == 403
    assert (answer.json or {})["code"] == "cross_site_refused"
    assert client.post("/lend", headers={"Sec-Fetch-Site": "same-origin"}).text == "done"
