"""The measurement itself: what it reports and what it promises to count; no time is asserted."""

import json

from flask import Flask

from circulation.lending.bench import GOAL_STATEMENTS, bench


def test_the_measurement_reports_goals_and_counts_statements(app: Flask) -> None:
    result = app.test_cli_runner().invoke(bench, ["--operations", "20", "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    report = json.loads(result.output.splitlines()[-1])
    assert {"name", "measured", "goal", "met"} == set(report["goals"][0])
    assert set(report["series"]) == {"floor", "check-out", "check-out, 500 loans", "check-in"}
    assert report["statements"]["check-out"] <= GOAL_STATEMENTS
    assert report["statements"]["check-in"] <= GOAL_STATEMENTS
