"""The ledger of a reader: lines are appended and never changed; a mistake is undone by a line that says the opposite."""

from collections.abc import Mapping

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import circulation.charges.sentences  # noqa: F401  defines the words of this room's problems
from circulation.charges.rules import Line, fault
from circulation.models import LedgerEntry
from library.branches.models import Branch
from library.kernel import events
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron


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
    waiver above what the reader owes.
    """
    found = fault(Line(kind, amount_cents, branch.kind, note))
    if found is not None:
        raise Invalid(found, kind=kind)
    _lock(session, patron_id)
    owed = balance(session, patron_id)
    if kind in {"payment", "waiver"} and owed + amount_cents < 0:
        raise Conflict("nothing_owed", balance=owed)
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


def balance(session: Session, patron_id: int) -> int:
    """Return what a reader owes, in cents; the sum of all lines."""
    owed = session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.patron_id == patron_id))
    return int(owed or 0)


def _lock(session: Session, patron_id: int) -> None:
    if session.scalar(select(Patron.id).where(Patron.id == patron_id).with_for_update()) is None:
        raise NotFound("unknown_patron", patron=patron_id)


def _write(
    session: Session, operation: Operation, patron_id: int, branch_id: int, values: Mapping[str, object]
) -> Answer:
    entry_id = session.scalars(
        insert(LedgerEntry)
        .values(patron_id=patron_id, branch_id=branch_id, at=operation.at, operation_id=operation.id, **values)
        .returning(LedgerEntry.id)
    ).one()
    payload = {"entry": entry_id, "kind": values["kind"], "amount_cents": values["amount_cents"]}
    events.record(session, operation, "charge.written", branch_id=branch_id, patron_id=patron_id, payload=payload)
    return {"entry": entry_id, "balance": balance(session, patron_id)}
