import gzip
import re

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from library.kernel.assets import register_assets


@pytest.fixture
def browser() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    register_assets(app)
    app.add_url_rule(
        "/", view_func=lambda: render_template_string("{{ stylesheet('app') }}{{ script('desk') }}"), endpoint="page"
    )
    return app.test_client()


def test_the_first_visit_carries_the_sheet_and_the_second_links_it(browser: FlaskClient) -> None:
    first = browser.get("/").text
    second = browser.get("/").text

    assert "<style nonce=" in first
    assert "--brand:" in first
    assert "<style" not in second
    assert re.search(r'<link rel="stylesheet" href="/assets/\w{12}/app\.css">', second)


def test_a_bundle_is_kept_for_a_year_under_the_hash_of_its_content(browser: FlaskClient) -> None:
    browser.get("/")
    linked = re.search(r'href="([^"]+)"', browser.get("/").text)
    assert linked

    answer = browser.get(linked[1])

    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_outdated_hash_is_not_answered_with_other_content(browser: FlaskClient) -> None:
    assert browser.get("/assets/000000000000/app.css").status_code == 404


def test_the_reader_sheet_fits_the_first_packets_of_a_slow_line(browser: FlaskClient) -> None:
    first = browser.get("/").data

    assert len(gzip.compress(first, 9)) < 7_000


def test_a_static_file_is_served_and_nothing_above_its_folder(browser: FlaskClient) -> None:
    with browser.get("/static/img/mark.svg") as found:
        assert found.status_code == 200
    assert browser.get("/static/../pyproject.toml").status_code == 404
