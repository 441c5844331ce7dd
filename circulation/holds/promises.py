"""The day a reader is told: when a book that is on its way, or on loan to others, can be collected; nothing without a plan.

A book on its way comes with the round that was planned when it was sent for, or with the next one when that is over or was
cancelled. For those who wait in the queue the loans are taken to end on their due days; from where each was lent the van
brings the copy, and the first in the queue gets the first that comes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes
from circulation.holds.changes import Held
from circulation.holds.choosing import wanting_of_hold
from circulation.holds.copies import RulesOfDay, copies_of
from circulation.holds.rules import in_order, nth_arrival
from circulation.holds.states import Cause, State
from circulation.holds.targeting import CopyAt, Wanting
from circulation.logistics.services import open_transfer
from circulation.logistics.services import promise_again as promise_transfer
from circulation.models import Hold, Loan, Transfer
from library.branches.calendars import RouteStop
from library.branches.journeys import Timetable
from library.branches.models import Branch
from library.branches.rounds import timetable_of
from library.kernel import clock
from library.kernel.operations import Operation

PROMISED = "hold.promised"


@dataclass(frozen=True, slots=True)
class Lent:
    """A copy on loan, when it is due, and the branch it was lent at."""

    copy: CopyAt
    due_on: date
    branch_id: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the copies of a title that are on loan will do; for any reader of the title."""

    on: date
    rules: RulesOfDay
    lent: Sequence[Lent]
    timetable: Timetable

    def day_for(self, wanting: Wanting, position: int, item_id: int | None = None) -> date | None:
        """Return the day the reader at `position` of the queue gets a copy; for one copy, `item_id`, when that comes."""
        arrivals = (
            self._arrival(lent, wanting.pickup.id)
            for lent in self.lent
            if item_id in {None, lent.copy.item_id} and self.rules.obstacle(lent.copy, wanting) is None
        )
        return nth_arrival(arrivals, position)

    def _arrival(self, lent: Lent, pickup_id: int) -> date | None:
        """Return when a copy can be collected; a late one is expected tomorrow, and what has to travel leaves a day later."""
        back = max(lent.due_on, self.on + timedelta(days=1))
        if lent.branch_id == pickup_id:
            return back
        return self.timetable.arrival(lent.branch_id, pickup_id, back + timedelta(days=1))


def outlook(session: Session, bib_id: int, pickup_ids: Iterable[int], on: date) -> Outlook:
    """Return what is expected of the copies on loan, for readers who collect at these branches."""
    copies = {copy.item_id: copy for copy in copies_of(session, bib_id)}
    # By the copy: a loan keeps the title it was made under when that is merged.
    loans = select(Loan.item_id, Loan.due_on, Loan.out_branch_id).join(Item, Item.id == Loan.item_id)
    rows = session.execute(loans.where(Item.bib_id == bib_id, Loan.in_at.is_(None)).order_by(Loan.due_on, Loan.id))
    lent = [Lent(copies[item_id], due_on, branch) for item_id, due_on, branch in rows if item_id in copies]
    needed = {one.branch_id for one in lent} | set(pickup_ids) if lent else set()
    timetable = timetable_of(session, needed, on) if len(needed) > 1 else Timetable()
    return Outlook(on, RulesOfDay(session, on), lent, timetable)


def promise_again(session: Session, operation: Operation, bib_id: int, cause: Cause = Cause.NEW_DAY) -> int:
    """Find out anew what every reader of a title can be told; return for how many holds the day is another one.

    The queue is locked by the caller, or is by this.
    """
    on = clock.local_date(operation.at)
    changes.lock_queue(session, bib_id)
    holds = changes.read(session, changes.query().where(Hold.bib_id == bib_id, Hold.ended_at.is_(None)))
    days = {hold.id: _on_the_way(session, hold, on) for hold in holds if hold.state is State.IN_TRANSIT}
    days |= _in_the_queue(session, bib_id, [hold for hold in holds if hold.state is State.WAITING], on)
    days |= {hold.id: None for hold in holds if hold.state is State.SUSPENDED}
    changed = [hold for hold in holds if hold.id in days and days[hold.id] != hold.promised_on]
    for hold in changed:
        changes.note(session, operation, PROMISED, hold, cause, promised_on=days[hold.id])
    return len(changed)


def _in_the_queue(session: Session, bib_id: int, waiting: Sequence[Held], on: date) -> dict[int, date | None]:
    if not waiting:
        return {}
    pickups = {hold.pickup_branch_id: session.get_one(Branch, hold.pickup_branch_id) for hold in waiting}
    expected, queue = outlook(session, bib_id, pickups, on), in_order(waiting)
    return {
        hold.id: _for_one(session, expected, hold, pickups[hold.pickup_branch_id], _position(hold, queue[:before]))
        for before, hold in enumerate(queue)
    }


def _position(hold: Held, before: Sequence[Held]) -> int:
    """Return the place in the queue; a hold for one copy competes only with those whom that copy can serve."""
    rivals = [other for other in before if hold.item_id is None or other.item_id in {None, hold.item_id}]
    return len(rivals) + 1


def _for_one(session: Session, expected: Outlook, hold: Held, pickup: Branch, position: int) -> date | None:
    if pickup.state != "open" or not expected.lent:
        return None
    return expected.day_for(wanting_of_hold(session, hold, pickup), position, hold.item_id)


def _on_the_way(session: Session, hold: Held, on: date) -> date | None:
    """Return the promised day as it stands while a planned round can still keep it, else that of the next one."""
    move = open_transfer(session, hold.captured_item_id) if hold.captured_item_id is not None else None
    return promise_transfer(session, move.id, on) if move is not None else hold.promised_on


def titles_on_round(session: Session, route_id: int) -> Sequence[int]:
    """Return the titles for which readers wait whose book comes or leaves with a round."""
    stops = select(RouteStop.branch_id).where(RouteStop.route_id == route_id)
    sent = select(Transfer.hold_id).where(Transfer.from_branch_id.in_(stops), Transfer.hold_id.is_not(None))
    concerned = Hold.pickup_branch_id.in_(stops) | Hold.id.in_(sent)
    return session.scalars(select(Hold.bib_id).where(Hold.ended_at.is_(None), concerned).distinct()).all()


def titles_collected_at(session: Session, branch_id: int) -> Sequence[int]:
    """Return the titles for which readers wait who collect at a branch."""
    wanted = select(Hold.bib_id).where(Hold.pickup_branch_id == branch_id, Hold.ended_at.is_(None))
    return session.scalars(wanted.distinct().order_by(Hold.bib_id)).all()


def titles_waited_for(session: Session) -> Sequence[int]:
    """Return the titles for which somebody waits without a book on the pickup shelf."""
    waiting = Hold.state.in_((str(State.WAITING), str(State.IN_TRANSIT)))
    return session.scalars(
        select(Hold.bib_id).where(Hold.ended_at.is_(None), waiting).distinct().order_by(Hold.bib_id)
    ).all()
