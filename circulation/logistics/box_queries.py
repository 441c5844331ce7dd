"""Reading boxes: who holds one, where it goes, what is in it, what may be done with it."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from circulation.logistics.queries import View, views
from circulation.models import Box, BoxLine
from library.branches.models import Branch
from library.kernel.errors import NotFound

ACTIONS = {"open": ("pack", "dispatch"), "sealed": ("dispatch",), "dispatched": ("receive",), "received": ("open",)}


def view(session: Session, code: str) -> View:
    """Return a box in codes, dates and numbers, and who holds it. Raises `NotFound` `unknown_box`."""
    row = session.execute(_query().where(Box.code == code)).one_or_none()
    if row is None:
        raise NotFound("unknown_box", box=code)
    return _shown(row)


def named(session: Session, stored: View) -> View:
    """Return a box as it was stored with an answer, and who holds it now: a carrier's name stays out of stored answers."""
    return {**stored, "holder_name": session.scalar(select(Box.holder_name).where(Box.code == stored["code"]))}


def contents(session: Session, code: str) -> list[View]:
    """Return the transfers of what lies in a box now, by id."""
    transfers = session.scalars(
        select(BoxLine.transfer_id)
        .join(Box, Box.id == BoxLine.box_id)
        .where(Box.code == code, BoxLine.closed_at.is_(None), BoxLine.transfer_id.is_not(None))
    )
    return views(session, [transfer_id for transfer_id in transfers if transfer_id is not None])


def _query() -> Select[*tuple[Any, ...]]:
    sender, destination, holder = aliased(Branch), aliased(Branch), aliased(Branch)
    lines = select(func.count()).where(BoxLine.box_id == Box.id, BoxLine.closed_at.is_(None)).correlate(Box)
    return (
        select(
            Box.code,
            Box.state,
            Box.capacity,
            Box.seal,
            Box.holder_name,
            Box.dispatched_at,
            Box.received_at,
            sender.code.label("from_code"),
            destination.code.label("to_code"),
            holder.code.label("holder_code"),
            lines.scalar_subquery().label("copies"),
        )
        .join(sender, sender.id == Box.from_branch_id)
        .outerjoin(destination, destination.id == Box.to_branch_id)
        .outerjoin(holder, holder.id == Box.holder_branch_id)
    )


def _shown(row: Any) -> View:
    return {
        "code": row.code,
        "state": row.state,
        "from_branch": row.from_code,
        "to_branch": row.to_code,
        "holder_branch": row.holder_code,
        "holder_name": row.holder_name,
        "capacity": row.capacity,
        "copies": row.copies,
        "seal": row.seal,
        "dispatched_at": row.dispatched_at.isoformat() if row.dispatched_at else None,
        "received_at": row.received_at.isoformat() if row.received_at else None,
        "actions": list(ACTIONS.get(row.state, ())),
    }
