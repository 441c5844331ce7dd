"""Imports: batches and the outcome of each record in them, kept so that a batch can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import BigId, Model, big_pk, pk

BATCH_STATES = ("running", "done", "reverting", "reverted", "failed")
OUTCOMES = ("new", "matched", "merged", "conflict", "rejected", "authority", "holdings")


class ImportBatch(Model):
    __tablename__ = "import_batches"

    id: Mapped[pk]
    profile: Mapped[str] = mapped_column(String(40), default="default")
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    state: Mapped[str] = mapped_column(String(12), default="running")
    files: Mapped[list[Any]] = mapped_column(JSON, default=list)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (CheckConstraint(f"state IN {BATCH_STATES}", name="state"),)


class ImportRecord(Model):
    """One record of a file. `offset` is in bytes for ISO 2709 and the record's ordinal (from 0) for XML."""

    __tablename__ = "import_records"

    id: Mapped[big_pk]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"))
    file: Mapped[str] = mapped_column(String(200))
    offset: Mapped[int] = mapped_column(BigId)
    outcome: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
    bib_id: Mapped[int | None] = mapped_column(ForeignKey("bibs.id"), index=True)
    source_record_id: Mapped[int | None] = mapped_column(ForeignKey("bib_source_records.id"))

    __table_args__ = (
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        Index("ix_import_records_batch_id", "batch_id", "outcome"),
    )
