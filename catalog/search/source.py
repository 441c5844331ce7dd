"""Reads from the database what the index is to hold. The only place where the two schemas meet."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from catalog.bibs.listing import shown
from catalog.bibs.models import Bib, BibIdentifier
from catalog.items.models import Item, ItemCondition
from catalog.search.protocol import Document

_CHUNK: Final = 500

_COLUMNS: Final = (
    Bib.id,
    Bib.title,
    Bib.subtitle,
    Bib.part,
    Bib.series,
    Bib.creators_text,
    Bib.subjects,
    Bib.publisher,
    Bib.summary,
    Bib.clc,
    Bib.year,
    Bib.audience,
    Bib.language,
    Bib.popularity,
    Bib.isbn13,
)


def documents(session: Session, bib_ids: Collection[int]) -> list[Document]:
    """Return the documents of those of `bib_ids` that readers are to find; the others are gone or merged."""
    wanted = sorted(bib_ids)
    found: list[Document] = []
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        found.extend(_read(session, session.execute(select(*_COLUMNS).where(Bib.id.in_(chunk), *shown())).all()))
    return found


def all_documents(session: Session) -> Iterator[Document]:
    """Yield every document, 500 records at a time, so that a county never stands in memory as a whole."""
    last = 0
    while True:
        rows = session.execute(select(*_COLUMNS).where(Bib.id > last, *shown()).order_by(Bib.id).limit(_CHUNK)).all()
        if not rows:
            return
        yield from _read(session, rows)
        last = rows[-1].id


def count(session: Session) -> int:
    """Return how many documents there are."""
    return session.scalar(select(func.count()).select_from(Bib).where(*shown())) or 0


def shown_ids(session: Session) -> frozenset[int]:
    """Return the ids of all documents there are."""
    return frozenset(session.scalars(select(Bib.id).where(*shown())))


def bibs_of_items(session: Session, item_ids: Collection[int]) -> set[int]:
    """Return the records of which these are copies."""
    wanted = sorted(item_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        found.update(session.scalars(select(Item.bib_id).where(Item.id.in_(wanted[start : start + _CHUNK]))))
    return found


def merged_into(session: Session, bib_ids: Collection[int]) -> set[int]:
    """Return the records that were merged into these."""
    wanted = sorted(bib_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        found.update(session.scalars(select(Bib.id).where(Bib.merged_into_id.in_(wanted[start : start + _CHUNK]))))
    return found


def _read(session: Session, rows: Sequence[Row[Any]]) -> list[Document]:
    ids = [row.id for row in rows]
    places = _places(session, ids)
    isbns = _isbns(session, ids)
    return [_document(row, places.get(row.id, ()), isbns.get(row.id, ())) for row in rows]


def _document(row: Row[Any], places: Sequence[int], isbns: Sequence[str]) -> Document:
    extra = (subject if isinstance(subject, str) else subject.get("name", "") for subject in row.subjects)
    return Document(
        bib_id=row.id,
        title=" : ".join(part for part in (" ".join(filter(None, (row.title, row.part))), row.subtitle) if part),
        creators=row.creators_text,
        subjects=" ".join(filter(None, (*extra, row.series))),
        publisher=row.publisher,
        summary=row.summary,
        isbns=tuple(dict.fromkeys(filter(None, (row.isbn13, *isbns)))),
        clc=row.clc,
        year=row.year or 0,
        audience=row.audience,
        language=row.language,
        popularity=float(row.popularity),
        branch_ids=tuple(places),
    )


def _places(session: Session, bib_ids: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Return the branches where copies of each record now stand; withdrawn copies stand nowhere."""
    withdrawn = exists().where(
        ItemCondition.item_id == Item.id, ItemCondition.kind == "withdrawn", ItemCondition.until.is_(None)
    )
    rows = session.execute(
        select(Item.bib_id, Item.current_branch_id)
        .where(Item.bib_id.in_(bib_ids), ~withdrawn)
        .distinct()
        .order_by(Item.bib_id, Item.current_branch_id)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for bib_id, branch_id in rows:
        found[bib_id].append(branch_id)
    return found


def _isbns(session: Session, bib_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    rows = session.execute(
        select(BibIdentifier.bib_id, BibIdentifier.value)
        .where(BibIdentifier.bib_id.in_(bib_ids), BibIdentifier.kind == "isbn")
        .order_by(BibIdentifier.id)
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for bib_id, value in rows:
        found[bib_id].append(value)
    return found
