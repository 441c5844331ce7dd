"""The queue, the way of a hold as a table, who may reserve, and which copy is sent for. Pure functions of values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from circulation.holds import reasons
from circulation.policies.lateness import overdue_reasons
from circulation.policies.reasons import CARD_EXPIRED, PATRON_BLOCKED
from library.branches.rules import Calendar, next_open_day
from library.kernel.decisions import Decision, Reason, reason

# How long a book is kept, counted from the first opening after it came: a room may open once a week.
PICKUP_DAYS = 7


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
    (State.WAITING, Action.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Action.RESUME): State.WAITING,
    **{(state, action): after for action, after in _ENDING.items() for state in OPEN},
}


def next_state(state: State, action: Action) -> State | None:
    """Return the state after `action`, or None when it does not fit `state`."""
    return TABLE.get((state, action))


def allowed_actions(state: State) -> tuple[Action, ...]:
    """Return what reader or staff may ask for in `state`."""
    return (Action.CANCEL,) if (state, Action.CANCEL) in TABLE else ()


def not_in_state(state: State) -> Reason:
    """Return the refusal of an action that does not fit."""
    return reason(reasons.HOLD_NOT_IN_STATE, state=str(state))


class Waiting(Protocol):
    """A hold in the queue of its title; `item_id` when it is for one copy only."""

    @property
    def id(self) -> int: ...

    @property
    def placed_at(self) -> datetime: ...

    @property
    def item_id(self) -> int | None: ...


AnyWaiting = TypeVar("AnyWaiting", bound=Waiting)


def in_order(queue: Iterable[AnyWaiting]) -> list[AnyWaiting]:
    """Return the queue in its order: who asked first, then the lower id."""
    return sorted(queue, key=lambda hold: (hold.placed_at, hold.id))


def first_for(queue: Iterable[AnyWaiting], item_id: int) -> AnyWaiting | None:
    """Return the first hold in the queue that this copy can fill."""
    return next((hold for hold in in_order(queue) if hold.item_id in {None, item_id}), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a reader who wants a title, on a day."""

    on: date
    holds_max: int
    open_holds: int = 0
    has_hold: bool = False
    has_loan: bool = False
    copies_that_could: int = 1
    pickup_open: bool = True
    blocks: Sequence[str] = ()
    expires_on: date | None = None
    oldest_due_on: date | None = None
    overdue_block_days: int | None = None


def may_hold(asked: Asked) -> Decision:
    """Decide whether the reader may wait for the title: every obstacle is named, not only the first."""
    return Decision.of((*_about_the_reader(asked), *_about_the_title(asked)))


def _about_the_reader(asked: Asked) -> Iterator[Reason]:
    for block in asked.blocks:
        yield reason(PATRON_BLOCKED, block=block)
    if asked.expires_on is not None and asked.expires_on < asked.on:
        yield reason(CARD_EXPIRED, expired_on=asked.expires_on.isoformat())
    yield from overdue_reasons(asked.oldest_due_on, asked.on, asked.overdue_block_days)
    if asked.has_hold:
        yield reason(reasons.HOLD_EXISTS)
    elif asked.open_holds >= asked.holds_max:
        yield reason(reasons.HOLDS_LIMIT_REACHED, limit=asked.holds_max, open=asked.open_holds)


def _about_the_title(asked: Asked) -> Iterator[Reason]:
    if asked.has_loan:
        yield reason(reasons.ALREADY_ON_LOAN_TO_PATRON)
    if asked.copies_that_could == 0:
        yield reason(reasons.NOTHING_TO_HOLD)
    if not asked.pickup_open:
        yield reason(reasons.PICKUP_BRANCH_CLOSED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy that stands on a shelf; `distance` in steps through the tree from the pickup branch."""

    item_id: int
    branch_id: int
    distance: int
    last_loan_on: date | None = None


def best_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the copies in the order in which they are asked for.

    The pickup room's own first, then the same township's, then the county's; of equally near ones that which was lent
    longest ago, because its readers will miss it least.
    """
    return sorted(candidates, key=lambda one: (one.distance, one.last_loan_on or date.min, one.item_id))


def pickup_until(calendar: Calendar, ready_on: date) -> date:
    """Return the last day on which a book is kept: `PICKUP_DAYS` after the first opening from `ready_on` on.

    It is a day on which the place opens; a place without a known calendar counts from `ready_on`.
    """
    first = next_open_day(calendar, ready_on) or ready_on
    last = first + timedelta(days=PICKUP_DAYS)
    return next_open_day(calendar, last) or last


def expected_back(due_dates: Iterable[date], position: int, on: date) -> date | None:
    """Return the day on which the `position`-th reader (from 1) gets a copy when every loan comes back when due.

    Copies late already are expected tomorrow. None when fewer copies are out than readers wait.
    """
    tomorrow = on + timedelta(days=1)
    dates = sorted(max(due, tomorrow) for due in due_dates)
    return dates[position - 1] if 0 < position <= len(dates) else None
