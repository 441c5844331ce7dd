"""How long a book is kept on the pickup shelf: from the first opening at which its reader can really have come.

The first opening by the timetable is taken until the opening log knows better. Where the keeper opens when at home nobody
knows it in advance: the last day stays open, and is set when the room is opened. A room that writes its openings down and
has not been opened since the book came has kept its reader out, so the days do not run out there either; nor do they while
the branch is suspended.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes
from circulation.holds.changes import Held
from circulation.holds.choosing import wanting_of_hold
from circulation.holds.copies import RulesOfDay
from circulation.holds.rules import pickup_until
from circulation.holds.states import Cause, State
from circulation.models import Hold
from library.branches.calendars import OpeningLog
from library.branches.models import Branch
from library.branches.opening import calendar_of
from library.branches.opening_log import first_opening_after, really_opened_after
from library.kernel import clock
from library.kernel.operations import Operation

# A room that wrote down no opening for so long before the book came keeps no log.
LOG_DAYS = 60
MOVED = "hold.pickup_moved"


def ready_values(session: Session, operation: Operation, hold: Held, item_id: int) -> dict[str, Any]:
    """Return the columns of a hold whose copy is at its pickup branch from now on."""
    first = first_opening_on(session, hold.pickup_branch_id, operation.at)
    return {
        "ready_at": operation.at,
        "pickup_until_on": _until(session, hold, item_id, first) if first else None,
        "promised_on": first,
    }


def first_opening_on(session: Session, branch_id: int, instant: datetime) -> date | None:
    """Return the local day of the first opening from an instant on, None when only the opening log will tell."""
    found = first_opening_after(session, branch_id, instant)
    return clock.local_date(found.at) if found is not None else None


def missed(session: Session, on: date) -> Sequence[int]:
    """Return the ids of the holds whose book was not collected before `on`, where the place is open at all."""
    wanted = (
        select(Hold.id)
        .join(Branch, Branch.id == Hold.pickup_branch_id)
        .where(Hold.ended_at.is_(None), Hold.state == str(State.READY), Hold.pickup_until_on < on)
        .where(Branch.state == "open")
    )
    return session.scalars(wanted.order_by(Hold.id)).all()


def had_a_chance(session: Session, hold: Held) -> bool:
    """Tell whether the reader of a ready hold can have come: the room was opened, or does not write that down."""
    if hold.ready_at is None:
        return True
    if _opened_on(session, hold) is not None:
        return True
    before = hold.ready_at - timedelta(days=LOG_DAYS)
    kept = exists().where(OpeningLog.branch_id == hold.pickup_branch_id, OpeningLog.opened_at >= before)
    return not session.scalar(select(kept))


def wait_for_opening(session: Session, operation: Operation, hold: Held, cause: Cause) -> Held:
    """Let the days of a book on the pickup shelf begin only when its room is opened."""
    return changes.note(session, operation, MOVED, hold, cause, pickup_until_on=None)


def waiting_for_opening(session: Session, branch_id: int, opened_at: datetime) -> Sequence[int]:
    """Return the ids of the holds whose days may begin with an opening: on the shelf there, and come before it."""
    wanted = select(Hold.id).where(
        Hold.pickup_branch_id == branch_id, Hold.state == str(State.READY), Hold.ready_at <= opened_at
    )
    return session.scalars(wanted.order_by(Hold.id)).all()


def begin(session: Session, operation: Operation, hold: Held, *, reopened_at: datetime | None = None) -> bool:
    """Count the days of a ready hold from the first real opening since it came; never to an earlier day than before.

    A branch that was suspended counts by its timetable from `reopened_at` on. False when nothing changes.
    """
    first = _opened_on(session, hold, since=reopened_at)
    if first is None and reopened_at is not None:
        first = first_opening_on(session, hold.pickup_branch_id, reopened_at)
    if first is None or hold.captured_item_id is None:
        return False
    until = _until(session, hold, hold.captured_item_id, first)
    if hold.pickup_until_on is not None and until <= hold.pickup_until_on:
        return False
    changes.note(session, operation, MOVED, hold, Cause.ROOM_OPENED, pickup_until_on=until)
    return True


def _opened_on(session: Session, hold: Held, since: datetime | None = None) -> date | None:
    """Return the local day on which the reader could come first by the opening log."""
    from_at = max((instant for instant in (hold.ready_at, since) if instant is not None), default=None)
    found = really_opened_after(session, hold.pickup_branch_id, from_at) if from_at is not None else None
    return clock.local_date(found) if found is not None else None


def _until(session: Session, hold: Held, item_id: int, first_open_on: date) -> date:
    branch = session.get_one(Branch, hold.pickup_branch_id)
    item_class = session.scalar(select(Item.item_class).where(Item.id == item_id))
    terms = RulesOfDay(session, first_open_on).terms(wanting_of_hold(session, hold, branch), item_class)
    return pickup_until(calendar_of(session, branch.id), first_open_on, terms.pickup_days)
