"""The copies of a title and its readers as the pure rules want them, and the rules of the day they are asked about."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import not_, select
from sqlalchemy.orm import Session, aliased

from catalog.items.models import Item
from circulation.holds.targeting import CopyAt, Place, Wanting, obstacle
from circulation.policies.book import book
from circulation.policies.named import Terms
from circulation.whereabouts import facts
from circulation.whereabouts.rules import GONE, READING_ONLY_CLASSES
from library.branches.models import Branch
from library.kernel.decisions import Reason
from library.patrons.models import Patron


class RulesOfDay:
    """The rules as they stand in this transaction, asked about readers and copies on one day; the book is looked up once."""

    def __init__(self, session: Session, on: date) -> None:
        self._book = book(session)
        self.on = on

    def terms(self, wanting: Wanting, item_class: str | None) -> Terms:
        """Return the rules of the pickup branch for a reader and a class of copies."""
        resolved = self._book.resolve(
            item_class=item_class, patron_category=wanting.category, path=wanting.pickup.path, on=self.on
        )
        return resolved.terms

    def obstacle(self, copy: CopyAt, wanting: Wanting) -> Reason | None:
        """Return what keeps a copy from the reader."""
        return obstacle(copy, wanting, self.terms(wanting, copy.item_class), self.on)

    def fitting(self, copies: Iterable[CopyAt], wanting: Wanting) -> list[CopyAt]:
        """Return the copies that the reader may have."""
        return [copy for copy in copies if self.obstacle(copy, wanting) is None]


def wanting_of(session: Session, patron: Patron | None, pickup: Branch) -> Wanting:
    """Return what decides which copies a reader may have; of one who has been forgotten nothing is known."""
    place = place_of(pickup)
    if patron is None:
        return Wanting(place)
    return Wanting(place, place_of(session.get_one(Branch, patron.home_branch_id)), patron.category, patron.born_in)


def place_of(branch: Branch) -> Place:
    """Return a branch as the rules see it."""
    return Place(branch.id, branch.path, branch.kind)


def copies_of(session: Session, bib_id: int, item_id: int | None = None) -> list[CopyAt]:
    """Return the copies of a title that could ever be lent, or the one of them; those now on an open branch's shelf say so.

    One query: copies that are gone, or of a class or location that is not lent, are left out.
    """
    at, home = aliased(Branch), aliased(Branch)
    wanted = (
        select(Item.id, Item.item_class, Item.acquired_on, Item.last_loan_on, Item.is_available)
        .add_columns(at.id, at.path, at.kind, at.state, home.id, home.path, home.kind)
        .join(at, at.id == Item.current_branch_id)
        .join(home, home.id == Item.home_branch_id)
        .where(
            Item.bib_id == bib_id,
            Item.item_class.not_in(sorted(READING_ONLY_CLASSES)),
            facts.lendable_location(),
            not_(facts.condition(*GONE)),
        )
        .order_by(Item.id)
    )
    if item_id is not None:
        wanted = wanted.where(Item.id == item_id)
    return [
        CopyAt(
            item_id=row[0],
            item_class=row[1],
            acquired_on=row[2],
            last_loan_on=row[3],
            is_on_shelf=row[4] and row[8] == "open",
            at=Place(*row[5:8]),
            home=Place(*row[9:12]),
        )
        for row in session.execute(wanted)
    ]
