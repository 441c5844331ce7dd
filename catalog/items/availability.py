"""Where copies are and whether they may be had: asked here, answered by circulation.

The catalogue shows "on the shelf", "back about Friday" and yet knows nothing of loans, so circulation registers what
implements `Whereabouts` with the application. Without it (a catalogue alone, a test) `OnTheShelf` answers from the derived
flag of each copy.
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol, cast

from flask import Flask, current_app
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from library.branches.models import Branch

EXTENSION = "catalog.whereabouts"


class Whereabouts(Protocol):
    """The one answer to "where is this copy, may it be had, and when"."""

    def availability(
        self, session: Session, bib_ids: Collection[int], *, branch_id: int | None = None
    ) -> Mapping[int, list[dict[str, Any]]]:
        """Return per bib a list of `{branch, branch_name, total, available, due_on, distance}`.

        `branch` is a code, `due_on` the earliest date a copy is due back there or None, `distance` steps in the tree from
        `branch_id` or None. Bibs without a copy may be missing.
        """
        ...

    def available_bib_ids(self, session: Session, branch_ids: Collection[int]) -> set[int]:
        """Return the bibs of which a copy can be borrowed at one of the branches now."""
        ...

    def item_statuses(self, session: Session, item_ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
        """Return per copy `{status, due_on}`; the words of `status` are listed in `catalog.bibs.sheet`."""
        ...


class OnTheShelf:
    """Answers from the copies alone: everything that is available stands on its shelf."""

    def availability(
        self, session: Session, bib_ids: Collection[int], *, branch_id: int | None = None
    ) -> Mapping[int, list[dict[str, Any]]]:
        """See `Whereabouts.availability`."""
        del branch_id
        rows = session.execute(
            select(
                Item.bib_id,
                Branch.code,
                Branch.name,
                func.count(),
                func.sum(case((Item.is_available, 1), else_=0)),
            )
            .join(Branch, Branch.id == Item.current_branch_id)
            .where(Item.bib_id.in_(bib_ids))
            .group_by(Item.bib_id, Branch.code, Branch.name)
            .order_by(Branch.code)
        )
        found: dict[int, list[dict[str, Any]]] = {}
        for bib_id, code, name, total, available in rows:
            entry = {"branch": code, "branch_name": name, "total": total, "available": int(available or 0)}
            found.setdefault(bib_id, []).append({**entry, "due_on": None, "distance": None})
        return found

    def available_bib_ids(self, session: Session, branch_ids: Collection[int]) -> set[int]:
        """See `Whereabouts.available_bib_ids`."""
        wanted = select(Item.bib_id).where(Item.current_branch_id.in_(branch_ids), Item.is_available).distinct()
        return set(session.scalars(wanted))

    def item_statuses(self, session: Session, item_ids: Collection[int]) -> Mapping[int, dict[str, Any]]:
        """See `Whereabouts.item_statuses`."""
        rows = session.execute(
            select(Item.id, Item.is_available, ItemCondition.kind)
            .outerjoin(ItemCondition, (ItemCondition.item_id == Item.id) & ItemCondition.until.is_(None))
            .where(Item.id.in_(item_ids))
        )
        return {
            item_id: {"status": kind or ("available" if is_available else "reading_room_only"), "due_on": None}
            for item_id, is_available, kind in rows
        }


def register_whereabouts(app: Flask, implementation: Whereabouts) -> None:
    """Let `implementation` answer for this application."""
    app.extensions[EXTENSION] = implementation


def whereabouts() -> Whereabouts:
    """Return what answers for the current application."""
    return cast(Whereabouts, current_app.extensions.get(EXTENSION) or _ON_THE_SHELF)


_ON_THE_SHELF = OnTheShelf()
