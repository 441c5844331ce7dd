"""What depends on a branch above this package: copies, readers, loans. Asked before a branch is merged or closed."""

from collections.abc import Mapping
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

_EXTENSION = "library.branch_dependents"


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
