"""What a desk ends by having a copy in hand: conditions that are no longer true, a place in a box."""

from collections.abc import Collection

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from catalog.items.models import ItemCondition
from circulation.models import BoxLine
from library.kernel import events
from library.kernel.operations import Operation


def end_conditions(
    session: Session, operation: Operation, item_id: int, bib_id: int, kinds: Collection[str], *, branch_id: int
) -> None:
    """End open conditions of a copy, with one event that names them; nothing happens without `kinds`.

    One noted while this operation waited for its turn ends when it began.
    """
    if not kinds:
        return
    session.execute(
        update(ItemCondition)
        .where(ItemCondition.item_id == item_id, ItemCondition.kind.in_(sorted(kinds)), ItemCondition.until.is_(None))
        .values(until=case((ItemCondition.since > operation.at, ItemCondition.since), else_=operation.at))
        .execution_options(synchronize_session=False)
    )
    events.record(
        session,
        operation,
        "item.found",
        branch_id=branch_id,
        bib_id=bib_id,
        item_id=item_id,
        payload={"ended": sorted(kinds)},
    )


def leave_box(session: Session, operation: Operation, item_id: int) -> None:
    """Take a copy out of a box it lies in without a transfer; with one, the transfer's steps do it."""
    session.execute(
        update(BoxLine)
        .where(BoxLine.item_id == item_id, BoxLine.closed_at.is_(None))
        .values(closed_at=operation.at, outcome="removed")
        .execution_options(synchronize_session=False)
    )
