"""Reading what is on the move: one transfer as the API shows it, lists, worklists of a branch, the van's day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.logistics.rules import State, allowed_actions
from circulation.models import Box, BoxLine, Transfer
from library.branches.models import Branch
from library.branches.rounds import timetable_of
from library.kernel.errors import NotFound

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which transfers to list; `direction` is `out` (from the branch), `in` (to it) or None for both."""

    branch_id: int | None = None
    direction: str | None = None
    states: tuple[str, ...] = ()
    item_id: int | None = None


def view(session: Session, transfer_id: int) -> View:
    """Return a transfer in ids, codes and dates, as it is stored with an answer. Raises `NotFound` `unknown_transfer`."""
    found = views(session, [transfer_id])
    if not found:
        raise NotFound("unknown_transfer", transfer=transfer_id)
    return found[0]


def views(session: Session, transfer_ids: Sequence[int]) -> list[View]:
    """Return several transfers as `view` does, by id; unknown ids are left out."""
    return [_shown(row) for row in session.execute(_query().where(Transfer.id.in_(transfer_ids)).order_by(Transfer.id))]


def page(session: Session, wanted: Filter, *, offset: int, limit: int) -> tuple[list[View], int]:
    """Return a page of transfers with their titles, the newest first, and how many there are."""
    conditions = list(_conditions(wanted))
    total = session.scalar(select(func.count()).select_from(Transfer).where(*conditions)) or 0
    rows = session.execute(
        _query().add_columns(Bib.title).where(*conditions).order_by(Transfer.id.desc()).offset(offset).limit(limit)
    )
    return [{**_shown(row), "title": row.title} for row in rows], total


def promised_on(session: Session, from_branch_id: int, to_branch_id: int, not_before: date) -> date | None:
    """Return the day the van can bring a copy that may leave from `not_before` on, None when nothing is planned."""
    timetable = timetable_of(session, (from_branch_id, to_branch_id), not_before)
    return timetable.arrival(from_branch_id, to_branch_id, not_before)


def _conditions(wanted: Filter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.branch_id is not None:
        sides = {"out": Transfer.from_branch_id, "in": Transfer.to_branch_id}
        chosen = [sides[wanted.direction]] if wanted.direction else list(sides.values())
        conditions.append(or_(*(side == wanted.branch_id for side in chosen)))
    if wanted.states:
        conditions.append(Transfer.state.in_(wanted.states))
    if wanted.item_id is not None:
        conditions.append(Transfer.item_id == wanted.item_id)
    return conditions


def _query() -> Select[*tuple[Any, ...]]:
    sender, destination = aliased(Branch), aliased(Branch)
    return (
        select(
            Transfer.id,
            Transfer.item_id,
            Transfer.reason,
            Transfer.state,
            Transfer.hold_id,
            Transfer.promised_on,
            Transfer.requested_at,
            Item.barcode,
            Item.bib_id,
            Item.call_number,
            sender.code.label("from_code"),
            destination.code.label("to_code"),
            Box.code.label("box_code"),
        )
        .join(Item, Item.id == Transfer.item_id)
        .join(Bib, Bib.id == Item.bib_id)
        .join(sender, sender.id == Transfer.from_branch_id)
        .join(destination, destination.id == Transfer.to_branch_id)
        .outerjoin(BoxLine, (BoxLine.transfer_id == Transfer.id) & BoxLine.closed_at.is_(None))
        .outerjoin(Box, Box.id == BoxLine.box_id)
    )


def _shown(row: Any) -> View:
    return {
        "id": row.id,
        "item": row.item_id,
        "barcode": row.barcode,
        "bib": row.bib_id,
        "call_number": row.call_number,
        "from_branch": row.from_code,
        "to_branch": row.to_code,
        "reason": row.reason,
        "state": row.state,
        "hold": row.hold_id,
        "box": row.box_code,
        "promised_on": row.promised_on.isoformat() if row.promised_on else None,
        "requested_at": row.requested_at.isoformat(),
        "actions": [str(action) for action in allowed_actions(State(row.state))],
    }
