"""Copies: finding one by what was scanned, adding one, recording that it moved."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.classification.rules import call_number_key
from catalog.items.models import SOURCES, Item, ItemBarcode, ItemMovement
from catalog.items.rules import is_isbn
from library.branches.models import Branch, Location
from library.branches.services import default_location, require_standing
from library.kernel import clock
from library.kernel.counters import next_code
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.identifiers import CodeKind, normalise_scan
from library.kernel.operations import Operation

BARCODE_COUNTER = "item_barcodes"
ACQUIRED = "acquired"


def item_by_id(session: Session, item_id: int) -> Item:
    """Return a copy by its id.

    Raises `NotFound` `unknown_item`.
    """
    item = session.get(Item, item_id)
    if item is None:
        raise NotFound("unknown_item", item=item_id)
    return item


def items_by_code(session: Session, barcode: str) -> list[Item]:
    """Return the copies a scan may mean: those that bear the barcode now, else those that once did.

    Branches have kept their old labels, so several owners may use one barcode.
    """
    code = normalise_scan(barcode)
    wanted = (
        select(Item, ItemBarcode.valid_to)
        .join(ItemBarcode, ItemBarcode.item_id == Item.id)
        .where(ItemBarcode.barcode == code)
        .order_by(Item.id)
    )
    rows = session.execute(wanted).all() if code else []
    current = [item for item, valid_to in rows if valid_to is None]
    return current or [item for item, _ in rows]


def item_by_code(session: Session, code: str) -> Item:
    """Return the one copy a scan means.

    Raises `NotFound` `isbn_scanned` for the ISBN on a cover, `unknown_barcode`; `Conflict` `ambiguous_barcode` with the ids
    of the `candidates`, which a decision offers to choose from.
    """
    found = items_by_code(session, code)
    if not found:
        scanned = normalise_scan(code)
        raise NotFound("isbn_scanned" if is_isbn(scanned) else "unknown_barcode", barcode=scanned)
    if len(found) > 1:
        raise Conflict("ambiguous_barcode", barcode=normalise_scan(code), candidates=[item.id for item in found])
    return found[0]


def titles_of(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of copies by id."""
    wanted = select(Item.id, Bib.title).join(Bib, Bib.id == Item.bib_id).where(Item.id.in_(item_ids))
    return dict(session.execute(wanted).all())


def items_of_bib(session: Session, bib_id: int, *, offset: int = 0, limit: int = 100) -> Sequence[Item]:
    """Return a page of a bib's copies by id."""
    return session.scalars(
        select(Item).where(Item.bib_id == bib_id).order_by(Item.id).offset(offset).limit(limit)
    ).all()


def add_item(
    session: Session,
    operation: Operation,
    *,
    bib_id: int,
    owner: Branch,
    home: Branch | None = None,
    barcode: str | None = None,
    location_id: int | None = None,
    call_number: str = "",
    **details: Any,
) -> Item:
    """Add a copy of a bib; it stands at its home from now on. Without a barcode it gets a new printed code.

    `details` are further columns: `source`, `donor`, `fund`, `price_cents` (0.01 CNY), `volume`, `acquired_on`, `item_class`.
    Raises `NotFound` `unknown_bib`, `Invalid` `bad_barcode`, `unknown_source`, `unknown_location` or `date_in_future`,
    `Conflict` `barcode_taken` or `branch_not_open`.
    """
    today = clock.local_date(operation.at)
    acquired_on = details.pop("acquired_on", None) or today
    _require_sound(session, bib_id, details.get("source", "legacy"), acquired_on, today)
    home = home or owner
    require_standing(home)
    location = _location(session, home, location_id)
    code = _free_barcode(session, owner.id, barcode) if barcode is not None else _next_barcode(session)
    item = Item(
        bib_id=bib_id,
        barcode=code,
        owner_branch_id=owner.id,
        home_branch_id=home.id,
        current_branch_id=home.id,
        location_id=location.id,
        call_number=call_number[:80],
        call_number_key=call_number_key(call_number),
        acquired_on=acquired_on,
        is_available=location.is_lendable,
        created_at=operation.at,
        **details,
    )
    session.add(item)
    session.flush()
    _begin_history(session, operation, item, today)
    return item


def _require_sound(session: Session, bib_id: int, source: str, acquired_on: date, today: date) -> None:
    living = select(Bib.id).where(Bib.id == bib_id, Bib.merged_into_id.is_(None), Bib.withdrawn_at.is_(None))
    if session.scalar(living) is None:
        raise NotFound("unknown_bib", bib=bib_id)
    if source not in SOURCES:
        raise Invalid("unknown_source", source=source)
    if acquired_on > today:
        raise Invalid("date_in_future", date=acquired_on.isoformat())


def move_item(session: Session, operation: Operation, item_id: int, to_branch_id: int, cause: str) -> bool:
    """Record that a copy is now at a branch; False when it was there already.

    Whether it may be had there is decided by circulation, which owns the rows it follows from. The log stays in its order
    even when this operation began before one that was let in first, or by a clock that is behind.
    """
    last = select(func.max(ItemMovement.at)).where(ItemMovement.item_id == item_id).scalar_subquery()
    row = session.execute(select(Item.current_branch_id, last).where(Item.id == item_id)).one_or_none()
    if row is None:
        raise NotFound("unknown_item", item=item_id)
    before: int = row[0]
    moved_at: datetime | None = row[1]
    if before == to_branch_id:
        return False
    session.execute(
        update(Item)
        .where(Item.id == item_id)
        .values(current_branch_id=to_branch_id)
        .execution_options(synchronize_session="fetch")
    )
    payload = {"from_branch_id": before, "to_branch_id": to_branch_id, "cause": cause}
    event_id = record(session, operation, "item.moved", branch_id=to_branch_id, item_id=item_id, payload=payload)
    session.execute(
        insert(ItemMovement).values(
            item_id=item_id,
            from_branch_id=before,
            to_branch_id=to_branch_id,
            at=max(operation.at, moved_at) if moved_at else operation.at,
            cause=cause,
            operation_id=operation.id,
            event_id=event_id,
        )
    )
    return True


def change_barcode(session: Session, operation: Operation, item: Item, barcode: str) -> None:
    """Put another barcode on a copy; the old one still leads to it.

    Raises `Invalid` `bad_barcode`, `Conflict` `barcode_taken`.
    """
    code = _free_barcode(session, item.owner_branch_id, barcode)
    today = clock.local_date(operation.at)
    session.execute(
        update(ItemBarcode).where(ItemBarcode.item_id == item.id, ItemBarcode.valid_to.is_(None)).values(valid_to=today)
    )
    session.add(ItemBarcode(item_id=item.id, owner_branch_id=item.owner_branch_id, barcode=code, valid_from=today))
    item.barcode = code
    session.flush()
    record(session, operation, "item.changed", bib_id=item.bib_id, item_id=item.id, payload={"fields": ["barcode"]})


def _location(session: Session, home: Branch, location_id: int | None) -> Location:
    if location_id is None:
        return default_location(session, home.id)
    location = session.get(Location, location_id)
    if location is None or location.branch_id != home.id:
        raise Invalid("unknown_location", location=location_id)
    return location


def _free_barcode(session: Session, owner_id: int, barcode: str) -> str:
    code = normalise_scan(barcode)
    if not code or is_isbn(code):
        raise Invalid("bad_barcode", barcode=code)
    taken = select(ItemBarcode.id).where(ItemBarcode.owner_branch_id == owner_id, ItemBarcode.barcode == code)
    if session.scalar(taken) is not None:
        raise Conflict("barcode_taken", barcode=code)
    return code


def _next_barcode(session: Session) -> str:
    """Return a new printed code; the counter is locked until the transaction ends."""

    def is_taken(code: str) -> bool:
        return session.scalar(select(ItemBarcode.id).where(ItemBarcode.barcode == code).limit(1)) is not None

    return next_code(session, BARCODE_COUNTER, CodeKind.ITEM, is_taken)


def _begin_history(session: Session, operation: Operation, item: Item, today: date) -> None:
    event_id = record(
        session,
        operation,
        "item.created",
        branch_id=item.current_branch_id,
        bib_id=item.bib_id,
        item_id=item.id,
        payload={"owner_branch_id": item.owner_branch_id, "source": item.source},
    )
    session.add(
        ItemBarcode(item_id=item.id, owner_branch_id=item.owner_branch_id, barcode=item.barcode, valid_from=today)
    )
    session.add(
        ItemMovement(
            item_id=item.id,
            to_branch_id=item.current_branch_id,
            at=operation.at,
            cause=ACQUIRED,
            operation_id=operation.id,
            event_id=event_id,
        )
    )
    session.flush()
