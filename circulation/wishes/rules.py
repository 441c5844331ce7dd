"""What a wish may become, and when a reader may ask for one more. Pure functions of values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from circulation.wishes import reasons
from library.kernel.decisions import Decision, Reason, reason

MOST_OPEN_WISHES = 10
# Enough for a family at one sitting, too few for a script or a child who likes the button.
MOST_WISHES_A_DAY = 5


class State(StrEnum):
    """Where a wish stands; `answered` says something without ordering, such as that the county has the book."""

    OPEN = "open"
    ANSWERED = "answered"
    ORDERED = "ordered"
    ARRIVED = "arrived"
    DECLINED = "declined"
    CANCELLED = "cancelled"


# What staff may answer; cancelling is the reader's.
ANSWERS = (State.ANSWERED, State.ORDERED, State.ARRIVED, State.DECLINED)
# A book that was ordered arrives or turns out not to be had; what has ended stays so.
TABLE = {
    State.OPEN: frozenset({*ANSWERS, State.CANCELLED}),
    State.ANSWERED: frozenset({State.ORDERED, State.ARRIVED, State.DECLINED}),
    State.ORDERED: frozenset({State.ARRIVED, State.DECLINED}),
    State.ARRIVED: frozenset[State](),
    State.DECLINED: frozenset[State](),
    State.CANCELLED: frozenset[State](),
}


def may_become(now: State, wanted: State) -> bool:
    """Tell whether a wish in the state `now` may become `wanted`."""
    return wanted in TABLE[now]


def allowed_answers(now: State) -> tuple[State, ...]:
    """Return what staff may answer to a wish in the state `now`."""
    return tuple(state for state in ANSWERS if may_become(now, state))


def not_in_state(now: State, wanted: State) -> Reason:
    """Return the refusal of an answer that does not fit."""
    return reason(reasons.WISH_NOT_IN_STATE, state=str(now), wanted=str(wanted))


@dataclass(frozen=True, slots=True)
class Asked:
    """A reader's wishes so far: without an answer, made today, and whether one of the open ones is the same."""

    open_wishes: int = 0
    wishes_today: int = 0
    same_wish_id: int | None = None


def may_wish(asked: Asked) -> Decision:
    """Decide whether a wish is taken down: every obstacle is named, not only the first."""
    return Decision.of(_obstacles(asked))


def _obstacles(asked: Asked) -> Iterator[Reason]:
    if asked.same_wish_id is not None:
        yield reason(reasons.WISH_EXISTS, wish=asked.same_wish_id)
    if asked.open_wishes >= MOST_OPEN_WISHES:
        yield reason(reasons.TOO_MANY_WISHES, open=asked.open_wishes)
    if asked.wishes_today >= MOST_WISHES_A_DAY:
        yield reason(reasons.WISHES_PER_DAY_REACHED, limit=MOST_WISHES_A_DAY)
