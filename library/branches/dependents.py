"""What depends on a branch above this package: copies, readers, loans. Asked before a branch is merged or closed."""

from collections.abc import Mapping
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

from library.branches.models import Branch
from library.kernel.operations import Operation

_EXTENSION = "library.branch_dependents"
_MOVERS = "library.branch_movers"


class Dependents(Protocol):
    """Counts what would be left behind."""

    def uses(self, session: Session, branch_id: int) -> Mapping[str, int]:
        """Return how many things of each sort (`items`, `patrons`, `transfers`, …) still name the branch."""
        ...


class NoDependents:
    """A house of places only."""

    def uses(self, session: Session, branch_id: int) -> Mapping[str, int]:
        del session, branch_id
        return {}


def register_dependents(app: Flask, implementation: Dependents) -> None:
    """Let `implementation` answer for this application."""
    app.extensions[_EXTENSION] = implementation


def dependents() -> Dependents:
    """Return the implementation of the current application."""
    registered: Dependents = current_app.extensions.get(_EXTENSION, NoDependents())
    return registered


class Mover(Protocol):
    """Moves what can go to another branch out of the way of one that is about to close."""

    def make_way(self, session: Session, operation: Operation, branch: Branch, into: Branch | None) -> None:
        """Hand over to `into`, or where nobody takes the branch over to the mover's own choice; what must stay is counted."""
        ...


def register_mover(app: Flask, mover: Mover) -> None:
    """Let `mover` be asked as well before a branch of this application closes."""
    app.extensions.setdefault(_MOVERS, []).append(mover)


def make_way(session: Session, operation: Operation, branch: Branch, into: Branch | None) -> None:
    """Ask every mover of the current application."""
    for mover in current_app.extensions.get(_MOVERS, ()):
        mover.make_way(session, operation, branch, into)
