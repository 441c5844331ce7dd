"""Past loans: of a copy for staff, of a reader for staff and for the reader. Whoever was forgotten is not there any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan
from circulation.models.loans import not_undone
from library.branches.models import Branch
from library.patrons.models import Patron
from library.patrons.rules import masked_name


@dataclass(frozen=True, slots=True)
class Past:
    """A loan as its history shows it; `reader` is masked, None when nobody is known or the reader was forgotten."""

    id: int
    item_id: int
    barcode: str
    bib_id: int
    title: str
    patron_id: int | None
    reader: str | None
    out_branch: str
    in_branch: str | None
    out_at: datetime
    due_on: date
    in_at: datetime | None
    closed_as: str | None
    renewals: int
    is_on_site: bool
    is_backdated: bool
    recalled_at: datetime | None
    group_id: int | None


def of_copy(session: Session, item_id: int, *, offset: int, limit: int) -> tuple[list[Past], int]:
    """Return a page of the loans of a copy, the last first, and how many there are."""
    return _page(session, [Loan.item_id == item_id], offset, limit)


def of_reader(
    session: Session, patron_id: int, *, is_open: bool | None = None, offset: int, limit: int
) -> tuple[list[Past], int]:
    """Return a page of the loans of a reader, the last first, and how many there are; open ones, past ones or both."""
    wanted: list[ColumnElement[bool]] = [Loan.patron_id == patron_id]
    if is_open is not None:
        wanted.append(Loan.in_at.is_(None) if is_open else Loan.in_at.is_not(None))
    return _page(session, wanted, offset, limit)


def one(session: Session, loan_id: int) -> Past | None:
    """Return one loan, also one that was undone."""
    row = session.execute(_query().where(Loan.id == loan_id)).first()
    return _past(row) if row else None


def _page(
    session: Session, conditions: Sequence[ColumnElement[bool]], offset: int, limit: int
) -> tuple[list[Past], int]:
    wanted = (*conditions, not_undone())
    total = session.scalar(select(func.count()).select_from(Loan).where(*wanted)) or 0
    newest_first = _query().where(*wanted).order_by(Loan.out_at.desc(), Loan.id.desc())
    return [_past(row) for row in session.execute(newest_first.offset(offset).limit(limit))], total


def _query() -> Select[*tuple[Any, ...]]:
    came_to = aliased(Branch)
    return (
        select(Loan, Item.barcode, Bib.title, Patron.name, Branch.name, came_to.name)
        .join(Item, Item.id == Loan.item_id)
        .join(Bib, Bib.id == Loan.bib_id)
        .join(Branch, Branch.id == Loan.out_branch_id)
        .outerjoin(came_to, came_to.id == Loan.in_branch_id)
        .outerjoin(Patron, Patron.id == Loan.patron_id)
    )


def _past(row: Any) -> Past:
    loan, barcode, title, name, lent_at, came_to = row
    return Past(
        id=loan.id,
        item_id=loan.item_id,
        barcode=barcode,
        bib_id=loan.bib_id,
        title=title,
        patron_id=loan.patron_id,
        reader=masked_name(name) if name else None,
        out_branch=lent_at,
        in_branch=came_to,
        out_at=loan.out_at,
        due_on=loan.due_on,
        in_at=loan.in_at,
        closed_as=loan.closed_as,
        renewals=loan.renewals,
        is_on_site=loan.is_on_site,
        is_backdated=loan.is_backdated,
        recalled_at=loan.recalled_at,
        group_id=loan.group_id,
    )
