"""Who stands at the desk: a chain of scans, each of which names the one before it.

So a reader's visit needs no state in the server, survives a restart, and a scan that was written down without a network
still finds its reader. What the scan before came to is in its stored answer: `reader`, `visit` and `unsettled`.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from circulation.desk.rules import NOBODY, SESSION_IDLE, UNSETTLED, Standing, session_is_open
from library.kernel.actors import ActorKind
from library.kernel.errors import NotFound
from library.kernel.models import OperationRow
from library.kernel.operations import Answer, Operation

DESK_KIND = "desk"


def standing_after(session: Session, operation: Operation, after: str | None, gap_s: int | None = None) -> Standing:
    """Return who stands at the desk after the scan `after`, which came `gap_s` seconds before this one.

    The gap is what the desk's own clock says: a scan may wait for the network for an hour. Without it the time the scans
    came in counts. A scan of another branch does not count, one of a colleague at the same desk does: what a keeper
    scanned before the shift ended is sent under the next one's name.
    """
    if not after:
        return NOBODY
    before = session.get(OperationRow, after)
    if before is None or not is_of(before, operation) or not is_recent(before, operation, gap_s):
        return UNSETTLED
    return standing_of(before.answer)


def standing_of(answer: Answer | None) -> Standing:
    """Return who stood at the desk after the scan with this answer."""
    if answer is None:
        return UNSETTLED
    return Standing(answer.get("reader"), answer.get("visit"), bool(answer.get("unsettled")))


def line_of(session: Session, operation: Operation, operation_id: str) -> OperationRow:
    """Return an earlier scan at the same branch, to which a button or a command refers. Raises `NotFound` `unknown_scan`."""
    row = session.get(OperationRow, operation_id)
    if row is None or not is_of(row, operation):
        raise NotFound("unknown_scan", scan=operation_id[:36])
    return row


def is_of(row: OperationRow, operation: Operation) -> bool:
    """Tell whether an operation is a scan at the desk of the same branch."""
    return row.kind == DESK_KIND and row.branch_id == operation.branch_id and row.actor_kind != str(ActorKind.PATRON)


def is_recent(row: OperationRow, operation: Operation, gap_s: int | None) -> bool:
    """Tell whether the reader of an earlier scan still stands there."""
    if gap_s is not None:
        return timedelta(seconds=gap_s) < SESSION_IDLE
    return session_is_open(row.at, operation.at)
