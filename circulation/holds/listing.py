"""What a reader waits for and what a room keeps for readers, for pages."""

from collections.abc import Sequence

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Hold
from library.branches.models import Branch
from library.patrons.models import Patron


def open_holds(session: Session, patron_id: int) -> Sequence[Row[Hold, Bib, Branch, int]]:
    """Return a reader's open holds as (hold, bib, pickup branch, holds before it in the queue)."""
    before = aliased(Hold)
    earlier = or_(before.placed_at < Hold.placed_at, and_(before.placed_at == Hold.placed_at, before.id < Hold.id))
    ahead = (
        select(func.count())
        .where(before.bib_id == Hold.bib_id, before.state == "waiting", earlier)
        .correlate(Hold)
        .scalar_subquery()
    )
    return session.execute(
        select(Hold, Bib, Branch, ahead)
        .join(Bib, Bib.id == Hold.bib_id)
        .join(Branch, Branch.id == Hold.pickup_branch_id)
        .where(Hold.patron_id == patron_id, Hold.ended_at.is_(None))
        .order_by(Hold.placed_at, Hold.id)
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
