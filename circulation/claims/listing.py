"""Cases for pages and the API: who holds what is always named, a reader's name only masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.cases.rules import outcomes_of
from circulation.models import Box, Case, Loan
from library.branches.models import Branch
from library.patrons.models import Patron
from library.patrons.rules import masked_name

READER, BRANCH, CARRIER = "reader", "branch", "carrier"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases: `paths` are those of branches they belong to or are below of, `state` is open, settled or all."""

    paths: Sequence[str]
    state: str = "open"
    kind: str | None = None
    item_id: int | None = None


def cases(session: Session, wanted: CaseFilter, *, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return a page of cases and how many there are: open ones first, the oldest of them first, then the last settled."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(Case).join(Branch).where(*conditions)) or 0
    rows = session.execute(
        _query()
        .where(*conditions)
        .order_by(Case.settled_at.is_not(None), Case.settled_at.desc(), Case.opened_at, Case.id)
        .offset(offset)
        .limit(limit)
    )
    return [_shown(row) for row in rows], total


def open_count(session: Session, path: str) -> int:
    """Return how many cases wait at a branch and below it."""
    waiting = select(func.count()).select_from(Case).join(Branch, Branch.id == Case.branch_id)
    return session.scalar(waiting.where(Branch.path.startswith(path), Case.settled_at.is_(None))) or 0


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [or_(false(), *(Branch.path.startswith(path) for path in wanted.paths))]
    if wanted.state == "open":
        conditions.append(Case.settled_at.is_(None))
    if wanted.state == "settled":
        conditions.append(Case.settled_at.is_not(None))
    if wanted.kind is not None:
        conditions.append(Case.kind == wanted.kind)
    if wanted.item_id is not None:
        conditions.append(Case.item_id == wanted.item_id)
    return conditions


def _query() -> Select[*tuple[Any, ...]]:
    seen_at, box_at = aliased(Branch), aliased(Branch)
    return (
        select(
            Case,
            Branch.code.label("branch_code"),
            Branch.name.label("branch_name"),
            Item.barcode,
            Bib.title,
            Bib.id.label("bib_id"),
            Patron.name.label("reader_name"),
            Loan.in_at,
            Loan.due_on,
            seen_at.name.label("seen_at_name"),
            Box.holder_name,
            box_at.name.label("box_at_name"),
        )
        .join(Branch, Branch.id == Case.branch_id)
        .outerjoin(Item, Item.id == Case.item_id)
        .outerjoin(Bib, Bib.id == Item.bib_id)
        .outerjoin(Patron, Patron.id == Case.patron_id)
        .outerjoin(Loan, Loan.id == Case.loan_id)
        .outerjoin(seen_at, seen_at.id == Item.current_branch_id)
        .outerjoin(Box, Box.id == Case.box_id)
        .outerjoin(box_at, box_at.id == Box.holder_branch_id)
    )


def _shown(row: Row[Any]) -> dict[str, Any]:
    case: Case = row[0]
    return {
        "id": case.id,
        "kind": case.kind,
        "branch": row.branch_code,
        "branch_name": row.branch_name,
        "item": case.item_id,
        "barcode": row.barcode,
        "bib": row.bib_id,
        "title": row.title,
        "loan": case.loan_id,
        "due_on": row.due_on,
        "reader": masked_name(row.reader_name) if row.reader_name else None,
        "holder": _holder(row),
        "note": case.note,
        "opened_at": case.opened_at,
        "settled_at": case.settled_at,
        "outcome": case.outcome,
        "outcome_note": case.outcome_note,
        "outcomes": [str(outcome) for outcome in outcomes_of(case.kind)] if case.settled_at is None else [],
    }


def _holder(row: Row[Any]) -> dict[str, Any]:
    """Return in whose hands the copy is, or was last: the reader's, of whoever carries its box, else a branch's."""
    case: Case = row[0]
    was_lent = case.loan_id is not None and (row.in_at is None or case.kind == "lost")
    if was_lent:
        return {"kind": READER, "name": masked_name(row.reader_name) if row.reader_name else None}
    if row.holder_name:
        return {"kind": CARRIER, "name": row.holder_name}
    return {"kind": BRANCH, "name": row.box_at_name or row.seen_at_name or row.branch_name}
