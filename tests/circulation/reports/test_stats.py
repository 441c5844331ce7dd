"""The figures by API."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from circulation.reports import rollups
from library.accounts.services import issue_token
from library.kernel import clock as kernel_clock
from library.kernel import events
from library.kernel.db import Database
from library.kernel.operations import system_operation
from tests.factories import a_county, a_loan, a_patron, an_item, staff

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def headers(database: Database) -> dict[str, str]:
    """A supervisor's token in a county with three loans in two rooms, one of them not yet rolled up."""
    with database.writing() as session:
        places = a_county(session)
        reader = a_patron(session, branch=places["east"])
        for number, code in enumerate(("east", "east", "west")):
            item = an_item(session, branch=places[code])
            an_item(session, branch=places[code])
            at = kernel_clock.now() - timedelta(days=number)
            a_loan(session, item=item, patron=reader, out_at=at)
            operation = system_operation("check_out", at=at, branch_id=places[code].id)
            events.record(session, operation, "loan.opened", statistics={"clc": "S", "age_band": "adult"})
            if number == 0:
                rollups.rebuild(session)
        account = staff(session, "supervisor", ("supervisor", places["county"]))
        return {"Authorization": f"Bearer {issue_token(session, account)}"}


def ask(client: FlaskClient, headers: dict[str, str], query: str) -> tuple[int, dict[str, Any]]:
    answer = client.get(f"/api/v1/stats{query}", headers=headers)
    return answer.status_code, answer.get_json()


def test_figures_count_the_subtree_at_once(client: FlaskClient, headers: dict[str, str]) -> None:
    status, county = ask(client, headers, "")
    assert status == 200
    assert (county["branch"], county["loans"], county["active_readers"], county["copies"]) == ("county", 3, 1, 6)
    assert county["non_use"] == 0.5
    assert county["turnover"] == pytest.approx(0.5, abs=0.01)
    assert county["by_class"] == [{"class": "S", "loans": 3}]
    assert ask(client, headers, "?branch=west")[1]["loans"] == 1


def test_the_last_moment_of_a_day_belongs_to_it_before_it_is_rolled_up(
    client: FlaskClient, headers: dict[str, str], database: Database
) -> None:
    late = kernel_clock.start_of_day(kernel_clock.today()) - timedelta(milliseconds=300)
    with database.writing() as session:
        events.record(session, system_operation("check_out", at=late, branch_id=1), "loan.opened")
    assert ask(client, headers, "?from=2026-11-22&to=2026-11-22")[1]["loans"] == 2


def test_the_days_asked_for_are_both_included(client: FlaskClient, headers: dict[str, str]) -> None:
    assert ask(client, headers, "?from=2026-11-22&to=2026-11-22")[1]["loans"] == 1
    assert ask(client, headers, "?from=2026-11-22&to=2026-11-23")[1]["loans"] == 2


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?from=2026-12-01&to=2026-12-02", 422, "date_in_future"),
        ("?to=2126-12-02", 422, "date_in_future"),
        ("?from=2026-11-20&to=2026-11-01", 422, "dates_reversed"),
        ("?from=0001-01-01", 422, "date_out_of_range"),
        ("?from=yesterday", 422, "invalid_request"),
        ("?branch=nowhere", 404, "unknown_branch"),
    ],
)
def test_questions_that_make_no_sense_are_answered_with_a_code(
    *, client: FlaskClient, headers: dict[str, str], query: str, status: int, code: str
) -> None:
    found, answer = ask(client, headers, query)
    assert (found, answer["code"]) == (status, code)


def test_figures_are_for_staff(client: FlaskClient, headers: dict[str, str]) -> None:
    assert headers
    assert ask(client, {}, "")[0] == 401
