"""What a reader waits for and what a room keeps for readers, for pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import TRANSFER_OPEN, Hold, Transfer
from library.branches.models import Branch
from library.patrons.models import Patron


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reader's open hold with its title, where it is collected, how many are before it, and the state of its transfer."""

    hold: Hold
    bib: Bib
    pickup: Branch
    ahead: int
    transfer_state: str | None


def open_holds(session: Session, patron_id: int, hold_id: int | None = None) -> list[Waiting]:
    """Return a reader's open holds in the order in which they were placed, or the one of them."""
    before = aliased(Hold)
    earlier = or_(before.placed_at < Hold.placed_at, and_(before.placed_at == Hold.placed_at, before.id < Hold.id))
    ahead = (
        select(func.count())
        .where(before.bib_id == Hold.bib_id, before.state == "waiting", earlier)
        .correlate(Hold)
        .scalar_subquery()
    )
    wanted = (
        select(Hold, Bib, Branch, ahead, Transfer.state)
        .join(Bib, Bib.id == Hold.bib_id)
        .join(Branch, Branch.id == Hold.pickup_branch_id)
        .outerjoin(Transfer, (Transfer.hold_id == Hold.id) & Transfer.state.in_(TRANSFER_OPEN))
        .where(Hold.patron_id == patron_id, Hold.ended_at.is_(None))
        .order_by(Hold.placed_at, Hold.id)
    )
    if hold_id is not None:
        wanted = wanted.where(Hold.id == hold_id)
    return [Waiting(*row) for row in session.execute(wanted)]


def ended_lately(session: Session, patron_id: int, since: datetime) -> Sequence[Row[Hold, Bib]]:
    """Return a reader's holds that ended without a loan and not by the reader's own wish, the latest first."""
    return session.execute(
        select(Hold, Bib)
        .join(Bib, Bib.id == Hold.bib_id)
        .where(
            Hold.patron_id == patron_id,
            Hold.ended_at >= since,
            Hold.state.in_(("cancelled", "expired")),
            Hold.cause.is_not(None),
            Hold.cause != "reader",
        )
        .order_by(Hold.ended_at.desc(), Hold.id.desc())
    ).all()


def ready_count(session: Session, patron_id: int) -> int:
    """Return how many books wait on a pickup shelf for a reader."""
    return session.scalar(select(func.count()).where(Hold.patron_id == patron_id, Hold.state == "ready")) or 0


def kept_at(session: Session, branch_id: int, limit: int = 200) -> Sequence[Row[Hold, Bib, Item, Patron]]:
    """Return the copies on the pickup shelf of a branch, the first to be given up first."""
    return session.execute(
        select(Hold, Bib, Item, Patron)
        .join(Bib, Bib.id == Hold.bib_id)
        .join(Item, Item.id == Hold.captured_item_id)
        .join(Patron, Patron.id == Hold.patron_id)
        .where(Hold.pickup_branch_id == branch_id, Hold.state == "ready")
        .order_by(Hold.pickup_until_on, Hold.id)
        .limit(limit)
    ).all()
