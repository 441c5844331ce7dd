"""Due dates that move because rooms are closed, because the harvest has come, or because nobody opened the door."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import Loan
from library.branches.redating import Change, Dated, Span
from library.kernel import events
from library.kernel.db import table_of
from library.kernel.operations import Operation
from library.patrons.models import Patron

_loans = table_of(Loan)
_MOVE = update(_loans).where(_loans.c.id == bindparam("loan_id")).values(due_on=bindparam("after"))


class LoanDates:
    """The due dates of open loans, each of the room it was lent at; implements `library.branches.redating.Dates`."""

    def find(
        self, session: Session, span: Span, branch_ids: Sequence[int], *, after_id: int, limit: int
    ) -> Sequence[int]:
        """Return the ids of loans that are due on a day of the span."""
        wanted = select(Loan.id).where(*_due_within(span), Loan.out_branch_id.in_(branch_ids), Loan.id > after_id)
        return session.scalars(wanted.order_by(Loan.id).limit(limit)).all()

    def read(self, session: Session, span: Span, ids: Sequence[int], *, lock: bool) -> Sequence[Dated]:
        """Return the due dates of those that are still due on a day of the span."""
        if lock:
            lock_loans(session, ids)
        rows = session.execute(
            select(Loan.id, Loan.out_branch_id, Loan.due_on)
            .where(*_due_within(span), Loan.id.in_(ids))
            .order_by(Loan.id)
        )
        return [Dated(loan_id, branch_id, "due_on", due_on) for loan_id, branch_id, due_on in rows]

    def standing(self, session: Session, ids: Iterable[int]) -> Mapping[int, Mapping[str, date | None]]:
        """Return the due dates of those loans that are still open, locked."""
        wanted = list(ids)
        lock_loans(session, wanted)
        rows = session.execute(select(Loan.id, Loan.due_on).where(Loan.id.in_(wanted), Loan.in_at.is_(None)))
        return {loan_id: {"due_on": due_on} for loan_id, due_on in rows}

    def write(self, session: Session, operation: Operation, changes: Sequence[Change], closure_id: int) -> None:
        """Give loans their new due dates."""
        move_due_dates(session, operation, changes, {"closure_id": closure_id})


def _due_within(span: Span) -> tuple[ColumnElement[bool], ...]:
    return Loan.in_at.is_(None), Loan.due_on.between(span.first_on, span.last_on)


def lock_loans(session: Session, loan_ids: Sequence[int]) -> None:
    """Lock readers and copies of loans in the one order of the house, so that no desk changes them meanwhile.

    Rows may still refer to a locked reader: a check-in that holds the copy writes a late charge.
    """
    readers = select(Loan.patron_id).where(Loan.id.in_(loan_ids), Loan.patron_id.is_not(None))
    locked = select(Patron.id).where(Patron.id.in_(readers)).order_by(Patron.id)
    session.execute(locked.with_for_update(of=Patron, key_share=True))
    copies = select(Loan.item_id).where(Loan.id.in_(loan_ids))
    session.execute(select(Item.id).where(Item.id.in_(copies)).order_by(Item.id).with_for_update(of=Item))


def move_due_dates(
    session: Session, operation: Operation, changes: Sequence[Change], because: Mapping[str, Any]
) -> None:
    """Write new due dates of locked loans, each with its event; `because` are members of the payload."""
    after = {change.id: change for change in changes}
    session.execute(_MOVE, [{"loan_id": change.id, "after": change.after} for change in changes])
    rows = session.execute(
        select(
            Loan.id,
            Loan.out_branch_id,
            Loan.bib_id,
            Loan.item_id,
            Loan.patron_id,
            Loan.age_band,
            Loan.patron_category,
            Loan.village_id,
            Loan.clc,
        ).where(Loan.id.in_(list(after)))
    ).all()
    events.record_many(session, [_event(operation, row, after[row.id], because) for row in rows])


def _event(operation: Operation, row: Any, change: Change, because: Mapping[str, Any]) -> dict[str, Any]:
    return events.row(
        operation,
        "loan.redated",
        branch_id=row.out_branch_id,
        bib_id=row.bib_id,
        item_id=row.item_id,
        patron_id=row.patron_id,
        statistics={name: getattr(row, name) for name in events.STATISTICS},
        payload={
            "loan_id": row.id,
            "due_before": change.before.isoformat(),
            "due_after": change.after.isoformat(),
            **because,
        },
    )
