"""The commands around the index speak to people and to programs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from catalog.search import bench
from catalog.search.commands import search
from library.kernel import events
from library.kernel.db import Database
from library.kernel.operations import Operation
from tests.factories import a_bib, a_county, an_item

Run = Callable[..., Any]


@pytest.fixture
def run(app: Flask, database: Database, operation: Callable[..., Operation]) -> Run:
    with app.app_context(), database.writing() as session:
        branch = a_county(session)["east"]
        for title in ("桃树嫁接图解", "养蜂一百问", "水稻病虫害防治"):
            bib = a_bib(session, title=title)
            an_item(session, branch=branch, bib=bib)
            events.record(session, operation(), "bib.created", bib_id=bib.id)

    def invoked(*arguments: str, command: Any = search) -> Any:
        result = app.test_cli_runner().invoke(command, arguments)
        assert result.exit_code == 0, result.output
        return result

    return invoked


def _summary(result: Any) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


def test_status_tells_that_a_new_county_has_no_index_yet(run: Run) -> None:
    summary = _summary(run("status", "--json"))
    assert (summary["documents"], summary["records"], summary["waiting_events"]) == (0, 3, 3)
    assert summary["differing"] == 3
    assert not summary["in_step"]


def test_a_rebuild_brings_the_index_into_step(run: Run) -> None:
    assert _summary(run("rebuild", "--json"))["documents"] == 3
    summary = _summary(run("status", "--json"))
    assert (summary["documents"], summary["differing"], summary["waiting_events"]) == (3, 0, 0)
    assert summary["in_step"]


def test_a_query_prints_what_a_reader_would_find(run: Run) -> None:
    run("rebuild")
    assert "养蜂一百问" in run("query", "yangfeng").stdout
    summary = _summary(run("query", "养蜂", "--branch", "east", "--json"))
    assert [item["title"] for item in summary["items"]] == ["养蜂一百问"]
    assert summary["items"][0]["availability"][0]["available"] == 1


def test_an_unknown_branch_is_one_line_and_a_failure(app: Flask, run: Run) -> None:
    run("rebuild")
    result = app.test_cli_runner().invoke(search, ["query", "养蜂", "--branch", "nowhere"])
    assert result.exit_code == 1
    assert result.stderr.startswith("library: unknown_branch (branch=nowhere)")
    assert result.stderr.count("\n") == 1


def test_the_bench_names_its_goals_and_measures_every_kind(run: Run) -> None:
    run("rebuild")
    summary = _summary(run("--per-kind", "2", "--json", command=bench.bench))
    assert {"name", "measured", "goal", "met"} == set(summary["goals"][0])
    assert len(summary["timings"]) == 27
    assert summary["documents"] == 3


def test_the_bench_of_an_empty_index_says_what_to_do(app: Flask, run: Run) -> None:
    result = app.test_cli_runner().invoke(bench.bench, [])
    assert result.exit_code == 1
    assert "library search rebuild" in result.stderr
