"""Where copies are, whether they may be had, and when: the one answer, from all open rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, case, func, not_, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import HOLD_CAPTURED, Hold, Loan
from circulation.whereabouts import facts
from circulation.whereabouts.rules import GONE, Facts, Status, status, tree_distance
from library.branches.models import Branch, Location
from library.kernel.db import table_of
from library.kernel.prepared import Prepared

# No database takes any number of parameters in one statement.
CHUNK = 500
_REFRESH = update(table_of(Item)).values(is_available=facts.expected_availability())
# Every check-in is about one copy.
_REFRESH_ONE = Prepared(_REFRESH.where(Item.id == bindparam("item_id")))


class OpenRows:
    """The whereabouts of copies, read from the open rows of circulation; implements the catalogue's Protocol."""

    def availability(
        self, session: Session, bib_ids: Collection[int], *, branch_id: int | None = None
    ) -> dict[int, list[dict[str, Any]]]:
        """Return, per bib, one entry per branch that has copies of it, the nearest first.

        An entry is `{branch, branch_name, total, available, due_on, distance}`: `branch` the code, `due_on` the earliest
        date on which a lent copy is due (None when none is lent), `distance` the steps through the tree from `branch_id`
        (None without one). Copies withdrawn, lost or missing are not counted. Two statements: a popular title stands in
        every room, so names and distances are looked up once per room and not once per title and room.
        """
        found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for chunk in _chunks(bib_ids):
            rows = session.execute(_availability(chunk)).all()
            places = _places(session, {place for _, place, *_ in rows}, branch_id)
            for bib_id, place, total, available, due_on in rows:
                counts = {"total": total, "available": available, "due_on": due_on}
                found[bib_id].append(places[place] | counts)
        for entries in found.values():
            entries.sort(key=lambda entry: (entry["distance"] or 0, -entry["available"], entry["branch"]))
        return {bib_id: found.get(bib_id, []) for bib_id in bib_ids}

    def available_bib_ids(self, session: Session, branch_ids: Collection[int]) -> set[int]:
        """Return the bibs of which a copy may be had at one of the branches, from the covering index."""
        wanted = select(Item.bib_id).where(Item.current_branch_id.in_(list(branch_ids)), Item.is_available).distinct()
        return set(session.scalars(wanted))

    def item_statuses(self, session: Session, item_ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return `{item_id: {status, due_on}}`; `due_on` only for what is on loan. One statement."""
        statuses: dict[int, dict[str, Any]] = {}
        for chunk in _chunks(item_ids):
            for row in session.execute(_facts(chunk)):
                current = status(_read(row))
                statuses[row.id] = {"status": str(current), "due_on": row.due_on if current is Status.ON_LOAN else None}
        return statuses


def item_statuses(session: Session, item_ids: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return `{item_id: {status, due_on}}`, as `OpenRows.item_statuses`."""
    return OpenRows().item_statuses(session, item_ids)


def refresh_availability(session: Session, item_ids: Collection[int]) -> None:
    """Recompute the flag `is_available` of copies from their open rows; one statement per 500.

    Every service that changes an open row of a copy calls it once, in the same transaction, after all its changes.
    """
    session.flush()
    for chunk in _chunks(item_ids):
        if len(chunk) == 1:
            _REFRESH_ONE.run(session, item_id=chunk[0])
        else:
            session.execute(_REFRESH.where(Item.id.in_(chunk)))


def _chunks(ids: Collection[int]) -> list[Sequence[int]]:
    wanted = sorted(set(ids))
    return [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]


def _places(session: Session, branch_ids: Collection[int], near_id: int | None) -> dict[int, dict[str, Any]]:
    """Return `{branch, branch_name, distance}` by branch id."""
    wanted = {*branch_ids, near_id} - {None}
    rows = session.execute(select(Branch.id, Branch.code, Branch.name, Branch.path).where(Branch.id.in_(wanted))).all()
    near = next((row.path for row in rows if row.id == near_id), None)
    return {
        row.id: {
            "branch": row.code,
            "branch_name": row.name,
            "distance": tree_distance(near, row.path) if near else None,
        }
        for row in rows
    }


def _availability(bib_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Item.bib_id,
            Item.current_branch_id,
            func.count(),
            func.sum(case((Item.is_available, 1), else_=0)),
            func.min(Loan.due_on),
        )
        .outerjoin(Loan, (Loan.item_id == Item.id) & Loan.in_at.is_(None))
        .where(Item.bib_id.in_(bib_ids), not_(facts.condition(*GONE)))
        .group_by(Item.bib_id, Item.current_branch_id)
    )


def _facts(item_ids: Sequence[int]) -> Select[Any]:
    hold = (
        select(Hold.state).where(Hold.captured_item_id == Item.id, Hold.state.in_(HOLD_CAPTURED)).correlate(Item)
    ).scalar_subquery()
    return (
        select(
            Item.id,
            Item.item_class,
            Location.is_lendable,
            Loan.id.label("loan_id"),
            Loan.due_on,
            facts.open_transfer().label("has_open_transfer"),
            facts.in_box().label("is_in_box"),
            hold.label("captured_hold"),
            facts.open_conditions().label("conditions"),
        )
        .join(Location, Location.id == Item.location_id)
        .outerjoin(Loan, (Loan.item_id == Item.id) & Loan.in_at.is_(None))
        .where(Item.id.in_(item_ids))
    )


def _read(row: Any) -> Facts:
    return Facts(
        item_class=row.item_class,
        is_location_lendable=row.is_lendable,
        is_on_loan=row.loan_id is not None,
        has_open_transfer=row.has_open_transfer,
        captured_hold=row.captured_hold,
        is_in_box=row.is_in_box,
        conditions=facts.conditions_in(row.conditions),
    )
