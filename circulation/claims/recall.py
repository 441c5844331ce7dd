"""Calling a loan back: it is due sooner, cannot be renewed any more, and its reader is told.

The new due date leaves the days of the rule `recall_days`, and falls on a day when the lending branch can take the book
back; it is never later than the old one, which is kept, so that calling back can be undone. A check-in ends it with the loan.
"""

from sqlalchemy.orm import Session

from circulation.claims import reasons
from circulation.claims.answers import about, answer
from circulation.claims.rules import recalled_until
from circulation.claims.subjects import loan_of, question_of
from circulation.models import Loan
from circulation.policies.book import book
from circulation.policies.reasons import LOAN_ENDED
from library.branches.opening import calendar_of
from library.branches.rules import due_date
from library.kernel import clock, events
from library.kernel.decisions import reason
from library.kernel.operations import Answer, Operation


def recall(session: Session, operation: Operation, loan_id: int) -> Answer:
    """Call a loan back; return `{decision, reasons, loan {id, due_on}, item, patron, policy}`.

    Raises `NotFound` `unknown_loan`.
    """
    loan = loan_of(session, loan_id)
    if loan.in_at is not None:
        return answer([reason(LOAN_ENDED)], **about(loan))
    if loan.recalled_at is not None:
        return answer([reason(reasons.ALREADY_RECALLED, due_on=loan.due_on.isoformat())], **about(loan))
    today = clock.local_date(operation.at)
    question = question_of(session, loan, today)
    days = question.of(book(session)).terms.recall_days
    wanted_on = due_date(calendar_of(session, loan.out_branch_id), today, days)
    before = loan.due_on
    loan.due_on = recalled_until(before, wanted_on)
    loan.recalled_at, loan.recalled_from_on = operation.at, before
    session.flush()
    _note(session, operation, "loan.recalled", loan, before.isoformat())
    return answer([], **about(loan), policy=[question.stored(operation.at, ["recall_days"])])


def undo_recall(session: Session, operation: Operation, loan_id: int) -> Answer:
    """Let the reader keep a loan that was called back until it was due before, or longer where it was moved on since.

    Return what `recall` does. Raises `NotFound` `unknown_loan`.
    """
    loan = loan_of(session, loan_id)
    if loan.in_at is not None:
        return answer([reason(LOAN_ENDED)], **about(loan))
    if loan.recalled_at is None:
        return answer([reason(reasons.NOT_RECALLED)], **about(loan))
    before = loan.due_on
    loan.due_on = max(before, loan.recalled_from_on or before)
    loan.recalled_at = loan.recalled_from_on = None
    session.flush()
    _note(session, operation, "loan.recall_undone", loan, before.isoformat())
    return answer([], **about(loan))


def _note(session: Session, operation: Operation, kind: str, loan: Loan, due_before: str) -> None:
    events.record(
        session,
        operation,
        kind,
        branch_id=operation.branch_id or loan.out_branch_id,
        bib_id=loan.bib_id,
        item_id=loan.item_id,
        patron_id=loan.patron_id,
        statistics={name: getattr(loan, name) for name in events.STATISTICS},
        payload={"loan_id": loan.id, "due_before": due_before, "due_after": loan.due_on.isoformat()},
    )
