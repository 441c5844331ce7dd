"""Who must know that a copy has arrived, was put on the shelf, or will not come.

Holds stand above logistics, so logistics cannot call them. They register a follower at start, as consumers of events do;
unlike a consumer it works inside the same transaction, because a hold whose copy has arrived is ready at once.
"""

from typing import Protocol

from sqlalchemy.orm import Session

from circulation.logistics.steps import Move
from library.kernel.operations import Operation


class Follower(Protocol):
    """Follows the copies that move. Never commits; is told after the transfer's own rows were written."""

    def arrived(self, session: Session, operation: Operation, move: Move) -> None:
        """Take note that a copy has come to the branch its transfer goes to."""
        ...

    def shelved(self, session: Session, operation: Operation, move: Move) -> None:
        """Take note that a copy's transfer ended on the shelf of its destination; readers may be waiting for it."""
        ...

    def stopped(self, session: Session, operation: Operation, move: Move) -> None:
        """Take note that a transfer was cancelled or its copy is missing."""
        ...


_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    """Let `follower` be told from now on; the same name again replaces it."""
    _followers[name] = follower


def followers() -> tuple[Follower, ...]:
    """Return everybody who is told, in the order of registration."""
    return tuple(_followers.values())
