"""Invariants of the notebook: days that are told, rows that are about their loan."""

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from circulation.models import Loan, LoanSheet, LoanSheetLine
from library.kernel import clock, events
from library.kernel.checks import Invariant
from library.kernel.models import EventRow

OPENED = "loan.opened"


def _untold(session: Session) -> Iterator[tuple[int, str]]:
    """Yield the loans from a notebook whose event tells another day than theirs, or none."""
    told = {
        event.payload.get("loan_id"): event.payload.get(events.ON)
        for event in session.execute(
            select(EventRow.payload)
            .join(Loan, (Loan.operation_id == EventRow.operation_id) & (Loan.item_id == EventRow.item_id))
            .where(Loan.is_backdated, EventRow.kind == OPENED)
        )
    }
    loans = session.execute(select(Loan.id, Loan.out_at, Loan.decided).where(Loan.is_backdated).order_by(Loan.id))
    for loan_id, out_at, decided in loans:
        day = clock.local_date(out_at).isoformat()
        # A loan that goes on after its return was undone began when the row before it did, whose day was told.
        told.setdefault(loan_id, told.get(decided.get("continues")))
        if told[loan_id] != day:
            yield loan_id, day


INVARIANTS = (
    Invariant(
        "backdated_loan_tells_its_day",
        "A loan from a notebook has an event that tells the day on which it began.",
        _untold,
    ),
    Invariant(
        "backdated_loan_was_taken_home",
        "A loan from a notebook is no reading in the room.",
        select(Loan.id).where(Loan.is_backdated, Loan.is_on_site),
    ),
    Invariant(
        "sheet_row_is_about_its_loan",
        "A row of a sheet is about the copy of its loan, which has ended when the row says so.",
        select(LoanSheetLine.id, LoanSheetLine.loan_id)
        .join(Loan, Loan.id == LoanSheetLine.loan_id)
        .where(
            or_(
                Loan.item_id != LoanSheetLine.item_id,
                LoanSheetLine.returned_on.is_not(None) & Loan.in_at.is_(None),
            )
        ),
    ),
    Invariant(
        "sheet_row_is_on_its_sheet",
        "A row that was entered stands on its sheet.",
        select(LoanSheetLine.id, LoanSheetLine.number)
        .join(LoanSheet, LoanSheet.id == LoanSheetLine.sheet_id)
        .where(LoanSheetLine.number > LoanSheet.row_count),
    ),
)
