"""Use cases of transfers: ask for one, take each step, and what a check-in or a loan means for one.

Every step writes the transfer's row, its step and its event in `steps.advance`. Whether the actor may act for the sending
or the receiving branch is asked by the entry point. A step that does not fit is a refusal with the steps that do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from circulation.logistics import queries, reasons
from circulation.logistics.asking import wanted_of
from circulation.logistics.consequences import (
    came_to,
    settle_home,
    take_as_missing,
    tell_arrived,
    tell_shelved,
    tell_stopped,
)
from circulation.logistics.rules import NOT_YET_SENT, Action, State, may_request, next_state, not_in_state
from circulation.logistics.steps import Move, advance, lock_items, locked, open_moves, record_steps
from circulation.models import Transfer
from circulation.whereabouts.services import refresh_availability
from library.branches.rounds import timetable_of
from library.kernel import clock
from library.kernel.decisions import Decision, Reason, reason
from library.kernel.operations import Answer, Operation

LENT = "lent"


def request_transfer(
    session: Session,
    operation: Operation,
    *,
    item_id: int,
    to_branch_id: int,
    reason: str,
    hold_id: int | None = None,
    plan_line_id: int | None = None,
) -> Answer:
    """Ask that a copy be sent from where it was last seen; return `{decision, reasons, transfer}`.

    Refused while it is on loan, under way, kept for another reader, lost or already there. Raises `NotFound`
    `unknown_item` or `unknown_branch`.
    """
    lock_items(session, [item_id])
    wanted, bib_id, clc = wanted_of(session, item_id, to_branch_id, hold_id)
    decision = may_request(wanted)
    if not decision.is_allowed:
        return _answer(session, decision.reasons, wanted.open_transfer_id, decision)
    move = Move(
        id=0,
        item_id=item_id,
        bib_id=bib_id,
        clc=clc,
        from_branch_id=wanted.at_branch_id,
        to_branch_id=to_branch_id,
        at_branch_id=wanted.at_branch_id,
        reason=reason,
        state=State.REQUESTED,
        hold_id=hold_id,
        plan_line_id=plan_line_id,
    )
    move = _open(session, operation, move)
    record_steps(session, operation, [move], branch_id=operation.branch_id or move.from_branch_id, cause=reason)
    refresh_availability(session, [item_id])
    return _answer(session, (), move.id)


def _open(session: Session, operation: Operation, move: Move) -> Move:
    """Write the row of a new transfer, with the day the van can bring the copy; return it with its id."""
    tomorrow = clock.local_date(operation.at) + timedelta(days=1)
    values = {
        "item_id": move.item_id,
        "from_branch_id": move.from_branch_id,
        "to_branch_id": move.to_branch_id,
        "reason": move.reason,
        "state": str(move.state),
        "hold_id": move.hold_id,
        "plan_line_id": move.plan_line_id,
        "promised_on": queries.promised_on(session, move.from_branch_id, move.to_branch_id, tomorrow),
        "requested_at": operation.at,
        "operation_id": operation.id,
    }
    return replace(move, id=session.execute(insert(Transfer).values(values).returning(Transfer.id)).scalar_one())


def pick(session: Session, operation: Operation, transfer_id: int) -> Answer:
    """Note that the copy was taken from the shelf of the sending branch."""
    return _send_step(session, operation, transfer_id, Action.PICK)


def dispatch(session: Session, operation: Operation, transfer_id: int) -> Answer:
    """Note that the copy left without a box; one that was packed leaves its box."""
    return _send_step(session, operation, transfer_id, Action.DISPATCH, leave_box=True)


def cancel(session: Session, operation: Operation, transfer_id: int, cause: str = "cancelled") -> Answer:
    """Stop a transfer that has not left; with the cause `lent` one in any state, because a reader has the copy.

    A hold waiting for the copy is told, except when it was lent: then `holds.fulfil` settles the holds.
    """
    action = Action.LEND if cause == LENT else Action.CANCEL
    move = locked(session, transfer_id)
    if next_state(move.state, action) is None:
        return _not_now(session, move)
    after = advance(session, operation, [move], action, branch_id=_here(operation, move), cause=cause)
    if action is Action.CANCEL:
        tell_stopped(session, operation, after)
    refresh_availability(session, [move.item_id])
    return _answer(session, (), move.id)


def miss(session: Session, operation: Operation, transfer_id: int) -> Answer:
    """Note that the copy is not where the transfer says: it is missing from now on, and a case is opened."""
    move = locked(session, transfer_id)
    if next_state(move.state, Action.MISS) is None:
        return _not_now(session, move)
    take_missing(session, operation, [move], branch_id=_here(operation, move))
    return _answer(session, (), move.id)


def take_missing(session: Session, operation: Operation, moves: list[Move], *, branch_id: int) -> None:
    """End open transfers whose copies did not come, and tell the holds that waited for them."""
    take_as_missing(session, operation, moves, branch_id)
    after = advance(session, operation, moves, Action.MISS, branch_id=branch_id, cause="not_found")
    tell_stopped(session, operation, after)
    refresh_availability(session, [move.item_id for move in moves])


def overdue(session: Session, before: datetime) -> Sequence[int]:
    """Return the ids of the transfers dispatched before an instant and not seen since."""
    wanted = select(Transfer.id).where(Transfer.state == str(State.DISPATCHED), Transfer.dispatched_at < before)
    return session.scalars(wanted.order_by(Transfer.id)).all()


def give_up(session: Session, operation: Operation, transfer_id: int) -> bool:
    """Take a copy that has been on the road for too long as missing; False when it came meanwhile."""
    if locked(session, transfer_id).state is not State.DISPATCHED:
        return False
    return bool(miss(session, operation, transfer_id)["decision"] == "allowed")


def receive(session: Session, operation: Operation, transfer_id: int, *, at_branch_id: int | None = None) -> Answer:
    """Note that the copy came; at another branch than its destination it is noted there and goes on."""
    move = locked(session, transfer_id)
    if at_branch_id not in {None, move.to_branch_id} and move.state is State.DISPATCHED:
        _stray(session, operation, move, at_branch_id or move.to_branch_id)
        refresh_availability(session, [move.item_id])
        return _answer(session, (reason(reasons.ARRIVED_ELSEWHERE),), move.id)
    if next_state(move.state, Action.RECEIVE) is None:
        return _not_now(session, move)
    receive_all(session, operation, [move])
    return _answer(session, (), move.id)


def receive_all(session: Session, operation: Operation, moves: list[Move]) -> None:
    """Receive transfers that are on the road to one branch, the copies locked by the caller."""
    if not moves:
        return
    destination = moves[0].to_branch_id
    after = advance(session, operation, moves, Action.RECEIVE, branch_id=destination)
    came_to(session, operation, moves, destination)
    tell_arrived(session, operation, after)
    refresh_availability(session, [move.item_id for move in moves])


def shelve(session: Session, operation: Operation, transfer_id: int) -> Answer:
    """Note that the copy stands on the destination's shelf, which ends the transfer."""
    move = locked(session, transfer_id)
    if next_state(move.state, Action.SHELVE) is None:
        return _not_now(session, move)
    _shelve(session, operation, move)
    tell_shelved(session, operation, [move])
    refresh_availability(session, [move.item_id])
    return _answer(session, (), move.id)


def promise_again(session: Session, transfer_id: int, on: date) -> date | None:
    """Return the day an open transfer's copy is promised for, and keep it with the transfer.

    It stays as long as planned rounds can keep it; else it is the first day on which they bring the copy from `on` on.
    """
    row = session.execute(
        select(Transfer.from_branch_id, Transfer.to_branch_id, Transfer.state, Transfer.promised_on).where(
            Transfer.id == transfer_id
        )
    ).one()
    timetable = timetable_of(session, (row.from_branch_id, row.to_branch_id), on)
    has_left = State(row.state) not in NOT_YET_SENT
    soonest = (
        timetable.next_visit(row.to_branch_id, on)
        if has_left
        else timetable.arrival(row.from_branch_id, row.to_branch_id, on)
    )
    standing: date | None = row.promised_on
    is_early_enough = standing is not None and soonest is not None and soonest <= standing
    if standing is not None and is_early_enough and timetable.is_visited(row.to_branch_id, standing):
        return standing
    session.execute(update(Transfer).where(Transfer.id == transfer_id).values(promised_on=soonest))
    return soonest


def open_transfer(session: Session, item_id: int) -> Move | None:
    """Return the copy's open transfer."""
    found = open_moves(session, [item_id])
    return found[0] if found else None


def arrive_by_check_in(session: Session, operation: Operation, item_id: int, branch_id: int) -> int | None:
    """Let a copy's transfer follow a check-in at `branch_id`; return its id when that was its destination, which ends it.

    Anywhere else the copy is noted where it was seen and its transfer, still open, goes on from there: None. Does not
    refresh `is_available`; the check-in does, once, after all its changes.
    """
    move = open_transfer(session, item_id)
    if move is None:
        return None
    if branch_id != move.to_branch_id:
        if move.from_branch_id != branch_id or move.state not in {State.REQUESTED, State.PICKED}:
            _stray(session, operation, move, branch_id)
        return None
    if move.state is not State.ARRIVED:
        [arrived] = advance(session, operation, [move], Action.TURN_UP, branch_id=branch_id)
        came_to(session, operation, [move], branch_id)
        move = replace(arrived, at_branch_id=branch_id)
        tell_arrived(session, operation, [move])
    _shelve(session, operation, move)
    return move.id


def release_for_hold(session: Session, operation: Operation, item_id: int, branch_id: int) -> bool:
    """End an open transfer that is not for a hold, because a reader waits for the copy that is now seen at `branch_id`.

    Return False when the copy is under way for a hold already, or on the road.
    """
    move = open_transfer(session, item_id)
    if move is None:
        return True
    if move.state is State.ARRIVED and move.to_branch_id == branch_id:
        _shelve(session, operation, move)
        return True
    if move.hold_id is not None or next_state(move.state, Action.CANCEL) is None:
        return False
    advance(session, operation, [move], Action.CANCEL, branch_id=branch_id, cause="hold")
    return True


def _send_step(
    session: Session, operation: Operation, transfer_id: int, action: Action, *, leave_box: bool = False
) -> Answer:
    move = locked(session, transfer_id)
    if next_state(move.state, action) is None:
        return _not_now(session, move)
    here = move.from_branch_id
    if leave_box and move.state is State.PACKED:
        [move] = advance(session, operation, [move], Action.UNPACK, branch_id=here)
    advance(session, operation, [move], action, branch_id=here)
    refresh_availability(session, [move.item_id])
    return _answer(session, (), move.id)


def _shelve(session: Session, operation: Operation, move: Move) -> None:
    advance(session, operation, [move], Action.SHELVE, branch_id=move.to_branch_id)
    settle_home(session, operation, [move])


def _stray(session: Session, operation: Operation, move: Move, branch_id: int) -> None:
    came_to(session, operation, [move], branch_id)
    advance(session, operation, [move], Action.STRAY, branch_id=branch_id)


def _here(operation: Operation, move: Move) -> int:
    return operation.branch_id or (move.from_branch_id if move.state in NOT_YET_SENT else move.to_branch_id)


def _not_now(session: Session, move: Move) -> Answer:
    refusal = not_in_state(move.state)
    return _answer(session, (refusal,), move.id, Decision.of((refusal,)))


def _answer(
    session: Session, found: Iterable[Reason], transfer_id: int | None, decision: Decision | None = None
) -> Answer:
    reasons_found = tuple(found)
    decided = decision or Decision.of(reasons_found)
    return {
        "decision": str(decided.outcome),
        "reasons": [one.stored() for one in reasons_found],
        "transfer": queries.view(session, transfer_id) if transfer_id is not None else None,
    }
