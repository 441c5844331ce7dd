"""Copying a notebook: a loan, its return, or both, with the days on which they really were.

Rows say when it was, operations and events when it was entered; an event of the past carries its day in the payload as `on`,
by which figures count it. No rule of lending refuses what has happened already; nothing is charged and nobody is blocked.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from circulation.lending.queries import CopyFound, lock_reader
from circulation.lending.scans import Scan, identify, stored
from circulation.models import Loan
from circulation.notebook import reasons
from circulation.notebook.evidence import facts_of
from circulation.notebook.readers import reader_named
from circulation.notebook.rules import Line, Plan, Step, plan
from circulation.notebook.writing import Writing, write
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.decisions import Reason, reason
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it was typed: where, the card or name, the barcode, the days."""

    branch: Branch
    barcode: str | None = None
    item_id: int | None = None
    card: str = ""
    lent_on: date | None = None
    returned_on: date | None = None
    is_still_out: bool = False


def enter(session: Session, operation: Operation, entry: Entry, *, dry_run: bool = False) -> Answer:
    """Write a line of the notebook, or say why not.

    Return `{decision, reasons, step, loan {id, due_on, lent_on, returned_on}, item, patron, candidates}`; `step` is `open`,
    `history`, `close` or `nothing`. A dry run decides only.
    """
    patron, refusal = _reader(session, entry)
    if refusal is not None:
        return answer([refusal])
    if patron is not None:
        lock_reader(session, patron_id=patron.id)
    identified = identify(session, Scan(entry.barcode, entry.item_id), patron_id=patron.id if patron else None)
    found = identified.found
    if found is None:
        assert identified.refusal is not None
        return answer([identified.refusal], candidates=list(identified.candidates))
    line = Line(entry.lent_on, entry.returned_on, patron.id if patron else None)
    facts = facts_of(session, found, patron, line, clock.local_date(operation.at))
    decided = plan(line, facts, is_still_out=entry.is_still_out)
    told, loan_id = list(decided.decision.reasons), decided.loan_id
    if decided.decision.is_allowed and decided.step is not Step.NOTHING:
        told += _other_reader(line, found, decided)
        if not dry_run:
            loan_id = write(session, Writing(operation, entry.branch, line, found, decided))
    loan = _loan_ref(session, loan_id) if loan_id is not None else None
    names = {"item": found.copy.id, "patron": patron.id if patron else None}
    return answer(told, **names, step=str(decided.step), loan=loan)


def _reader(session: Session, entry: Entry) -> tuple[Patron | None, Reason | None]:
    """Return who is meant; a line that only says that a copy came back needs nobody."""
    if entry.lent_on is None and not entry.card.strip():
        return None, None
    return reader_named(session, entry.card, entry.branch)


def _other_reader(line: Line, found: CopyFound, decided: Plan) -> list[Reason]:
    """Tell that the book was in somebody else's name than the notebook says."""
    if decided.step is not Step.CLOSE or line.patron_id is None or found.loan is None:
        return []
    return [] if found.loan.loan_patron_id == line.patron_id else [reason(reasons.OTHER_READER)]


def _loan_ref(session: Session, loan_id: int) -> dict[str, Any]:
    loan = session.get_one(Loan, loan_id, populate_existing=True)
    back = clock.local_date(loan.in_at).isoformat() if loan.in_at is not None else None
    lent = clock.local_date(loan.out_at).isoformat()
    return {"id": loan.id, "due_on": loan.due_on.isoformat(), "lent_on": lent, "returned_on": back}


def answer(found: list[Reason], **members: Any) -> Answer:
    """Return an answer about a line."""
    empty = {"step": str(Step.NOTHING), "loan": None, "item": None, "patron": None}
    return stored(found, **{**empty, "candidates": [], **members})
