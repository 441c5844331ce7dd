"""Explanations of answers that were given some time ago."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from circulation.policies import services
from circulation.policies.explaining import explained, explained_all
from library.branches.models import Branch
from library.kernel.operations import Operation
from tests.factories import a_county, a_policy

THEN = datetime(2026, 11, 23, 4, tzinfo=UTC)
Clock = Callable[[datetime], None]


@pytest.fixture
def east(session: Session, clock: Clock) -> Branch:
    clock(THEN)
    return a_county(session)["east"]


def question(branch: Branch, at: datetime, category: str = "adult") -> dict[str, str]:
    return {
        "path": branch.path,
        "item_class": "book",
        "patron_category": category,
        "on": at.date().isoformat(),
        "at": at.isoformat(),
    }


def test_a_past_answer_is_explained_by_the_rows_of_its_time(
    session: Session, east: Branch, operation: Callable[..., Operation], clock: Clock
) -> None:
    row = services.set_row(session, operation(), rule="loan_days", value="30", note="试行")
    clock(THEN + timedelta(days=2))
    services.set_row(session, operation(), rule="loan_days", value="60")
    before, during, after = (
        explained(session, question(east, at))[0]
        for at in (THEN - timedelta(days=1), THEN + timedelta(days=1), THEN + timedelta(days=3))
    )
    assert (before["value"], before["row"]) == (30, None)
    assert (during["value"], during["row"]["id"], during["row"]["note"]) == (30, row["policy"], "试行")
    assert (after["value"], after["beat"]) == (60, [])


def test_many_answers_cost_as_many_queries_as_one(session: Session, east: Branch) -> None:
    a_policy(session, "loan_days", 60, branch_id=east.id, patron_category="elder")
    session.flush()
    statements: list[str] = []
    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", lambda *args: statements.append(args[2]))
    explained(session, question(east, THEN))
    one = len(statements)
    many = explained_all(session, [question(east, THEN, category) for category in ("adult", "elder") * 20])
    assert len(statements) == 2 * one
    assert many[1][0]["row"]["branch_name"] == "东洼村农家书屋"
    assert (many[0][0]["value"], many[1][0]["value"]) == (30, 60)
