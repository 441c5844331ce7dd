"""Gathering what `rules.may_request` wants to know from the database, inside the transaction that decides."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition
from circulation.logistics.rules import Wanted
from circulation.models import HOLD_CAPTURED, TRANSFER_OPEN, Hold, Loan, Transfer
from circulation.whereabouts.rules import GONE
from library.branches.models import Branch
from library.kernel.errors import NotFound


def wanted_of(session: Session, item_id: int, to_branch_id: int, hold_id: int | None) -> tuple[Wanted, int, str]:
    """Return the facts about a copy, which is locked, and its destination; with the copy's title and class.

    Raises `NotFound` `unknown_item` or `unknown_branch`.
    """
    on_loan = exists().where(Loan.item_id == Item.id, Loan.in_at.is_(None))
    moving = select(Transfer.id).where(Transfer.item_id == Item.id, Transfer.state.in_(TRANSFER_OPEN))
    kept = select(Hold.id).where(Hold.captured_item_id == Item.id, Hold.state.in_(HOLD_CAPTURED))
    gone = (
        select(ItemCondition.kind)
        .where(ItemCondition.item_id == Item.id, ItemCondition.until.is_(None), ItemCondition.kind.in_(GONE))
        .limit(1)
    )
    row = session.execute(
        select(
            Item.current_branch_id,
            Item.bib_id,
            Bib.clc_top,
            on_loan,
            moving.scalar_subquery(),
            kept.scalar_subquery(),
            gone.scalar_subquery(),
        )
        .join(Bib, Bib.id == Item.bib_id)
        .where(Item.id == item_id)
    ).one_or_none()
    if row is None:
        raise NotFound("unknown_item", item=item_id)
    state = session.scalar(select(Branch.state).where(Branch.id == to_branch_id))
    if state is None:
        raise NotFound("unknown_branch", branch=to_branch_id)
    at_branch_id, bib_id, clc, is_on_loan, open_id, kept_id, gone_as = row
    wanted = Wanted(at_branch_id, to_branch_id, state == "open", is_on_loan, open_id, kept_id, hold_id, gone_as)
    return wanted, bib_id, clc
