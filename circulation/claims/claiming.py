"""Claimed returned (声称已还): the reader says that a book came back that the database still has them keep.

While the case is open the loan goes on, but it is not renewed, blocks nobody and costs nothing. Somebody looks for the book;
a check-in anywhere settles the case by itself.
"""

from sqlalchemy.orm import Session

from circulation.cases.rules import Kind
from circulation.cases.services import open_case, open_cases_of
from circulation.claims import reasons
from circulation.claims.answers import about, answer, case_ref
from circulation.claims.subjects import loan_of
from circulation.models import Loan
from circulation.policies.reasons import LOAN_ENDED
from library.kernel import clock
from library.kernel.decisions import reason
from library.kernel.operations import Answer, Operation


def claim_returned(
    session: Session, operation: Operation, loan_id: int, *, branch_id: int | None = None, note: str = ""
) -> Answer:
    """Note that the reader says a book came back; `branch_id` is where, the branch it was lent at when left out.

    Return `{decision, reasons, case, loan, item, patron}`. Raises `NotFound` `unknown_loan`.
    """
    loan = loan_of(session, loan_id)
    if loan.in_at is not None:
        return answer([reason(LOAN_ENDED)], **about(loan))
    claimed = [case for case in open_cases_of(session, loan.item_id) if case.kind == Kind.CLAIMED_RETURNED]
    if claimed:
        known = case_ref(claimed[0].id, claimed[0].kind)
        return answer([reason(reasons.CLAIM_ALREADY_OPEN)], **about(loan), case=known)
    case_id = open_case(
        session,
        operation,
        Kind.CLAIMED_RETURNED,
        branch_id or loan.out_branch_id,
        item_id=loan.item_id,
        loan_id=loan.id,
        patron_id=loan.patron_id,
        details={"by": str(operation.actor.kind), "due_on": loan.due_on.isoformat()},
        note=note,
    )
    return answer([], **about(loan), case=case_ref(case_id, Kind.CLAIMED_RETURNED))


def claim_lost(session: Session, operation: Operation, loan: Loan) -> int:
    """Open the case of a locked loan that is late for so long that nobody expects it any more; return its id.

    The loan stays open until somebody settles the case, or the book comes back.
    """
    late = (clock.local_date(operation.at) - loan.due_on).days
    return open_case(
        session,
        operation,
        Kind.CLAIMED_LOST,
        loan.out_branch_id,
        item_id=loan.item_id,
        loan_id=loan.id,
        patron_id=loan.patron_id,
        details={"due_on": loan.due_on.isoformat(), "days_late": late},
    )
