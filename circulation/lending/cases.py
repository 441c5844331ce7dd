"""The open cases of a copy, as the desk meets them: what its coming back settles.

A case is settled by a person, except where the copy itself answers the question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from circulation.lending import rare_statements
from circulation.models import Case
from library.kernel import events
from library.kernel.operations import Operation

CLAIMED_RETURNED = "claimed_returned"
CLAIMED_LOST = "claimed_lost"
MISSING_IN_TRANSFER = "missing_in_transfer"
# The reader says that it came back, or nobody brought it: the loan is asked about.
ABOUT_THE_LOAN = frozenset({CLAIMED_RETURNED, CLAIMED_LOST})
# What each kind is answered with when the copy lies on the desk.
ANSWERED_BY_RETURN: Mapping[str, str] = {
    CLAIMED_RETURNED: "returned",
    CLAIMED_LOST: "returned",
    MISSING_IN_TRANSFER: "found",
}


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case nobody has settled yet."""

    id: int
    kind: str
    loan_id: int | None
    branch_id: int


def open_cases(session: Session, item_id: int) -> Sequence[OpenCase]:
    """Return the open cases about a copy, oldest first."""
    return [OpenCase(*row) for row in session.execute(rare_statements.OPEN_CASES, {"item_id": item_id})]


def settle_by_return(session: Session, operation: Operation, item_id: int, *, branch_id: int) -> Sequence[OpenCase]:
    """Settle what a copy's coming back answers, each with an event; return those cases."""
    settled = [case for case in open_cases(session, item_id) if case.kind in ANSWERED_BY_RETURN]
    for case in settled:
        outcome = ANSWERED_BY_RETURN[case.kind]
        session.execute(
            update(Case)
            .where(Case.id == case.id)
            .values(settled_at=operation.at, outcome=outcome)
            .execution_options(synchronize_session=False)
        )
        payload = {"case": case.id, "kind": case.kind, "outcome": outcome, "loan_id": case.loan_id}
        events.record(session, operation, "case.settled", branch_id=branch_id, item_id=item_id, payload=payload)
    return settled
