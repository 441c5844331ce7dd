"""Undoing an import batch.

Nothing is deleted, because other things may point to it and ids must not be given twice: a bib that only the batch speaks for
is withdrawn, a copy the batch brought is withdrawn with the note `import_reverted`, and source records are marked removed,
after which the bibs they had changed are derived anew. Importing the file again brings the same bibs and copies back.

What readers or staff have done with since blocks the revert of that record: a copy that was lent or moved, a bib that
somebody asked for or that has copies or corrections from elsewhere. Without `skip_blocked` one blocked record leaves the
whole batch as it is. A record that is put to use while the revert runs stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.deriving import derive_all
from catalog.bibs.models import Bib, BibEdit, BibSourceRecord
from catalog.items.models import Item, ItemCondition
from catalog.marc.batches import batch_by_id
from catalog.marc.copies import REVERTED
from catalog.marc.services import Step, Transaction
from library.kernel import events, operations
from library.kernel.db import table_of
from library.kernel.errors import Conflict
from library.kernel.models import EventRow
from library.kernel.operations import Operation

CHUNK = 100
_BIRTH = ("item.created", "item.changed")
_ASKED_FOR = ("hold.placed", "wish.recorded", "wish.answered")
_events = table_of(EventRow)


@dataclass
class Reverted:
    """What a revert undid, and what stands in its way as `{bib | item, reason}`."""

    batch: int
    bibs: int = 0
    items: int = 0
    records: int = 0
    blocked: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the members other programs rely on."""
        return {
            "batch": self.batch,
            "bibs": self.bibs,
            "items": self.items,
            "records": self.records,
            "blocked": self.blocked,
        }


def revert_batch(
    transaction: Transaction, operation: Operation, batch_id: int, *, skip_blocked: bool, step: Step
) -> Reverted:
    """Undo a batch in chunks; the same operation again, as by a double click, does nothing.

    Raises `NotFound` `unknown_batch`, `Conflict` `batch_reverted`.
    """
    done = Reverted(batch_id)
    with transaction() as session:
        batch = batch_by_id(session, batch_id)
        if operations.is_stored(session, operation.id):
            return done
        if batch.state == "reverted":
            raise Conflict("batch_reverted", batch=batch_id)
        bib_ids = _bibs_of(session, batch_id)
        done.blocked = [entry for part in _parts(bib_ids) for entry in blocked(session, batch_id, part)]
        if done.blocked and not skip_blocked:
            return done
        operations.remember(session, operation, "revert_import")
        batch.state = "reverting"
    kept = {entry["bib"] for entry in done.blocked}
    for part in _parts([bib_id for bib_id in bib_ids if bib_id not in kept]):
        with transaction() as session:
            _revert(session, operation, batch_id, part, done)
        step(len(part))
    with transaction() as session:
        batch = batch_by_id(session, batch_id)
        batch.state, batch.finished_at = ("done" if done.blocked else "reverted"), operation.at
    return done


def blocked(session: Session, batch_id: int, bib_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return why records of a batch cannot be undone, as `{bib, item?, reason}`."""
    found: list[dict[str, Any]] = []
    items = session.execute(select(Item.id, Item.bib_id, Item.batch_id).where(Item.bib_id.in_(bib_ids))).all()
    alone = set(_only_of_batch(session, batch_id, bib_ids))
    ours = {item.id: item.bib_id for item in items if item.batch_id == batch_id}
    used = select(_events.c.item_id).where(_events.c.item_id.in_(ours), _events.c.kind.not_in(_BIRTH)).distinct()
    found += [{"bib": ours[item_id], "item": item_id, "reason": "item_was_used"} for item_id in session.scalars(used)]
    foreign = {item.bib_id for item in items if item.batch_id != batch_id and item.bib_id in alone}
    found += [{"bib": bib_id, "reason": "bib_has_other_copies"} for bib_id in sorted(foreign)]
    asked = select(_events.c.bib_id).where(_events.c.bib_id.in_(alone), _events.c.kind.in_(_ASKED_FOR)).distinct()
    found += [{"bib": bib_id, "reason": "bib_was_asked_for"} for bib_id in session.scalars(asked)]
    edited = select(BibEdit.bib_id).where(BibEdit.bib_id.in_(alone), BibEdit.undone_at.is_(None)).distinct()
    found += [{"bib": bib_id, "reason": "bib_was_corrected"} for bib_id in session.scalars(edited)]
    merged = select(Bib.id).where(Bib.id.in_(bib_ids), Bib.merged_into_id.is_not(None))
    found += [{"bib": bib_id, "reason": "bib_was_merged"} for bib_id in session.scalars(merged)]
    return found


def _bibs_of(session: Session, batch_id: int) -> list[int]:
    """Return the bibs a batch gave a record or a copy to."""
    sources = select(BibSourceRecord.bib_id).where(
        BibSourceRecord.batch_id == batch_id, BibSourceRecord.removed_at.is_(None)
    )
    withdrawn = select(ItemCondition.item_id).where(ItemCondition.note == REVERTED, ItemCondition.until.is_(None))
    items = select(Item.bib_id).where(Item.batch_id == batch_id, Item.id.not_in(withdrawn))
    return sorted(set(session.scalars(sources)) | set(session.scalars(items)))


def _only_of_batch(session: Session, batch_id: int, bib_ids: Sequence[int]) -> Iterable[int]:
    """Return the bibs that nothing but this batch speaks for."""
    rows = session.execute(
        select(BibSourceRecord.bib_id, BibSourceRecord.batch_id).where(
            BibSourceRecord.bib_id.in_(bib_ids), BibSourceRecord.removed_at.is_(None)
        )
    ).all()
    others = {bib_id for bib_id, of_batch in rows if of_batch != batch_id}
    return {bib_id for bib_id, _ in rows} - others


def _revert(session: Session, operation: Operation, batch_id: int, wanted: Sequence[int], done: Reverted) -> None:
    since = blocked(session, batch_id, wanted)
    done.blocked += since
    kept = {entry["bib"] for entry in since}
    bib_ids = [bib_id for bib_id in wanted if bib_id not in kept]
    items = list(
        session.scalars(select(Item.id).where(Item.bib_id.in_(bib_ids), Item.batch_id == batch_id).order_by(Item.id))
    )
    _withdraw_items(session, operation, items, batch_id)
    result = session.execute(
        update(BibSourceRecord)
        .where(
            BibSourceRecord.bib_id.in_(bib_ids),
            BibSourceRecord.batch_id == batch_id,
            BibSourceRecord.removed_at.is_(None),
        )
        .values(removed_at=operation.at)
        .returning(BibSourceRecord.id)
    )
    done.records += len(result.all())
    done.items += len(items)
    speaking = set(
        session.scalars(
            select(BibSourceRecord.bib_id).where(
                BibSourceRecord.bib_id.in_(bib_ids), BibSourceRecord.removed_at.is_(None)
            )
        )
    )
    if speaking:
        derive_all(session, operation, sorted(speaking))
    silent = [bib_id for bib_id in bib_ids if bib_id not in speaking]
    session.execute(update(Bib).where(Bib.id.in_(silent)).values(withdrawn_at=operation.at))
    done.bibs += len(silent)
    events.record_many(
        session,
        [events.row(operation, "bib.changed", bib_id=bib_id, payload={"reverted": batch_id}) for bib_id in bib_ids],
    )


def _withdraw_items(session: Session, operation: Operation, item_ids: Sequence[int], batch_id: int) -> None:
    if not item_ids:
        return
    common = {
        "kind": "withdrawn",
        "since": operation.at,
        "note": REVERTED,
        "operation_id": operation.id,
        "is_blocking": True,
    }
    session.execute(insert(ItemCondition), [{"item_id": item_id, **common} for item_id in item_ids])
    session.execute(update(Item).where(Item.id.in_(item_ids)).values(is_available=False))
    events.record_many(
        session,
        [
            events.row(operation, "item.changed", item_id=item_id, payload={"reverted": batch_id})
            for item_id in item_ids
        ],
    )


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
