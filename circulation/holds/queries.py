"""Reading holds: one as the API shows it, its place in the queue, lists, and what a branch has to fetch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.holds.capture import TO_FETCH
from circulation.holds.rules import State, allowed_actions
from circulation.models import TRANSFER_OPEN, Hold, Transfer
from library.branches.models import Branch
from library.kernel.errors import NotFound

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which holds to list; None or empty means any. `paths` are those of branches they are picked up at or below."""

    paths: Sequence[str] | None = None
    patron_id: int | None = None
    bib_id: int | None = None
    states: Sequence[str] = ()


def view(session: Session, hold_id: int) -> View:
    """Return a hold in ids, codes and dates, as it is stored with an answer. Raises `NotFound` `unknown_hold`."""
    row = session.execute(_query().where(Hold.id == hold_id)).one_or_none()
    if row is None:
        raise NotFound("unknown_hold", hold=hold_id)
    return _shown(row)


def page(session: Session, wanted: Filter, *, offset: int, limit: int) -> tuple[list[View], int]:
    """Return a page of holds with their titles in queue order, and how many there are."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(Hold).where(*conditions)) or 0
    rows = session.execute(
        _query()
        .add_columns(Bib.title)
        .join(Bib, Bib.id == Hold.bib_id)
        .where(*conditions)
        .order_by(Hold.placed_at, Hold.id)
        .offset(offset)
        .limit(limit)
    )
    return [{**_shown(row), "title": row.title} for row in rows], total


def position(session: Session, hold_id: int) -> int | None:
    """Return a waiting hold's place in the queue, 1 is next; None when it does not wait."""
    return session.scalar(select(_position()).where(Hold.id == hold_id, Hold.state == str(State.WAITING)))


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    chosen = {Hold.patron_id: wanted.patron_id, Hold.bib_id: wanted.bib_id}
    conditions = [column == value for column, value in chosen.items() if value is not None]
    if wanted.paths is not None:
        places = select(Branch.id).where(or_(false(), *(Branch.path.startswith(path) for path in wanted.paths)))
        conditions.append(Hold.pickup_branch_id.in_(places))
    return [*conditions, Hold.state.in_(wanted.states)] if wanted.states else conditions


def _position() -> ColumnElement[int]:
    before = aliased(Hold)
    earlier = or_(before.placed_at < Hold.placed_at, and_(before.placed_at == Hold.placed_at, before.id < Hold.id))
    ahead = select(func.count()).where(before.bib_id == Hold.bib_id, before.state == str(State.WAITING), earlier)
    return ahead.correlate(Hold).scalar_subquery() + 1


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Hold.id,
            Hold.patron_id,
            Hold.bib_id,
            Hold.item_id,
            Hold.state,
            Hold.cause,
            Hold.captured_item_id,
            Hold.placed_at,
            Hold.promised_on,
            Hold.pickup_until_on,
            Branch.code.label("pickup_code"),
            Item.barcode,
            Transfer.id.label("transfer_id"),
            Transfer.state.label("transfer_state"),
            _position().label("position"),
        )
        .join(Branch, Branch.id == Hold.pickup_branch_id)
        .outerjoin(Item, Item.id == Hold.captured_item_id)
        .outerjoin(Transfer, (Transfer.hold_id == Hold.id) & Transfer.state.in_(TRANSFER_OPEN))
    )


def _shown(row: Any) -> View:
    return {
        "id": row.id,
        "patron": row.patron_id,
        "bib": row.bib_id,
        "item": row.item_id,
        "pickup_branch": row.pickup_code,
        "state": row.state,
        "to_fetch": row.state == State.READY and row.cause == TO_FETCH,
        "copy": row.captured_item_id,
        "barcode": row.barcode,
        "position": row.position if row.state == State.WAITING else None,
        "placed_at": row.placed_at.isoformat(),
        "promised_on": row.promised_on.isoformat() if row.promised_on else None,
        "pickup_until_on": row.pickup_until_on.isoformat() if row.pickup_until_on else None,
        "transfer": row.transfer_id,
        "transfer_state": row.transfer_state,
        "actions": [str(action) for action in allowed_actions(State(row.state))],
    }
