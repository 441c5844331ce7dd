"""Tables of lending: loans and their renewals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, UtcDateTime, index_where, pk, unique_where


class Loan(Model):
    """A copy in a reader's hands, from `out_at` until `in_at`.

    The reader may be forgotten later (`patron_id` NULL); age band, category, village and class stay for the figures.
    `due_on` is a local date, the loan is due at the end of that day. `decided` keeps the confirmed reasons and overrides.
    A back-dated loan was copied from the room's notebook; it never blocks its reader. A recalled one was due on
    `recalled_from_on` before. One on site was read in the room and is closed from the beginning.
    """

    __tablename__ = "loans"

    id: Mapped[pk]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"))
    out_branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    in_branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    out_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_as: Mapped[str | None] = mapped_column(String(16))
    renewals: Mapped[int] = mapped_column(default=0)
    is_on_site: Mapped[bool] = mapped_column(default=False)
    is_backdated: Mapped[bool] = mapped_column(default=False, server_default=false())
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recalled_from_on: Mapped[date | None]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("patron_groups.id"))
    age_band: Mapped[str | None] = mapped_column(String(12))
    patron_category: Mapped[str | None] = mapped_column(String(20))
    village_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    clc: Mapped[str | None] = mapped_column(String(20))
    item_class: Mapped[str] = mapped_column(String(20), default="book")
    decided: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint("(in_at IS NULL) = (closed_as IS NULL)", name="closed_somehow"),
        CheckConstraint("in_at IS NULL OR in_at >= out_at", name="times_in_order"),
        CheckConstraint("closed_as IN ('returned','forced','lost','undone')", name="closed_as"),
        CheckConstraint("renewals >= 0", name="renewals"),
        CheckConstraint("NOT is_on_site OR in_at IS NOT NULL", name="on_site_is_closed"),
        unique_where("uq_loans_open_item", "item_id", where="in_at IS NULL"),
        index_where("ix_loans_open_patron", "patron_id", "due_on", where="in_at IS NULL"),
        index_where("ix_loans_group_id", "group_id", where="group_id IS NOT NULL"),
        Index("ix_loans_out", "out_branch_id", "out_at"),
        Index("ix_loans_patron_id", "patron_id"),
    )


class LoanRenewal(Model):
    """A renewal; one that was undone on its day does not count any more."""

    __tablename__ = "loan_renewals"

    id: Mapped[pk]
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id"), index=True)
    at: Mapped[datetime]
    due_before: Mapped[date]
    due_after: Mapped[date]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    operation_id: Mapped[str | None] = mapped_column(String(36))
    undone_at: Mapped[datetime | None]


def not_undone() -> ColumnElement[bool]:
    """Return the condition of a loan that counts: one that the desk undid never happened."""
    return Loan.closed_as.is_distinct_from("undone")
