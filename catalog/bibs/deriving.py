"""A bib's columns from what its source records say, with the edited layer on top.

The only place that writes derived columns, so that a merge, an edit and the undoing of either are all the same step: change
the layers, derive again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from catalog.bibs.description import BibDescription
from catalog.bibs.models import Bib, BibEdit, BibIdentifier, BibSourceRecord
from catalog.bibs.rules import columns_of, combined, identifiers_of, with_edits
from catalog.marc.description import describe
from catalog.marc.record import Flavour, Record
from library.kernel.operations import Operation

FORM = "form"
UNTITLED = "[题名不详]"


def standing_sources(session: Session, bib_id: int) -> list[BibSourceRecord]:
    """Return the source records that speak for a bib, the preferred first.

    Of several records with one control number from one source only the last counts: it is the newer state of the same
    record, and when it is taken back the earlier one counts again.
    """
    wanted = select(BibSourceRecord).where(BibSourceRecord.bib_id == bib_id, BibSourceRecord.removed_at.is_(None))
    rows = session.scalars(wanted.order_by(BibSourceRecord.rank, BibSourceRecord.id)).all()
    latest: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.control_number:
            key = (row.source, row.control_number)
            latest[key] = max(row.id, latest.get(key, 0))
    return [row for row in rows if not row.control_number or latest[row.source, row.control_number] == row.id]


def flavour_of_source(source: BibSourceRecord) -> Flavour:
    """Return the tag table of a source record; what came from a form is stored as CNMARC."""
    return Flavour.CNMARC if source.flavour == FORM else Flavour(source.flavour)


def record_of_source(source: BibSourceRecord) -> Record:
    """Return the record as it came."""
    return Record.from_json(source.record)


def description_of_source(source: BibSourceRecord) -> BibDescription:
    """Return what a source record says."""
    return describe(record_of_source(source), flavour_of_source(source))


def standing_edits(session: Session, bib_id: int) -> dict[str, Any]:
    """Return the edited layer of a bib, field by field."""
    wanted = select(BibEdit.field, BibEdit.value).where(BibEdit.bib_id == bib_id, BibEdit.undone_at.is_(None))
    return {row.field: row.value for row in session.execute(wanted)}


def description_of(session: Session, bib_id: int) -> BibDescription:
    """Return what is said of a bib: its sources combined, the edited layer on top."""
    sources = [description_of_source(source) for source in standing_sources(session, bib_id)]
    return with_edits(combined(sources or [BibDescription(UNTITLED)]), standing_edits(session, bib_id))


def derive(session: Session, operation: Operation, bib: Bib) -> None:
    """Write the derived columns and identifiers of a bib anew."""
    description = description_of(session, bib.id)
    for name, value in with_title(columns_of(description)).items():
        setattr(bib, name, value)
    bib.changed_at = operation.at
    own = [description_of_source(source) for source in standing_sources(session, bib.id)]
    replace_identifiers(session, bib.id, [description, *own])
    session.flush()


def with_title(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns with a title in brackets when the record has none, so that somebody finds and mends it."""
    return columns if columns["title"] else {**columns, "title": UNTITLED, "title_folded": ""}


def replace_identifiers(session: Session, bib_id: int, descriptions: Iterable[BibDescription]) -> None:
    """Let a bib be found by exactly the numbers of these descriptions."""
    pairs: Sequence[tuple[str, str]] = list(
        dict.fromkeys(pair for description in descriptions for pair in identifiers_of(description))
    )
    session.execute(delete(BibIdentifier).where(BibIdentifier.bib_id == bib_id))
    if pairs:
        session.execute(
            insert(BibIdentifier), [{"bib_id": bib_id, "kind": kind, "value": value} for kind, value in pairs]
        )
