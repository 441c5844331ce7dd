"""The rows lending is measured on: one room with copies and readers, one of whom has many loans already."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemBarcode
from circulation.models import Loan, PolicyRow
from library.branches.models import Branch, Location
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.identifiers import CodeKind, new_code
from library.patrons.models import Patron, PatronCard

BRANCH = "bench"
READERS = 500
TITLES = 2000
CHUNK = 5000


@dataclass(frozen=True)
class Corpus:
    """Ids and codes of what was made, in one order."""

    branch_id: int
    cards: list[str]
    patron_ids: list[int]
    busy_card: str
    barcodes: list[str]
    item_ids: list[int]
    bib_ids: list[int]
    now: str


def corpus(database: Database, *, copies: int, many_loans: int) -> Corpus:
    """Fill an empty database; the first `many_loans` copies are lent to the one busy reader."""
    now, today = clock.now(), clock.today()
    with database.writing() as session:
        branch_id, location_id = _room(session)
        session.execute(insert(PolicyRow).values(rule="loan_limit", value="3650", created_at=now))
        bibs = _many(session, Bib, [_bib(number, now) for number in range(TITLES)])
        patrons = _many(session, Patron, [_patron(branch_id, today) for _ in range(READERS + 1)])
        cards = [new_code(CodeKind.PATRON, number) for number in range(READERS + 1)]
        _many(
            session,
            PatronCard,
            [
                {"patron_id": patron, "number": card, "state": "active", "issued_on": today}
                for patron, card in zip(patrons, cards, strict=True)
            ],
        )
        barcodes = [new_code(CodeKind.ITEM, number) for number in range(copies)]
        bib_ids = [bibs[number % TITLES] for number in range(copies)]
        place = {"home": branch_id, "location": location_id, "on": today, "at": now}
        items = _many(session, Item, [_item(bib, code, place) for bib, code in zip(bib_ids, barcodes, strict=True)])
        labels = [
            {"item_id": item, "owner_branch_id": branch_id, "barcode": code, "valid_from": today}
            for item, code in zip(items, barcodes, strict=True)
        ]
        _many(session, ItemBarcode, labels)
        lent = zip(items[:many_loans], bib_ids[:many_loans], strict=True)
        _many(session, Loan, [_loan(item, bib, patrons[-1], branch_id) for item, bib in lent])
    return Corpus(branch_id, cards[:-1], patrons[:-1], cards[-1], barcodes, items, bib_ids, now.isoformat(" "))


def _room(session: Session) -> tuple[int, int]:
    branch = Branch(code=BRANCH, name=BRANCH, kind="village", path="new")
    session.add(branch)
    session.flush()
    branch.path = f"/{branch.id}/"
    location = Location(branch_id=branch.id, code="A", name="A", is_default=True)
    session.add(location)
    session.flush()
    return branch.id, location.id


def _many(session: Session, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and return the ids of the whole table in their order."""
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(model), rows[start : start + CHUNK])
    return list(session.scalars(select(model.id).order_by(model.id)))


def _bib(number: int, now: Any) -> dict[str, Any]:
    title = f"bench {number}"
    return {"title": title, "title_folded": title, "clc_top": "S", "created_at": now, "changed_at": now}


def _patron(branch_id: int, today: date) -> dict[str, Any]:
    return {
        "name": "bench",
        "category": "adult",
        "born_in": 1980,
        "home_branch_id": branch_id,
        "village_id": branch_id,
        "registered_on": today,
    }


def _item(bib_id: int, barcode: str, place: dict[str, Any]) -> dict[str, Any]:
    return {
        "bib_id": bib_id,
        "barcode": barcode,
        "owner_branch_id": place["home"],
        "home_branch_id": place["home"],
        "current_branch_id": place["home"],
        "location_id": place["location"],
        "acquired_on": place["on"],
        "created_at": place["at"],
    }


def _loan(item_id: int, bib_id: int, patron_id: int, branch_id: int) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "bib_id": bib_id,
        "patron_id": patron_id,
        "out_branch_id": branch_id,
        "out_at": clock.now(),
        "due_on": clock.today() + timedelta(days=30),
    }
