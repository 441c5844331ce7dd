"""Reading holds: one as the API shows it, its place in the queue, lists, and what a branch has to fetch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.holds.states import QUEUED, Stage, State, allowed_actions, stage
from circulation.models import TRANSFER_OPEN, Hold, Transfer
from library.branches.models import Branch
from library.kernel.decisions import Decision, Reason
from library.kernel.errors import NotFound
from library.kernel.operations import Answer

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


def answer_of(
    session: Session, found: Iterable[Reason], hold_id: int | None, asked: Sequence[dict[str, Any]] = ()
) -> Answer:
    """Return `{decision, reasons, hold, policy}` of ids, codes and dates."""
    reasons_found = tuple(found)
    return {
        "decision": str(Decision.of(reasons_found).outcome),
        "reasons": [one.stored() for one in reasons_found],
        "hold": view(session, hold_id) if hold_id is not None else None,
        "policy": list(asked),
    }


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
    """Return the place in the queue of a hold without a copy, 1 is next; None for any other.

    Suspended holds keep their place, and count for nobody behind them while they are passed over.
    """
    return session.scalar(select(_position()).where(Hold.id == hold_id, Hold.state.in_(QUEUED)))


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
            Hold.expires_on,
            Hold.suspended_until_on,
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
    state = State(row.state)
    reached = stage(state, row.cause, row.transfer_state)
    return {
        "id": row.id,
        "patron": row.patron_id,
        "bib": row.bib_id,
        "item": row.item_id,
        "pickup_branch": row.pickup_code,
        "state": row.state,
        "stage": str(reached),
        "cause": row.cause,
        "to_fetch": state is State.READY and reached is Stage.ALLOCATED,
        "copy": row.captured_item_id,
        "barcode": row.barcode,
        "position": row.position if state in QUEUED else None,
        "placed_at": row.placed_at.isoformat(),
        "promised_on": _iso(row.promised_on),
        "pickup_until_on": _iso(row.pickup_until_on),
        "expires_on": _iso(row.expires_on),
        "suspended_until_on": _iso(row.suspended_until_on),
        "transfer": row.transfer_id,
        "transfer_state": row.transfer_state,
        "actions": [str(action) for action in allowed_actions(state)],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
