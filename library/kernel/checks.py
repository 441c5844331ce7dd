"""Invariants: sentences about the whole database that must always be true, each with the query for what breaks it.

A room lists its own in `checks.py`; `library db check` runs them all and prints what is broken. Most of them are also
constraints of the database; they are asked again because a constraint can be lost, by a restore or a hand-made change.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

MOST_SHOWN = 20


@dataclass(frozen=True)
class Invariant:
    """`sentence` says what holds; `broken` finds the rows that break it, the subject's id first.

    `broken` is a select, or a function of the session that returns such rows.
    """

    name: str
    sentence: str
    broken: Select[*tuple[Any, ...]] | Callable[[Session], Iterable[Sequence[Any]]]


@dataclass(frozen=True)
class Breach:
    """What breaks an invariant: how many rows, and the first of them."""

    invariant: Invariant
    count: int
    first: tuple[tuple[Any, ...], ...]


_registered: dict[str, Invariant] = {}


def register(invariants: Iterable[Invariant]) -> None:
    """Add a room's invariants; a name stands for one sentence."""
    for invariant in invariants:
        if _registered.setdefault(invariant.name, invariant) is not invariant:
            msg = f"two invariants are called {invariant.name}"
            raise ValueError(msg)


def invariants() -> tuple[Invariant, ...]:
    """Return all registered invariants, by name."""
    return tuple(sorted(_registered.values(), key=lambda invariant: invariant.name))


def run(session: Session, only: str | None = None) -> list[Breach]:
    """Return every breach found; an empty list says that all invariants hold."""
    breaches = []
    for invariant in invariants():
        if only is not None and invariant.name != only:
            continue
        query = invariant.broken
        found = query(session) if callable(query) else session.execute(query)
        rows = [tuple(row) for row in found]
        if rows:
            breaches.append(Breach(invariant, len(rows), tuple(rows[:MOST_SHOWN])))
    return breaches
