"""The daily figures: equal to the events however they came, and rebuildable at any time."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import DailyRollup
from circulation.reports import jobs, rollups
from circulation.reports.commands import stats
from circulation.reports.rules import COUNTED, FIGURES, UNDOING, share, turnover
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from library.kernel import events
from library.kernel.db import Database
from library.kernel.operations import Operation
from tests.factories import a_county

Make = Callable[..., Operation]
Figures = dict[tuple[object, ...], tuple[int, ...]]

pytestmark = pytest.mark.usefixtures("clock")


def happen(session: Session, operation: Make, places: dict[str, Branch], count: int = 60) -> None:
    """Various events at various places on various days."""
    chance = random.Random(5)
    kinds = [*COUNTED, "transfer.requested"]
    for _ in range(count):
        at = kernel_clock.now() - timedelta(hours=chance.randrange(200))
        statistics = {"clc": chance.choice(["S", "I", None]), "age_band": chance.choice(["child", None])}
        branch = places[chance.choice(["east", "west"])]
        kind = chance.choice(kinds)
        events.record(session, operation("test", at=at), kind, branch_id=branch.id, statistics=statistics)


def figures(session: Session) -> Figures:
    rows = session.scalars(select(DailyRollup)).all()
    return {
        (row.on, row.branch_id, row.clc, row.age_band): tuple(getattr(row, name) for name in FIGURES) for row in rows
    }


def total(found: Figures) -> int:
    return sum(sum(row) for row in found.values())


def test_figures_follow_the_events_and_equal_a_rebuild(session: Session, operation: Make) -> None:
    happen(session, operation, a_county(session))
    pending = events.pending(session, jobs.CONSUMER)
    for start in range(0, len(pending), 7):
        rollups.count(session, pending[start : start + 7])
    followed = figures(session)
    rollups.rebuild(session)
    assert figures(session) == followed
    undone = sum(event.kind in UNDOING for event in pending)
    assert 0 < undone < total(followed) == len(pending) - 2 * undone


def test_an_event_delivered_twice_counts_once(session: Session, operation: Make) -> None:
    happen(session, operation, a_county(session))
    pending = events.pending(session, jobs.CONSUMER)
    rollups.count(session, pending)
    once = figures(session)
    rollups.count(session, pending[::-1])
    assert figures(session) == once


def test_rebuilding_step_by_step_while_events_arrive_loses_and_doubles_nothing(
    session: Session, operation: Make
) -> None:
    places = a_county(session)
    happen(session, operation, places)
    rollups.clear(session)
    after: int | None = 0
    while after is not None:
        after = rollups.rebuild_step(session, after, limit=9)
    happen(session, operation, places, count=10)
    rollups.count(session, events.pending(session, jobs.CONSUMER))
    stepped = figures(session)
    rollups.rebuild(session)
    assert figures(session) == stepped


def test_what_happened_nowhere_counts_nowhere(session: Session, operation: Make) -> None:
    a_county(session)
    events.record(session, operation("test"), "loan.opened")
    rollups.count(session, events.pending(session, jobs.CONSUMER))
    assert figures(session) == {}


def test_an_evening_in_the_county_is_its_own_day_and_not_the_one_in_utc(session: Session, operation: Make) -> None:
    places = a_county(session)
    late = kernel_clock.now().replace(hour=17)
    events.record(session, operation("test", at=late), "loan.opened", branch_id=places["east"].id)
    rollups.count(session, events.pending(session, jobs.CONSUMER))
    assert {key[0] for key in figures(session)} == {kernel_clock.local_date(late)}
    assert kernel_clock.local_date(late) != late.date()


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 400))
def test_turnover_needs_copies_and_days(loans: int, copies: int, days: int) -> None:
    found = turnover(loans, copies, days)
    assert (found is None) == (copies == 0 or days == 0)
    assert found is None or found >= 0


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(0, 0) is None
    assert share(1, 4) == 0.25


def test_the_figures_can_be_made_again_from_the_command_line(app: Flask, database: Database, operation: Make) -> None:
    with app.app_context(), database.writing() as session:
        happen(session, operation, a_county(session))
        rollups.rebuild(session)
        before = figures(session)
    result = app.test_cli_runner().invoke(stats, ["rebuild"])
    assert result.exit_code == 0, result.output
    with database.reading() as session:
        assert figures(session) == before
