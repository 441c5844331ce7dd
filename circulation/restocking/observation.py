"""What the planner reads from the database: one SQL statement per subject, turned into arrays by numpy.

Positions are small integers: rooms in the order of their codes, titles and copies in the order of their ids. Loans are
found by the copy and not by the title they were written with, so that a merge of two titles carries their history
along.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition, ItemMovement
from circulation.models import Hold, Loan, RestockLine, Wish
from circulation.models.loans import not_undone
from circulation.restocking.history import IntArray
from circulation.restocking.rules import BUY
from circulation.whereabouts.rules import GONE
from library.branches.calendars import OpeningLog
from library.branches.models import Branch, Location
from library.kernel import clock

_TIERS: Final[Mapping[str, int]] = {"central": 0, "township": 1}
_ROOM_TIER: Final = 2
_AREAS: Final = ("city", "county")
Rows = Sequence[Any]
"""Rows of a statement, read by column name."""


def ints(values: Iterable[int]) -> IntArray:
    """Return whole numbers as an array."""
    return np.fromiter(values, dtype=np.int64)


def ordinal(instant: datetime) -> int:
    """Return the county's day of an instant as a day ordinal."""
    return clock.local_date(instant).toordinal()


@dataclass(frozen=True)
class Rooms:
    """Branches with shelves; ``tier`` is the kind of library and ``group`` the township they share strength in (both by
    position).
    """

    rows: Rows
    at: Mapping[int, int]
    tier: IntArray
    group: IntArray

    def positions(self, branch_ids: Iterable[int]) -> IntArray:
        """Return positions of branches, −1 for those without shelves (an area, a place closed for good)."""
        return ints(self.at.get(branch, -1) for branch in branch_ids)


def rooms(session: Session) -> Rooms:
    """Return every branch that keeps books: not the areas above them, not what was closed or merged."""
    columns = (Branch.id, Branch.code, Branch.name, Branch.name_en, Branch.kind, Branch.path, Branch.state)
    rows = session.execute(
        select(*columns, Branch.shelf_capacity)
        .where(Branch.kind.not_in(_AREAS), Branch.state.in_(("open", "suspended")))
        .order_by(Branch.code)
    ).all()
    townships = {row.id for row in rows if row.kind == "township"}
    groups: dict[tuple[int, int], int] = {}
    tier, group = [], []
    for row in rows:
        rank = _TIERS.get(row.kind, _ROOM_TIER)
        above = [int(part) for part in row.path.strip("/").split("/")[:-1]]
        anchor = next((each for each in reversed(above) if each in townships), 0) if rank == _ROOM_TIER else row.id
        tier.append(rank)
        group.append(groups.setdefault((rank, anchor), len(groups)))
    return Rooms(rows, {row.id: at for at, row in enumerate(rows)}, ints(tier), ints(group))


def bibs(session: Session) -> Rows:
    """Return the titles of the county in the order of their ids; merged ones are other titles now."""
    columns = (Bib.id, Bib.clc, Bib.audience, Bib.creators, Bib.price_cents, Bib.year, Bib.material, Bib.withdrawn_at)
    return session.execute(select(*columns).where(Bib.merged_into_id.is_(None)).order_by(Bib.id)).all()


def items(session: Session) -> Rows:
    """Return copies with the instant since when they are gone (lost, missing, withdrawn), or NULL."""
    gone = (
        select(ItemCondition.item_id, func.min(ItemCondition.since).label("since"))
        .where(ItemCondition.kind.in_(GONE), ItemCondition.until.is_(None))
        .group_by(ItemCondition.item_id)
        .subquery()
    )
    columns = (Item.id, Item.bib_id, Item.home_branch_id, Item.current_branch_id, Item.acquired_on, Item.assigned_until)
    return session.execute(
        select(*columns, Item.is_available, Item.last_loan_on, Location.is_lendable, gone.c.since.label("gone_at"))
        .join(Location, Location.id == Item.location_id)
        .outerjoin(gone, gone.c.item_id == Item.id)
        .order_by(Item.id)
    ).all()


def movements(session: Session) -> Rows:
    """Return every arrival of a copy at a branch, by copy and time."""
    return session.execute(
        select(ItemMovement.item_id, ItemMovement.to_branch_id, ItemMovement.at).order_by(
            ItemMovement.item_id, ItemMovement.at, ItemMovement.id
        )
    ).all()


def loans(session: Session, first: date) -> Rows:
    """Return loans that touch the days from ``first`` on; one that was undone never happened.

    What was read in the room is left out: rooms count it too differently to be compared by it.
    """
    begin = clock.start_of_day(first)
    return session.execute(
        select(Loan.item_id, Loan.out_branch_id, Loan.out_at, Loan.in_at)
        .where(or_(Loan.out_at >= begin, Loan.in_at.is_(None), Loan.in_at >= begin))
        .where(not_undone(), Loan.is_on_site.is_(False))
        .order_by(Loan.id)
    ).all()


def openings(session: Session, first: date) -> Mapping[int, tuple[int, int]]:
    """Return first and last day (ordinals) on which each branch logged that it was open."""
    opened = OpeningLog.opened_at
    rows = session.execute(
        select(OpeningLog.branch_id, func.min(opened).label("first"), func.max(opened).label("last"))
        .where(opened >= clock.start_of_day(first - timedelta(days=1)))
        .group_by(OpeningLog.branch_id)
    ).all()
    return {row.branch_id: (ordinal(row.first), ordinal(row.last)) for row in rows}


def requests(session: Session) -> Mapping[tuple[int, int], int]:
    """Return readers waiting, by branch and bib: holds without a copy yet, and open wishes that name a title we
    know.
    """
    waiting = Counter[tuple[int, int]]()
    for statement in (_waiting_holds(), _open_wishes()):
        for branch, bib, count in session.execute(statement).all():
            waiting[branch, bib] += count
    return waiting


def _waiting_holds() -> Select[*tuple[Any, ...]]:
    return (
        select(Hold.pickup_branch_id, Hold.bib_id, func.count())
        .where(Hold.state == "waiting")
        .group_by(Hold.pickup_branch_id, Hold.bib_id)
    )


def _open_wishes() -> Select[*tuple[Any, ...]]:
    return (
        select(Wish.branch_id, Wish.bib_id, func.count())
        .where(Wish.state == "open", Wish.bib_id.is_not(None))
        .group_by(Wish.branch_id, Wish.bib_id)
    )


def on_order(session: Session) -> Sequence[tuple[int, int]]:
    """Return branch and bib of purchases already approved: they count as held, or next month's plan would buy them
    again.
    """
    rows = session.execute(
        select(RestockLine.branch_id, RestockLine.bib_id)
        .where(RestockLine.kind == BUY, RestockLine.state.in_(("approved", "ordered")))
        .distinct()
    ).all()
    return [(row.branch_id, row.bib_id) for row in rows]
