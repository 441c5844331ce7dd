"""The way of a hold as a table, why it changes, and the stage people are told. Pure functions of values.

Decisions taken here, where the field knows several answers:

* A suspended hold keeps its place in the queue and is passed over. One whose book is set aside, on its way or on the pickup
  shelf cannot be suspended: somebody has already made a trip for it. The reader fetches it or cancels.
* The last day of a hold counts while it waits and while it is suspended, and no longer once a copy is kept for it.
* The place of collecting can be changed while no copy is kept.
* `in_transit` and `ready` are all that is stored of a book's way to its reader; the finer stages follow from its transfer.
"""

from enum import StrEnum

from circulation.holds import reasons
from library.kernel.decisions import Reason, reason


class State(StrEnum):
    """Where a hold stands; the last three end it."""

    WAITING = "waiting"
    SUSPENDED = "suspended"
    IN_TRANSIT = "in_transit"
    READY = "ready"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (State.WAITING, State.SUSPENDED, State.IN_TRANSIT, State.READY)
# Without a copy, in the queue.
QUEUED = (State.WAITING, State.SUSPENDED)


class Action(StrEnum):
    """What happens to a hold."""

    KEEP = "keep"
    SEND = "send"
    ARRIVE = "arrive"
    WANDER = "wander"
    RELEASE = "release"
    FULFIL = "fulfil"
    CANCEL = "cancel"
    EXPIRE = "expire"
    SUSPEND = "suspend"
    RESUME = "resume"
    MOVE = "move"


_ENDING = {Action.FULFIL: State.FULFILLED, Action.CANCEL: State.CANCELLED}
TABLE: dict[tuple[State, Action], State] = {
    (State.WAITING, Action.KEEP): State.READY,
    (State.WAITING, Action.SEND): State.IN_TRANSIT,
    (State.IN_TRANSIT, Action.ARRIVE): State.READY,
    # The kept copy was seen at another branch: it has to come back.
    (State.READY, Action.WANDER): State.IN_TRANSIT,
    (State.IN_TRANSIT, Action.RELEASE): State.WAITING,
    (State.READY, Action.RELEASE): State.WAITING,
    (State.READY, Action.EXPIRE): State.EXPIRED,
    (State.WAITING, Action.EXPIRE): State.EXPIRED,
    (State.SUSPENDED, Action.EXPIRE): State.EXPIRED,
    (State.WAITING, Action.SUSPEND): State.SUSPENDED,
    # Another day.
    (State.SUSPENDED, Action.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Action.RESUME): State.WAITING,
    (State.WAITING, Action.MOVE): State.WAITING,
    (State.SUSPENDED, Action.MOVE): State.SUSPENDED,
    **{(state, action): after for action, after in _ENDING.items() for state in OPEN},
}
# What reader or staff may ask for, in the order in which it is offered.
_ASKED_FOR = (Action.RESUME, Action.SUSPEND, Action.MOVE, Action.CANCEL)


def next_state(state: State, action: Action) -> State | None:
    """Return the state after `action`, or None when it does not fit `state`."""
    return TABLE.get((state, action))


def allowed_actions(state: State) -> tuple[Action, ...]:
    """Return what reader or staff may ask for in `state`."""
    return tuple(action for action in _ASKED_FOR if (state, action) in TABLE)


def not_in_state(state: State) -> Reason:
    """Return the refusal of an action that does not fit; a hold that has a copy says so."""
    if state in {State.IN_TRANSIT, State.READY}:
        return reason(reasons.HOLD_HAS_ITS_COPY, state=str(state))
    return reason(reasons.HOLD_NOT_IN_STATE, state=str(state))


class Cause(StrEnum):
    """Why a hold began, changed or ended; the words for reader and staff are in `wording`."""

    # Whoever did it.
    READER = "reader"
    STAFF = "staff"
    # A copy was found for it, and what that copy does.
    TO_FETCH = "to_fetch"
    CHECK_IN = "check_in"
    SET_ASIDE = "set_aside"
    ARRIVED = "arrived"
    SEEN_ELSEWHERE = "seen_elsewhere"
    LENT = "lent"
    # A day passed.
    NOT_COLLECTED = "not_collected"
    EXPIRED = "expired"
    DAY_CAME = "day_came"
    # It lost its copy.
    TRANSFER_STOPPED = "transfer_stopped"
    CANNOT_BE_SENT = "cannot_be_sent"
    LENT_TO_ANOTHER = "lent_to_another"
    RETURN_UNDONE = "return_undone"
    COPY_LOST = "copy_lost"
    COPY_MISSING = "copy_missing"
    COPY_DAMAGED = "copy_damaged"
    COPY_WITHDRAWN = "copy_withdrawn"
    COPY_IN_PROCESSING = "copy_in_processing"
    ROOM_CLOSED = "room_closed"
    # Titles, places and readers changed.
    BRANCH_CLOSED = "branch_closed"
    MERGED = "merged"
    MERGE_UNDONE = "merge_undone"
    MOVED_HOUSE = "moved_house"
    # The days of opening and driving turned out otherwise.
    ROOM_OPENED = "room_opened"
    ROOM_STAYED_SHUT = "room_stayed_shut"
    CLOSURE = "closure"
    NEW_DAY = "new_day"


def copy_cause(condition: str) -> Cause:
    """Return why a hold loses a copy that is `lost`, `missing`, `damaged`, `withdrawn` or `in_processing`."""
    return Cause(f"copy_{condition}")


class Stage(StrEnum):
    """What people are told: the states of ils-anchors 13, invariant 3, and the pause."""

    REQUESTED = "requested"
    SUSPENDED = "suspended"
    ALLOCATED = "allocated"
    PULLED = "pulled"
    IN_BOX = "in_box"
    IN_TRANSIT = "in_transit"
    READY = "ready"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_BY_STATE = {
    State.WAITING: Stage.REQUESTED,
    State.SUSPENDED: Stage.SUSPENDED,
    State.READY: Stage.READY,
    State.FULFILLED: Stage.FULFILLED,
    State.CANCELLED: Stage.CANCELLED,
    State.EXPIRED: Stage.EXPIRED,
}
_BY_TRANSFER = {"requested": Stage.ALLOCATED, "picked": Stage.PULLED, "packed": Stage.IN_BOX}


def stage(state: State, cause: str | None, transfer_state: str | None) -> Stage:
    """Return the stage of a hold from its state, its last cause and the state of its open transfer.

    A copy on the shelf of the pickup branch is allocated until somebody has fetched it.
    """
    if state is State.IN_TRANSIT:
        return _BY_TRANSFER.get(transfer_state or "", Stage.IN_TRANSIT)
    if state is State.READY and cause == Cause.TO_FETCH:
        return Stage.ALLOCATED
    return _BY_STATE[state]
