"""The names of what stored answers are about, looked up together: copies, branches, readers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan
from library.branches.models import Branch
from library.patrons.models import Patron, PatronCard
from library.patrons.rules import Category, masked_name

Answer = Mapping[str, Any]
LAST_DIGITS = 4
# Not persons: a class or a household may be called by its whole name.
_NO_PERSONS = frozenset({Category.GROUP})


@dataclass(frozen=True, slots=True)
class CopyName:
    """What tells a copy from another one."""

    title: str
    barcode: str
    owner: str
    is_lent: bool


@dataclass(frozen=True, slots=True)
class ReaderName:
    """What tells a reader from another one without telling bystanders who it is; the last digits are of the card."""

    masked: str
    last_digits: str
    branch: str
    category: str

    def __str__(self) -> str:
        return f"{self.masked} ··{self.last_digits}" if self.last_digits else self.masked


_NO_COPY = CopyName("", "", "", is_lent=False)


@dataclass(frozen=True)
class Names:
    """The names of what the answers of some operations are about."""

    copies: Mapping[int, CopyName]
    branches: Mapping[int, tuple[str, str]]
    readers: Mapping[int, ReaderName]

    def copy(self, item_id: int | None) -> CopyName:
        return self.copies.get(item_id or 0, _NO_COPY)

    def branch(self, branch_id: int | None) -> str:
        return self.branches.get(branch_id or 0, ("", ""))[1]

    def branch_code(self, branch_id: int | None) -> str:
        return self.branches.get(branch_id or 0, ("", ""))[0]

    def reader(self, patron_id: int | None) -> ReaderName | None:
        return self.readers.get(patron_id or 0)


def names_of(session: Session, answers: Sequence[Answer], branch_ids: Collection[int | None]) -> Names:
    """Return the names of everything these answers mention; three statements, however many there are."""
    items = {answer.get("item") for answer in answers} | {one for a in answers for one in a.get("candidates") or ()}
    readers = {answer.get(name) for answer in answers for name in ("reader", "patron")}
    readers |= {one for a in answers for one in a.get("readers") or ()}
    places = {answer.get("destination") for answer in answers} | set(branch_ids)
    return Names(
        _copies(session, items - {None}), _branches(session, places - {None}), _readers(session, readers - {None})
    )


def _copies(session: Session, ids: Collection[int | None]) -> Mapping[int, CopyName]:
    wanted = (
        select(Item.id, Bib.title, Item.barcode, Branch.name, Loan.id)
        .join(Bib, Bib.id == Item.bib_id)
        .join(Branch, Branch.id == Item.owner_branch_id)
        .outerjoin(Loan, (Loan.item_id == Item.id) & Loan.in_at.is_(None))
        .where(Item.id.in_(ids))
    )
    rows = session.execute(wanted) if ids else ()
    return {row[0]: CopyName(row[1], row[2], row[3], is_lent=row[4] is not None) for row in rows}


def _branches(session: Session, ids: Collection[int | None]) -> Mapping[int, tuple[str, str]]:
    wanted = select(Branch.id, Branch.code, Branch.name).where(Branch.id.in_(ids))
    return {row[0]: (row[1], row[2]) for row in session.execute(wanted)} if ids else {}


def _readers(session: Session, ids: Collection[int | None]) -> Mapping[int, ReaderName]:
    card = (
        select(func.max(PatronCard.number))
        .where(PatronCard.patron_id == Patron.id, PatronCard.state == "active")
        .scalar_subquery()
    )
    wanted = (
        select(Patron.id, Patron.name, Patron.category, Branch.name, card)
        .join(Branch, Branch.id == Patron.home_branch_id)
        .where(Patron.id.in_(ids))
    )
    rows = session.execute(wanted) if ids else ()
    return {row[0]: _reader_name(*row[1:]) for row in rows}


def _reader_name(name: str, category: str, branch: str, card: str | None) -> ReaderName:
    shown = name if category in _NO_PERSONS else masked_name(name)
    return ReaderName(shown, (card or "")[-LAST_DIGITS:], branch, category)
