"""How holds are told of copies that arrive, are shelved or do not come, of branches that close and readers who move."""

from flask import Flask
from sqlalchemy.orm import Session

from circulation.holds import consumers, jobs, leaving, services
from circulation.holds.redating import HoldDates
from circulation.holds.states import Cause
from circulation.logistics import followers
from circulation.logistics.rules import State as MoveState
from circulation.logistics.steps import Move
from library.branches.dependents import register_mover
from library.branches.models import Branch
from library.branches.redating import register_dates
from library.kernel.operations import Operation
from library.patrons.dependents import MovedHouse, register_dependents


class Queue:
    """Follows transfers for the readers who wait; implements `circulation.logistics.followers.Follower`."""

    def arrived(self, session: Session, operation: Operation, move: Move) -> None:
        services.arrived(session, operation, move.item_id, move.to_branch_id)

    def shelved(self, session: Session, operation: Operation, move: Move) -> None:
        """Give the copy to the next reader; one sent for a hold that ended on the way goes home again."""
        services.shelved(session, operation, move.item_id, was_for_hold=move.hold_id is not None)

    def stopped(self, session: Session, operation: Operation, move: Move) -> None:
        if move.hold_id is not None:
            cause = Cause.COPY_MISSING if move.state is MoveState.MISSING else Cause.TRANSFER_STOPPED
            services.lost_its_copy(session, operation, move.hold_id, move.item_id, cause)


class HoldsOfPlaces:
    """Takes holds along when branches close; implements `library.branches.dependents.Mover`."""

    def make_way(self, session: Session, operation: Operation, branch: Branch, into: Branch | None) -> None:
        leaving.vacate(session, operation, branch, into)


class HoldsOfReaders:
    """Takes holds along when readers move house; implements `library.patrons.dependents.Dependents`."""

    def moved_house(
        self, session: Session, operation: Operation, patron_id: int, from_branch_id: int, to_branch_id: int
    ) -> MovedHouse:
        followed = leaving.follow_home(session, operation, patron_id, from_branch_id, to_branch_id)
        return MovedHouse(holds_moved=followed["moved"], holds_staying=followed["staying"])


def register(app: Flask) -> None:
    """Let holds follow every transfer; importing jobs and consumers puts them to work."""
    queue = Queue()
    followers.register("holds", queue)
    register_dates(app, "hold", HoldDates())
    register_mover(app, HoldsOfPlaces())
    register_dependents(app, HoldsOfReaders())
    app.extensions["circulation.holds"] = (queue, jobs.__name__, consumers.__name__)
