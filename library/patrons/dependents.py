"""What hangs on a reader above this package and follows when the reader changes: holds waiting at their room."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

from library.kernel.operations import Operation

_EXTENSION = "library.patron_dependents"


@dataclass(frozen=True, slots=True)
class MovedHouse:
    """What followed a reader to a new home, and what stays to be collected at the old one; ids of holds."""

    holds_moved: Sequence[int] = field(default_factory=tuple)
    holds_staying: Sequence[int] = field(default_factory=tuple)


class Dependents(Protocol):
    """Follows readers; implemented by circulation."""

    def moved_house(
        self, session: Session, operation: Operation, patron_id: int, from_branch_id: int, to_branch_id: int
    ) -> MovedHouse:
        """Take along what waits at the old home; the reader's row is locked and has the new home already."""
        ...


class NothingWaiting:
    """A house in which nothing is reserved."""

    def moved_house(
        self, session: Session, operation: Operation, patron_id: int, from_branch_id: int, to_branch_id: int
    ) -> MovedHouse:
        del session, operation, patron_id, from_branch_id, to_branch_id
        return MovedHouse()


def register_dependents(app: Flask, implementation: Dependents) -> None:
    """Let `implementation` follow the readers of this application."""
    app.extensions[_EXTENSION] = implementation


def dependents() -> Dependents:
    """Return the implementation of the current application."""
    registered: Dependents = current_app.extensions.get(_EXTENSION, NothingWaiting())
    return registered
