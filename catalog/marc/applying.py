"""One chunk of an import inside one transaction: decide for each record, then write everything in a few bulk statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.deriving import derive_all
from catalog.bibs.models import Bib, BibIdentifier, BibSourceRecord
from catalog.marc.bulk import new_ids
from catalog.marc.copies import Place, add_copies
from catalog.marc.matching import Known
from catalog.marc.models import ImportRecord
from catalog.marc.prepared import Prepared
from catalog.marc.reasons import Reason
from catalog.marc.record import Kind
from library.kernel import events
from library.kernel.db import table_of
from library.kernel.operations import Operation

_bibs = table_of(Bib)
_identifiers = table_of(BibIdentifier)
_sources = table_of(BibSourceRecord)
_records = table_of(ImportRecord)
_OTHER_KINDS = {Kind.AUTHORITY: "authority", Kind.HOLDINGS: "holdings"}


@dataclass
class Outcome:
    """What becomes of one record; `bib_id` is negative until a new bib has its id."""

    record: Prepared
    outcome: str
    bib_id: int | None = None
    reason: str | None = None
    source_id: int | None = None


@dataclass
class Applied:
    """What a chunk did."""

    outcomes: list[Outcome] = field(default_factory=list)
    items: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


def decide(known: Known, chunk: Sequence[Prepared], *, next_new: int = -1) -> list[Outcome]:
    """Return the outcome of each record; new bibs are numbered downwards from `next_new`."""
    outcomes = []
    for record in chunk:
        outcome = _decided(known, record, next_new)
        if outcome.outcome == "new" and outcome.bib_id == next_new:
            next_new -= 1
        if outcome.outcome in {"new", "merged"} and outcome.bib_id is not None:
            known.remember(record, outcome.bib_id)
        outcomes.append(outcome)
    return outcomes


def apply_chunk(
    session: Session, operation: Operation, chunk: Sequence[Prepared], *, batch_id: int, place: Place | None
) -> Applied:
    """Write the records of a chunk; everything or nothing."""
    known = Known()
    known.look_up(session, chunk)
    outcomes = decide(known, chunk)
    _create_bibs(session, operation, outcomes, batch_id)
    merged = _attach(session, operation, outcomes, batch_id, known.revived)
    applied = Applied(outcomes)
    if place is not None:
        copies = add_copies(
            session, operation, [(one.record, one.bib_id) for one in outcomes if one.bib_id], batch_id, place
        )
        applied.items, applied.errors = copies.added, copies.errors
    events.record_many(session, [_event(operation, one, batch_id) for one in outcomes if one.outcome == "new"])
    events.record_many(
        session,
        [events.row(operation, "bib.changed", bib_id=bib_id, payload={"batch": batch_id}) for bib_id in merged],
    )
    _note(session, outcomes, batch_id)
    return applied


def _decided(known: Known, record: Prepared, next_new: int) -> Outcome:
    if record.reason:
        return Outcome(record, "rejected", reason=f"{record.reason}: {record.detail}".removesuffix(": "))
    if not record.is_bib:
        return Outcome(record, _OTHER_KINDS[record.kind])
    seen = known.by_checksum.get(record.checksum)
    if seen and seen[1] == record.source and seen[0] not in known.withdrawn:
        return Outcome(record, "matched", seen[0])
    match = known.match(record)
    if match.is_conflict:
        return Outcome(record, "conflict", reason=f"{Reason.CONFLICT}: {', '.join(map(str, match.bib_ids))}")
    if match.bib_id is None:
        return Outcome(record, "new", next_new)
    # What a reverted import took out comes back under its old id, so that nothing points to a second bib.
    return Outcome(record, "new" if match.bib_id in known.withdrawn else "merged", match.bib_id)


def _create_bibs(session: Session, operation: Operation, outcomes: Sequence[Outcome], batch_id: int) -> None:
    """Insert the new bibs with their first source record and identifiers, and put their ids in place of the negative ones."""
    new = [one for one in outcomes if one.outcome == "new" and one.bib_id is not None and one.bib_id < 0]
    if not new:
        return
    times = {"created_at": operation.at, "changed_at": operation.at, "popularity": 0}
    reserved = new_ids(session, _bibs, len(new))
    rows = [{"id": bib_id, **one.record.columns, **times} for bib_id, one in zip(reserved, new, strict=True)]
    session.execute(insert(_bibs), rows)
    ids = {one.bib_id: bib_id for bib_id, one in zip(reserved, new, strict=True)}
    for one in outcomes:
        if one.bib_id is not None and one.bib_id < 0:
            one.bib_id = ids[one.bib_id]
    _insert_sources(session, operation, new, batch_id, {})
    pairs = [
        {"bib_id": one.bib_id, "kind": kind, "value": value} for one in new for kind, value in one.record.identifiers
    ]
    if pairs:
        session.execute(insert(_identifiers), pairs)


def _attach(
    session: Session, operation: Operation, outcomes: Sequence[Outcome], batch_id: int, revived: set[int]
) -> list[int]:
    """Attach records to bibs that exist and derive those anew; return the ids of bibs that changed."""
    joined = [one for one in outcomes if one.outcome in {"new", "merged"} and one.source_id is None]
    bib_ids = sorted({one.bib_id for one in joined if one.bib_id is not None})
    if not bib_ids:
        return []
    if revived:
        session.execute(update(_bibs).where(_bibs.c.id.in_(sorted(revived))).values(withdrawn_at=None))
    rows = session.execute(select(_sources.c.bib_id, _sources.c.rank).where(_sources.c.bib_id.in_(bib_ids)))
    ranks: dict[int, int] = {}
    for bib_id, rank in rows:
        ranks[bib_id] = max(rank, ranks.get(bib_id, 0))
    _insert_sources(session, operation, joined, batch_id, ranks)
    derive_all(session, operation, bib_ids)
    return sorted({one.bib_id for one in joined if one.outcome == "merged" and one.bib_id is not None})


def _insert_sources(
    session: Session, operation: Operation, outcomes: Sequence[Outcome], batch_id: int, ranks: dict[int, int]
) -> None:
    rows = []
    for source_id, one in zip(new_ids(session, _sources, len(outcomes)), outcomes, strict=True):
        assert one.bib_id is not None
        one.source_id = source_id
        rank = ranks[one.bib_id] + 1 if one.bib_id in ranks else 0
        ranks[one.bib_id] = rank
        rows.append(
            {
                "id": source_id,
                "bib_id": one.bib_id,
                "source": one.record.source,
                "control_number": one.record.control_number,
                "flavour": one.record.flavour,
                "encoding": one.record.encoding[:12],
                "record": one.record.record,
                "checksum": one.record.checksum,
                "rank": rank,
                "batch_id": batch_id,
                "created_at": operation.at,
            }
        )
    session.execute(insert(_sources), rows)


def _event(operation: Operation, one: Outcome, batch_id: int) -> dict[str, Any]:
    return events.row(operation, "bib.created", bib_id=one.bib_id, payload={"batch": batch_id})


def _note(session: Session, outcomes: Sequence[Outcome], batch_id: int) -> None:
    rows = [
        {
            "batch_id": batch_id,
            "file": one.record.file[:200],
            "offset": one.record.offset,
            "outcome": one.outcome,
            "reason": one.reason or (", ".join(one.record.repairs) or None),
            "bib_id": one.bib_id,
            "source_record_id": one.source_id,
        }
        for one in outcomes
    ]
    if rows:
        session.execute(insert(_records), rows)
