"""What scans have seen of a copy: its loans, its movements, and the steps of its transfers that somebody took by hand."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal_column, select, union_all
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemMovement
from catalog.items.services import ACQUIRED
from circulation.lending.queries import CopyFound
from circulation.models import Loan, Transfer, TransferStep
from circulation.models.loans import not_undone
from circulation.notebook.rules import Facts, Known, Line, Seen
from library.kernel import clock
from library.patrons.models import Patron

# The cause of movements that only the notebook tells of.
NOTEBOOK = "notebook"
# Somebody had the copy in hand; `requested` and `cancelled` are said without it, `missing` says it was not there.
_BY_HAND = ("picked", "packed", "dispatched", "arrived", "shelved")


@dataclass(frozen=True, slots=True)
class Trace:
    """That a copy was seen, the loan it was seen for, and whether a scan saw it or another line of the notebook."""

    seen: Seen
    loan_id: int | None
    is_scan: bool


def facts_of(session: Session, found: CopyFound, patron: Patron | None, line: Line, today: date) -> Facts:
    """Return what the database knows of reader and copy for a line; the copy is locked by the caller."""
    same = _same_loan(session, found.copy.id, line)
    seen = _seen_from(session, found.copy.id, line.lent_on) if line.lent_on is not None else []
    # The loan the line is about is no evidence against it.
    seen = [trace for trace in seen if same is None or trace.loan_id != same.id]
    later = [trace.seen for trace in seen if line.lent_on is not None and trace.seen.on > line.lent_on]
    acquired_on = session.scalar(select(Item.acquired_on).where(Item.id == found.copy.id))
    return Facts(
        today=today,
        registered_on=patron.registered_on if patron is not None else None,
        acquired_on=acquired_on,
        is_withdrawn="withdrawn" in found.copy.conditions,
        open_loan=_open_loan(found),
        same_loan=same,
        was_seen_that_day=any(trace.is_scan and trace.seen.on == line.lent_on for trace in seen),
        seen_after=min(later, key=lambda one: one.at, default=None),
    )


def _open_loan(found: CopyFound) -> Known | None:
    loan = found.loan
    if loan is None:
        return None
    return Known(loan.loan_id, loan.loan_patron_id, clock.local_date(loan.out_at))


def _same_loan(session: Session, item_id: int, line: Line) -> Known | None:
    """Return the loan of this copy to this reader that began on the day of lending."""
    if line.lent_on is None or line.patron_id is None:
        return None
    loans = session.execute(
        select(Loan.id, Loan.out_at, Loan.in_at)
        .where(
            Loan.item_id == item_id,
            Loan.patron_id == line.patron_id,
            Loan.is_on_site.is_(False),
            not_undone(),
            Loan.out_at >= clock.start_of_day(line.lent_on),
        )
        .order_by(Loan.out_at)
    ).all()
    for loan_id, out_at, in_at in loans:
        if clock.local_date(out_at) == line.lent_on:
            return Known(loan_id, line.patron_id, line.lent_on, is_open=in_at is None)
    return None


def _seen_from(session: Session, item_id: int, day: date) -> list[Trace]:
    """Return every trace of a copy on a day and later."""
    begin = clock.start_of_day(day)
    no_loan: ColumnElement[Any] = literal_column("NULL")
    a_scan: ColumnElement[int] = literal_column("0")
    parts: list[Select[*tuple[Any, ...]]] = [
        select(
            Loan.out_at.label("at"),
            Loan.out_branch_id.label("branch_id"),
            Loan.id.label("loan_id"),
            case((Loan.is_backdated, 1), else_=0).label("from_notebook"),
        ).where(Loan.item_id == item_id, Loan.out_at >= begin, not_undone()),
        select(Loan.in_at, Loan.in_branch_id, Loan.id, case((Loan.is_backdated, 1), else_=0)).where(
            Loan.item_id == item_id, Loan.in_at >= begin, Loan.closed_as == "returned"
        ),
        select(ItemMovement.at, ItemMovement.to_branch_id, no_loan, a_scan).where(
            ItemMovement.item_id == item_id, ItemMovement.at >= begin, ItemMovement.cause.not_in((ACQUIRED, NOTEBOOK))
        ),
        select(TransferStep.at, TransferStep.branch_id, no_loan, a_scan)
        .join(Transfer, Transfer.id == TransferStep.transfer_id)
        .where(Transfer.item_id == item_id, TransferStep.at >= begin, TransferStep.state.in_(_BY_HAND)),
    ]
    rows = session.execute(union_all(*parts)).all()
    return [
        Trace(Seen(row.at, clock.local_date(row.at), row.branch_id), row.loan_id, is_scan=not row.from_notebook)
        for row in rows
        if row.branch_id
    ]
