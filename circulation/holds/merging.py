"""What becomes of the queue when two titles are merged, or a merge is taken back: holds go where the copies went."""

from dataclasses import replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes
from circulation.holds.changes import Happened, Held
from circulation.holds.services import cancel_hold
from circulation.holds.states import Cause
from circulation.models import Hold
from library.kernel.operations import Operation


def follow_merge(session: Session, operation: Operation, from_id: int, into_id: int) -> int:
    """Move the open holds of a merged title to the one that took over; return how many.

    Places in the queue stay, because they follow the time of asking. Of two holds of one reader the later one ends.
    """
    waiting = changes.query().where(Hold.bib_id == from_id, Hold.ended_at.is_(None)).order_by(Hold.id)
    moved = changes.read(session, waiting.with_for_update(of=Hold))
    for hold in moved:
        twin = _twin(session, hold, into_id)
        if twin is not None:
            _end_the_later(session, operation, hold, twin)
        else:
            _move(session, operation, hold, into_id, Cause.MERGED)
    return len(moved)


def follow_copies(session: Session, operation: Operation, bib_id: int) -> int:
    """Move the holds that kept a copy of another title now to that copy's title, after a merge was taken back."""
    astray = (
        select(Hold.id)
        .join(Item, Item.id == Hold.captured_item_id)
        .where(Hold.ended_at.is_(None), Item.bib_id == bib_id, Hold.bib_id != bib_id)
    )
    ids = list(session.scalars(astray))
    for hold_id in ids:
        _move(session, operation, changes.locked(session, hold_id), bib_id, Cause.MERGE_UNDONE)
    return len(ids)


def _twin(session: Session, hold: Held, bib_id: int) -> Held | None:
    if hold.patron_id is None or hold.item_id is not None:
        return None
    same = select(Hold.id).where(
        Hold.patron_id == hold.patron_id, Hold.bib_id == bib_id, Hold.item_id.is_(None), Hold.ended_at.is_(None)
    )
    twin_id = session.scalar(same)
    return changes.by_id(session, twin_id) if twin_id is not None else None


def _end_the_later(session: Session, operation: Operation, hold: Held, twin: Held) -> None:
    """Keep the one that has a copy, else the one asked for first."""
    first = min((hold, twin), key=lambda one: (one.captured_item_id is None, one.placed_at, one.id))
    other = twin if first is hold else hold
    cancel_hold(session, operation, other.id, Cause.MERGED)
    if first is hold:
        _move(session, operation, hold, twin.bib_id, Cause.MERGED)


def _move(session: Session, operation: Operation, hold: Held, bib_id: int, cause: Cause) -> None:
    session.execute(update(Hold).where(Hold.id == hold.id).values(bib_id=bib_id))
    changes.announce(session, operation, replace(hold, bib_id=bib_id), Happened("hold.moved", cause))
