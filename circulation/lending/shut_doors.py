"""Work on due dates beside the requests: in a room that opens when the keeper is home nobody is late at a shut door."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.lending.redating import lock_loans, move_due_dates
from circulation.models import Loan
from library.branches.hours_choices import rooms_when_keeper_is_home
from library.branches.opening_log import opened_between
from library.branches.real_openings import kept_open_until
from library.branches.redating import Change
from library.kernel import clock, jobs
from library.kernel.db import reading, writing
from library.kernel.operations import Operation, remember, system_operation

CHUNK = 100
BECAUSE = {"cause": "keeper_away"}


@jobs.scheduled("carry_due_dates", daily="00:05")
def carry_due_dates() -> int:
    """Carry the due dates of rooms without a timetable on while the room has not opened since; return how many.

    Written into the loan, so that blocks, lists, notices and figures need not know about it. The day on which the room opens
    is the last day on which the book is in time.
    """
    with reading() as session:
        ids = overdue_at_shut_doors(session, clock.today())
    moved = 0
    for start in range(0, len(ids), CHUNK):
        operation = system_operation("carry_due_dates")
        with writing() as session:
            done = carry(session, operation, ids[start : start + CHUNK])
            if done:
                remember(session, operation, "done")
        moved += done
    return moved


def overdue_at_shut_doors(session: Session, today: date) -> list[int]:
    """Return the loans that ran out in rooms that open when the keeper is home, since they do so."""
    rooms = rooms_when_keeper_is_home(session)
    wanted = select(Loan.id, Loan.out_branch_id, Loan.due_on).where(
        Loan.in_at.is_(None), Loan.due_on < today, Loan.out_branch_id.in_(list(rooms))
    )
    return [loan_id for loan_id, room, due_on in session.execute(wanted.order_by(Loan.id)) if due_on >= rooms[room]]


def carry(session: Session, operation: Operation, loan_ids: Sequence[int]) -> int:
    """Move the due dates of those loans to the first real opening since, or to today without any; return how many."""
    today = clock.local_date(operation.at)
    lock_loans(session, loan_ids)
    rows = session.execute(
        select(Loan.id, Loan.out_branch_id, Loan.due_on)
        .where(Loan.id.in_(loan_ids), Loan.in_at.is_(None), Loan.due_on < today)
        .order_by(Loan.id)
    ).all()
    if not rows:
        return 0
    yesterday = today - timedelta(days=1)
    opened = opened_between(session, {row.out_branch_id for row in rows}, min(row.due_on for row in rows), yesterday)
    until = {row.id: kept_open_until(row.due_on, opened[row.out_branch_id]) or today for row in rows}
    changes = [
        Change(row.id, row.out_branch_id, "due_on", row.due_on, until[row.id])
        for row in rows
        if until[row.id] > row.due_on
    ]
    if changes:
        move_due_dates(session, operation, changes, BECAUSE)
    return len(changes)
