"""Import batches: beginning one, what it did so far, ending it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.marc.applying import Outcome
from catalog.marc.models import ImportBatch, ImportRecord
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Operation

MOST_ERRORS = 10_000
# What a page offers to take back; an import that was killed stays `running`, and only the command line takes it back.
REVERTIBLE = ("done", "failed")


@dataclass(frozen=True, slots=True)
class Profile:
    """How the records of a source are taken over; `source` names records that do not say who made them."""

    name: str
    source: str
    with_holdings: bool = True


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("default", "import"),
        Profile("records", "import", with_holdings=False),
    )
}


@dataclass
class Summary:
    """What an import did, in the words of DESIGN section 9; authority and holdings records are counted apart."""

    batch: int | None = None
    dry_run: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    items: int = 0
    repaired: int = 0
    refused_files: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of a chunk and list what was rejected."""
        for one in outcomes:
            self.counts[one.outcome] += 1
            self.repaired += bool(one.record.repairs)
            if one.outcome in {"rejected", "conflict"}:
                self.add_error(one.record.file, one.record.offset, one.reason or "")

    def add_error(self, file: str, offset: int, reason: str) -> None:
        """List one error; beyond 10,000 they are only counted (the batch keeps them all)."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"file": file, "offset": offset, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        """Return the members other programs rely on."""
        return {
            "records": self.counts.total(),
            "new": self.counts["new"],
            "matched": self.counts["matched"],
            "merged": self.counts["merged"],
            "conflict": self.counts["conflict"],
            "rejected": self.counts["rejected"],
            "errors": self.errors,
            "authorities": self.counts["authority"],
            "holdings": self.counts["holdings"],
            "items": self.items,
            "repaired": self.repaired,
            "refused_files": self.refused_files,
            "batch": self.batch,
            "dry_run": self.dry_run,
        }


def profile_by_name(name: str) -> Profile:
    """Return a profile.

    Raises `Invalid` `unknown_profile`.
    """
    if name not in PROFILES:
        raise Invalid("unknown_profile", profile=name, known=", ".join(sorted(PROFILES)))
    return PROFILES[name]


def batch_by_id(session: Session, batch_id: int) -> ImportBatch:
    """Return a batch.

    Raises `NotFound` `unknown_batch`.
    """
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFound("unknown_batch", batch=batch_id)
    return batch


def start_batch(
    session: Session, operation: Operation, *, files: Sequence[str], profile: Profile, branch_id: int | None
) -> int:
    """Begin a batch and return its id."""
    batch = ImportBatch(
        profile=profile.name,
        branch_id=branch_id,
        files=list(files),
        started_at=operation.at,
        operation_id=operation.id,
    )
    session.add(batch)
    session.flush()
    return batch.id


def note_progress(session: Session, batch_id: int, summary: Summary) -> None:
    """Store what a batch did so far, in the transaction that did it: an interrupted batch tells the truth."""
    counts = {name: value for name, value in summary.as_json().items() if isinstance(value, int)}
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(counts=counts))


def note_refused_files(session: Session, batch_id: int, summary: Summary) -> None:
    """Keep with the batch the files that were no MARC at all; they count neither as records nor as rejected ones."""
    refused = [error for error in summary.errors if error["file"] in summary.refused_files]
    session.add_all(ImportRecord(batch_id=batch_id, outcome="rejected", **error) for error in refused)


def end_batch(session: Session, operation: Operation, batch_id: int, state: str) -> None:
    """End a batch as `done` or `failed`."""
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(state=state, finished_at=operation.at))
