"""Taking back what a desk did today: by rows and events that compensate, never by deleting.

| undone | what happens | counts as |
|---|---|---|
| a loan | closed as `undone`; the copy, on the desk, goes where a returned one would go | no loan, no demand |
| a return | the closed loan is marked `undone`; a new one goes on with reader, dates and renewals | the same one loan |
| a renewal | the due date of before holds again; the renewal stays and is marked as undone | no renewal |

Refused on another day, and when something happened since: then the book is simply scanned again. Locks as everywhere: the
reader, the copy, the queue of its title.
"""

from typing import Any

from sqlalchemy import exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds.changes import captured_by
from circulation.holds.services import lost_its_copy
from circulation.holds.states import Cause
from circulation.lending import checkin, queries, undo_reasons
from circulation.lending.scans import Scan, stored
from circulation.logistics.services import cancel, open_transfer
from circulation.models import Hold, Loan, LoanRenewal, LoanSheetLine
from circulation.models.loans import not_undone
from circulation.policies.reasons import LOAN_ENDED, NOT_ON_LOAN
from circulation.whereabouts.services import refresh_availability
from library.branches.places import Place
from library.kernel import clock, events
from library.kernel.db import table_of
from library.kernel.decisions import Reason, reason
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation

CAUSE = "return_undone"
NEAR = 1000
# All that a return may have brought about for it to be undone here.
_COMPENSATED = frozenset({"loan.closed", "item.moved", "transfer.requested", "hold.captured"})
_loans, _renewals = table_of(Loan), table_of(LoanRenewal)
_OF_ITS_OWN = frozenset({"id", "in_at", "in_branch_id", "closed_as", "decided", "operation_id"})


def undo_check_out(session: Session, operation: Operation, loan_id: int, *, branch: Place) -> Answer:
    """Undo a loan of today; the copy lies on the desk of `branch`.

    Return what a check-in returns, with `loan`. Raises `NotFound` `unknown_loan`.
    """
    loan = _locked(session, loan_id)
    objection = _against_loan(session, operation, loan)
    if objection is not None:
        return _refused(loan, objection)
    at = max(operation.at, loan.out_at)
    ended = {"in_at": at, "in_branch_id": branch.id, "closed_as": "undone"}
    session.execute(update(_loans).where(_loans.c.id == loan.id).values(ended))
    session.expire(loan)
    # Counted where and when the loan was counted, so that the day's figures are what they would have been without it.
    _record(session, operation, "loan.undone", loan, branch_id=loan.out_branch_id, payload={"loan_id": loan.id})
    last = select(func.max(Loan.out_at)).where(Loan.item_id == loan.item_id, not_undone())
    before = session.scalar(last)
    lent_on = clock.local_date(before) if before else None
    session.execute(update(Item).where(Item.id == loan.item_id).values(last_loan_on=lent_on))
    answer = checkin.check_in(session, operation, branch, Scan(item_id=loan.item_id))
    told = [one for one in answer["reasons"] if one["code"] != NOT_ON_LOAN]
    return {**answer, "reasons": told, "patron": loan.patron_id, "loan": _shown(loan)}


def undo_check_in(session: Session, operation: Operation, loan_id: int, *, returned_by: str) -> Answer:
    """Undo a return of today, made by the operation `returned_by`: the loan goes on as a new row with its old due date.

    Return `{decision, reasons, loan {id, due_on}, item, patron}`. Raises `NotFound` `unknown_loan`.
    """
    loan = _locked(session, loan_id)
    objection = _against_return(session, operation, loan, returned_by)
    if objection is not None:
        return _refused(loan, objection)
    session.execute(update(_loans).where(_loans.c.id == loan.id).values(closed_as="undone"))
    new_id = _go_on(session, operation, loan)
    refresh_availability(session, [loan.item_id])
    _call_off(session, operation, loan.item_id)
    refresh_availability(session, [loan.item_id])
    payload = {"loan_id": new_id, "undone_loan_id": loan.id, "due_on": loan.due_on.isoformat()}
    _record(session, operation, "return.undone", loan, branch_id=loan.in_branch_id, payload=payload)
    opened = {"id": new_id, "due_on": loan.due_on.isoformat()}
    return stored((), loan=opened, item=loan.item_id, patron=loan.patron_id, candidates=[])


def undo_renewal(session: Session, operation: Operation, loan_id: int, *, renewed_by: str) -> Answer:
    """Undo a renewal of today, made by the operation `renewed_by`.

    Return `{decision, reasons, loan {id, due_on}, item, patron}`. Raises `NotFound` `unknown_loan`.
    """
    loan = _locked(session, loan_id)
    counted = select(LoanRenewal).where(LoanRenewal.loan_id == loan.id, LoanRenewal.undone_at.is_(None))
    renewal = session.scalars(counted.order_by(LoanRenewal.id.desc()).limit(1)).one_or_none()
    if loan.in_at is not None:
        return _refused(loan, reason(LOAN_ENDED))
    if renewal is None or renewal.operation_id != renewed_by or loan.due_on != renewal.due_after:
        return _refused(loan, reason(undo_reasons.UNDO_CHANGED_SINCE))
    if not _is_today(operation, renewal.at):
        return _refused(loan, reason(undo_reasons.UNDO_TOO_LATE))
    renewal.undone_at = operation.at
    loan.due_on = renewal.due_before
    loan.renewals -= 1
    session.flush()
    payload = {"loan_id": loan.id, "due_on": loan.due_on.isoformat(), "undone": renewal.due_after.isoformat()}
    _record(session, operation, "renewal.undone", loan, branch_id=renewal.branch_id, payload=payload)
    return stored((), loan=_shown(loan), item=loan.item_id, patron=loan.patron_id, candidates=[])


def _locked(session: Session, loan_id: int) -> Loan:
    """Return a loan with its reader and then its copy locked."""
    place = queries.loan_by_id(session, loan_id)
    if place is None:
        raise NotFound("unknown_loan", loan=loan_id)
    if place.patron_id is not None:
        queries.lock_reader(session, patron_id=place.patron_id)
    queries.lock_copies(session, item_id=place.item_id)
    return session.get_one(Loan, loan_id, populate_existing=True)


def _against_loan(session: Session, operation: Operation, loan: Loan) -> Reason | None:
    if loan.in_at is not None:
        return reason(LOAN_ENDED)
    if not _is_today(operation, loan.out_at):
        return reason(undo_reasons.UNDO_TOO_LATE)
    if loan.renewals:
        return reason(undo_reasons.UNDO_CHANGED_SINCE)
    if session.scalar(select(exists().where(Hold.loan_id == loan.id))):
        return reason(undo_reasons.UNDO_FILLED_HOLD)
    return None


def _against_return(session: Session, operation: Operation, loan: Loan, returned_by: str) -> Reason | None:
    if loan.in_at is None or loan.closed_as != "returned" or loan.patron_id is None:
        return reason(undo_reasons.UNDO_CHANGED_SINCE)
    if not _is_today(operation, loan.in_at):
        return reason(undo_reasons.UNDO_TOO_LATE)
    begun = _first_event(session, loan.item_id, returned_by)
    kinds, is_changed_since = _brought_about(session, loan.item_id, returned_by, begun)
    if is_changed_since or "loan.closed" not in kinds:
        return reason(undo_reasons.UNDO_CHANGED_SINCE)
    # What the reader borrowed since was allowed without this loan: with it, there could be one too many.
    own = (EventRow.patron_id == loan.patron_id) & (EventRow.kind == "loan.opened")
    if session.scalar(select(exists().where(own, EventRow.id > begun))):
        return reason(undo_reasons.UNDO_BORROWED_SINCE)
    if kinds - _COMPENSATED:
        return reason(undo_reasons.UNDO_HAD_CONSEQUENCES)
    return None


def _first_event(session: Session, item_id: int, operation_id: str) -> int:
    """Return the id of the first event of an operation with a copy, 0 when there is none."""
    own = (EventRow.item_id == item_id) & (EventRow.operation_id == operation_id)
    return session.scalar(select(func.min(EventRow.id)).where(own)) or 0


def _brought_about(session: Session, item_id: int, operation_id: str, begun: int) -> tuple[set[str], bool]:
    """Return the kinds of all that an operation did, and whether anything else was done with the copy since.

    What one transaction writes lies close together, so that the events of a whole day need not be read.
    """
    own = select(EventRow.kind).where(EventRow.id.between(begun, begun + NEAR), EventRow.operation_id == operation_id)
    since = exists().where(
        EventRow.item_id == item_id, EventRow.id >= begun, EventRow.operation_id.is_distinct_from(operation_id)
    )
    return set(session.scalars(own)), bool(session.scalar(select(since)))


def _go_on(session: Session, operation: Operation, loan: Loan) -> int:
    """Write the row with which a loan goes on, and its renewals; return its id."""
    values = {name: getattr(loan, name) for name in _loans.c.keys() if name not in _OF_ITS_OWN}  # noqa: SIM118  columns
    values |= {"decided": {**loan.decided, "continues": loan.id}, "operation_id": operation.id}
    new_id: int = session.execute(insert(_loans).values(values).returning(_loans.c.id)).scalar_one()
    kept = [column for column in _renewals.c if column.name not in {"id", "loan_id"}]
    copied = select(literal(new_id), *kept).where(_renewals.c.loan_id == loan.id, _renewals.c.undone_at.is_(None))
    session.execute(insert(_renewals).from_select(["loan_id", *(column.name for column in kept)], copied))
    # A row of a sheet whose return is still to be copied finds the loan that has to be closed.
    without_return = (LoanSheetLine.loan_id == loan.id) & LoanSheetLine.returned_on.is_(None)
    session.execute(update(LoanSheetLine).where(without_return).values(loan_id=new_id))
    return new_id


def _call_off(session: Session, operation: Operation, item_id: int) -> None:
    """Let the reader the copy was kept for wait again, and stop the transfer that the return had asked for.

    In this order: a transfer that stops lets its hold wait again as well, and would name itself as the reason.
    """
    hold = captured_by(session, item_id)
    if hold is not None:
        lost_its_copy(session, operation, hold.id, item_id, Cause.RETURN_UNDONE)
    move = open_transfer(session, item_id)
    if move is not None:
        cancel(session, operation, move.id, CAUSE)


def _is_today(operation: Operation, at: Any) -> bool:
    return clock.local_date(operation.at) == clock.local_date(at)


def _record(
    session: Session, operation: Operation, kind: str, loan: Loan, *, branch_id: int | None, payload: dict[str, Any]
) -> None:
    figures = {name: getattr(loan, name) for name in events.STATISTICS}
    events.record(
        session,
        operation,
        kind,
        branch_id=branch_id,
        bib_id=loan.bib_id,
        item_id=loan.item_id,
        patron_id=loan.patron_id,
        statistics=figures,
        payload=payload,
    )


def _refused(loan: Loan, objection: Reason) -> Answer:
    return stored((objection,), loan=_shown(loan), item=loan.item_id, patron=loan.patron_id, candidates=[])


def _shown(loan: Loan) -> dict[str, Any]:
    return {"id": loan.id, "due_on": loan.due_on.isoformat()}
