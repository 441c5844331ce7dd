"""How many statements a desk sends: ten at most, `BEGIN` and the entry point's own included, with every rule on."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from circulation.charges import services as charges
from circulation.lending import services
from circulation.lending.bench.desk import counted
from circulation.models import Loan
from circulation.policies.services import set_row
from library.branches.rounds import define_route, plan_dates
from library.branches.services import branch_by_code
from library.kernel.db import Database
from library.kernel.operations import Answer, once, system_operation
from library.patrons.models import PatronGroup
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card

MOST = 10
TODAY = date(2026, 11, 23)
# Every rule says something, and none stands against the loan.
ALL_RULES = {
    "loan_days": 20,
    "loan_unit": "days",
    "closed_day_mode": "next_open",
    "hard_due": "term_end",
    "due_by_next_run": "yes",
    "loan_limit": 9,
    "loan_limit_class": 9,
    "loan_limit_title": 2,
    "age_limit": 6,
    "new_book_protect_days": 30,
    "deposit": 5000,
    "overdue_block_days": 30,
    "suspension_days": 1,
    "fine_per_day": 10,
    "fine_grace_days": 1,
    "fine_cap": 1000,
    "renewals_max": 2,
    "renewal_days": 15,
    "renew_from": "later",
    "renew_blocked_by": "hold, overdue, restriction",
    "return_policy": "stay",
}


@pytest.fixture
def desk(app: Flask, database: Database, clock: object) -> Iterator[tuple[str, list[str]]]:
    """The card of a reader and the barcodes of two new copies; the reader has a loan, a deposit and a term."""
    del clock
    with app.app_context():
        with database.writing() as session:
            operation = system_operation("test")
            places = a_county(session)
            county_policies(session)
            for name, value in ALL_RULES.items():
                set_row(session, operation, rule=name, value=str(value))
            reader = a_patron(session, branch=places["east"])
            for kind, cents in (("deposit", 5000), ("payment", -5000)):
                charges.append(
                    session,
                    operation,
                    patron_id=reader.id,
                    kind=kind,
                    amount_cents=cents,
                    branch=places["township"],
                )
            session.add(
                PatronGroup(
                    name="x", branch_id=places["east"].id, custodian_id=reader.id, term_ends_on=date(2027, 1, 9)
                )
            )
            route = define_route(session, operation, code="R1", name="x", stops=[places["east"].id])
            plan_dates(session, operation, route, [date(2027, 1, 11)])
            copies = [an_item(session, branch=places["east"], acquired_on=TODAY) for _ in range(3)]
            found = patron_card(session, reader), [copy.barcode for copy in copies]
        lend(database, found[0], found[1][0])
        yield found


def lend(database: Database, card: str, barcode: str) -> Answer:
    operation = system_operation("check_out")
    with database.writing() as session:
        branch = branch_by_code(session, "east")
        return once(
            session,
            operation,
            {"barcode": barcode},
            lambda: services.check_out(session, operation, branch=branch, card=card, barcode=barcode),
        )


def test_a_loan_with_every_rule_on_takes_ten_statements(desk: tuple[str, list[str]], database: Database) -> None:
    card, barcodes = desk
    with counted(database) as sent:
        answer = lend(database, card, barcodes[1])
    assert (answer["decision"], answer["reasons"], answer["loan"]["due_on"]) == ("allowed", [], "2027-01-11")
    locks = [statement for statement in sent if "FOR UPDATE" in statement or "FOR NO KEY UPDATE" in statement]
    assert len(sent) - len(locks) <= MOST, sent
    assert len(locks) <= 2


def test_taking_back_in_time_takes_ten_statements(desk: tuple[str, list[str]], database: Database) -> None:
    _card, barcodes = desk
    operation = system_operation("check_in")
    with counted(database) as sent, database.writing() as session:
        branch = branch_by_code(session, "east")
        answer = once(
            session,
            operation,
            {"barcode": barcodes[0]},
            lambda: services.check_in(session, operation, branch=branch, barcode=barcodes[0]),
        )
    assert (answer["decision"], answer["reasons"]) == ("allowed", [])
    assert len(sent) <= MOST, sent


def test_what_a_loan_keeps_stays_small(desk: tuple[str, list[str]], database: Database) -> None:
    card, barcodes = desk
    answer = lend(database, card, barcodes[1])
    with database.reading() as session:
        decided = session.scalars(select(Loan.decided).where(Loan.id == answer["loan"]["id"])).one()
    assert set(decided) == {"rows"}
    assert len(str(decided)) < 400
    assert len(str(answer)) < 600
    assert TODAY + timedelta(days=20) < date.fromisoformat(answer["loan"]["due_on"])
