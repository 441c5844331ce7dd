"""A closure is made and taken back while desks lend, renew and take back: no deadlock, no date on a shut day."""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from circulation.lending import services
from circulation.models import Loan
from library import checks
from library.branches import closure_work, closures, opening, scopes
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.checks import run
from library.kernel.db import EXTENSION, Database
from library.kernel.operations import system_operation
from tests.concurrency.test_lending import a_busy_county, at_once, lend, take_back

DESKS = 4
ROUNDS = 5
WEEK = {weekday: [(time(9), time(17))] for weekday in range(7)}


def close_east(database: Database) -> int:
    today = clock.today()
    with database.writing() as session:
        proposal = closures.propose(
            scopes.scope_of(session, rooms=["east"]),
            kind="closure",
            first_on=today + timedelta(days=25),
            last_on=today + timedelta(days=35),
            days=None,
            cause="抢收",
            today=today,
        )
        return int(closures.confirm(session, system_operation("close"), proposal)["closure"])


def due_dates(database: Database) -> set[date]:
    with database.reading() as session:
        return set(session.scalars(select(Loan.due_on).where(Loan.in_at.is_(None))))


def renew_all(database: Database) -> None:
    with database.reading() as session:
        open_loans = session.scalars(select(Loan.id).where(Loan.in_at.is_(None))).all()
    for loan_id in open_loans:
        with database.writing() as session:
            services.renew(session, system_operation("renew"), loan_id=loan_id)


@pytest.fixture
def patient(app: Flask, database_url: str) -> Iterator[Database]:
    """A database whose writers may wait long: the test asks what is decided, not how fast the machine is."""
    usual = app.extensions[EXTENSION]
    found = app.extensions[EXTENSION] = Database(database_url, busy_seconds=60.0)
    yield found
    found.dispose()
    app.extensions[EXTENSION] = usual


def test_desks_go_on_while_a_room_is_closed_and_opened_again(
    app: Flask, patient: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closure_work, "CHUNK", 5)
    county = a_busy_county(app, patient, readers=DESKS, copies=DESKS * 10, limit=50)
    with app.app_context(), patient.writing() as session:
        east = branch_by_code(session, "east")
        opening.set_week(session, system_operation("week"), east.id, WEEK, valid_from=date(2026, 1, 1))
    made: list[int] = []

    def desk(number: int) -> Callable[[], None]:
        own = county.barcodes[number::DESKS]

        def work() -> None:
            for turn in range(ROUNDS):
                for barcode in own:
                    lend(patient, county.cards[number], barcode)
                renew_all(patient)
                for barcode in own[turn::2]:
                    take_back(patient, barcode)

        return work

    def planner() -> None:
        for _ in range(ROUNDS):
            made.append(close_east(patient))
            closure_work.work_through(made[-1])
            with patient.writing() as session:
                undone = closures.closure_by_id(session, made[-1], lock=True)
                closures.undo(session, system_operation("undo"), undone)
            closure_work.work_through(made[-1])
        made.append(close_east(patient))
        closure_work.work_through(made[-1])

    at_once(app, [*(desk(number) for number in range(DESKS)), planner])
    monkeypatch.setattr(closure_work, "SETTLE", timedelta(0))
    with app.app_context():
        closure_work.work_through(made[-1])
        assert closure_work.unfinished() == []
    shut = {clock.today() + timedelta(days=ahead) for ahead in range(25, 36)}
    assert due_dates(patient)
    assert due_dates(patient) & shut == set()
    checks.register_all()
    with patient.reading() as session:
        ours = ("closure_has_rooms", "closure_is_written_down", "closure_undone_wholly", "one_open_loan")
        assert [breach for name in ours for breach in run(session, name)] == []
