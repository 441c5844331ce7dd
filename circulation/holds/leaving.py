"""What becomes of holds when a copy, a room or a reader's home is not what it was.

Decisions taken here, where the field knows several answers:

* A copy that is lost, missing, damaged, withdrawn or taken back into processing lets its reader wait again, in the old place
  of the queue, and the next best copy is sent for at once.
* A branch that closes for good or is merged hands the readers who wait for books there to its successor, else to the library
  above it, else to the central library. Books already on the road or on its shelf are in the way of closing, as every other
  book is; whoever closes it settles them first.
* A branch that is suspended keeps its readers: it opens again. They are passed over meanwhile and may choose another place
  themselves. Copies that were to be sent there or from there are not, and the days of books on its pickup shelf stand still.
* A reader who moves house takes the holds along that were to be collected at the old home and have no copy yet. What is on
  its way or ready stays, because somebody has already carried it; the reader is told.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import ItemCondition
from circulation.holds import changes, pickup, services
from circulation.holds.capture import let_go, release, target
from circulation.holds.changes import Held, captured_by
from circulation.holds.promises import promise_again
from circulation.holds.queueing import carry_over
from circulation.holds.rules import AREAS
from circulation.holds.states import QUEUED, Cause, State, copy_cause
from circulation.logistics.rules import NOT_YET_SENT
from circulation.logistics.services import cancel, open_transfer
from circulation.logistics.steps import Move, lock_items
from circulation.models import HOLD_CAPTURED, Hold, Transfer
from library.branches.models import Branch
from library.kernel.operations import Operation

SENT_NOT_YET = tuple(map(str, NOT_YET_SENT))


def lose_copy(session: Session, operation: Operation, item_id: int, condition: str) -> int | None:
    """Let the reader for whom a copy is kept wait again, because it is now `lost`, `missing`, `damaged` and so on.

    The copy is locked by the caller, who also refreshes its availability. Return the hold, None when it was kept for nobody.
    """
    hold = captured_by(session, item_id)
    if hold is None:
        return None
    move = open_transfer(session, item_id)
    changes.lock_queue(session, hold.bib_id)
    waiting = release(session, operation, hold, copy_cause(condition))
    if move is not None and move.state in NOT_YET_SENT:
        cancel(session, operation, move.id, str(copy_cause(condition)))
    _find_another(session, operation, waiting)
    return hold.id


def kept_without_a_sound_copy(session: Session) -> Sequence[int]:
    """Return the ids of copies that are kept for readers and cannot be lent any more."""
    wanted = (
        select(Hold.captured_item_id)
        .join(ItemCondition, ItemCondition.item_id == Hold.captured_item_id)
        .where(Hold.state.in_(HOLD_CAPTURED), ItemCondition.until.is_(None), ItemCondition.is_blocking)
    )
    return sorted({item_id for item_id in session.scalars(wanted) if item_id is not None})


def lose_unsound_copy(session: Session, operation: Operation, item_id: int) -> bool:
    """Let go of a copy that is kept for a reader and cannot be lent; False when that is not so any more."""
    lock_items(session, [item_id])
    wanted = select(ItemCondition.kind).where(
        ItemCondition.item_id == item_id, ItemCondition.until.is_(None), ItemCondition.is_blocking
    )
    condition = session.scalars(wanted.order_by(ItemCondition.since)).first()
    return condition is not None and lose_copy(session, operation, item_id, condition) is not None


def bound_by_suspended(session: Session) -> Sequence[int]:
    """Return the ids of the holds whose copy has not left yet, and would leave from or go to a branch that is not open."""
    at, pickup_place = Branch.__table__.alias(), Branch.__table__.alias()
    wanted = (
        select(Hold.id)
        .join(Transfer, (Transfer.hold_id == Hold.id) & Transfer.state.in_(SENT_NOT_YET))
        .join(at, at.c.id == Transfer.from_branch_id)
        .join(pickup_place, pickup_place.c.id == Hold.pickup_branch_id)
        .where(Hold.state == str(State.IN_TRANSIT), (at.c.state != "open") | (pickup_place.c.state != "open"))
    )
    return session.scalars(wanted.order_by(Hold.id)).all()


def unbind(session: Session, operation: Operation, hold_id: int) -> bool:
    """Let a hold wait again whose copy has not left a branch that is suspended, or would go to one; look for another copy."""
    hold = services.locked(session, hold_id)
    move = open_transfer(session, hold.captured_item_id) if hold.captured_item_id is not None else None
    if hold.state is not State.IN_TRANSIT or move is None or move.state not in NOT_YET_SENT:
        return False
    is_room_open, is_pickup_open = _is_open(session, move.from_branch_id), _is_open(session, hold.pickup_branch_id)
    if is_room_open and is_pickup_open:
        return False
    cause = Cause.ROOM_CLOSED if not is_room_open else Cause.BRANCH_CLOSED
    waiting = release(session, operation, hold, cause)
    _give_back(session, operation, move, cause)
    _find_another(session, operation, waiting)
    return True


def ready_at(session: Session, branch_id: int) -> Sequence[int]:
    """Return the ids of the holds whose books are on the pickup shelf of a branch."""
    wanted = select(Hold.id).where(Hold.pickup_branch_id == branch_id, Hold.state == str(State.READY))
    return session.scalars(wanted.order_by(Hold.id)).all()


def stand_still(session: Session, operation: Operation, hold_id: int) -> bool:
    """Stop the days of a book on the pickup shelf of a branch that is suspended; False when they do not run."""
    hold = services.locked(session, hold_id)
    if hold.state is not State.READY or hold.pickup_until_on is None or _is_open(session, hold.pickup_branch_id):
        return False
    pickup.wait_for_opening(session, operation, hold, Cause.BRANCH_CLOSED)
    return True


def vacate(session: Session, operation: Operation, branch: Branch, into: Branch | None) -> int:
    """Hand the readers who wait for books at a branch that is about to close to another one; return how many.

    What has left for the branch, or stands on its pickup shelf, stays and keeps it from closing.
    """
    successor = into or _above(session, branch)
    if successor is None:
        return 0
    holds = _open_at(session, branch.id)
    lock_items(session, [hold.captured_item_id for hold in holds if hold.captured_item_id is not None])
    handed = 0
    for hold in holds:
        changes.lock_queue(session, hold.bib_id)
        handed += _hand_over(session, operation, changes.by_id(session, hold.id), successor.id)
    return handed


def follow_home(
    session: Session, operation: Operation, patron_id: int, from_branch_id: int, to_branch_id: int
) -> dict[str, list[int]]:
    """Let a reader's holds follow to their new home; return `{moved, staying}`, the ids of those collected at the old one."""
    target_branch = session.get_one(Branch, to_branch_id)
    moved, staying = [], []
    for found in _open_at(session, from_branch_id, patron_id):
        hold = changes.locked(session, found.id)
        if hold.state in QUEUED and target_branch.state == "open" and target_branch.kind not in AREAS:
            carry_over(session, operation, hold, to_branch_id, Cause.MOVED_HOUSE)
            moved.append(hold.id)
        else:
            staying.append(hold.id)
    return {"moved": moved, "staying": staying}


def _hand_over(session: Session, operation: Operation, hold: Held, successor_id: int) -> bool:
    move = open_transfer(session, hold.captured_item_id) if hold.captured_item_id is not None else None
    if hold.state is State.IN_TRANSIT and move is not None and move.state in NOT_YET_SENT:
        waiting = release(session, operation, hold, Cause.BRANCH_CLOSED)
        cancel(session, operation, move.id, str(Cause.BRANCH_CLOSED))
        carry_over(session, operation, waiting, successor_id, Cause.BRANCH_CLOSED)
        let_go(session, operation, move.item_id)
        return True
    if hold.state not in QUEUED:
        return False
    carry_over(session, operation, hold, successor_id, Cause.BRANCH_CLOSED)
    return True


def _give_back(session: Session, operation: Operation, move: Move, cause: Cause) -> None:
    """Stop the transfer of a copy that was kept; from an open branch the next reader gets it, or it goes home."""
    cancel(session, operation, move.id, str(cause))
    if _is_open(session, move.at_branch_id):
        let_go(session, operation, move.item_id)


def _find_another(session: Session, operation: Operation, waiting: Held) -> None:
    if target(session, operation, waiting.id) is None:
        promise_again(session, operation, waiting.bib_id)


def _open_at(session: Session, branch_id: int, patron_id: int | None = None) -> Sequence[Held]:
    """Return the open holds collected at a branch, in the order in which their queues are locked."""
    wanted = changes.query().where(Hold.pickup_branch_id == branch_id, Hold.ended_at.is_(None))
    if patron_id is not None:
        wanted = wanted.where(Hold.patron_id == patron_id)
    return changes.read(session, wanted.order_by(Hold.bib_id, Hold.id))


def _above(session: Session, branch: Branch) -> Branch | None:
    """Return the nearest open library above a branch, else an open central library of its county."""
    above = [int(part) for part in branch.path.strip("/").split("/")[:-1]]
    for branch_id in reversed(above):
        found = session.get_one(Branch, branch_id)
        if found.state == "open" and found.kind not in AREAS:
            return found
    central = select(Branch).where(Branch.parent_id.in_(above), Branch.kind == "central", Branch.state == "open")
    return session.scalars(central.where(Branch.id != branch.id).order_by(Branch.path.desc())).first()


def _is_open(session: Session, branch_id: int) -> bool:
    return session.scalar(select(Branch.state).where(Branch.id == branch_id)) == "open"
