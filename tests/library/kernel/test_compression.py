"""Which answers are compressed."""

import gzip

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

LONG = "农家书屋" * 500


@pytest.fixture
def browser(bare: Flask, browser: FlaskClient) -> FlaskClient:
    bare.add_url_rule("/long", "long", lambda: LONG)
    bare.add_url_rule("/short", "short", lambda: "短")
    bare.add_url_rule("/picture", "picture", lambda: Response(b"\x89" * 5000, mimetype="image/png"))
    bare.add_url_rule("/stream", "stream", lambda: Response(iter([LONG]), mimetype="text/plain"))
    return browser


def test_long_text_is_compressed_for_who_can_read_it(browser: FlaskClient) -> None:
    answer = browser.get("/long", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data).decode() == LONG
    assert answer.content_length == len(answer.data)
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "accepts"),
    [("/long", "identity"), ("/long", "gzip;q=0"), ("/short", "gzip"), ("/picture", "gzip"), ("/stream", "gzip")],
)
def test_everything_else_stays_as_it_is(path: str, accepts: str, browser: FlaskClient) -> None:
    assert "Content-Encoding" not in browser.get(path, headers={"Accept-Encoding": accepts}).headers
