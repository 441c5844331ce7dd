"""Filling an empty database: all of it or nothing, and afterwards every index, reference and uniqueness is in force."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from circulation.models import Loan
from library.kernel import schema
from library.kernel.db import Database, Model, table_of
from library.kernel.filling import AT_ONCE, Filling, filling, insert_rows
from library.kernel.models import CacheVersion, Counter
from library.kernel.schema_checks import INVARIANTS
from library.patrons.models import Household, Patron
from tests import factories

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
INTERRUPTED = """
import sys
import time

from library import tables  # every table is known
from library.kernel.db import Database, table_of
from library.kernel.filling import filling, insert_rows
from library.kernel.models import Counter

with filling(Database(sys.argv[1])) as load:
    if load.session.get_bind().dialect.name == "sqlite":
        load.session.connection().exec_driver_sql("PRAGMA cache_size=10")  # pages reach the file long before the end
    insert_rows(load.session, table_of(Counter), ({"name": f"{number:060}", "value": 1} for number in range(20_000)))
    print("under way", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, busy_seconds=0.2)
    yield opened
    opened.dispose()


def _households(count: int, first: int = 1) -> Iterator[dict[str, Any]]:
    return ({"id": number, "name": f"第{number}家"} for number in range(first, first + count))


def _count(database: Database, model: type[Model]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _lost(database: Database) -> list[str]:
    """Return which sentences about tables, indexes and triggers do not hold."""
    with database.reading() as session:
        return [one.name for one in INVARIANTS if callable(one.broken) and list(one.broken(session))]


def _go_wrong(load: Filling, fault: str) -> None:
    branch = factories.a_branch(load.session)
    insert_rows(load.session, table_of(Household), _households(3))
    if fault == "an error":
        raise ZeroDivisionError
    if fault == "nobody of that household":
        factories.a_patron(load.session, branch=branch, household_id=77)
    else:
        item, patron = factories.an_item(load.session, branch=branch), factories.a_patron(load.session, branch=branch)
        factories.a_loan(load.session, item=item, patron=patron)
        factories.a_loan(load.session, item=item, patron=patron)


def test_all_rows_are_there_with_their_types_and_defaults(empty: Database) -> None:
    told: list[int] = []
    with filling(empty) as load:
        branch = factories.a_branch(load.session)
        stored = insert_rows(load.session, table_of(Household), _households(AT_ONCE + 10), told.append)
        loans = [
            {
                "item_id": factories.an_item(load.session, branch=branch).id,
                "bib_id": 1,
                "patron_id": factories.a_patron(load.session, branch=branch).id,
                "out_branch_id": branch.id,
                "out_at": NOW,
                "due_on": TODAY,
            }
        ]
        insert_rows(load.session, table_of(Loan), loans)
    assert (stored, told) == (AT_ONCE + 10, [AT_ONCE, 10])
    assert _count(empty, Household) == AT_ONCE + 10
    with empty.reading() as session:
        loan = session.scalars(select(Loan)).one()
        assert (loan.out_at, loan.due_on, loan.in_at) == (NOW, TODAY, None)
        assert (loan.renewals, loan.is_on_site, loan.item_class, loan.decided) == (0, False, "book", {})
    assert _lost(empty) == []


def test_afterwards_the_database_refuses_what_it_must(empty: Database) -> None:
    with filling(empty) as load:
        load.finish(lambda count: None)
    with pytest.raises(IntegrityError), empty.writing() as session:
        session.execute(
            insert(Patron).values(name="没有家的", category="adult", home_branch_id=99, registered_on=TODAY)
        )
    with empty.writing() as session:
        session.execute(insert(CacheVersion).values(name="twice", version=1))
    with pytest.raises(IntegrityError), empty.writing() as session:
        session.execute(insert(CacheVersion).values(name="twice", version=1))
    if empty.is_sqlite:
        with empty.reading() as session:
            pragmas = {
                name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("fault", ["an error", "one copy in two hands", "nobody of that household"])
def test_a_load_that_fails_leaves_nothing(empty: Database, fault: str) -> None:
    with pytest.raises((ZeroDivisionError, IntegrityError, RuntimeError)), filling(empty) as load:
        _go_wrong(load, fault)
    assert _count(empty, Household) == 0
    assert _lost(empty) == []
    with filling(empty) as load:
        insert_rows(load.session, table_of(Household), _households(3))
    assert _count(empty, Household) == 3


def test_a_load_that_is_killed_leaves_an_empty_database(empty: Database, database_url: str, tmp_path: Path) -> None:
    before = (tmp_path / "county.sqlite").stat().st_size if empty.is_sqlite else 0
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, database_url], stdout=subprocess.PIPE, text=True
    ) as loading:
        assert loading.stdout is not None
        assert loading.stdout.readline() == "under way\n"
        if empty.is_sqlite:
            assert (tmp_path / "county.sqlite").stat().st_size > before
        loading.kill()
    assert _count(empty, Counter) == 0
    assert schema.is_at_head(empty)
    assert _lost(empty) == []
    with filling(empty) as load:
        insert_rows(load.session, table_of(Household), _households(3))
    assert _count(empty, Household) == 3


def test_it_loads_beside_somebody_who_has_the_database_open(empty: Database, database_url: str) -> None:
    other = Database(database_url)
    with other.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.rollback()
        with filling(empty) as load:
            insert_rows(load.session, table_of(Household), _households(3))
        assert _count(other, Household) == 3
    other.dispose()
