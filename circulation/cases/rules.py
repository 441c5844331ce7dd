"""The state table of cases, as data: which kind may end how, and what follows. Pure.

A case is open until somebody settles it, or the copy is in somebody's hands again, which settles most of them by itself.

| kind                  | means                                                         | outcomes                          |
|-----------------------|---------------------------------------------------------------|-----------------------------------|
| `claimed_returned`    | the reader says that it came back; the loan is still open     | found, returned, still out, lost  |
| `claimed_lost`        | late for so long that nobody expects it; the loan is open     | found, returned, still out, lost  |
| `lost`                | declared lost, the loan ended; somebody may owe a replacement | paid, replaced, waived, … found   |
| `damaged`             | came back damaged, or was found so, and is set aside          | repaired, usable, to be withdrawn |
| `missing`             | looked for on its shelf and not found                         | found, lost                       |
| `missing_in_transfer` | did not come with the van                                     | found, lost                       |
| `box_damaged`         | came damaged in a box                                         | usable, damaged                   |
| `box_extra`           | was in a box and not on its list                              | noted                             |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a case is about."""

    CLAIMED_RETURNED = "claimed_returned"
    CLAIMED_LOST = "claimed_lost"
    LOST = "lost"
    DAMAGED = "damaged"
    MISSING = "missing"
    MISSING_IN_TRANSFER = "missing_in_transfer"
    BOX_DAMAGED = "box_damaged"
    BOX_EXTRA = "box_extra"


class Outcome(StrEnum):
    """How a case ended."""

    FOUND_ON_SHELF = "found_on_shelf"
    RETURNED_BY_READER = "returned_by_reader"
    STILL_WITH_READER = "still_with_reader"
    LOST = "lost"
    PAID = "paid"
    REPLACED = "replaced"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"
    REPAIRED = "repaired"
    USABLE = "usable"
    TO_WITHDRAW = "to_withdraw"
    DAMAGED = "damaged"
    NOTED = "noted"


class Effect(StrEnum):
    """What settling a case does besides closing its row."""

    NOTHING = "nothing"
    TAKE_BACK = "take_back"
    """The copy is checked in where the case is settled; that ends loan and conditions and undoes what was charged."""
    END_LOAN_AS_LOST = "end_loan_as_lost"
    """The loan ends, the copy is lost, a charge is written where a rule says so, and a case `lost` is opened."""
    MAKE_LOST = "make_lost"
    """The copy counts as lost and no longer as missing."""
    FORGIVE = "forgive"
    """What was charged for the copy is undone."""
    END_DAMAGE = "end_damage"
    """The copy may be lent again."""
    MAKE_DAMAGED = "make_damaged"
    """The copy is set aside and a case `damaged` is opened."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way out of a kind of case."""

    outcome: Outcome
    effect: Effect = Effect.NOTHING


_BACK = (Edge(Outcome.FOUND_ON_SHELF, Effect.TAKE_BACK), Edge(Outcome.RETURNED_BY_READER, Effect.TAKE_BACK))
_CLAIM = (*_BACK, Edge(Outcome.STILL_WITH_READER), Edge(Outcome.LOST, Effect.END_LOAN_AS_LOST))
_MISSED = (Edge(Outcome.FOUND_ON_SHELF, Effect.TAKE_BACK), Edge(Outcome.LOST, Effect.MAKE_LOST))

EDGES: Mapping[Kind, tuple[Edge, ...]] = {
    Kind.CLAIMED_RETURNED: _CLAIM,
    Kind.CLAIMED_LOST: _CLAIM,
    Kind.LOST: (
        Edge(Outcome.PAID),
        # The same or a newer edition is accepted instead of money.
        Edge(Outcome.REPLACED, Effect.FORGIVE),
        Edge(Outcome.WAIVED, Effect.FORGIVE),
        Edge(Outcome.WRITTEN_OFF),
        *_BACK,
    ),
    Kind.DAMAGED: (
        Edge(Outcome.REPAIRED, Effect.END_DAMAGE),
        Edge(Outcome.USABLE, Effect.END_DAMAGE),
        Edge(Outcome.TO_WITHDRAW),
    ),
    Kind.MISSING: _MISSED,
    Kind.MISSING_IN_TRANSFER: _MISSED,
    Kind.BOX_DAMAGED: (Edge(Outcome.USABLE), Edge(Outcome.DAMAGED, Effect.MAKE_DAMAGED)),
    Kind.BOX_EXTRA: (Edge(Outcome.NOTED),),
}
# A copy in somebody's hands settles these by itself: one claimed returned was on a shelf all the time, one late came back.
BY_ITSELF: Mapping[Kind, Outcome] = {
    Kind.CLAIMED_RETURNED: Outcome.FOUND_ON_SHELF,
    Kind.CLAIMED_LOST: Outcome.RETURNED_BY_READER,
    Kind.LOST: Outcome.FOUND_ON_SHELF,
    Kind.MISSING: Outcome.FOUND_ON_SHELF,
    Kind.MISSING_IN_TRANSFER: Outcome.FOUND_ON_SHELF,
}
# What concerns money or stock is settled by a librarian; a keeper never handles cash and writes nothing off.
NEEDS_LIBRARIAN = frozenset(
    {
        (Kind.LOST, Outcome.PAID),
        (Kind.LOST, Outcome.WAIVED),
        (Kind.LOST, Outcome.REPLACED),
        (Kind.LOST, Outcome.WRITTEN_OFF),
        (Kind.DAMAGED, Outcome.TO_WITHDRAW),
    }
)
# Open on a loan that has not ended. While one is open the loan is not renewed; one that the reader says came back blocks
# nobody either and costs nothing.
ABOUT_OPEN_LOANS = frozenset({Kind.CLAIMED_RETURNED, Kind.CLAIMED_LOST})


def effect_of(kind: str, outcome: str) -> Effect | None:
    """Return what follows from ending a case of this kind like that, None when it cannot end so."""
    if kind not in set(Kind):
        return None
    return next((edge.effect for edge in EDGES[Kind(kind)] if edge.outcome == outcome), None)


def outcomes_of(kind: str) -> tuple[Outcome, ...]:
    """Return how a case of this kind may end, in the order in which it is offered."""
    return tuple(edge.outcome for edge in EDGES[Kind(kind)])
