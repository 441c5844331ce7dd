"""Whom and what a scan may mean: readers and copies, in one statement each."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from catalog.bibs.models import BibIdentifier
from catalog.items.models import Item
from catalog.search.engines import engine
from catalog.search.protocol import SearchUnavailable
from catalog.search.services import SearchRequest, search
from library.branches.models import Branch
from library.branches.services import subtree_ids
from library.kernel.identifiers import CodeKind, normalise_scan, parse_code
from library.patrons.models import Patron, PatronCard
from library.patrons.rules import CardState, normalise_phone

# More than can be told apart on a phone; the keeper then types more or scans the label.
MOST_CHOICES = 6
MOST_TITLES = 12


def reader_with_card(session: Session, number: str) -> int | None:
    """Return the reader whose active card has this number."""
    wanted = select(PatronCard.patron_id).where(
        PatronCard.number == normalise_scan(number), PatronCard.state == str(CardState.ACTIVE)
    )
    return session.scalars(wanted).one_or_none()


def ended_card(session: Session, number: str) -> str | None:
    """Return how the last card with this number ended, None when there never was one: the card is blank."""
    wanted = select(PatronCard.state).where(PatronCard.number == normalise_scan(number))
    return session.scalars(wanted.order_by(PatronCard.id.desc()).limit(1)).one_or_none()


def is_new_card(session: Session, number: str) -> bool:
    """Tell whether a number is one of ours for readers and was never given to one."""
    printed = parse_code(normalise_scan(number))
    return printed is not None and printed.kind is CodeKind.PATRON and ended_card(session, number) is None


def readers_with_phone(session: Session, code: str) -> Sequence[int]:
    """Return the readers with a phone number; a household has one in common."""
    phone = normalise_phone(code)
    return _readers(session, Patron.phone == phone) if phone else ()


def readers_with_initials(session: Session, initials: str, branch: Branch) -> Sequence[int]:
    """Return the readers of a branch, and of what is below it, whose name begins with these pinyin initials.

    Readers of other rooms are not found by letters: who is not known here shows the card or names the phone number.
    """
    begins = Patron.name_initials.startswith(initials.lower(), autoescape=True)
    return _readers(session, begins, Patron.home_branch_id.in_(subtree_ids(session, branch.id)))


def _readers(session: Session, *conditions: ColumnElement[bool]) -> Sequence[int]:
    living = (Patron.erased_at.is_(None), Patron.closed_on.is_(None))
    wanted = select(Patron.id).where(*conditions, *living).order_by(Patron.name_initials, Patron.id)
    return session.scalars(wanted.limit(MOST_CHOICES)).all()


def copies_with_isbn(session: Session, isbn: str, branch: Branch) -> Sequence[Item]:
    """Return the copies of the book with this ISBN that were last seen here, those lent from here among them."""
    bibs = select(BibIdentifier.bib_id).where(BibIdentifier.kind == "isbn", BibIdentifier.value == isbn)
    return _copies(session, branch, Item.bib_id.in_(bibs))


def copies_of_titles(session: Session, bib_ids: Sequence[int], branch: Branch) -> Sequence[Item]:
    """Return the copies of these titles that were last seen here."""
    return _copies(session, branch, Item.bib_id.in_(bib_ids)) if bib_ids else ()


def _copies(session: Session, branch: Branch, which: ColumnElement[bool]) -> Sequence[Item]:
    wanted = select(Item).where(which, Item.current_branch_id == branch.id).order_by(Item.bib_id, Item.id)
    return session.scalars(wanted.limit(MOST_CHOICES)).all()


def titles_meant(session: Session, words: str, branch: Branch) -> tuple[int, ...]:
    """Return the titles with copies here that words or pinyin may mean, the best first; asked before anything is decided.

    The index is read outside the transaction that decides, and only proposes: the keeper picks a copy.
    """
    try:
        page = search(session, engine(), SearchRequest(text=words, branch=branch.code, per_page=MOST_TITLES))
    except SearchUnavailable:
        return ()
    return () if page.is_relaxed else tuple(bib.id for bib in page.bibs)
