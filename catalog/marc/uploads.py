"""Files sent over HTTP and imported at once, as a program or a browser does.

The batch is begun in the transaction that stores the operation, so a file sent twice with one operation id is imported once;
whoever sends it again is shown the batch as it stands. A file on the command line has no such bound on its size.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.marc.batches import Profile, batch_by_id, start_batch
from catalog.marc.models import ImportBatch, ImportRecord
from catalog.marc.services import Source, place_at, run_batch
from library.branches.models import Branch
from library.kernel.db import reading, writing
from library.kernel.operations import Answer, Operation, once

SHOWN_ERRORS = 200
SHOWN_BATCHES = 20


@dataclass(frozen=True)
class Upload:
    """A file as it was sent; at most as large as the server takes in one request."""

    name: str
    content: bytes

    def source(self) -> Source:
        return Source(self.name, lambda: io.BytesIO(self.content))


def import_uploads(operation: Operation, uploads: Sequence[Upload], profile: Profile, branch: Branch | None) -> int:
    """Import files as one batch and return its id; copies they announce go to `branch`, without one they are left out."""
    started: list[int] = []
    with writing() as session:
        place = place_at(session, branch) if branch else None

        def start() -> Answer:
            names = [upload.name for upload in uploads]
            branch_id = branch.id if branch else None
            started.append(start_batch(session, operation, files=names, profile=profile, branch_id=branch_id))
            return {"outcome": "import", "batch": started[0]}

        answer = once(session, operation, _content(uploads, profile, branch), start)
    if started:
        sources = [upload.source() for upload in uploads]
        run_batch(writing, operation, started[0], sources, profile=profile, place=place, step=unseen)
    return int(answer["batch"])


def _content(uploads: Sequence[Upload], profile: Profile, branch: Branch | None) -> Mapping[str, Any]:
    files = [[upload.name, hashlib.sha256(upload.content).hexdigest()] for upload in uploads]
    return {"files": files, "profile": profile.name, "branch": branch.id if branch else None}


def unseen(count: int) -> None:
    """Take the progress of an import nobody watches."""
    del count


def show_batch(batch_id: int) -> dict[str, Any]:
    """Return a batch with its counts and the records it rejected.

    Raises `NotFound` `unknown_batch`.
    """
    with reading() as session:
        batch = batch_by_id(session, batch_id)
        errors = session.execute(
            select(ImportRecord.file, ImportRecord.offset, ImportRecord.reason)
            .where(ImportRecord.batch_id == batch_id, ImportRecord.outcome.in_(("rejected", "conflict")))
            .order_by(ImportRecord.id)
            .limit(SHOWN_ERRORS)
        )
        return {
            **_summary(batch),
            "errors": [{"file": file, "offset": offset, "reason": reason} for file, offset, reason in errors],
        }


def recent_batches(session: Session) -> list[dict[str, Any]]:
    """Return the newest batches first."""
    newest = select(ImportBatch).order_by(ImportBatch.id.desc()).limit(SHOWN_BATCHES)
    return [_summary(batch) for batch in session.scalars(newest)]


def _summary(batch: ImportBatch) -> dict[str, Any]:
    names = ("records", "new", "matched", "merged", "conflict", "rejected", "authorities", "holdings", "items")
    counts = {name: int(batch.counts.get(name, 0)) for name in names}
    return {
        "batch": batch.id,
        "state": batch.state,
        "files": batch.files,
        "started_at": batch.started_at.isoformat(),
        **counts,
    }
