"""Many desks at once: every copy is lent once, limits hold, and a request sent by several threads is done once."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from circulation.lending import reasons as own
from circulation.lending import services
from circulation.models import LedgerEntry, Loan
from circulation.policies import reasons
from circulation.policies.services import set_row
from circulation.whereabouts import facts
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.operations import Answer, Operation, new_id, once, system_operation
from library.patrons.models import PatronBlock
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies, patron_card

THREADS = 8
LIMIT = 3


@dataclass(frozen=True)
class County:
    """Cards of readers and barcodes of copies in the room `east`."""

    cards: list[str]
    barcodes: list[str]


@pytest.fixture
def database(app: Flask) -> Iterator[Database]:
    """A database whose writers may wait long: the test asks what is decided, not how fast the machine is."""
    found = Database(str(app.config["TEST_DATABASE_URL"]), busy_seconds=60.0)
    yield found
    found.dispose()


@pytest.fixture
def app(app: Flask, database_url: str) -> Flask:
    app.config["TEST_DATABASE_URL"] = database_url
    return app


def a_busy_county(
    app: Flask,
    database: Database,
    *,
    readers: int,
    copies: int,
    limit: int,
    rules: Mapping[str, int] | None = None,
    is_one_title: bool = False,
) -> County:
    with app.app_context(), database.writing() as session:
        east = a_county(session)["east"]
        county_policies(session)
        for rule, value in {"loan_limit": limit, **(rules or {})}.items():
            set_row(session, system_operation("set_policy"), rule=rule, value=str(value))
        patrons = [a_patron(session, branch=east) for _ in range(readers)]
        bib = a_bib(session) if is_one_title else None
        items = [an_item(session, branch=east, bib=bib) for _ in range(copies)]
        return County([patron_card(session, patron) for patron in patrons], [item.barcode for item in items])


def at_once(app: Flask, works: list[Callable[[], None]]) -> None:
    """Run all at the same time, each in a thread of its own; the first fault is raised here."""
    faults: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            with app.app_context():
                barrier.wait()
                work()
        except BaseException as error:  # noqa: BLE001  handed to the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def lend(database: Database, card: str, barcode: str, operation_id: str | None = None) -> Answer:
    operation = system_operation("check_out")
    if operation_id is not None:
        operation = Operation(operation_id, "check_out", operation.actor, "job", operation.at)
    content = {"card": card, "barcode": barcode}
    with database.writing() as session:
        branch = branch_by_code(session, "east")
        return once(
            session,
            operation,
            content,
            lambda: services.check_out(session, operation, branch=branch, card=card, barcode=barcode),
        )


def take_back(database: Database, barcode: str) -> Answer:
    operation = system_operation("check_in")
    with database.writing() as session:
        branch = branch_by_code(session, "east")
        return services.check_in(session, operation, branch=branch, barcode=barcode)


def numbers(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        loans = session.execute(
            select(Loan.patron_id, func.count()).where(Loan.in_at.is_(None)).group_by(Loan.patron_id)
        ).all()
        wrong = session.execute(facts.wrongly_flagged()).all()
        return {
            "loans": sum(row[1] for row in loans),
            "most": max((row[1] for row in loans), default=0),
            "wrong": wrong,
        }


def test_copies_that_everybody_wants_are_lent_once_each(app: Flask, database: Database) -> None:
    county = a_busy_county(app, database, readers=THREADS, copies=12, limit=50)
    answers: list[Answer] = []

    def grabber(number: int) -> Callable[[], None]:
        def grab() -> None:
            order = county.barcodes.copy()
            Random(number).shuffle(order)
            answers.extend(lend(database, county.cards[number], barcode) for barcode in order)

        return grab

    at_once(app, [grabber(number) for number in range(THREADS)])
    allowed = [answer for answer in answers if answer["decision"] == "allowed"]
    refused = [answer for answer in answers if answer["decision"] == "refused"]
    assert (len(allowed), len(refused)) == (12, 12 * (THREADS - 1))
    assert {answer["item"] for answer in allowed} == {answer["item"] for answer in answers}
    assert {reason["code"] for answer in refused for reason in answer["reasons"]} == {"item_on_loan"}
    assert numbers(database) == {"loans": 12, "most": max(numbers(database)["most"], 1), "wrong": []}


def test_a_reader_at_many_desks_never_gets_more_than_the_limit(app: Flask, database: Database) -> None:
    county = a_busy_county(app, database, readers=1, copies=THREADS * 2, limit=LIMIT)
    answers: list[Answer] = []

    def at_desk(number: int) -> Callable[[], None]:
        own = county.barcodes[number::THREADS]
        return lambda: answers.extend(lend(database, county.cards[0], barcode) for barcode in own)

    at_once(app, [at_desk(number) for number in range(THREADS)])
    assert sum(answer["decision"] == "allowed" for answer in answers) == LIMIT
    refused = {reason["code"] for answer in answers for reason in answer["reasons"]}
    assert refused == {reasons.LOAN_LIMIT_REACHED}
    assert numbers(database) == {"loans": LIMIT, "most": LIMIT, "wrong": []}


@pytest.mark.parametrize(
    ("rule", "is_one_title", "code"),
    [
        ("loan_limit_class", False, own.CLASS_LIMIT_REACHED),
        ("loan_limit_title", True, own.TITLE_LIMIT_REACHED),
    ],
)
def test_a_reader_at_many_desks_never_gets_more_of_a_kind(
    app: Flask, database: Database, rule: str, is_one_title: bool, code: str
) -> None:
    county = a_busy_county(
        app, database, readers=1, copies=THREADS * 2, limit=50, rules={rule: LIMIT}, is_one_title=is_one_title
    )
    answers: list[Answer] = []

    def at_desk(number: int) -> Callable[[], None]:
        own_copies = county.barcodes[number::THREADS]
        return lambda: answers.extend(lend(database, county.cards[0], barcode) for barcode in own_copies)

    at_once(app, [at_desk(number) for number in range(THREADS)])
    assert sum(answer["decision"] == "allowed" for answer in answers) == LIMIT
    assert {reason["code"] for answer in answers for reason in answer["reasons"]} == {code}
    assert numbers(database) == {"loans": LIMIT, "most": LIMIT, "wrong": []}


def test_late_books_come_back_while_their_readers_borrow(app: Flask, database: Database) -> None:
    """One desk takes a late book back and writes into its reader's account; another, holding the reader, wants that book."""
    rules = {"fine_per_day": 10, "suspension_days": 1, "overdue_block_days": 3650}
    county = a_busy_county(app, database, readers=1, copies=THREADS * 2, limit=50, rules=rules)
    for barcode in county.barcodes:
        lend(database, county.cards[0], barcode)
    with database.writing() as session:
        session.execute(update(Loan).values(due_on=clock.today() - timedelta(days=3)))

    def each(scan: Callable[[str], Answer], barcodes: list[str]) -> None:
        for barcode in barcodes:
            scan(barcode)

    scans = (partial(take_back, database), partial(lend, database, county.cards[0]))
    parts = [county.barcodes[number :: THREADS // 2] for number in range(THREADS // 2)]
    at_once(app, [partial(each, scan, part) for part in parts for scan in scans])
    with database.reading() as session:
        charged = session.execute(select(LedgerEntry.kind, LedgerEntry.amount_cents)).all()
        assert [tuple(row) for row in charged] == [("overdue", 30)] * len(county.barcodes)
        blocks = select(func.count()).select_from(PatronBlock)
        assert session.scalar(blocks) == len(county.barcodes)
    assert numbers(database)["wrong"] == []


def test_one_request_sent_by_many_threads_is_one_loan_and_one_answer(app: Flask, database: Database) -> None:
    county = a_busy_county(app, database, readers=1, copies=1, limit=LIMIT)
    operation_id = new_id()
    answers: list[Answer] = []

    def send() -> None:
        answers.append(lend(database, county.cards[0], county.barcodes[0], operation_id))

    at_once(app, [send] * THREADS)
    assert len(answers) == THREADS
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["decision"] == "allowed"
    assert numbers(database) == {"loans": 1, "most": 1, "wrong": []}


def test_lending_and_taking_back_at_once_leaves_nothing_half_done(app: Flask, database: Database) -> None:
    county = a_busy_county(app, database, readers=THREADS, copies=3, limit=2)

    def at_desk(number: int) -> Callable[[], None]:
        def work() -> None:
            chance = Random(number)
            for _ in range(6):
                barcode = chance.choice(county.barcodes)
                if chance.random() < 0.6:
                    lend(database, county.cards[number], barcode)
                else:
                    take_back(database, barcode)

        return work

    at_once(app, [at_desk(number) for number in range(THREADS)])
    left = numbers(database)
    assert left["wrong"] == []
    assert left["most"] <= 2
    with ExitStack() as stack:
        session = stack.enter_context(database.reading())
        doubled = select(Loan.item_id).where(Loan.in_at.is_(None)).group_by(Loan.item_id).having(func.count() > 1)
        assert session.execute(doubled).all() == []
