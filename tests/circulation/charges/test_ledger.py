"""The ledger: what a line may say, the balance, and undoing a line by another."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from circulation.charges import services
from circulation.charges.rules import LARGEST_CENTS, Line, fault
from circulation.models import LedgerEntry
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.operations import Operation
from library.patrons.models import Patron
from tests.factories import a_county, a_patron

Operations = Callable[..., Operation]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Line("compensation", 3500, "village"), None),
        (Line("payment", -3500, "township"), None),
        (Line("waiver", -3500, "village", "家里困难"), None),
        (Line("fine", 100, "central"), "unknown_charge"),
        (Line("void", 100, "central", "x"), "unknown_charge"),
        (Line("compensation", 0, "central"), "bad_amount"),
        (Line("compensation", -1, "central"), "bad_amount"),
        (Line("payment", 1, "central"), "bad_amount"),
        (Line("deposit", LARGEST_CENTS + 1, "central"), "bad_amount"),
        (Line("payment", -1, "village"), "cash_not_here"),
        (Line("deposit_refund", -1, "school"), "cash_not_here"),
        (Line("waiver", -1, "central", "  "), "note_required"),
    ],
)
def test_what_a_line_may_say(line: Line, code: str | None) -> None:
    assert fault(line) == code


@pytest.fixture
def places(session: Session) -> dict[str, Branch]:
    return a_county(session)


@pytest.fixture
def reader(session: Session, places: dict[str, Branch]) -> Patron:
    return a_patron(session, branch=places["east"])


def test_the_balance_is_the_sum_of_all_lines(
    session: Session, operation: Operations, places: dict[str, Branch], reader: Patron
) -> None:
    town = places["township"]
    services.append(session, operation(), patron_id=reader.id, kind="compensation", amount_cents=3500, branch=town)
    paid = services.append(session, operation(), patron_id=reader.id, kind="payment", amount_cents=-2000, branch=town)
    assert paid["balance"] == services.balance(session, reader.id) == 1500
    assert services.balance(session, a_patron(session, branch=places["west"]).id) == 0


def test_nobody_pays_more_than_is_owed(
    session: Session, operation: Operations, places: dict[str, Branch], reader: Patron
) -> None:
    with pytest.raises(Conflict, match="nothing_owed"):
        services.append(
            session, operation(), patron_id=reader.id, kind="payment", amount_cents=-1, branch=places["central"]
        )


def test_a_line_is_undone_once_by_its_opposite(
    session: Session, operation: Operations, places: dict[str, Branch], reader: Patron
) -> None:
    town = places["township"]
    line = services.append(
        session, operation(), patron_id=reader.id, kind="compensation", amount_cents=3500, branch=town
    )
    undone = services.void(session, operation(), line["entry"], branch=town, note="书找到了")
    assert undone["balance"] == 0
    assert session.scalars(select(LedgerEntry.amount_cents).order_by(LedgerEntry.id)).all() == [3500, -3500]
    for entry in (line["entry"], undone["entry"]):
        with pytest.raises(Conflict, match="entry_already_void"):
            services.void(session, operation(), entry, branch=town, note="again")


def test_what_does_not_exist_is_neither_charged_nor_undone(
    session: Session, operation: Operations, places: dict[str, Branch]
) -> None:
    town = places["township"]
    with pytest.raises(NotFound, match="unknown_patron"):
        services.append(session, operation(), patron_id=999, kind="deposit", amount_cents=1, branch=town)
    with pytest.raises(NotFound, match="unknown_entry"):
        services.void(session, operation(), 999, branch=town, note="x")
    with pytest.raises(Invalid, match="note_required"):
        services.void(session, operation(), 999, branch=town, note=" ")


def test_the_database_itself_refuses_to_change_a_line(database: Database, operation: Operations) -> None:
    with database.writing() as session:
        places = a_county(session)
        reader = a_patron(session, branch=places["east"])
        services.append(
            session, operation(), patron_id=reader.id, kind="deposit", amount_cents=5000, branch=places["central"]
        )
    with pytest.raises(DatabaseError, match="immutable"), database.writing() as session:
        session.execute(update(LedgerEntry).values(amount_cents=1))
