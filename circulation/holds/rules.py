"""The queue, who may reserve what and where, and until when. Pure functions of values.

The table of states is in `states`, which copies a reader may have and which one is sent for in `targeting`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from circulation.holds import reasons
from circulation.policies.lateness import Block, block_reasons, overdue_reasons
from circulation.policies.reasons import CARD_EXPIRED
from library.branches.rules import Calendar, next_day_to_come
from library.kernel.decisions import Decision, Reason, reason

# These group branches; nobody collects a book there.
AREAS = frozenset({"city", "county"})


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
    """What is known of a reader who wants a title or one copy, on a day, and would collect it somewhere.

    `copies` has, for each copy that is ever lent, what keeps it from this reader, or None; `has_hold` means the same title,
    `has_this_copy` the very copy.
    """

    on: date
    holds_max: int
    open_holds: int = 0
    holds_per_day: int | None = None
    placed_today: int = 0
    has_hold: bool = False
    has_this_copy: bool = False
    has_loan: bool = False
    copies: Sequence[Reason | None] = (None,)
    pickup_kind: str = "village"
    pickup_open: bool = True
    pickup_in_reach: bool = True
    blocks: Sequence[Block] = ()
    expires_on: date | None = None
    oldest_due_on: date | None = None
    overdue_block_days: int | None = None


def may_hold(asked: Asked) -> Decision:
    """Decide whether the reader may wait for the title: every obstacle is named, not only the first."""
    place = pickup_obstacle(asked.pickup_kind, is_open=asked.pickup_open, is_in_reach=asked.pickup_in_reach)
    found = (*_about_the_reader(asked), *_about_how_many(asked), *_about_the_title(asked), place)
    return Decision.of(one for one in found if one is not None)


def _about_the_reader(asked: Asked) -> Iterator[Reason]:
    yield from block_reasons(asked.blocks)
    if asked.expires_on is not None and asked.expires_on < asked.on:
        yield reason(CARD_EXPIRED, expired_on=asked.expires_on.isoformat())
    yield from overdue_reasons(asked.oldest_due_on, asked.on, asked.overdue_block_days)


def _about_how_many(asked: Asked) -> Iterator[Reason]:
    if asked.has_this_copy:
        yield reason(reasons.COPY_ALREADY_RESERVED)
    elif asked.has_hold:
        yield reason(reasons.HOLD_EXISTS)
    elif asked.open_holds >= asked.holds_max:
        yield reason(reasons.HOLDS_LIMIT_REACHED, limit=asked.holds_max, open=asked.open_holds)
    elif asked.holds_per_day is not None and asked.placed_today >= asked.holds_per_day:
        yield reason(reasons.HOLDS_PER_DAY_REACHED, limit=asked.holds_per_day)


def _about_the_title(asked: Asked) -> Iterator[Reason]:
    if asked.has_loan:
        yield reason(reasons.ALREADY_ON_LOAN_TO_PATRON)
    if not asked.copies:
        yield reason(reasons.NOTHING_TO_HOLD)
    if None not in asked.copies:
        # Of many copies each obstacle is told once.
        yield from {obstacle.code: obstacle for obstacle in asked.copies if obstacle is not None}.values()


def pickup_obstacle(kind: str, *, is_open: bool, is_in_reach: bool) -> Reason | None:
    """Return what keeps a reader from collecting books at a branch of this kind; None when nothing does."""
    if kind in AREAS:
        return reason(reasons.NOT_A_PICKUP_PLACE)
    if not is_open:
        return reason(reasons.PICKUP_BRANCH_CLOSED)
    return None if is_in_reach else reason(reasons.PICKUP_OUT_OF_REACH)


def last_day(placed_on: date, chosen: date | None, expiry_days: int | None) -> date | None:
    """Return the last day a hold waits: the one the reader chose, and never longer than the rule allows; None is no end."""
    allowed = placed_on + timedelta(days=expiry_days) if expiry_days is not None else None
    return min((day for day in (chosen, allowed) if day is not None), default=None)


def pickup_until(calendar: Calendar, first_open_on: date, pickup_days: int) -> date:
    """Return the last day on which a book is kept, counted from the first opening at which the reader could have come.

    It is a day on which the reader may be expected, because the place is open then as far as anybody knows.
    """
    return next_day_to_come(calendar, first_open_on + timedelta(days=pickup_days))


def nth_arrival(arrivals: Iterable[date | None], position: int) -> date | None:
    """Return the day on which the reader at `position` (from 1) gets a copy when each one comes on its day.

    None when fewer copies are expected than readers wait; copies nobody can say a day of are not counted.
    """
    days = sorted(day for day in arrivals if day is not None)
    return days[position - 1] if 0 < position <= len(days) else None
