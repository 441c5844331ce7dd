"""In a room that opens when the keeper is home, nobody is late before the first real opening after the due date."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.lending.shut_doors import carry_due_dates
from circulation.models import Loan
from library.branches import hours_choices, opening_log
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.models import EventRow
from library.kernel.operations import system_operation
from tests.conftest import NOON
from tests.factories import a_county, a_loan, a_patron, an_item

MoveClock = Callable[[datetime], None]
DUE = date(2026, 11, 24)


@pytest.fixture
def rooms(app: Flask, database: Database, clock: MoveClock) -> dict[str, int]:
    """East opens when the keeper is home, west by a timetable; in both a loan is due tomorrow."""
    with app.app_context(), database.writing() as session:
        county = a_county(session)
        operation = system_operation("test")
        hours_choices.choose(session, operation, county["east"], opening_mode="keeper_home", holiday_mode=None)
        for code in ("east", "west"):
            room = county[code]
            a_loan(session, item=an_item(session, branch=room), patron=a_patron(session, branch=room), due_on=DUE)
        return {code: county[code].id for code in ("east", "west")}


def due(session: Session, branch_id: int) -> date:
    return session.scalars(select(Loan.due_on).where(Loan.out_branch_id == branch_id)).one()


def test_a_due_date_waits_at_a_shut_door_and_ends_on_the_day_it_opens(
    app: Flask, database: Database, clock: MoveClock, rooms: dict[str, int]
) -> None:
    with app.app_context():
        assert carry_due_dates() == 0
        for days in (2, 3):
            clock(NOON + timedelta(days=days))
            assert carry_due_dates() == 1
            with database.reading() as session:
                assert due(session, rooms["east"]) == kernel_clock.today()
                assert due(session, rooms["west"]) == DUE
        with database.writing() as session:
            opening_log.log_opened(session, system_operation("open"), rooms["east"])
        clock(NOON + timedelta(days=4))
        # It opened on its last day: from now on the reader is late.
        assert carry_due_dates() == 0
        with database.reading() as session:
            assert due(session, rooms["east"]) == kernel_clock.today() - timedelta(days=1)
            causes = session.scalars(select(EventRow.payload).where(EventRow.kind == "loan.redated")).all()
            assert [payload["cause"] for payload in causes] == ["keeper_away", "keeper_away"]


def test_days_without_the_jobs_process_are_made_up_for(
    app: Flask, database: Database, clock: MoveClock, rooms: dict[str, int]
) -> None:
    with app.app_context():
        clock(NOON + timedelta(days=5))
        with database.writing() as session:
            opening_log.log_opened(session, system_operation("open"), rooms["east"])
        clock(NOON + timedelta(days=9))
        assert carry_due_dates() == 1
        with database.reading() as session:
            assert due(session, rooms["east"]) == date(2026, 11, 28)


def test_what_was_late_before_the_room_gave_up_its_timetable_stays_late(
    app: Flask, database: Database, clock: MoveClock, rooms: dict[str, int]
) -> None:
    with app.app_context():
        with database.writing() as session:
            loan = session.scalars(select(Loan).where(Loan.out_branch_id == rooms["east"])).one()
            loan.due_on = date(2026, 11, 10)
        clock(NOON + timedelta(days=2))
        assert carry_due_dates() == 0
