"""`library restock` for people and for programs."""

import json

import pytest
from flask import Flask
from sqlalchemy import func, select

from circulation.models import RestockPlan
from circulation.restocking.commands import restock
from library.kernel.db import Database
from tests.circulation.restocking.made_stock import lend, stocked

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def _county(database: Database) -> None:
    with database.writing() as session:
        lend(session, stocked(session)["east"], 40)


def test_a_plan_is_made_and_told_in_a_few_lines(app: Flask) -> None:
    result = app.test_cli_runner().invoke(restock, ["plan", "--budget", "600"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("plan ")
    assert "of 600 yuan" in result.output


def test_the_last_line_for_programs_is_one_object(app: Flask, database: Database) -> None:
    result = app.test_cli_runner().invoke(restock, ["plan", "--branch", "east", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["spent"] <= found["budget"] == 500
    assert {line["branch"] for line in found["lines"]} == {"east"}
    assert all(line["reason"] and line["confidence"] for line in found["lines"])
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RestockPlan)) == 1


@pytest.mark.parametrize("arguments", [["plan", "--branch", "nowhere"], ["evaluate"]])
def test_what_cannot_be_done_is_said_in_one_line(app: Flask, arguments: list[str]) -> None:
    result = app.test_cli_runner().invoke(restock, arguments)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
