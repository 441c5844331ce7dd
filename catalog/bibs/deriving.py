"""A bib's columns from what its source records say, with the edited layer on top.

The only place that writes derived columns, so that a merge, an edit and the undoing of either are all the same step: change
the layers, derive again.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.description import BibDescription
from catalog.bibs.models import Bib, BibEdit, BibIdentifier, BibSourceRecord
from catalog.bibs.rules import columns_of, combined, identifiers_of, with_edits
from catalog.marc.description import describe
from catalog.marc.record import Flavour, Record
from library.kernel.db import table_of
from library.kernel.operations import Operation

FORM = "form"
UNTITLED = "[题名不详]"
_bibs = table_of(Bib)
_identifiers = table_of(BibIdentifier)


def standing_sources(session: Session, bib_id: int) -> list[BibSourceRecord]:
    """Return the source records that speak for a bib, the preferred first.

    Of several records with one control number from one source only the last counts: it is the newer state of the same
    record, and when it is taken back the earlier one counts again.
    """
    return _sources_of(session, [bib_id]).get(bib_id, [])


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
    return _edits_of(session, [bib_id]).get(bib_id, {})


def description_of(session: Session, bib_id: int) -> BibDescription:
    """Return what is said of a bib: its sources combined, the edited layer on top."""
    described = [description_of_source(source) for source in standing_sources(session, bib_id)]
    return _layered(described, standing_edits(session, bib_id))


def derive(session: Session, operation: Operation, bib: Bib) -> None:
    """Write the derived columns and identifiers of a bib anew."""
    session.flush()
    derive_all(session, operation, [bib.id])
    session.refresh(bib)


def derive_all(session: Session, operation: Operation, bib_ids: Sequence[int]) -> None:
    """Write the derived columns and identifiers of bibs anew, in five statements however many they are (at most 500)."""
    sources, edits = _sources_of(session, bib_ids), _edits_of(session, bib_ids)
    rows, identifiers = [], []
    for bib_id in bib_ids:
        described = [description_of_source(source) for source in sources.get(bib_id, ())]
        whole = _layered(described, edits.get(bib_id, {}))
        rows.append({"of_bib": bib_id, "changed_at": operation.at, **with_title(columns_of(whole))})
        pairs = dict.fromkeys(pair for one in (whole, *described) for pair in identifiers_of(one))
        identifiers += [{"bib_id": bib_id, "kind": kind, "value": value} for kind, value in pairs]
    connection = session.connection()
    connection.execute(update(_bibs).where(_bibs.c.id == bindparam("of_bib")), rows)
    connection.execute(delete(_identifiers).where(_identifiers.c.bib_id.in_(bib_ids)))
    if identifiers:
        connection.execute(insert(_identifiers), identifiers)


def with_title(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns with a title in brackets when the record has none, so that somebody finds and mends it."""
    return columns if columns["title"] else {**columns, "title": UNTITLED, "title_folded": ""}


def _layered(described: Sequence[BibDescription], edits: dict[str, Any]) -> BibDescription:
    return with_edits(combined(described or [BibDescription("")]), edits)


def _sources_of(session: Session, bib_ids: Sequence[int]) -> dict[int, list[BibSourceRecord]]:
    wanted = select(BibSourceRecord).where(BibSourceRecord.bib_id.in_(bib_ids), BibSourceRecord.removed_at.is_(None))
    rows = session.scalars(wanted.order_by(BibSourceRecord.rank, BibSourceRecord.id)).all()
    latest: dict[tuple[int, str, str], int] = {}
    for row in rows:
        if row.control_number:
            key = (row.bib_id, row.source, row.control_number)
            latest[key] = max(row.id, latest.get(key, 0))
    standing: dict[int, list[BibSourceRecord]] = defaultdict(list)
    for row in rows:
        if not row.control_number or latest[row.bib_id, row.source, row.control_number] == row.id:
            standing[row.bib_id].append(row)
    return standing


def _edits_of(session: Session, bib_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    wanted = select(BibEdit.bib_id, BibEdit.field, BibEdit.value)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in session.execute(wanted.where(BibEdit.bib_id.in_(bib_ids), BibEdit.undone_at.is_(None))):
        found[row.bib_id][row.field] = row.value
    return found
