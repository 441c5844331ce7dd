"""The open rows and facts that decide about a copy, as SQL conditions on `items`; shared by every query that asks.

`expected_availability` says in SQL what `rules.is_available` says in Python; a property test holds them together, and
`library db check` compares the stored flag with it.
"""

from typing import Any

from sqlalchemy import ColumnElement, Exists, ScalarSelect, Select, and_, case, exists, func, not_, select

from catalog.items.models import Item, ItemCondition
from circulation.models import HOLD_CAPTURED, TRANSFER_OPEN, BoxLine, Hold, Loan, Transfer
from circulation.whereabouts.rules import READING_ONLY_CLASSES
from library.branches.models import Location

# At most one open condition of a kind, so their sum tells them apart; string aggregates differ between databases.
_WEIGHTS = {"withdrawn": 1, "lost": 2, "missing": 4, "in_processing": 8, "damaged": 16}


def on_loan() -> Exists:
    return exists().where(Loan.item_id == Item.id, Loan.in_at.is_(None)).correlate(Item)


def open_transfer() -> Exists:
    return exists().where(Transfer.item_id == Item.id, Transfer.state.in_(TRANSFER_OPEN)).correlate(Item)


def captured_hold() -> Exists:
    return exists().where(Hold.captured_item_id == Item.id, Hold.state.in_(HOLD_CAPTURED)).correlate(Item)


def in_box() -> Exists:
    return exists().where(BoxLine.item_id == Item.id, BoxLine.closed_at.is_(None)).correlate(Item)


def condition(*kinds: str) -> Exists:
    """Return the condition that the copy has an open blocking condition of one of `kinds`, of any without one."""
    wanted = [ItemCondition.item_id == Item.id, ItemCondition.until.is_(None), ItemCondition.is_blocking]
    if kinds:
        wanted.append(ItemCondition.kind.in_(kinds))
    return exists().where(*wanted).correlate(Item)


def open_conditions() -> ScalarSelect[int]:
    """Return the open blocking conditions of a copy as one number, to be read by `conditions_in`."""
    weight = func.sum(case(_WEIGHTS, value=ItemCondition.kind, else_=0))
    wanted = (ItemCondition.item_id == Item.id, ItemCondition.until.is_(None), ItemCondition.is_blocking)
    return select(weight).where(*wanted).correlate(Item).scalar_subquery()


def conditions_in(number: int | None) -> frozenset[str]:
    """Return the kinds of condition in a number made by `open_conditions`."""
    return frozenset(kind for kind, weight in _WEIGHTS.items() if (number or 0) & weight)


def lendable_location() -> Exists:
    return exists().where(Location.id == Item.location_id, Location.is_lendable).correlate(Item)


def expected_availability() -> ColumnElement[bool]:
    """Return whether a copy may be lent from where it is."""
    return and_(
        Item.item_class.not_in(sorted(READING_ONLY_CLASSES)),
        lendable_location(),
        not_(on_loan()),
        not_(open_transfer()),
        not_(captured_hold()),
        not_(in_box()),
        not_(condition()),
    )


def wrongly_flagged() -> Select[*tuple[Any, ...]]:
    """Return the copies whose stored flag differs from what follows from the rows, for `library db check`."""
    return select(Item.id, Item.is_available).where(Item.is_available != expected_availability())
