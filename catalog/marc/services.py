"""Importing files of records: read, prepare, and apply in chunks, each in a transaction of its own.

A chunk holds as many records as are written in about 80 ms, so that the desks wait less than 200 ms for their turn, on a slow
disk as well. Reading and preparing happen outside the transaction. When a chunk fails in the database its records are applied
one by one, so that only the one at fault is rejected. Importing a file again matches every record and changes nothing, which
is also how an interrupted import is gone on with.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from catalog.marc.applying import Applied, apply_chunk, decide
from catalog.marc.batches import Profile, Summary, end_batch, note_progress, note_refused_files, start_batch
from catalog.marc.copies import Place
from catalog.marc.matching import Known
from catalog.marc.prepared import Prepared, prepare
from catalog.marc.reading import Refused, read
from catalog.marc.reasons import Reason
from library.branches.models import Branch
from library.branches.services import default_location, require_standing
from library.kernel import operations
from library.kernel.operations import Operation

CHUNK = 100
SMALLEST_CHUNK, LARGEST_CHUNK = 10, 400
CHUNK_SECONDS = 0.08
_GC_THRESHOLD = (100_000, 50, 50)  # measured: +26 to 55 % records a second, because nothing here forms cycles

Transaction = Callable[[], AbstractContextManager[Session]]
Step = Callable[[int], None]


@dataclass(frozen=True)
class Source:
    """A file to import: the name it is listed by, and how to open it."""

    name: str
    open: Callable[[], BinaryIO]


def source_of(path: Path) -> Source:
    """Return a file on disk as a source; its name may be in any encoding, and is kept as text."""
    return Source(os.fsencode(path.name).decode("utf-8", "replace"), lambda: path.open("rb"))


def place_at(session: Session, branch: Branch) -> Place:
    """Return where imported copies of a branch stand: its default location; raises `Conflict` `branch_not_open`."""
    require_standing(branch)
    location = default_location(session, branch.id)
    return Place(branch.id, location.id, location.is_lendable)


def import_files(
    transaction: Transaction,
    operation: Operation,
    sources: Sequence[Source],
    *,
    profile: Profile,
    place: Place | None,
    step: Step,
) -> Summary:
    """Import files as one batch; `transaction` opens a writing session, `step` is told how many records are done.

    Without a `place` the copies that records announce are left out. What a stopped import did stays, and its batch can be
    reverted.
    """
    names = [source.name for source in sources]
    branch_id = place.branch_id if place else None
    with transaction() as session:
        operations.remember(session, operation, "import")
        batch_id = start_batch(session, operation, files=names, profile=profile, branch_id=branch_id)
    return run_batch(transaction, operation, batch_id, sources, profile=profile, place=place, step=step)


def run_batch(
    transaction: Transaction,
    operation: Operation,
    batch_id: int,
    sources: Sequence[Source],
    *,
    profile: Profile,
    place: Place | None,
    step: Step,
) -> Summary:
    """Import files into a batch that was begun; it ends as `done`, or as `failed` when something stops it."""
    running = _Import(transaction, operation, place, Summary(batch_id), Pace())
    state = "failed"
    try:
        with _less_garbage_collection():
            for chunk in _chunks(sources, profile, running.summary, running.pace):
                running.apply(chunk)
                step(len(chunk))
        state = "done"
    finally:
        with transaction() as session:
            note_refused_files(session, batch_id, running.summary)
            end_batch(session, operation, batch_id, state)
    return running.summary


def try_files(transaction: Transaction, sources: Sequence[Source], *, profile: Profile, step: Step) -> Summary:
    """Tell what an import would do, without writing anything; `transaction` opens a reading session."""
    summary = Summary(dry_run=True)
    known = Known()
    next_new = -1
    for chunk in _chunks(sources, profile, summary, Pace()):
        with transaction() as session:
            known.look_up(session, chunk)
        outcomes = decide(known, chunk, next_new=next_new)
        next_new = min([next_new, *(one.bib_id - 1 for one in outcomes if one.bib_id is not None and one.bib_id < 0)])
        summary.add(outcomes)
        summary.items += sum(len(one.record.holdings) for one in outcomes if one.outcome == "new")
        step(len(chunk))
    return summary


@dataclass
class Pace:
    """How many records are written in one transaction: what took `CHUNK_SECONDS` so far, never more than twice as many."""

    size: int = CHUNK

    def took(self, records: int, seconds: float) -> None:
        """Learn from a transaction that wrote `records`."""
        fitting = int(CHUNK_SECONDS * records / max(seconds, 0.001))
        self.size = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, 2 * self.size, fitting))


def _chunks(sources: Sequence[Source], profile: Profile, summary: Summary, pace: Pace) -> Iterator[list[Prepared]]:
    for source in sources:
        records = _prepared(source, profile, summary)
        while chunk := list(islice(records, pace.size)):
            yield chunk


def _prepared(source: Source, profile: Profile, summary: Summary) -> Iterator[Prepared]:
    """Yield the records of a file made ready; a file that is not MARC is listed and yields none."""
    with source.open() as stream:
        for found in read(stream):
            if isinstance(found, Refused) and found.whole_file:
                summary.refused_files.append(source.name)
                summary.add_error(source.name, found.offset, str(found.reason))
                continue
            yield prepare(source.name, found, fallback_source=profile.source, with_holdings=profile.with_holdings)


@dataclass
class _Import:
    """A running import: where it writes, and what it did."""

    transaction: Transaction
    operation: Operation
    place: Place | None
    summary: Summary
    pace: Pace

    def apply(self, chunk: Sequence[Prepared]) -> None:
        """Apply a chunk; when the database refuses it, each record by itself."""
        try:
            self._apply_together(chunk)
        except (DataError, IntegrityError):
            for record in chunk:
                self._apply_alone(record)

    def _apply_alone(self, record: Prepared) -> None:
        try:
            self._apply_together([record])
        except (DataError, IntegrityError) as error:
            detail = type(error.orig).__name__
            self._apply_together([replace(record, reason=str(Reason.STORING_FAILED), detail=detail)])

    def _apply_together(self, chunk: Sequence[Prepared]) -> None:
        """Apply a chunk in one transaction; the summary counts it only when that is committed."""
        batch_id = self.summary.batch
        assert batch_id is not None
        with self.transaction() as session:
            began = time.monotonic()  # with the lock in hand; waiting for it costs nobody else
            applied = apply_chunk(session, self.operation, chunk, batch_id=batch_id, place=self.place)
            after = _with(self.summary, applied)
            note_progress(session, batch_id, after)
        self.pace.took(len(chunk), time.monotonic() - began)
        self.summary.counts, self.summary.errors = after.counts, after.errors
        self.summary.items, self.summary.repaired = after.items, after.repaired


def _with(summary: Summary, applied: Applied) -> Summary:
    after = replace(summary, counts=summary.counts.copy(), errors=list(summary.errors))
    after.add(applied.outcomes)
    after.items += applied.items
    for error in applied.errors:
        after.add_error(error["file"], error["offset"], error["reason"])
    return after


@contextmanager
def _less_garbage_collection() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_GC_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
