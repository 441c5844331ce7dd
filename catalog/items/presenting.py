"""Copies as the API shows them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.availability import whereabouts
from catalog.items.models import Item
from library.branches.models import Branch, Location


def present_items(session: Session, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Return copies in the shape of `ItemOut`; three statements however many they are."""
    statuses = whereabouts().item_statuses(session, [item.id for item in items])
    places = {item.owner_branch_id for item in items} | {item.home_branch_id for item in items}
    places |= {item.current_branch_id for item in items}
    codes = {row.id: row.code for row in session.execute(select(Branch.id, Branch.code).where(Branch.id.in_(places)))}
    wanted = select(Location.id, Location.name).where(Location.id.in_({item.location_id for item in items}))
    names = {row.id: row.name for row in session.execute(wanted)}
    return [
        {
            "id": item.id,
            "barcode": item.barcode,
            "bib": item.bib_id,
            "status": statuses.get(item.id, {}).get("status", "available"),
            "due_on": statuses.get(item.id, {}).get("due_on"),
            "owner_branch": codes[item.owner_branch_id],
            "home_branch": codes[item.home_branch_id],
            "current_branch": codes[item.current_branch_id],
            "location": names[item.location_id],
            "call_number": item.call_number,
            "volume": item.volume,
        }
        for item in items
    ]
