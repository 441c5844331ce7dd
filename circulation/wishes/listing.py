"""What a reader has asked for, for pages."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.models import Wish
from library.kernel.errors import NotFound

MOST_WISHES = 20


def wishes_of(session: Session, patron_id: int) -> Sequence[Wish]:
    """Return a reader's latest wishes, the newest first."""
    return session.scalars(
        select(Wish)
        .where(Wish.patron_id == patron_id)
        .order_by(Wish.wished_at.desc(), Wish.id.desc())
        .limit(MOST_WISHES)
    ).all()


def require_own(session: Session, wish_id: int, patron_id: int | None) -> None:
    """Raise `NotFound` `unknown_wish` unless the reader made this wish; another's is as unknown as none."""
    if patron_id is None or session.scalar(select(Wish.patron_id).where(Wish.id == wish_id)) != patron_id:
        raise NotFound("unknown_wish", wish=wish_id)
