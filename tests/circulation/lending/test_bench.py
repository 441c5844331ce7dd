"""The measurement itself: what it reports and what it promises to count; no time is asserted."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from circulation.lending.bench import command
from circulation.lending.bench.corpus import made
from circulation.lending.bench.goals import STATEMENTS
from circulation.lending.bench.tables import Block, Series, goal, share_of
from circulation.models import Loan
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.patrons.models import Patron

IN_PROCESS = ("--http", "0", "--records", "0")
FAITHFUL = "500 past and 20 open loans"


def measure(app: Flask, *options: str) -> dict[str, Any]:
    arguments = ["--operations", "2", "--rounds", "1", *options, "--json"]
    result = app.test_cli_runner().invoke(command.bench, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.output.splitlines()[-1])
    assert all(set(one) == {"name", "measured", "goal", "met"} for one in report["goals"])
    return report


def rows(database: Database) -> Mapping[str, int]:
    with database.reading() as session:
        return {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Loan, Patron, OperationRow)
        }


def test_one_process_is_measured_against_the_floor_and_its_statements_are_counted(app: Flask) -> None:
    report = measure(app, *IN_PROCESS)
    series = report["process"]["made"]
    # PostgreSQL locks the reader and the copy by statements of their own, and delivers an event with its row.
    most = STATEMENTS + (1 if report["engine"] == "postgresql" else 0)
    assert {"floor of a check-out", "floor of a check-in"} < set(series)
    for kind in ("check-out", "check-in"):
        assert 0 < series[kind]["statements"] <= most
        assert series[f"{kind}, {FAITHFUL}"]["statements"] == series[kind]["statements"]
    assert report["http"]["series"] == {}


def test_a_county_is_measured_on_a_copy_and_stays_as_it_was(app: Flask, database: Database) -> None:
    made(database, copies=220)
    before = rows(database)
    report = measure(app, *IN_PROCESS)
    assert set(report["process"]) == {"made", "county"}
    assert report["corpora"]["county"]["loans"] > before["loans"]
    assert rows(database) == before


def test_where_there_is_no_county_none_is_measured(app: Flask) -> None:
    result = app.test_cli_runner().invoke(command.bench, ["--county"])
    assert result.exit_code == 1
    assert "library demo --scale county" in result.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the server is the same, and slow to start
def test_desks_over_http_get_what_they_asked_for_beside_an_import_as_well(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "REQUESTS", {1: 4, 8: 16})
    report = measure(app, "--http", "1", "--records", "30")
    names = {
        f"{kind}, {desks}{beside}"
        for kind in ("check-out", "check-in")
        for desks in ("1 desk", "8 desks")
        for beside in ("", " beside an import")
    }
    assert set(report["http"]["series"]) == names
    assert report["goals"][-1] == goal(f"over HTTP, {report['engine']}: answers other than allowed", 0, 0)


def test_a_share_is_the_median_of_the_rounds_so_that_one_slow_round_does_not_count() -> None:
    floor = Series([Block([1.0], wall) for wall in (1.0, 1.0, 9.0)])
    lending = Series([Block([1.0], wall) for wall in (2.0, 2.0, 2.0)])
    assert share_of(lending, floor) == 0.5
    assert goal("share", 0.5, 0.4, least=True)["met"]
    assert not goal("p95", 0.5, 0.4)["met"]
