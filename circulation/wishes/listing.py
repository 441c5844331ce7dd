"""What a reader has asked for, for pages."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import Wish

MOST_WISHES = 20


def wishes_of(session: Session, patron_id: int) -> Sequence[Wish]:
    """Return a reader's latest wishes, the newest first."""
    return session.scalars(
        select(Wish)
        .where(Wish.patron_id == patron_id)
        .order_by(Wish.wished_at.desc(), Wish.id.desc())
        .limit(MOST_WISHES)
    ).all()
