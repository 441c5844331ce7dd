"""The rows of cases: opened with an event, closed with another. What follows from an outcome is done by `claims`.

Whoever closes an open loan, or has a copy in hand that was thought gone, calls `settle_on_return` in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from circulation.cases.rules import ABOUT_OPEN_LOANS, BY_ITSELF, Kind, Outcome
from circulation.models import Case
from library.kernel import events
from library.kernel.db import table_of
from library.kernel.operations import Operation

_cases = table_of(Case)
_OPEN_OF_ITEM = (
    select(Case.id, Case.kind, Case.branch_id, Case.item_id, Case.loan_id, Case.patron_id, Case.opened_at)
    .where(Case.item_id == bindparam("item_id"), Case.settled_at.is_(None))
    .order_by(Case.id)
)
_SETTLE = (
    update(_cases)
    .where(_cases.c.id == bindparam("case_id"), _cases.c.settled_at.is_(None))
    .values(
        settled_at=bindparam("at"),
        outcome=bindparam("ends_as"),
        outcome_note=bindparam("words"),
        settled_operation_id=bindparam("by"),
    )
)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is not settled; its ids, and when it was opened."""

    id: int
    kind: str
    branch_id: int
    item_id: int | None
    loan_id: int | None
    patron_id: int | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """A case that was closed, and how."""

    id: int
    kind: Kind
    outcome: Outcome
    loan_id: int | None


def open_case(
    session: Session,
    operation: Operation,
    kind: str,
    branch_id: int,
    *,
    details: Mapping[str, Any] | None = None,
    note: str = "",
    **subject: int | None,
) -> int:
    """Open a case and return its id; `subject` are ids: `item_id`, `loan_id`, `transfer_id`, `box_id`, `patron_id`.

    `details` hold ids, codes, numbers and dates; `note` is what somebody wrote, without names.
    """
    values = {
        "kind": str(kind),
        "branch_id": branch_id,
        "opened_at": operation.at,
        "operation_id": operation.id,
        "details": dict(details or {}),
        "note": note,
        **subject,
    }
    case_id: int = session.execute(insert(_cases).values(values).returning(_cases.c.id)).scalar_one()
    ids = (subject.get("item_id"), subject.get("loan_id"), subject.get("patron_id"))
    opened = OpenCase(case_id, str(kind), branch_id, *ids, operation.at)
    _note(session, operation, "case.opened", opened, branch_id)
    return case_id


def open_cases_of(session: Session, item_id: int) -> Sequence[OpenCase]:
    """Return what is not settled about a copy, the oldest first."""
    return [OpenCase(*row) for row in session.execute(_OPEN_OF_ITEM, {"item_id": item_id})]


def settle_row(
    session: Session, operation: Operation, case: OpenCase, outcome: Outcome, *, branch_id: int, note: str = ""
) -> bool:
    """Close a case, with what somebody wrote about it; False when it was closed meanwhile."""
    values = {"case_id": case.id, "at": operation.at, "ends_as": str(outcome), "words": note, "by": operation.id}
    if session.connection().execute(_SETTLE, values).rowcount != 1:
        return False
    _note(session, operation, "case.settled", case, branch_id, outcome=str(outcome))
    return True


def settle_on_return(
    session: Session, operation: Operation, item_id: int, *, branch_id: int, before: datetime | None = None
) -> list[Settled]:
    """Close what having a copy in hand at a branch settles by itself; return that, the oldest first.

    Called by check-in, and by whatever else ends a loan or finds a copy. Rows and events only: loan, conditions and charges
    are the caller's. What was opened since stays when the copy was in hand `before` an instant, but for claims
    about its loan, which has ended.
    """
    settled = []
    for case in open_cases_of(session, item_id):
        if before is not None and case.opened_at >= before and case.kind not in ABOUT_OPEN_LOANS:
            continue
        outcome = BY_ITSELF.get(Kind(case.kind)) if case.kind in set(Kind) else None
        if outcome is not None and settle_row(session, operation, case, outcome, branch_id=branch_id):
            settled.append(Settled(case.id, Kind(case.kind), outcome, case.loan_id))
    return settled


def _note(session: Session, operation: Operation, kind: str, case: OpenCase, branch_id: int, **also: str) -> None:
    ids = {"case_id": case.id, "case": case.kind, "loan_id": case.loan_id, **also}
    events.record(
        session,
        operation,
        kind,
        branch_id=branch_id,
        item_id=case.item_id,
        patron_id=case.patron_id,
        payload={name: value for name, value in ids.items() if value is not None},
    )
