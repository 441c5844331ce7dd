"""Tables of books on the move: transfers, their steps, boxes and what is in them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, UtcDateTime, pk, unique_where

TRANSFER_STATES = (
    "requested",
    "picked",
    "packed",
    "dispatched",
    "arrived",
    "shelved",
    "cancelled",
    "missing",
)
TRANSFER_OPEN = ("requested", "picked", "packed", "dispatched", "arrived")
TRANSFER_REASONS = ("hold", "return_home", "restock", "rotation", "rebalance", "manual")
_OPEN_SQL = "state IN ('requested','picked','packed','dispatched','arrived')"


class Transfer(Model):
    """One copy's way from a branch to another. Open until shelved, cancelled or missing; at most one open per copy."""

    __tablename__ = "transfers"

    id: Mapped[pk]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    from_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    to_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    reason: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default="requested")
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"), index=True)
    plan_line_id: Mapped[int | None] = mapped_column(ForeignKey("restock_lines.id"), index=True)
    promised_on: Mapped[date | None]
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause: Mapped[str | None] = mapped_column(String(30))
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"state IN {TRANSFER_STATES}", name="state"),
        CheckConstraint(f"reason IN {TRANSFER_REASONS}", name="reason"),
        CheckConstraint("from_branch_id <> to_branch_id", name="goes_somewhere"),
        CheckConstraint("(state IN ('shelved','cancelled','missing')) = (ended_at IS NOT NULL)", name="ended"),
        unique_where("uq_transfers_open_item", "item_id", where=_OPEN_SQL),
        Index("ix_transfers_from", "from_branch_id", "state"),
        Index("ix_transfers_to", "to_branch_id", "state"),
    )


class TransferStep(Model):
    """A change of a transfer's state: who, where, when, why."""

    __tablename__ = "transfer_steps"

    id: Mapped[pk]
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[int | None]
    at: Mapped[datetime]
    cause: Mapped[str | None] = mapped_column(String(30))
    operation_id: Mapped[str | None] = mapped_column(String(36))


class Box(Model):
    """A transport box with its printed code; packed, sealed, dispatched and received as one."""

    __tablename__ = "boxes"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(32))
    capacity: Mapped[int] = mapped_column(default=40)
    state: Mapped[str] = mapped_column(String(12), default="open")
    from_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    to_branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    holder_branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    holder_name: Mapped[str | None] = mapped_column(String(80))
    seal: Mapped[str | None] = mapped_column(String(40))
    route_date_id: Mapped[int | None] = mapped_column(ForeignKey("route_dates.id"))
    created_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("state IN ('open','sealed','dispatched','received','retired')", name="state"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("holder_branch_id IS NOT NULL OR holder_name IS NOT NULL", name="held_by_somebody"),
    )


class BoxLine(Model):
    """A copy in a box, from packing until it was taken out, was short or was found elsewhere."""

    __tablename__ = "box_lines"

    id: Mapped[pk]
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"))
    packed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))

    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_somehow"),
        CheckConstraint("outcome IN ('received','short','extra','damaged','removed')", name="outcome"),
        unique_where("uq_box_lines_open_item", "item_id", where="closed_at IS NULL"),
    )
