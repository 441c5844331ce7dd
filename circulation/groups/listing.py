"""Groups and what they have on loan, for pages, printed lists and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, false, func, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan
from library.branches.models import Branch
from library.patrons.cards import active_card
from library.patrons.models import PatronGroup


@dataclass(frozen=True, slots=True)
class LentCopy:
    """A copy a group has; the price in cents, None when unknown."""

    loan_id: int
    item_id: int
    title: str
    creators: str
    barcode: str
    call_number: str
    price_cents: int | None
    due_on: date


def groups(
    session: Session, paths: Sequence[str], today: date, *, offset: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Return a page of the groups of branches and below them that are not over, by branch and name, and how many."""
    wanted = (PatronGroup.ended_on.is_(None), or_(false(), *(Branch.path.startswith(path) for path in paths)))
    total = session.scalar(select(func.count()).select_from(PatronGroup).join(Branch).where(*wanted)) or 0
    rows = session.execute(
        _query(today).where(*wanted).order_by(Branch.path, PatronGroup.name, PatronGroup.id).offset(offset).limit(limit)
    )
    return [_shown(row) for row in rows], total


def group_view(session: Session, group_id: int, today: date) -> dict[str, Any]:
    """Return one group with the number of its card."""
    row = session.execute(_query(today).where(PatronGroup.id == group_id)).one()
    custodian_id = row[0].custodian_id
    return {**_shown(row), "card": active_card(session, custodian_id) if custodian_id is not None else None}


def still_out(session: Session, group_id: int) -> list[LentCopy]:
    """Return what a group has on loan, by call number, so that the list can be walked along the shelf."""
    rows = session.execute(
        select(
            Loan.id,
            Loan.item_id,
            Bib.title,
            Bib.creators_text,
            Item.barcode,
            Item.call_number,
            func.coalesce(Item.price_cents, Bib.price_cents),
            Loan.due_on,
        )
        .join(Item, Item.id == Loan.item_id)
        .join(Bib, Bib.id == Loan.bib_id)
        .where(Loan.group_id == group_id, Loan.in_at.is_(None))
        .order_by(Item.call_number_key, Bib.title, Item.barcode)
    )
    return [LentCopy(*row) for row in rows]


def _query(today: date) -> Select[*tuple[Any, ...]]:
    is_open = (Loan.group_id == PatronGroup.id, Loan.in_at.is_(None))
    late = func.sum(case((Loan.due_on < today, 1), else_=0))
    return select(
        PatronGroup,
        Branch.code,
        Branch.name,
        select(func.count()).where(*is_open).correlate(PatronGroup).scalar_subquery(),
        select(func.coalesce(late, 0)).where(*is_open).correlate(PatronGroup).scalar_subquery(),
    ).join(Branch, Branch.id == PatronGroup.branch_id)


def _shown(row: Any) -> dict[str, Any]:
    group, branch_code, branch_name, loans, late = row
    return {
        "id": group.id,
        "name": group.name,
        "branch": branch_code,
        "branch_name": branch_name,
        "custodian": group.custodian_id,
        "term_ends_on": group.term_ends_on,
        "is_over": group.ended_on is not None,
        "loans": loans,
        "overdue": late,
    }
