"""Reading transfers under lock and changing their state: the one place that writes a transfer's row, step and event."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.logistics.rules import Action, State, next_state
from circulation.models import TRANSFER_OPEN, BoxLine, Transfer, TransferStep
from library.kernel import events
from library.kernel.errors import NotFound
from library.kernel.operations import Operation

ENDED = frozenset({State.SHELVED, State.CANCELLED, State.MISSING})


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer as it stands, with what its copy is and where that was last seen; all ids."""

    id: int
    item_id: int
    bib_id: int
    clc: str
    from_branch_id: int
    to_branch_id: int
    at_branch_id: int
    reason: str
    state: State
    hold_id: int | None
    plan_line_id: int | None


def lock_items(session: Session, item_ids: Iterable[int]) -> None:
    """Lock copies in the order of their ids, so that two requests for the same ones wait instead of deadlocking."""
    wanted = sorted(set(item_ids))
    session.execute(select(Item.id).where(Item.id.in_(wanted)).order_by(Item.id).with_for_update()).all()


def by_id(session: Session, transfer_id: int) -> Move:
    """Return a transfer. Raises `NotFound` `unknown_transfer`."""
    found = _moves(session, _query().where(Transfer.id == transfer_id))
    if not found:
        raise NotFound("unknown_transfer", transfer=transfer_id)
    return found[0]


def locked(session: Session, transfer_id: int) -> Move:
    """Return the transfer with its copy locked. Raises `NotFound` `unknown_transfer`."""
    lock_items(session, [by_id(session, transfer_id).item_id])
    return by_id(session, transfer_id)


def open_moves(session: Session, item_ids: Iterable[int]) -> list[Move]:
    """Return the open transfers of copies, by item id."""
    wanted = _query().where(Transfer.item_id.in_(list(item_ids)), Transfer.state.in_(TRANSFER_OPEN))
    return _moves(session, wanted.order_by(Transfer.item_id))


def advance(
    session: Session,
    operation: Operation,
    moves: Sequence[Move],
    action: Action,
    *,
    branch_id: int,
    cause: str | None = None,
) -> list[Move]:
    """Take `action` on transfers that are known to allow it; return them as they stand then.

    A copy that strayed is sent from where it turned up: its `from_branch_id` becomes `branch_id`. What was in a box and is
    no longer on the road leaves its line. Raises `ValueError` when the action does not fit, which is a caller's fault.
    """
    after = [_after(move, action, branch_id) for move in moves]
    by_state: dict[tuple[State, int], list[int]] = defaultdict(list)
    for move in after:
        by_state[move.state, move.from_branch_id].append(move.id)
    for (state, from_branch_id), ids in by_state.items():
        values = {"state": str(state), "from_branch_id": from_branch_id, **_times(state, operation, cause)}
        session.execute(update(Transfer).where(Transfer.id.in_(ids)).values(values))
    if action not in {Action.PACK, Action.DISPATCH}:
        _leave_box(session, operation, [move.item_id for move in moves if move.state in _ON_THE_ROAD], action)
    record_steps(session, operation, after, branch_id=branch_id, cause=cause or _CAUSES.get(action))
    return after


def record_steps(
    session: Session, operation: Operation, moves: Sequence[Move], *, branch_id: int, cause: str | None
) -> None:
    """Write a step and an event for each transfer in its present state."""
    if not moves:
        return
    session.execute(insert(TransferStep), [_step(operation, move, branch_id, cause) for move in moves])
    rows = [
        events.row(
            operation,
            f"transfer.{move.state}",
            branch_id=branch_id,
            bib_id=move.bib_id,
            item_id=move.item_id,
            statistics={"clc": move.clc},
            payload=_payload(move, cause),
        )
        for move in moves
    ]
    events.record_many(session, rows)


_ON_THE_ROAD = frozenset({State.PACKED, State.DISPATCHED})
_CAUSES = {Action.STRAY: "seen_elsewhere", Action.TURN_UP: "check_in", Action.LEND: "lent", Action.UNPACK: "unpacked"}
_OUTCOMES = {Action.RECEIVE: "received", Action.TURN_UP: "received", Action.MISS: "short"}


def _after(move: Move, action: Action, branch_id: int) -> Move:
    state = next_state(move.state, action)
    if state is None:
        msg = f"{action} does not fit a transfer at {move.state}"
        raise ValueError(msg)
    return replace(move, state=state, from_branch_id=branch_id if action is Action.STRAY else move.from_branch_id)


def _times(state: State, operation: Operation, cause: str | None) -> dict[str, Any]:
    if state is State.DISPATCHED:
        return {"dispatched_at": operation.at}
    if state is State.ARRIVED:
        return {"arrived_at": operation.at}
    return {"ended_at": operation.at, "cause": cause} if state in ENDED else {}


def _leave_box(session: Session, operation: Operation, item_ids: Sequence[int], action: Action) -> None:
    if item_ids:
        session.execute(
            update(BoxLine)
            .where(BoxLine.item_id.in_(item_ids), BoxLine.closed_at.is_(None))
            .values(closed_at=operation.at, outcome=_OUTCOMES.get(action, "removed"))
        )


def _step(operation: Operation, move: Move, branch_id: int, cause: str | None) -> dict[str, Any]:
    return {
        "transfer_id": move.id,
        "state": str(move.state),
        "branch_id": branch_id,
        "actor_kind": str(operation.actor.kind),
        # A reader who cancels a hold stops a transfer; who that was is told by the hold, which forgets readers in time.
        "actor_id": operation.actor.id if operation.actor.kind == "staff" else None,
        "at": operation.at,
        "cause": cause,
        "operation_id": operation.id,
    }


def _payload(move: Move, cause: str | None) -> dict[str, Any]:
    payload = {
        "transfer_id": move.id,
        "from_branch_id": move.from_branch_id,
        "to_branch_id": move.to_branch_id,
        "reason": move.reason,
        "hold_id": move.hold_id,
        "plan_line_id": move.plan_line_id,
        "cause": cause,
    }
    return {name: value for name, value in payload.items() if value is not None}


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Transfer.id,
            Transfer.item_id,
            Item.bib_id,
            Bib.clc_top.label("clc"),
            Transfer.from_branch_id,
            Transfer.to_branch_id,
            Item.current_branch_id.label("at_branch_id"),
            Transfer.reason,
            Transfer.state,
            Transfer.hold_id,
            Transfer.plan_line_id,
        )
        .join(Item, Item.id == Transfer.item_id)
        .join(Bib, Bib.id == Item.bib_id)
    )


def _moves(session: Session, query: Select[*tuple[Any, ...]]) -> list[Move]:
    rows = session.execute(query).mappings()
    return [Move(**{**row, "state": State(row["state"])}) for row in rows]
