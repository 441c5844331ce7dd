"""The copies that imported records announce, at the branch the import is for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.classification.rules import call_number_key
from catalog.items.models import Item, ItemBarcode, ItemCondition, ItemMovement
from catalog.items.services import ACQUIRED
from catalog.marc.bulk import new_ids
from catalog.marc.holdings import Holding
from catalog.marc.prepared import Prepared
from library.kernel import clock, events
from library.kernel.db import table_of
from library.kernel.operations import Operation

BARCODE_TAKEN = "barcode_taken"
REVERTED = "import_reverted"
_items = table_of(Item)
_barcodes = table_of(ItemBarcode)
_movements = table_of(ItemMovement)


@dataclass(frozen=True, slots=True)
class Place:
    """Where imported copies belong and stand: a branch, one of its locations, and whether that lends."""

    branch_id: int
    location_id: int
    is_lendable: bool


@dataclass
class Copies:
    """How many copies were added, and barcodes that already are on a copy of another book."""

    added: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Wanted:
    holding: Holding
    record: Prepared
    bib_id: int


def add_copies(
    session: Session,
    operation: Operation,
    records: Sequence[tuple[Prepared, int | None]],
    batch_id: int,
    place: Place,
) -> Copies:
    """Add the copies that are not there yet; one whose import was reverted comes back as itself."""
    wanted = [_Wanted(holding, record, bib_id) for record, bib_id in records if bib_id for holding in record.holdings]
    copies = Copies()
    if not wanted:
        return copies
    there = _there(session, place.branch_id, [one.holding.barcode for one in wanted])
    fresh: dict[str, _Wanted] = {}
    back: list[int] = []
    for one in wanted:
        item_id, bib_id = there.get(one.holding.barcode, (0, 0))
        if not item_id:
            there[one.holding.barcode] = (-1, one.bib_id)
            fresh[one.holding.barcode] = one
        elif bib_id != one.bib_id:
            reason = f"{BARCODE_TAKEN}: {one.holding.barcode}"
            copies.errors.append({"file": one.record.file, "offset": one.record.offset, "reason": reason})
        elif item_id > 0:
            back.append(item_id)
    copies.added = _insert(session, operation, list(fresh.values()), batch_id, place)
    copies.added += _bring_back(session, operation, back, batch_id, place)
    return copies


def _there(session: Session, branch_id: int, barcodes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return item and bib of each barcode the branch already uses."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(barcodes), 500):
        rows = session.execute(
            select(ItemBarcode.barcode, Item.id, Item.bib_id)
            .join(Item, Item.id == ItemBarcode.item_id)
            .where(ItemBarcode.owner_branch_id == branch_id, ItemBarcode.barcode.in_(barcodes[start : start + 500]))
        )
        found.update({barcode: (item_id, bib_id) for barcode, item_id, bib_id in rows})
    return found


def _insert(session: Session, operation: Operation, wanted: Sequence[_Wanted], batch_id: int, place: Place) -> int:
    if not wanted:
        return 0
    today = clock.local_date(operation.at)
    ids = new_ids(session, _items, len(wanted))
    pairs = list(zip(ids, wanted, strict=True))
    session.execute(insert(_items), [{"id": i, **_row(operation, one, batch_id, place, today)} for i, one in pairs])
    session.execute(
        insert(_barcodes),
        [
            {"item_id": i, "owner_branch_id": place.branch_id, "barcode": one.holding.barcode, "valid_from": today}
            for i, one in pairs
        ],
    )
    movement = {"to_branch_id": place.branch_id, "at": operation.at, "cause": ACQUIRED, "operation_id": operation.id}
    session.execute(insert(_movements), [{"item_id": item_id, **movement} for item_id in ids])
    payload = {"owner_branch_id": place.branch_id, "source": "legacy", "batch": batch_id}
    events.record_many(
        session,
        [
            events.row(
                operation,
                "item.created",
                branch_id=place.branch_id,
                bib_id=one.bib_id,
                item_id=item_id,
                payload=payload,
            )
            for item_id, one in pairs
        ],
    )
    return len(ids)


def _row(operation: Operation, one: _Wanted, batch_id: int, place: Place, today: date) -> dict[str, Any]:
    holding = one.holding
    price = holding.price_cents if holding.price_cents is not None else one.record.price_cents
    call_number = holding.call_number[:80]
    return {
        "bib_id": one.bib_id,
        "barcode": holding.barcode,
        "owner_branch_id": place.branch_id,
        "home_branch_id": place.branch_id,
        "current_branch_id": place.branch_id,
        "location_id": place.location_id,
        "item_class": "book",
        "call_number": call_number,
        "call_number_key": call_number_key(call_number),
        "volume": holding.volume[:60],
        "source": "legacy",
        "price_cents": price,
        "acquired_on": today,
        "batch_id": batch_id,
        "is_available": place.is_lendable,
        "created_at": operation.at,
    }


def _bring_back(session: Session, operation: Operation, item_ids: Sequence[int], batch_id: int, place: Place) -> int:
    """End the withdrawal of copies that a reverted import took out."""
    open_rows = select(ItemCondition).where(
        ItemCondition.item_id.in_(item_ids), ItemCondition.note == REVERTED, ItemCondition.until.is_(None)
    )
    conditions = session.scalars(open_rows).all() if item_ids else []
    for condition in conditions:
        condition.until = operation.at
    back = [condition.item_id for condition in conditions]
    if back:
        session.execute(
            update(_items).where(_items.c.id.in_(back)).values(batch_id=batch_id, is_available=place.is_lendable)
        )
        events.record_many(
            session,
            [
                events.row(
                    operation, "item.changed", branch_id=place.branch_id, item_id=item_id, payload={"batch": batch_id}
                )
                for item_id in back
            ],
        )
    return len(back)
