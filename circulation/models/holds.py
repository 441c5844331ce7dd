"""Tables of what readers wait for: holds on books the county has, wishes for books it has not."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, UtcDateTime, index_where, pk, unique_where

HOLD_STATES = ("waiting", "suspended", "in_transit", "ready", "fulfilled", "cancelled", "expired")
# A copy is kept for the reader: on its way, or on the pickup shelf.
HOLD_CAPTURED = ("in_transit", "ready")
WISH_STATES = ("open", "answered", "ordered", "arrived", "declined", "cancelled")


class Hold(Model):
    """A reader's place in the queue for a bib, or for one copy of it (`item_id` set before capture).

    `captured_item_id` is the copy kept for the reader: on its way (`in_transit`) or on the pickup shelf (`ready`). The queue
    of a bib is ordered by `placed_at`, then id. `cause` says why the hold came to be as it is. `pickup_until_on` is NULL for
    a ready hold as long as nobody knows when the reader can come; `suspended_until_on` for one that waits for its reader's
    word; `expires_on` is the last day of waiting.
    """

    __tablename__ = "holds"

    id: Mapped[pk]
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"))
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    pickup_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    cause: Mapped[str | None] = mapped_column(String(30))
    captured_item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    captured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pickup_until_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    suspended_until_on: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    promised_on: Mapped[date | None]
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"))
    age_band: Mapped[str | None] = mapped_column(String(12))
    patron_category: Mapped[str | None] = mapped_column(String(20))
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"state IN {HOLD_STATES}", name="state"),
        CheckConstraint(
            "state NOT IN ('in_transit','ready') OR captured_item_id IS NOT NULL", name="captured_has_a_copy"
        ),
        CheckConstraint("state NOT IN ('waiting','suspended') OR captured_item_id IS NULL", name="queued_has_no_copy"),
        CheckConstraint("suspended_until_on IS NULL OR state = 'suspended'", name="suspended_until"),
        CheckConstraint(
            "pickup_until_on IS NULL OR state NOT IN ('waiting','suspended','in_transit')", name="pickup_until"
        ),
        CheckConstraint("(state IN ('fulfilled','cancelled','expired')) = (ended_at IS NOT NULL)", name="ended"),
        unique_where("uq_holds_captured_item", "captured_item_id", where="state IN ('in_transit','ready')"),
        unique_where("uq_holds_open_patron_bib", "patron_id", "bib_id", where="ended_at IS NULL AND item_id IS NULL"),
        index_where("ix_holds_queue", "bib_id", "placed_at", where="ended_at IS NULL"),
        Index("ix_holds_pickup", "pickup_branch_id", "state"),
        Index("ix_holds_patron_id", "patron_id"),
    )


class Wish(Model):
    """A book a reader asks for that the county does not have, and the answer it got."""

    __tablename__ = "wishes"

    id: Mapped[pk]
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    title: Mapped[str] = mapped_column(String(200))
    creator: Mapped[str] = mapped_column(String(200), default="")
    isbn13: Mapped[str | None] = mapped_column(String(13))
    clc: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500), default="")
    bib_id: Mapped[int | None] = mapped_column(ForeignKey("bibs.id"))
    state: Mapped[str] = mapped_column(String(12), default="open")
    answer: Mapped[str] = mapped_column(String(500), default="")
    wished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    age_band: Mapped[str | None] = mapped_column(String(12))
    patron_category: Mapped[str | None] = mapped_column(String(20))
    operation_id: Mapped[str | None] = mapped_column(String(36))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        CheckConstraint(f"state IN {WISH_STATES}", name="state"),
        Index("ix_wishes_branch_id", "branch_id", "state"),
    )


class EmptySearch(Model):
    """A search that found nothing: the folded words and the branch, no person. Counts per day."""

    __tablename__ = "empty_searches"

    id: Mapped[pk]
    on: Mapped[date]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    words: Mapped[str] = mapped_column(String(80))
    times: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index("uq_empty_searches", "on", "branch_id", "words", unique=True),)
