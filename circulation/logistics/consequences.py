"""What a transfer's step means for the copy itself: where it is, where its home is, whether it is missing, who is told."""

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from catalog.items.services import move_item
from circulation.cases.services import open_case
from circulation.logistics.followers import followers
from circulation.logistics.steps import Move
from library.branches.services import default_location
from library.kernel import events
from library.kernel.operations import Operation

# These give the copy a new place to belong to; the others bring it where it is wanted once, or back.
NEW_HOME = frozenset({"restock", "rotation", "rebalance"})
TRANSFER_CAUSE = "transfer"


def came_to(session: Session, operation: Operation, moves: Iterable[Move], branch_id: int) -> None:
    """Record that copies were seen at a branch, each one that was thought elsewhere as a movement."""
    for move in moves:
        move_item(session, operation, move.item_id, branch_id, TRANSFER_CAUSE)


def settle_home(session: Session, operation: Operation, moves: Iterable[Move]) -> None:
    """Let copies sent for good belong to the branch they were shelved at; the return policy would send them back."""
    for move in moves:
        if move.reason not in NEW_HOME:
            continue
        place = {"home_branch_id": move.to_branch_id, "location_id": default_location(session, move.to_branch_id).id}
        session.execute(update(Item).where(Item.id == move.item_id).values(place))
        payload = {"home_branch_id": move.to_branch_id, "transfer_id": move.id}
        events.record(
            session,
            operation,
            "item.changed",
            branch_id=move.to_branch_id,
            bib_id=move.bib_id,
            item_id=move.item_id,
            payload=payload,
        )


def take_as_missing(session: Session, operation: Operation, moves: Sequence[Move], branch_id: int) -> None:
    """Record copies that are not where their transfer says as missing since now, with a case for each."""
    ids = [move.item_id for move in moves]
    known = set(
        session.scalars(
            select(ItemCondition.item_id).where(
                ItemCondition.item_id.in_(ids), ItemCondition.kind == "missing", ItemCondition.until.is_(None)
            )
        )
    )
    fresh = [move for move in moves if move.item_id not in known]
    if fresh:
        rows = [
            {"item_id": move.item_id, "kind": "missing", "since": operation.at, "operation_id": operation.id}
            for move in fresh
        ]
        session.execute(insert(ItemCondition), rows)
    for move in moves:
        details = {"state": str(move.state), "from_branch_id": move.from_branch_id, "to_branch_id": move.to_branch_id}
        open_case(
            session,
            operation,
            "missing_in_transfer",
            branch_id,
            item_id=move.item_id,
            transfer_id=move.id,
            details=details,
        )


def tell_arrived(session: Session, operation: Operation, moves: Iterable[Move]) -> None:
    """Tell the followers which copies have come to their destination."""
    for move in moves:
        for follower in followers():
            follower.arrived(session, operation, move)


def tell_shelved(session: Session, operation: Operation, moves: Iterable[Move]) -> None:
    """Tell the followers which copies stand on the shelf of their destination."""
    for move in moves:
        for follower in followers():
            follower.shelved(session, operation, move)


def tell_stopped(session: Session, operation: Operation, moves: Iterable[Move]) -> None:
    """Tell the followers which copies will not come."""
    for move in moves:
        for follower in followers():
            follower.stopped(session, operation, move)
