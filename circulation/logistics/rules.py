"""The way of a copy from branch to branch as a table, and when a transfer may be asked for. Pure functions of values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from circulation.logistics import reasons
from library.kernel.decisions import Decision, Reason, reason


class State(StrEnum):
    """Where a transfer stands; the last three end it."""

    REQUESTED = "requested"
    PICKED = "picked"
    PACKED = "packed"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    SHELVED = "shelved"
    CANCELLED = "cancelled"
    MISSING = "missing"


OPEN = (State.REQUESTED, State.PICKED, State.PACKED, State.DISPATCHED, State.ARRIVED)
NOT_YET_SENT = (State.REQUESTED, State.PICKED, State.PACKED)


class Action(StrEnum):
    """What is done to a transfer. The last three follow from a scan or a loan, nobody asks for them."""

    PICK = "pick"
    PACK = "pack"
    UNPACK = "unpack"
    DISPATCH = "dispatch"
    RECEIVE = "receive"
    SHELVE = "shelve"
    CANCEL = "cancel"
    MISS = "miss"
    TURN_UP = "turn_up"
    STRAY = "stray"
    LEND = "lend"


class Side(StrEnum):
    """Who may do it: the branch that sends, the one that receives, or what happens by itself."""

    SENDER = "sender"
    DESTINATION = "destination"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Edge:
    """One allowed change; distribution may do whatever either side may."""

    action: Action
    before: State
    after: State
    side: Side


EDGES = (
    Edge(Action.PICK, State.REQUESTED, State.PICKED, Side.SENDER),
    Edge(Action.PACK, State.PICKED, State.PACKED, Side.SENDER),
    Edge(Action.UNPACK, State.PACKED, State.PICKED, Side.SENDER),
    Edge(Action.DISPATCH, State.PICKED, State.DISPATCHED, Side.SENDER),
    Edge(Action.DISPATCH, State.PACKED, State.DISPATCHED, Side.SENDER),
    Edge(Action.RECEIVE, State.DISPATCHED, State.ARRIVED, Side.DESTINATION),
    Edge(Action.SHELVE, State.ARRIVED, State.SHELVED, Side.DESTINATION),
    *(Edge(Action.CANCEL, state, State.CANCELLED, Side.SENDER) for state in NOT_YET_SENT),
    *(Edge(Action.MISS, state, State.MISSING, Side.SENDER) for state in NOT_YET_SENT),
    Edge(Action.MISS, State.DISPATCHED, State.MISSING, Side.DESTINATION),
    Edge(Action.MISS, State.ARRIVED, State.MISSING, Side.DESTINATION),
    # A scan is stronger than the record: the copy is where it was seen.
    *(Edge(Action.TURN_UP, state, State.ARRIVED, Side.ITSELF) for state in (*NOT_YET_SENT, State.DISPATCHED)),
    Edge(Action.STRAY, State.REQUESTED, State.REQUESTED, Side.ITSELF),
    *(Edge(Action.STRAY, state, State.PICKED, Side.ITSELF) for state in OPEN if state is not State.REQUESTED),
    *(Edge(Action.LEND, state, State.CANCELLED, Side.ITSELF) for state in OPEN),
)
_AFTER = {(edge.before, edge.action): edge for edge in EDGES}


def next_state(state: State, action: Action) -> State | None:
    """Return the state after `action`, or None when it does not fit `state`."""
    edge = _AFTER.get((state, action))
    return edge.after if edge else None


def allowed_actions(state: State, side: Side | None = None) -> tuple[Action, ...]:
    """Return what may be asked for in `state`, in the order of the way; with `side`, only by that side."""
    return tuple(
        edge.action
        for edge in EDGES
        if edge.before is state and edge.side is not Side.ITSELF and side in {None, edge.side}
    )


def side_for(state: State, action: Action) -> Side:
    """Return which side may do `action` in `state`; for one that does not fit, the side that does it elsewhere."""
    edge = _AFTER.get((state, action)) or next(edge for edge in EDGES if edge.action is action)
    return edge.side


def not_in_state(state: State) -> Reason:
    """Return the refusal of an action that does not fit, with the ones that do."""
    return reason(
        reasons.TRANSFER_NOT_IN_STATE, state=str(state), actions=[str(action) for action in allowed_actions(state)]
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a copy that somebody wants to send: branch ids, and open rows found."""

    at_branch_id: int
    to_branch_id: int
    destination_open: bool = True
    is_on_loan: bool = False
    open_transfer_id: int | None = None
    kept_for_hold_id: int | None = None
    for_hold_id: int | None = None
    gone_as: str | None = None


def may_request(wanted: Wanted) -> Decision:
    """Decide whether a transfer may be opened: every obstacle is named, not only the first."""
    return Decision.of(_obstacles(wanted))


def _obstacles(wanted: Wanted) -> Iterator[Reason]:
    if wanted.is_on_loan:
        yield reason(reasons.ITEM_ON_LOAN)
    if wanted.open_transfer_id is not None:
        yield reason(reasons.TRANSFER_OPEN, transfer=wanted.open_transfer_id)
    if wanted.kept_for_hold_id is not None and wanted.kept_for_hold_id != wanted.for_hold_id:
        yield reason(reasons.ITEM_KEPT_FOR_READER)
    if wanted.gone_as is not None:
        yield reason(reasons.ITEM_GONE, condition=wanted.gone_as)
    if wanted.at_branch_id == wanted.to_branch_id:
        yield reason(reasons.ALREADY_THERE)
    if not wanted.destination_open:
        yield reason(reasons.DESTINATION_CLOSED)


def state_after(history: Iterator[str]) -> State | None:
    """Return the state that the steps of one transfer lead to, None without a step.

    Raises `ValueError` when a step cannot follow the one before: the history was written by something else.
    """
    state: State | None = None
    for step in history:
        after = State(step)
        if state is not None and not any(edge.before is state and edge.after is after for edge in EDGES):
            msg = f"{after} cannot follow {state}"
            raise ValueError(msg)
        state = after
    return state
