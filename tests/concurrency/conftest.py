"""A served county with readers, copies and a keeper's token."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog.bibs.models import BibSourceRecord
from library.accounts.services import issue_token
from library.kernel import clock
from library.kernel.db import Database
from tests import factories
from tests.serving import Served


@dataclass(frozen=True)
class County:
    """What the clients need to know of the served county."""

    served: Served
    database: Database
    token: str
    branch: str
    cards: tuple[str, ...]
    barcodes: tuple[str, ...]


def fill(database: Database, *, readers: int, copies: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Fill an empty database; return the token, the cards and the barcodes."""
    with database.writing() as session:
        county = factories.a_county(session)
        factories.county_policies(session)
        # All copies are of one title, so that the clients want the same rows.
        factories.a_policy(session, "loan_limit_title", "none")
        east = county["east"]
        bib = factories.a_bib(session)
        session.add(
            BibSourceRecord(
                bib_id=bib.id, source="form", flavour="form", record={}, checksum="1", created_at=clock.now()
            )
        )
        patrons = [factories.a_patron(session, branch=east) for _ in range(readers)]
        cards = tuple(factories.patron_card(session, patron) for patron in patrons)
        barcodes = tuple(factories.an_item(session, branch=east, bib=bib).barcode for _ in range(copies))
        account = factories.staff(session, "keeper", ("county_administrator", county["county"]))
        token = issue_token(session, account)
    return token, cards, barcodes


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server that is not started yet, on a migrated and empty database."""
    server = Served(database_url, tmp_path)
    yield server
    server.stop()


@pytest.fixture
def small_county(served: Served) -> Iterator[County]:
    """Sixteen readers and fifty copies."""
    yield from _county(served, readers=16, copies=50)


@pytest.fixture
def large_county(served: Served) -> Iterator[County]:
    """Four hundred readers and two thousand copies."""
    yield from _county(served, readers=400, copies=2000)


def _county(served: Served, *, readers: int, copies: int) -> Iterator[County]:
    database = Database(served.database_url)
    token, cards, barcodes = fill(database, readers=readers, copies=copies)
    served.start()
    yield County(served, database, token, "east", cards, barcodes)
    database.dispose()
