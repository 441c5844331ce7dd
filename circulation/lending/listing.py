"""What a reader has on loan, for pages."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan


def open_loans(session: Session, patron_id: int) -> Sequence[Row[Loan, Bib, str]]:
    """Return a reader's open loans as (loan, bib, barcode), the first due first."""
    return session.execute(
        select(Loan, Bib, Item.barcode)
        .join(Bib, Bib.id == Loan.bib_id)
        .join(Item, Item.id == Loan.item_id)
        .where(Loan.patron_id == patron_id, Loan.in_at.is_(None))
        .order_by(Loan.due_on, Loan.id)
    ).all()


def open_loan_of_item(session: Session, item_id: int) -> Loan | None:
    """Return the open loan of a copy."""
    return session.scalars(select(Loan).where(Loan.item_id == item_id, Loan.in_at.is_(None))).one_or_none()


def loan_figures(session: Session, patron_id: int, today: date) -> tuple[int, int]:
    """Return how many copies a reader has, and how many of them are overdue on `today`."""
    row = session.execute(
        select(func.count(), func.count().filter(Loan.due_on < today)).where(
            Loan.patron_id == patron_id, Loan.in_at.is_(None)
        )
    ).one()
    return row[0], row[1]
