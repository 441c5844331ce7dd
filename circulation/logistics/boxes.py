"""Use cases of boxes: open one, pack it, send it and receive it with one scan each; what was short becomes a case.

A box is a thing with a printed code that is used again and again; its row tells its present journey. Somebody always holds
it: a branch, or the carrier by name. Locks are taken in one order, the box and then the copies in it.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from catalog.items.services import move_item
from circulation.cases.services import open_case
from circulation.logistics import box_queries, reasons
from circulation.logistics.consequences import TRANSFER_CAUSE
from circulation.logistics.queries import View
from circulation.logistics.rules import Action, State, next_state, not_in_state
from circulation.logistics.services import arrive_by_check_in, receive_all, take_missing
from circulation.logistics.steps import Move, advance, lock_items, open_moves
from circulation.models import Box, BoxLine
from circulation.whereabouts.services import refresh_availability
from library.kernel import events
from library.kernel.counters import next_code
from library.kernel.decisions import Decision, Reason, reason
from library.kernel.errors import NotFound
from library.kernel.identifiers import CodeKind
from library.kernel.operations import Answer, Operation

COUNTER = "boxes"
CAPACITY = 40


def open_box(
    session: Session,
    operation: Operation,
    *,
    from_branch_id: int,
    to_branch_id: int,
    capacity: int = CAPACITY,
    code: str | None = None,
) -> Answer:
    """Open a new box, or with `code` one that has come empty, for a journey; `capacity` is in copies.

    Return `{decision, reasons, box}`. Raises `NotFound` `unknown_box`.
    """
    if from_branch_id == to_branch_id:
        return _answer(session, (reason(reasons.ALREADY_THERE),), None)
    journey = {
        "from_branch_id": from_branch_id,
        "to_branch_id": to_branch_id,
        "holder_branch_id": from_branch_id,
        "holder_name": None,
        "capacity": capacity,
        "state": "open",
        "seal": None,
        "dispatched_at": None,
        "received_at": None,
    }
    if code is None:
        code = _new_code(session)
        session.execute(insert(Box).values(code=code, created_at=operation.at, **journey))
    else:
        box = locked(session, code)
        if box.state != "received":
            return _answer(session, (_box_not_now(box),), code)
        session.execute(update(Box).where(Box.id == box.id).values(journey))
    _note(session, operation, locked(session, code), "box.opened", from_branch_id)
    return _answer(session, (), code)


def pack(session: Session, operation: Operation, code: str, item_id: int) -> Answer:
    """Put a copy with a transfer from here to the box's destination into an open box; picking is implied."""
    box = locked(session, code)
    lock_items(session, [item_id])
    here = box.from_branch_id
    moves = [move for move in open_moves(session, [item_id]) if move.from_branch_id == here]
    refusal = _cannot_pack(session, box, moves[0]) if moves else reason(reasons.NO_OPEN_TRANSFER)
    if refusal is not None:
        return _answer(session, (refusal,), code)
    [move] = moves
    if move.state is State.REQUESTED:
        [move] = advance(session, operation, [move], Action.PICK, branch_id=here)
    [move] = advance(session, operation, [move], Action.PACK, branch_id=here)
    line = {"box_id": box.id, "item_id": item_id, "transfer_id": move.id, "packed_at": operation.at}
    session.execute(insert(BoxLine).values(line))
    refresh_availability(session, [item_id])
    return _answer(session, (), code)


def dispatch(
    session: Session, operation: Operation, code: str, *, carrier: str | None = None, seal: str | None = None
) -> Answer:
    """Seal a box and hand it over with everything in it; `carrier` holds it now, without one whoever sent it."""
    box = locked(session, code)
    if box.state not in {"open", "sealed"}:
        return _answer(session, (_box_not_now(box),), code)
    moves = _packed(session, box)
    if not moves:
        return _answer(session, (reason(reasons.BOX_EMPTY),), code)
    advance(session, operation, moves, Action.DISPATCH, branch_id=box.from_branch_id)
    values = {
        "state": "dispatched",
        "seal": seal,
        "dispatched_at": operation.at,
        "holder_branch_id": None if carrier else box.from_branch_id,
        "holder_name": carrier,
    }
    session.execute(update(Box).where(Box.id == box.id).values(values))
    _note(session, operation, box, "box.dispatched", box.from_branch_id)
    return _answer(session, (), code)


def receive(
    session: Session,
    operation: Operation,
    code: str,
    *,
    short: Sequence[int] = (),
    damaged: Sequence[int] = (),
    extra: Sequence[int] = (),
) -> Answer:
    """Receive a box with everything on its list but the item ids in `short`; each difference becomes a case.

    `damaged` copies are received all the same; `extra` ones were in the box and not on its list.
    """
    box = locked(session, code)
    if box.state != "dispatched" or box.to_branch_id is None:
        return _answer(session, (_box_not_now(box),), code)
    here = box.to_branch_id
    moves = _packed(session, box, besides=extra)
    listed = {move.item_id for move in moves}
    lost = [move for move in moves if move.item_id in set(short)]
    receive_all(session, operation, [move for move in moves if move not in lost])
    if lost:
        take_missing(session, operation, lost, branch_id=here)
    hurt, unlisted = sorted(set(damaged) & listed - set(short)), sorted(set(extra) - listed)
    for item_id in hurt:
        open_case(session, operation, "box_damaged", here, item_id=item_id, box_id=box.id)
    for item_id in unlisted:
        move_item(session, operation, item_id, here, TRANSFER_CAUSE)
        arrive_by_check_in(session, operation, item_id, here)
        open_case(session, operation, "box_extra", here, item_id=item_id, box_id=box.id)
    refresh_availability(session, unlisted)
    come = {"state": "received", "received_at": operation.at, "holder_branch_id": here, "holder_name": None}
    session.execute(update(Box).where(Box.id == box.id).values(come))
    _note(session, operation, box, "box.received", here)
    counted = ((reasons.BOX_SHORT, lost), (reasons.BOX_DAMAGED, hurt), (reasons.BOX_EXTRA, unlisted))
    return _answer(session, [reason(found, copies=len(copies)) for found, copies in counted if copies], code)


def locked(session: Session, code: str) -> Box:
    """Return a box, locked. Raises `NotFound` `unknown_box`."""
    wanted = select(Box).where(Box.code == code).with_for_update().execution_options(populate_existing=True)
    box = session.scalars(wanted).one_or_none()
    if box is None:
        raise NotFound("unknown_box", box=code)
    return box


def _packed(session: Session, box: Box, besides: Sequence[int] = ()) -> list[Move]:
    """Return the transfers of what lies in a box; these copies and those `besides` are locked."""
    lines = select(BoxLine.item_id).where(BoxLine.box_id == box.id, BoxLine.closed_at.is_(None))
    lock_items(session, [*session.scalars(lines), *besides])
    # Read again: while this waited for the locks, a desk may have taken a copy out by checking it in.
    return open_moves(session, session.scalars(lines).all())


def _cannot_pack(session: Session, box: Box, move: Move) -> Reason | None:
    if box.state != "open":
        return _box_not_now(box)
    if move.to_branch_id != box.to_branch_id:
        return reason(reasons.BOX_GOES_ELSEWHERE)
    if move.state is not State.REQUESTED and next_state(move.state, Action.PACK) is None:
        return not_in_state(move.state)
    lines = session.scalar(select(func.count()).where(BoxLine.box_id == box.id, BoxLine.closed_at.is_(None)))
    return reason(reasons.BOX_FULL, capacity=box.capacity) if (lines or 0) >= box.capacity else None


def _new_code(session: Session) -> str:
    def is_taken(code: str) -> bool:
        return session.scalar(select(Box.id).where(Box.code == code)) is not None

    return next_code(session, COUNTER, CodeKind.BOX, is_taken)


def _box_not_now(box: Box) -> Reason:
    return reason(reasons.BOX_NOT_IN_STATE, state=box.state)


def _note(session: Session, operation: Operation, box: Box, kind: str, branch_id: int) -> None:
    payload = {"box_id": box.id, "from_branch_id": box.from_branch_id, "to_branch_id": box.to_branch_id}
    events.record(session, operation, kind, branch_id=branch_id, payload=payload)


def _answer(session: Session, found: Iterable[Reason], code: str | None) -> Answer:
    reasons_found = tuple(found)
    return {
        "decision": str(Decision.of(reasons_found).outcome),
        "reasons": [one.stored() for one in reasons_found],
        "box": _stored(session, code) if code is not None else None,
    }


def _stored(session: Session, code: str) -> View:
    return {name: value for name, value in box_queries.view(session, code).items() if name != "holder_name"}
