"""Reading wishes, for the API."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from circulation.models import Wish
from circulation.wishes.rules import State, allowed_answers
from library.branches.models import Branch


def page(
    session: Session,
    *,
    branch_ids: Sequence[int] | None,
    patron_id: int | None,
    state: str | None,
    offset: int,
    limit: int,
) -> tuple[list[dict[str, Any]], int]:
    """Return a page of wishes, the oldest first, and how many there are; None means any."""
    conditions = [
        column == value for column, value in ((Wish.patron_id, patron_id), (Wish.state, state)) if value is not None
    ]
    if branch_ids is not None:
        conditions.append(Wish.branch_id.in_(branch_ids))
    total = session.scalar(select(func.count()).select_from(Wish).where(*conditions)) or 0
    rows = session.execute(
        select(Wish, Branch.code)
        .join(Branch, Branch.id == Wish.branch_id)
        .where(*conditions)
        .order_by(Wish.wished_at, Wish.id)
        .offset(offset)
        .limit(limit)
    )
    return [_shown(wish, code) for wish, code in rows], total


def _shown(wish: Wish, branch_code: str) -> dict[str, Any]:
    return {
        "id": wish.id,
        "branch": branch_code,
        "title": wish.title,
        "creator": wish.creator,
        "isbn": wish.isbn13,
        "note": wish.note,
        "state": wish.state,
        "answer": wish.answer,
        "bib": wish.bib_id,
        "wished_at": wish.wished_at,
        "answered_at": wish.answered_at,
        "actions": [str(state) for state in allowed_answers(State(wish.state))],
    }
