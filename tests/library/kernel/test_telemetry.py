"""Request ids, figures and health."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from library.kernel import health, schema, telemetry
from library.kernel.db import EXTENSION


@pytest.mark.parametrize("given", ["request-4711", "a.b_c-0123456789"])
def test_a_sane_request_id_is_kept(given: str, browser: FlaskClient) -> None:
    assert browser.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "<script>alert(1)</script>", "has space in it"])
def test_an_odd_request_id_is_replaced(given: str) -> None:
    assert telemetry.request_id_of(given) != given
    assert telemetry.SANE_ID.fullmatch(telemetry.request_id_of(given))


def test_figures_count_routes_and_not_addresses(bare: Flask, browser: FlaskClient) -> None:
    bare.add_url_rule("/card/<number>", "card", lambda number: number)
    browser.get("/card/200012345678")
    figures = browser.get("/metrics").text
    assert 'route="/card/<number>"' in figures
    assert "200012345678" not in figures


def test_operations_are_counted_by_kind_and_outcome(bare: Flask, browser: FlaskClient) -> None:
    schema.upgrade(bare.extensions[EXTENSION])
    telemetry.count_operation("check_out", "refused")
    assert 'library_operations_total{kind="check_out",outcome="refused"}' in browser.get("/metrics").text


def test_alive_is_not_ready(browser: FlaskClient) -> None:
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json or {})["parts"] == {"database": "ok", "migrations": "failed"}


def test_ready_when_the_schema_is_the_newest_and_every_part_answers(bare: Flask, browser: FlaskClient) -> None:
    schema.upgrade(bare.extensions[EXTENSION])
    assert browser.get("/readyz").status_code == 200

    def broken() -> None:
        raise OSError

    health.add_check(bare, "search", broken)
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json or {})["parts"]["search"] == "failed"
