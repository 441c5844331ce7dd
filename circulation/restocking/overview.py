"""The planner's view of the rooms: what each class turns over, who waits, what is out of order. Reading only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition
from circulation.models import TRANSFER_OPEN, DailyRollup, EmptySearch, Hold, Loan, RestockPlan, Transfer, Wish
from circulation.models.loans import not_undone
from circulation.restocking import observation
from circulation.restocking.history import SILENCE_DAYS
from circulation.restocking.rules import CHILDREN, CHILDREN_NUMBERS, CLASSES, OTHER
from circulation.whereabouts.rules import GONE
from library.branches.models import Branch
from library.kernel import clock

WEEKS: Final = 12
YEAR: Final = 365
WAITING_SHARE: Final = 0.05
"""A cell is flagged when readers waiting exceed this share of its copies."""
_LATE_DAYS: Final = 15
_WORDS: Final = 10


@dataclass
class RoomRow:
    """A room of the table: loans, copies and readers waiting by class, and loans by week, the oldest first."""

    id: int
    code: str
    name: str
    name_en: str
    copies: dict[str, int] = field(default_factory=dict)
    loans: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    weeks: list[int] = field(default_factory=lambda: [0] * WEEKS)
    is_silent: bool = False

    @property
    def turnover(self) -> float:
        """Return loans per copy of the last year, all classes together."""
        return sum(self.loans.values()) / max(sum(self.copies.values()), 1)

    def cell(self, cls: str) -> float | None:
        """Return loans per copy of a class, or None where there is no stock."""
        return self.loans.get(cls, 0) / self.copies[cls] if self.copies.get(cls) else None

    def is_short(self, cls: str) -> bool:
        """Tell whether more readers wait for a class than its stock can serve."""
        return self.waiting.get(cls, 0) > WAITING_SHARE * self.copies.get(cls, 0)


def class_column() -> ColumnElement[str]:
    """Return the planning class of a bib in SQL; the same as `rules.class_of`."""
    number = func.upper(func.trim(Bib.clc))
    child = or_(Bib.audience == CHILDREN, *(number.startswith(prefix) for prefix in CHILDREN_NUMBERS))
    letter = func.substr(number, 1, 1)
    return case((child, literal(CHILDREN)), (letter.in_(CLASSES), letter), else_=literal(OTHER))


def rooms(session: Session, path: str, today: date) -> list[RoomRow]:
    """Return the rooms under ``path`` with their figures of the last year, the briskest first."""
    rows = session.execute(
        select(Branch.id, Branch.code, Branch.name, Branch.name_en)
        .where(Branch.path.startswith(path), Branch.kind.not_in(("city", "county")), Branch.state == "open")
        .order_by(Branch.code)
    ).all()
    found = {row.id: RoomRow(row.id, row.code, row.name, row.name_en) for row in rows}
    for statement, name in ((_stock(path), "copies"), (_lent(path, today), "loans"), (_waiting(path), "waiting")):
        for branch, cls, count in session.execute(statement).all():
            if branch in found:
                getattr(found[branch], name)[cls] = count
    _add_weeks(session, found, today)
    alive = _alive(session, today)
    for room in found.values():
        room.is_silent = room.id not in alive
    return sorted(found.values(), key=lambda room: (-room.turnover, room.code))


def _under(path: str) -> Select[*tuple[Any, ...]]:
    return select(Branch.id).where(Branch.path.startswith(path))


def _stock(path: str) -> Select[*tuple[Any, ...]]:
    cls = class_column()
    return (
        select(Item.home_branch_id, cls, func.count())
        .join(Bib, Bib.id == Item.bib_id)
        .where(Item.home_branch_id.in_(_under(path)), Item.id.not_in(_gone()))
        .group_by(Item.home_branch_id, cls)
    )


def _gone() -> Select[*tuple[Any, ...]]:
    kinds = ItemCondition.kind.in_(GONE)
    return select(ItemCondition.item_id).where(kinds, ItemCondition.until.is_(None))


def _lent(path: str, today: date) -> Select[*tuple[Any, ...]]:
    cls = class_column()
    return (
        select(Loan.out_branch_id, cls, func.count())
        .join(Item, Item.id == Loan.item_id)
        .join(Bib, Bib.id == Item.bib_id)
        .where(Loan.out_branch_id.in_(_under(path)), not_undone(), Loan.is_on_site.is_(False))
        .where(Loan.out_at >= clock.start_of_day(today - timedelta(days=YEAR)))
        .group_by(Loan.out_branch_id, cls)
    )


def _waiting(path: str) -> Select[*tuple[Any, ...]]:
    cls = class_column()
    return (
        select(Hold.pickup_branch_id, cls, func.count())
        .join(Bib, Bib.id == Hold.bib_id)
        .where(Hold.state == "waiting", Hold.pickup_branch_id.in_(_under(path)))
        .group_by(Hold.pickup_branch_id, cls)
    )


def _add_weeks(session: Session, found: Mapping[int, RoomRow], today: date) -> None:
    first = today - timedelta(days=7 * WEEKS - 1)
    rows = session.execute(
        select(DailyRollup.branch_id, DailyRollup.on, func.sum(DailyRollup.loans))
        .where(DailyRollup.on >= first, DailyRollup.on <= today)
        .group_by(DailyRollup.branch_id, DailyRollup.on)
    ).all()
    for branch, day, count in rows:
        if branch in found:
            found[branch].weeks[(day - first).days // 7] += int(count)


def _alive(session: Session, today: date) -> set[int]:
    """Return the branches that showed a sign of life in the last quarter."""
    first = today - timedelta(days=SILENCE_DAYS)
    lent = select(Loan.out_branch_id).where(Loan.out_at >= clock.start_of_day(first)).distinct()
    return set(session.scalars(lent)) | set(observation.openings(session, first))


def numbers(session: Session, path: str, today: date, found: Sequence[RoomRow]) -> dict[str, Any]:
    """Return the figures at the head: loans of 30 days, rooms that lent, share unread, readers waiting, books moving."""
    here = _under(path)
    month = clock.start_of_day(today - timedelta(days=29))
    year = select(Loan.item_id).where(Loan.out_at >= clock.start_of_day(today - timedelta(days=YEAR)), not_undone())
    by_room = session.execute(
        select(Loan.out_branch_id, func.count())
        .where(Loan.out_branch_id.in_(here), Loan.out_at >= month, not_undone(), Loan.is_on_site.is_(False))
        .group_by(Loan.out_branch_id)
    ).all()
    copies = sum(sum(room.copies.values()) for room in found)
    read = session.scalar(
        select(func.count()).where(Item.home_branch_id.in_(here), Item.id.in_(year), Item.id.not_in(_gone()))
    )
    moving = select(func.count()).where(Transfer.to_branch_id.in_(here), Transfer.state.in_(TRANSFER_OPEN))
    return {
        "loans": sum(count for _, count in by_room),
        "rooms_lending": len(by_room),
        "rooms": len(found),
        "unread": 1 - (read or 0) / copies if copies else 0.0,
        "waiting": sum(sum(room.waiting.values()) for room in found),
        "moving": session.scalar(moving) or 0,
    }


def exceptions(session: Session, path: str, today: date, found: Sequence[RoomRow]) -> dict[str, Any]:
    """Return what needs a person: silent rooms, requests and transfers older than 15 days, plans not decided."""
    here = _under(path)
    late = clock.start_of_day(today - timedelta(days=_LATE_DAYS))
    counts = {
        "late_holds": select(func.count()).where(
            Hold.pickup_branch_id.in_(here), Hold.state == "waiting", Hold.placed_at < late
        ),
        "late_wishes": select(func.count()).where(
            Wish.branch_id.in_(here), Wish.state == "open", Wish.wished_at < late
        ),
        "late_transfers": select(func.count()).where(
            Transfer.to_branch_id.in_(here), Transfer.state.in_(TRANSFER_OPEN), Transfer.requested_at < late
        ),
    }
    drafts = select(RestockPlan.id).where(RestockPlan.branch_id.in_(here), RestockPlan.state == "draft")
    return {
        **{name: session.scalar(statement) or 0 for name, statement in counts.items()},
        "silent": [room for room in found if room.is_silent],
        "drafts": list(session.scalars(drafts.order_by(RestockPlan.id.desc()).limit(5))),
    }


def unmet(session: Session, branch_id: int, today: date) -> dict[str, Any]:
    """Return what readers of a room asked for in vain in the last quarter: open wishes, and words that found nothing."""
    wishes = session.execute(
        select(Wish.title, Wish.creator, Wish.bib_id, func.count().label("times"))
        .where(Wish.branch_id == branch_id, Wish.state == "open")
        .group_by(Wish.title, Wish.creator, Wish.bib_id)
        .order_by(func.count().desc(), Wish.title)
        .limit(_WORDS)
    ).all()
    words = session.execute(
        select(EmptySearch.words, func.sum(EmptySearch.times).label("times"))
        .where(EmptySearch.branch_id == branch_id, EmptySearch.on >= today - timedelta(days=SILENCE_DAYS))
        .group_by(EmptySearch.words)
        .order_by(func.sum(EmptySearch.times).desc(), EmptySearch.words)
        .limit(_WORDS)
    ).all()
    return {"wishes": wishes, "words": words}


def shown_classes(found: Sequence[RoomRow]) -> list[str]:
    """Return the classes that any of the rooms stocks, the most borrowed first."""
    loans: dict[str, int] = defaultdict(int)
    stocked: set[str] = set()
    for room in found:
        stocked.update(cls for cls, count in room.copies.items() if count)
        for cls, count in room.loans.items():
            loans[cls] += count
    return sorted(stocked, key=lambda cls: (-loans[cls], CLASSES.index(cls)))
