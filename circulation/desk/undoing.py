"""Undoing the last scan at the desk, or the one a button names: on the same day, by an operation of its own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from circulation.desk import reasons
from circulation.desk.chain import DESK_KIND, line_of
from circulation.desk.kinds import Did
from circulation.lending import undo
from circulation.lending.onsite import undo_use
from circulation.lending.undo_reasons import UNDO_CHANGED_SINCE, UNDO_TOO_LATE
from circulation.models import UndoneOperation
from circulation.wishes.services import cancel_wish
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.decisions import Outcome, reason
from library.kernel.models import OperationRow
from library.kernel.operations import Answer, Operation

# So many scans back somebody may have done nothing that could be undone.
LOOK_BACK = 50


def is_undoable(answer: Mapping[str, Any] | None) -> bool:
    """Tell whether a scan with this stored answer did something that can be undone on its day."""
    if answer is None or answer.get("decision") != Outcome.ALLOWED:
        return False
    did = answer.get("did")
    is_return = did == Did.TAKEN_BACK and answer.get("closed_loan") is not None
    return is_return or did in {Did.LENT, Did.RENEWED, Did.USED, Did.WISHED}


def is_last_word(answer: Mapping[str, Any] | None) -> bool:
    """Tell whether undoing goes no further back than this scan; a registration is not undone, but neither passed over."""
    return is_undoable(answer) or (answer is not None and answer.get("did") == Did.REGISTERED)


def undo_scan(session: Session, operation: Operation, branch: Branch, target_id: str | None) -> Answer:
    """Undo the scan `target_id`, without one the last scan of this member of staff here today that did something.

    Return `{decision, reasons, undone, undid, item, …}`: the id of the scan and what it had done. Raises `NotFound`
    `unknown_scan`.
    """
    row = line_of(session, operation, target_id) if target_id else _last(session, operation)
    if row is None or not is_undoable(row.answer):
        is_registration = row is not None and is_last_word(row.answer)
        return _refused(reasons.UNDO_REGISTRATION if is_registration else reasons.UNDO_NOTHING)
    if clock.local_date(row.at) != clock.local_date(operation.at):
        return _refused(UNDO_TOO_LATE)
    if session.get(UndoneOperation, row.id) is not None:
        return _refused(reasons.UNDO_TWICE)
    answer = _compensate(session, operation, branch, row)
    if answer["decision"] == Outcome.ALLOWED:
        session.add(UndoneOperation(operation_id=row.id, by_id=operation.id, at=operation.at))
        session.flush()
    return {**answer, "undone": row.id, "undid": (row.answer or {}).get("did")}


def _compensate(session: Session, operation: Operation, branch: Branch, row: OperationRow) -> Answer:
    done: Mapping[str, Any] = row.answer or {}
    did = done.get("did")
    if did == Did.LENT:
        return undo.undo_check_out(session, operation, done["loan"]["id"], branch=branch)
    if did == Did.RENEWED:
        return undo.undo_renewal(session, operation, done["loan"]["id"], renewed_by=row.id)
    if did == Did.TAKEN_BACK:
        return undo.undo_check_in(session, operation, done["closed_loan"], returned_by=row.id)
    if did == Did.WISHED:
        return cancel_wish(session, operation, done["wish"]["id"])
    if not undo_use(session, operation, done["use"]):
        return _refused(UNDO_CHANGED_SINCE)
    return {"decision": str(Outcome.ALLOWED), "reasons": [], "item": done["item"]}


def _last(session: Session, operation: Operation) -> OperationRow | None:
    undone = exists().where(UndoneOperation.operation_id == OperationRow.id)
    wanted = (
        select(OperationRow)
        .where(
            OperationRow.at >= clock.start_of_day(clock.local_date(operation.at)),
            OperationRow.kind == DESK_KIND,
            OperationRow.branch_id == operation.branch_id,
            OperationRow.actor_kind == str(operation.actor.kind),
            OperationRow.actor_id == operation.actor.id,
            OperationRow.id != operation.id,
            ~undone,
        )
        .order_by(OperationRow.at.desc())
        .limit(LOOK_BACK)
    )
    return next((row for row in session.scalars(wanted) if is_last_word(row.answer)), None)


def _refused(code: str) -> Answer:
    return {"decision": str(Outcome.REFUSED), "reasons": [reason(code).stored()]}
