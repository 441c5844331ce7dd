"""How holds are told of copies that arrive, are shelved, or do not come."""

from flask import Flask
from sqlalchemy.orm import Session

from circulation.holds import jobs, services
from circulation.holds.redating import HoldDates
from circulation.logistics import followers
from circulation.logistics.steps import Move
from library.branches.redating import register_dates
from library.kernel.operations import Operation


class Queue:
    """Follows transfers for the readers who wait; implements `circulation.logistics.followers.Follower`."""

    def arrived(self, session: Session, operation: Operation, move: Move) -> None:
        services.arrived(session, operation, move.item_id, move.to_branch_id)

    def shelved(self, session: Session, operation: Operation, move: Move) -> None:
        """Give the copy to the next reader; one sent for a hold that ended on the way goes home again."""
        services.shelved(session, operation, move.item_id, was_for_hold=move.hold_id is not None)

    def stopped(self, session: Session, operation: Operation, move: Move) -> None:
        if move.hold_id is not None:
            services.lost_its_copy(session, operation, move.hold_id, move.item_id, "transfer_stopped")


def register(app: Flask) -> None:
    """Let holds follow every transfer; importing the jobs puts them on the timetable."""
    queue = Queue()
    followers.register("holds", queue)
    register_dates(app, "hold", HoldDates())
    app.extensions["circulation.holds"] = (queue, jobs.__name__)
