"""Sheets and their rows, for pages and the API; a reader's name is only shown masked, and while it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan, LoanSheet, LoanSheetLine
from library.branches.models import Branch
from library.patrons.models import Patron
from library.patrons.rules import masked_name


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """A row that was entered: what it said, of which copy, and whether its loan is still open."""

    number: int
    loan_id: int | None
    item_id: int
    title: str
    barcode: str
    reader: str | None
    lent_on: date | None
    returned_on: date | None
    is_open: bool


def sheets(session: Session, paths: Sequence[str], *, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return a page of the sheets of branches and below them, the last printed first, and how many there are."""
    wanted = or_(false(), *(Branch.path.startswith(path) for path in paths))
    total = session.scalar(select(func.count()).select_from(LoanSheet).join(Branch).where(wanted)) or 0
    entered = select(func.count()).where(LoanSheetLine.sheet_id == LoanSheet.id).correlate(LoanSheet).scalar_subquery()
    rows = session.execute(
        select(LoanSheet, Branch.code, Branch.name, entered)
        .join(Branch, Branch.id == LoanSheet.branch_id)
        .where(wanted)
        .order_by(LoanSheet.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_sheet(*row) for row in rows], total


def sheet_view(session: Session, sheet: LoanSheet) -> dict[str, Any]:
    """Return one sheet with the rows that were entered."""
    branch = session.get_one(Branch, sheet.branch_id)
    rows = entered_rows(session, sheet.id)
    return {**_sheet(sheet, branch.code, branch.name, len(rows)), "rows": rows}


def entered_rows(session: Session, sheet_id: int) -> list[EnteredRow]:
    """Return the rows of a sheet that were entered, in their order."""
    rows = session.execute(
        select(LoanSheetLine, Item.barcode, Bib.title, Patron.name, Loan.in_at)
        .join(Item, Item.id == LoanSheetLine.item_id)
        .join(Bib, Bib.id == Item.bib_id)
        .outerjoin(Loan, Loan.id == LoanSheetLine.loan_id)
        .outerjoin(Patron, Patron.id == Loan.patron_id)
        .where(LoanSheetLine.sheet_id == sheet_id)
        .order_by(LoanSheetLine.number)
    )
    return [_row(*row) for row in rows]


def _row(line: LoanSheetLine, barcode: str, title: str, name: str | None, in_at: datetime | None) -> EnteredRow:
    return EnteredRow(
        number=line.number,
        loan_id=line.loan_id,
        item_id=line.item_id,
        title=title,
        barcode=barcode,
        reader=masked_name(name) if name else None,
        lent_on=line.lent_on,
        returned_on=line.returned_on,
        is_open=line.loan_id is not None and in_at is None,
    )


def _sheet(sheet: LoanSheet, branch_code: str, branch_name: str, entered: int) -> dict[str, Any]:
    return {
        "code": sheet.code,
        "branch": branch_code,
        "branch_name": branch_name,
        "row_count": sheet.row_count,
        "entered": entered,
        "printed_at": sheet.printed_at,
    }
