"""How a reader stands: what circulation knows and a reader's page and answer show beside name and card."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

_EXTENSION = "library.patron_standing"


@dataclass(frozen=True, slots=True)
class StandingNow:
    """Open loans and holds as the API shows them, codes of the blocks in force, and the balance owed in cents."""

    loans: Sequence[dict[str, Any]] = field(default_factory=tuple)
    holds: Sequence[dict[str, Any]] = field(default_factory=tuple)
    blocks: Sequence[dict[str, Any]] = field(default_factory=tuple)
    balance_cents: int = 0


class Standing(Protocol):
    """Tells how a reader stands; implemented by circulation."""

    def of_patron(self, session: Session, patron_id: int) -> StandingNow:
        """Return how the reader stands now."""
        ...


class NothingBorrowed:
    """A house in which nothing is lent."""

    def of_patron(self, session: Session, patron_id: int) -> StandingNow:
        del session, patron_id
        return StandingNow()


def register_standing(app: Flask, implementation: Standing) -> None:
    """Let `implementation` answer for this application."""
    app.extensions[_EXTENSION] = implementation


def standing() -> Standing:
    """Return the implementation of the current application."""
    registered: Standing = current_app.extensions.get(_EXTENSION, NothingBorrowed())
    return registered
