"""The ledger of a reader: lines are appended and never changed; a mistake is undone by a line that says the opposite."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

import circulation.charges.sentences  # noqa: F401  defines the words of this room's problems
from circulation.charges.rules import Line, fault
from circulation.models import LedgerEntry
from library.branches.models import Branch
from library.kernel import events
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron

# What is charged for a copy that does not come back.
FOR_LOST = ("compensation", "processing")
FOUND = "copy_came_back"


def append(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    kind: str,
    amount_cents: int,
    branch: Branch,
    loan_id: int | None = None,
    note: str = "",
) -> Answer:
    """Write a line; return `{entry, balance}`, the balance in cents after it.

    Raises `NotFound` `unknown_patron`, `Invalid` with a code of `rules.fault`, and `Conflict` `nothing_owed` for a payment or
    waiver above what the reader owes, `nothing_to_give_back` for a refund above what the county owes the reader.
    """
    found = fault(Line(kind, amount_cents, branch.kind, note))
    if found is not None:
        raise Invalid(found, kind=kind)
    _lock(session, patron_id)
    owed = balance(session, patron_id)
    if kind in {"payment", "waiver"} and owed + amount_cents < 0:
        raise Conflict("nothing_owed", balance=owed)
    if kind == "refund" and owed + amount_cents > 0:
        raise Conflict("nothing_to_give_back", balance=owed)
    values = {"kind": kind, "amount_cents": amount_cents, "loan_id": loan_id, "note": note.strip()}
    return _write(session, operation, patron_id, branch.id, values)


def void(session: Session, operation: Operation, entry_id: int, *, branch: Branch, note: str) -> Answer:
    """Undo a line by one of the opposite amount; return `{entry, balance}`.

    Raises `NotFound` `unknown_entry`, `Conflict` `entry_already_void` (also for a line that itself undoes one), `Invalid`
    `note_required`.
    """
    if not note.strip():
        raise Invalid("note_required")
    patron_id = session.scalar(select(LedgerEntry.patron_id).where(LedgerEntry.id == entry_id))
    if patron_id is None:
        raise NotFound("unknown_entry", entry=entry_id)
    _lock(session, patron_id)
    entry = session.get_one(LedgerEntry, entry_id)
    undone = session.scalar(select(LedgerEntry.id).where(LedgerEntry.voids_id == entry_id))
    if undone is not None or entry.kind == "void":
        raise Conflict("entry_already_void", entry=entry_id)
    values = {
        "kind": "void",
        "amount_cents": -entry.amount_cents,
        "loan_id": entry.loan_id,
        "voids_id": entry_id,
        "note": note.strip(),
    }
    return _write(session, operation, patron_id, branch.id, values)


def charge_overdue(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    amount_cents: int,
    branch_id: int,
    loan_id: int,
    item_id: int,
) -> int:
    """Write what days late cost; return the line's id.

    A debt is only added, so nobody has to wait for the reader's row: a desk that takes a copy back holds the copy already,
    and waiting for the reader then would turn the order of locks round.
    """
    values = {"kind": "overdue", "amount_cents": amount_cents, "loan_id": loan_id}
    return _insert(session, operation, patron_id, branch_id, values, item_id=item_id)


@dataclass(frozen=True, slots=True)
class Charged:
    """A line that charged for a copy and has not been undone."""

    entry: int
    patron_id: int
    loan_id: int
    amount_cents: int
    at: datetime


def charged_for(session: Session, loan_ids: Collection[int]) -> list[Charged]:
    """Return what was charged for lost copies of loans and not undone, oldest first."""
    voiding = aliased(LedgerEntry)
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.patron_id, LedgerEntry.loan_id, LedgerEntry.amount_cents, LedgerEntry.at)
        .outerjoin(voiding, voiding.voids_id == LedgerEntry.id)
        .where(
            LedgerEntry.loan_id.in_(loan_ids),
            LedgerEntry.kind.in_(FOR_LOST),
            LedgerEntry.patron_id.is_not(None),
            voiding.id.is_(None),
        )
        .order_by(LedgerEntry.id)
    )
    return [Charged(row.id, row.patron_id or 0, row.loan_id or 0, row.amount_cents, row.at) for row in rows]


def take_back(session: Session, operation: Operation, charged: Charged, *, branch_id: int) -> bool:
    """Undo a charge because what it was for has come back; False when somebody undid it meanwhile."""
    values = {
        "kind": "void",
        "amount_cents": -charged.amount_cents,
        "loan_id": charged.loan_id,
        "voids_id": charged.entry,
        "note": FOUND,
    }
    try:
        with session.begin_nested():
            _insert(session, operation, charged.patron_id, branch_id, values)
    except IntegrityError:
        return False
    return True


def balance(session: Session, patron_id: int) -> int:
    """Return what a reader owes, in cents; the sum of all lines."""
    owed = session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.patron_id == patron_id))
    return int(owed or 0)


def _lock(session: Session, patron_id: int) -> None:
    if session.scalar(select(Patron.id).where(Patron.id == patron_id).with_for_update(key_share=True)) is None:
        raise NotFound("unknown_patron", patron=patron_id)


def _write(
    session: Session, operation: Operation, patron_id: int, branch_id: int, values: Mapping[str, object]
) -> Answer:
    entry_id = _insert(session, operation, patron_id, branch_id, values)
    return {"entry": entry_id, "balance": balance(session, patron_id)}


def _insert(
    session: Session,
    operation: Operation,
    patron_id: int,
    branch_id: int,
    values: Mapping[str, object],
    *,
    item_id: int | None = None,
) -> int:
    entry_id = session.scalars(
        insert(LedgerEntry)
        .values(patron_id=patron_id, branch_id=branch_id, at=operation.at, operation_id=operation.id, **values)
        .returning(LedgerEntry.id)
    ).one()
    payload = {"entry": entry_id, "kind": values["kind"], "amount_cents": values["amount_cents"]}
    about: dict[str, Any] = {"branch_id": branch_id, "item_id": item_id, "patron_id": patron_id}
    events.record(session, operation, "charge.written", **about, payload=payload)
    return entry_id
