"""Copies: four places kept apart, dated barcodes and conditions, and the log of every movement.

There is no status that anyone sets. On loan, in transit, on the hold shelf and in a box follow from open rows in
circulation; lost, missing, damaged, withdrawn and in processing are dated facts here. `is_available` is derived in the
same transaction as the rows it follows from, and `library db check` compares it.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import BigId, Model, big_pk, pk, unique_where

CONDITIONS = ("lost", "missing", "damaged", "withdrawn", "in_processing")
SOURCES = ("purchase", "allocation", "donation", "exchange", "legacy")


class Item(Model):
    """One copy.

    `owner_branch_id` whose property it is; `home_branch_id` (with `assigned_until`) where it should stand now;
    `current_branch_id` where it was last seen; the destination of an open transfer is in circulation.
    """

    __tablename__ = "items"

    id: Mapped[pk]
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"))
    barcode: Mapped[str] = mapped_column(String(64))
    owner_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    home_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    assigned_until: Mapped[date | None]
    current_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    item_class: Mapped[str] = mapped_column(String(20), default="book")
    call_number: Mapped[str] = mapped_column(String(80), default="")
    call_number_key: Mapped[str] = mapped_column(String(120), default="")
    copy_number: Mapped[int | None]
    volume: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(12), default="legacy")
    donor: Mapped[str | None] = mapped_column(String(200))
    fund: Mapped[str | None] = mapped_column(String(80))
    price_cents: Mapped[int | None]
    acquired_on: Mapped[date]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)
    is_available: Mapped[bool] = mapped_column(default=True)
    last_loan_on: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(f"source IN {SOURCES}", name="source"),
        CheckConstraint("price_cents IS NULL OR price_cents >= 0", name="price"),
        Index("ix_items_bib_id", "bib_id", "current_branch_id", "is_available"),
        Index("ix_items_here_now", "current_branch_id", "is_available", "bib_id"),
    )


class ItemBarcode(Model):
    """A barcode while it was on a copy; the code a scan is looked up by. Unique within the owner."""

    __tablename__ = "item_barcodes"

    id: Mapped[pk]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    owner_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    barcode: Mapped[str] = mapped_column(String(64), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        Index("uq_item_barcodes_owner", "owner_branch_id", "barcode", unique=True),
        unique_where("uq_item_barcodes_current", "item_id", where="valid_to IS NULL"),
    )


class ItemCondition(Model):
    """A dated fact about a copy: lost, missing, damaged, withdrawn, in processing. At most one open row of a kind."""

    __tablename__ = "item_conditions"

    id: Mapped[pk]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    is_blocking: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"kind IN {CONDITIONS}", name="kind"),
        CheckConstraint("until IS NULL OR until >= since", name="times_in_order"),
        unique_where("uq_item_conditions_open", "item_id", "kind", where="until IS NULL"),
    )


class ItemMovement(Model):
    """A copy came to a branch. The first row of a copy is its arrival in the county (`from_branch_id` NULL)."""

    __tablename__ = "item_movements"

    id: Mapped[big_pk]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    from_branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    to_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    at: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(20))
    operation_id: Mapped[str | None] = mapped_column(String(36))
    event_id: Mapped[int | None] = mapped_column(BigId)

    __table_args__ = (
        Index("ix_item_movements_item_id", "item_id", "at"),
        Index("ix_item_movements_to", "to_branch_id", "at"),
    )


class BookNumberCounter(Model):
    """The last book number given in a class of a call-number scheme; raised in the transaction that gives it."""

    __tablename__ = "book_number_counters"

    scheme: Mapped[str] = mapped_column(String(20), primary_key=True)
    clc: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
