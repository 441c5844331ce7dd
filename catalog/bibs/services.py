"""Records of the catalogue: describing a book, correcting a record, merging two records of one book and undoing it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.bibs.deriving import (
    FORM,
    derive,
    description_of,
    description_of_source,
    flavour_of_source,
    record_of_source,
    standing_edits,
    standing_sources,
)
from catalog.bibs.description import EDITABLE, BibDescription
from catalog.bibs.listing import resolve
from catalog.bibs.models import Bib, BibEdit, BibMerge, BibSourceRecord
from catalog.bibs.rules import edit_value
from catalog.items.models import Item
from catalog.marc.compose import compose, with_edits_applied
from catalog.marc.record import Flavour, Record
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record as record_event
from library.kernel.operations import Operation

LOCAL_SOURCE = "local"


def bib_by_id(session: Session, bib_id: int) -> Bib:
    """Return a bib; one that was merged leads to the one it was merged into.

    Raises `NotFound` `unknown_bib`.
    """
    bib = resolve(session, bib_id)
    if bib is None:
        raise NotFound("unknown_bib", bib=bib_id)
    return bib


def bib_card(bib: Bib) -> dict[str, Any]:
    """Return what a list shows of a bib: id, title, creators (names), publisher, year, isbn, clc, summary."""
    title = f"{bib.title} {bib.part}" if bib.part else bib.title
    return {
        "id": bib.id,
        "title": title,
        "creators": [creator["name"] for creator in bib.creators],
        "publisher": bib.publisher,
        "year": bib.year,
        "isbn": bib.isbn13,
        "clc": bib.clc,
        "summary": bib.summary,
    }


def bib_sheet(session: Session, bib: Bib) -> dict[str, Any]:
    """Return everything that is said of a bib, with the names of its edited fields."""
    sources = standing_sources(session, bib.id)
    return {
        **bib_card(bib),
        "title": bib.title,
        "subtitle": bib.subtitle,
        "part": bib.part,
        "contributors": bib.creators,
        "place": bib.place,
        "edition": bib.edition,
        "series": bib.series,
        "extent": bib.extent,
        "language": bib.language,
        "audience": bib.audience,
        "isbns": list(description_of(session, bib.id).isbns),
        "price_cents": bib.price_cents,
        "subjects": bib.subjects,
        "material": bib.material,
        "edited": sorted(standing_edits(session, bib.id)),
        "sources": [
            {"source": one.source, "flavour": one.flavour, "control_number": one.control_number} for one in sources
        ],
    }


def create_bib(session: Session, operation: Operation, values: Mapping[str, Any]) -> Bib:
    """Describe a book by hand; the description is kept as a CNMARC source record, so that it can be exported.

    `values` are fields of `BibDescription`; `creators` a list of `{name, role}`. Raises `Invalid` `bib_needs_title`,
    `unknown_field` or `bad_value`.
    """
    description = _described(BibDescription(""), values)
    if not description.title:
        raise Invalid("bib_needs_title")
    record = compose(description)
    bib = Bib(title=description.title, title_folded="", created_at=operation.at, changed_at=operation.at)
    session.add(bib)
    session.flush()
    session.add(
        BibSourceRecord(
            bib_id=bib.id,
            source=LOCAL_SOURCE,
            flavour=FORM,
            record=record.as_json(),
            checksum=record.checksum(),
            created_at=operation.at,
        )
    )
    session.flush()
    derive(session, operation, bib)
    record_event(session, operation, "bib.created", bib_id=bib.id, payload={"source": LOCAL_SOURCE})
    return bib


def change_bib(session: Session, operation: Operation, bib_id: int, changes: Mapping[str, Any]) -> Bib:
    """Set values of the edited layer; None takes an edit back, so that the sources speak again.

    Raises `NotFound` `unknown_bib`, `Invalid` `unknown_field`, `bad_value` or `bib_needs_title`.
    """
    bib = bib_by_id(session, bib_id)
    _described(BibDescription("-"), {name: value for name, value in changes.items() if value is not None})
    for name, value in changes.items():
        if name not in EDITABLE:
            raise Invalid("unknown_field", field=name)
        session.execute(
            update(BibEdit)
            .where(BibEdit.bib_id == bib.id, BibEdit.field == name, BibEdit.undone_at.is_(None))
            .values(undone_at=operation.at)
        )
        if value is not None:
            session.add(BibEdit(bib_id=bib.id, field=name, value=value, at=operation.at, operation_id=operation.id))
    session.flush()
    derive(session, operation, bib)
    record_event(session, operation, "bib.changed", bib_id=bib.id, payload={"fields": sorted(changes)})
    return bib


def merge_bibs(session: Session, operation: Operation, into_id: int, from_id: int) -> BibMerge:
    """Merge the bib `from_id` into `into_id`: its source records follow behind those of the survivor, its copies move over.

    What happened stays under the old id; queries follow `merged_into_id`. Raises `NotFound` `unknown_bib`, `Conflict`
    `merge_with_itself`.
    """
    into, merged = bib_by_id(session, into_id), bib_by_id(session, from_id)
    if into.id == merged.id:
        raise Conflict("merge_with_itself", bib=into.id)
    sources = _all_sources(session, merged.id)
    items = list(session.scalars(select(Item.id).where(Item.bib_id == merged.id).order_by(Item.id)))
    last = max((source.rank for source in _all_sources(session, into.id)), default=-1)
    moved = {"sources": [[source.id, source.rank, source.merged_from_id] for source in sources], "items": items}
    for place, source in enumerate(sources, start=last + 1):
        source.bib_id, source.merged_from_id, source.rank = into.id, merged.id, place
    session.execute(update(Item).where(Item.bib_id == merged.id).values(bib_id=into.id))
    merged.merged_into_id = into.id
    merged.changed_at = operation.at
    merge = BibMerge(from_id=merged.id, into_id=into.id, at=operation.at, operation_id=operation.id, moved=moved)
    session.add(merge)
    session.flush()
    derive(session, operation, into)
    payload = {"from_id": merged.id, "into_id": into.id, "items": len(items)}
    record_event(session, operation, "bib.merged", bib_id=into.id, payload=payload)
    return merge


def undo_merge(session: Session, operation: Operation, merge_id: int) -> Bib:
    """Take a merge back: source records and copies return to the bib they came from, which speaks for itself again.

    Copies that were added to the survivor since then stay there. Raises `NotFound` `unknown_merge`, `Conflict`
    `merge_undone`, and `merge_not_last` when the survivor was itself merged since then: what is its own is there now.
    """
    merge = session.get(BibMerge, merge_id)
    if merge is None:
        raise NotFound("unknown_merge", merge=merge_id)
    if merge.undone_at is not None:
        raise Conflict("merge_undone", merge=merge_id)
    into, back = session.get_one(Bib, merge.into_id), session.get_one(Bib, merge.from_id)
    if into.merged_into_id is not None:
        raise Conflict("merge_not_last", merge=merge_id, bib=into.merged_into_id)
    for source_id, rank, merged_from_id in merge.moved["sources"]:
        source = session.get_one(BibSourceRecord, source_id)
        source.bib_id, source.rank, source.merged_from_id = back.id, rank, merged_from_id
    _return_items(session, merge.moved["items"], into.id, back.id)
    back.merged_into_id = None
    merge.undone_at = operation.at
    session.flush()
    for bib in (into, back):
        derive(session, operation, bib)
        record_event(session, operation, "bib.changed", bib_id=bib.id, payload={"merge_undone": merge.id})
    return back


def marc_of(session: Session, bib: Bib) -> tuple[Record, Flavour]:
    """Return the preferred source record of a bib with the edited layer written into it, and its flavour.

    Raises `NotFound` `no_record` when nothing speaks for the bib.
    """
    sources = standing_sources(session, bib.id)
    if not sources:
        raise NotFound("no_record", bib=bib.id)
    first = sources[0]
    flavour = flavour_of_source(first)
    described = description_of_source(first)
    return with_edits_applied(record_of_source(first), flavour, described, standing_edits(session, bib.id)), flavour


def _all_sources(session: Session, bib_id: int) -> Sequence[BibSourceRecord]:
    """Return every source record of a bib that was not taken back, the older states of a record among them."""
    wanted = select(BibSourceRecord).where(BibSourceRecord.bib_id == bib_id, BibSourceRecord.removed_at.is_(None))
    return session.scalars(wanted.order_by(BibSourceRecord.rank, BibSourceRecord.id)).all()


def _return_items(session: Session, item_ids: Sequence[int], into_id: int, back_id: int) -> None:
    for start in range(0, len(item_ids), 500):
        chunk = item_ids[start : start + 500]
        session.execute(update(Item).where(Item.id.in_(chunk), Item.bib_id == into_id).values(bib_id=back_id))


def _described(base: BibDescription, values: Mapping[str, Any]) -> BibDescription:
    """Return the description with values from outside, checked."""
    unknown = values.keys() - EDITABLE
    if unknown:
        raise Invalid("unknown_field", field=min(unknown))
    try:
        description = replace(base, **{name: edit_value(name, value) for name, value in values.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("bad_value", fields=sorted(values)) from error
    if not description.title.strip() and "title" in values:
        raise Invalid("bib_needs_title")
    return description
