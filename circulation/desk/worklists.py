"""What a keeper has to do with books on the move: to send, to receive, kept for readers; and wishes to answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.desk.lending_first import how_many_wait
from circulation.logistics.rules import NOT_YET_SENT
from circulation.logistics.steps import lock_items
from circulation.models import Hold, Transfer, Wish
from library.branches.models import Branch
from library.kernel.errors import NotFound

TO_SEND = tuple(map(str, NOT_YET_SENT))
TO_RECEIVE = ("dispatched", "arrived")
MOST_ROWS = 200

Move = Row[Transfer, Bib, Item, Branch]


@dataclass(frozen=True)
class Figures:
    """How much waits at a branch."""

    outgoing: int
    incoming: int
    kept: int
    wishes: int
    uncatalogued: int


def outgoing(session: Session, branch_id: int) -> Sequence[Move]:
    """Return the transfers this branch has to pick or send, with the branch they go to."""
    wanted = _moves().join(Branch, Branch.id == Transfer.to_branch_id)
    wanted = wanted.where(Transfer.from_branch_id == branch_id, Transfer.state.in_(TO_SEND))
    return session.execute(wanted.order_by(Item.call_number_key, Transfer.id).limit(MOST_ROWS)).all()


def incoming(session: Session, branch_id: int) -> Sequence[Move]:
    """Return the transfers on their way to this branch or not yet on its shelf, with the branch they come from."""
    wanted = _moves().join(Branch, Branch.id == Transfer.from_branch_id)
    wanted = wanted.where(Transfer.to_branch_id == branch_id, Transfer.state.in_(TO_RECEIVE))
    return session.execute(wanted.order_by(Transfer.dispatched_at, Transfer.id).limit(MOST_ROWS)).all()


def open_wishes(session: Session, branch_ids: Sequence[int], limit: int = 100) -> Sequence[Row[Wish, Branch]]:
    """Return the wishes nobody has answered yet, the oldest first."""
    return session.execute(
        select(Wish, Branch)
        .join(Branch, Branch.id == Wish.branch_id)
        .where(Wish.state == "open", Wish.branch_id.in_(branch_ids))
        .order_by(Wish.wished_at, Wish.id)
        .limit(limit)
    ).all()


def figures(session: Session, branch_id: int, wish_branch_ids: Sequence[int]) -> Figures:
    """Return how much waits at a branch."""

    def count(*conditions: object) -> int:
        return session.scalar(select(func.count()).where(*conditions)) or 0  # type: ignore[arg-type]

    return Figures(
        outgoing=count(Transfer.from_branch_id == branch_id, Transfer.state.in_(TO_SEND)),
        incoming=count(Transfer.to_branch_id == branch_id, Transfer.state.in_(TO_RECEIVE)),
        kept=count(Hold.pickup_branch_id == branch_id, Hold.state == "ready"),
        wishes=count(Wish.state == "open", Wish.branch_id.in_(wish_branch_ids)),
        uncatalogued=how_many_wait(session, branch_id),
    )


def concerning(session: Session, branch_id: int, step: str, transfer_ids: Sequence[int]) -> Sequence[int]:
    """Return those of the transfers for which this branch may take the step: it sends, or it receives.

    Their copies are locked, all of them before the first step, because a step also locks the queue of its title.
    """
    end = Transfer.to_branch_id if step in {"receive", "shelve"} else Transfer.from_branch_id
    wanted = select(Transfer.id, Transfer.item_id).where(Transfer.id.in_(transfer_ids), end == branch_id)
    found = session.execute(wanted.order_by(Transfer.item_id)).all()
    lock_items(session, [item_id for _transfer_id, item_id in found])
    return [transfer_id for transfer_id, _item_id in found]


def branch_of_wish(session: Session, wish_id: int) -> Branch:
    """Return the branch a wish was made at. Raises `NotFound` `unknown_wish`."""
    wish = session.get(Wish, wish_id)
    if wish is None:
        raise NotFound("unknown_wish", wish=wish_id)
    return session.get_one(Branch, wish.branch_id)


def require_kept_here(session: Session, branch_id: int, hold_id: int) -> None:
    """Raise `NotFound` `unknown_hold` unless the hold is picked up at this branch."""
    if session.scalar(select(Hold.id).where(Hold.id == hold_id, Hold.pickup_branch_id == branch_id)) is None:
        raise NotFound("unknown_hold", hold=hold_id)


def _moves() -> Select[Transfer, Bib, Item, Branch]:
    return (
        select(Transfer, Bib, Item, Branch)
        .select_from(Transfer)
        .join(Item, Item.id == Transfer.item_id)
        .join(Bib, Bib.id == Item.bib_id)
    )
