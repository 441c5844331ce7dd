"""Cases: what does not add up and a person has to settle."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, index_where, pk, unique_where

CASE_KINDS = (
    "claimed_returned",
    "claimed_lost",
    "lost",
    "damaged",
    "missing",
    "missing_in_transfer",
    "box_damaged",
    "box_extra",
)


class Case(Model):
    """A claimed return, a lost or damaged book, a short box; open until it is settled with an outcome.

    `details` hold ids, codes, numbers and dates, `note` and `outcome_note` what somebody wrote; no names, which would
    outlive the reader's being forgotten. A loan is claimed lost once in its life, and has one open case of a kind.
    """

    __tablename__ = "cases"

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(String(30))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"), index=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("transfers.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    opened_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(30))
    outcome_note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    settled_operation_id: Mapped[str | None] = mapped_column(String(36))
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_somehow"),
        CheckConstraint(f"kind IN {CASE_KINDS}", name="kind"),
        index_where("ix_cases_open", "branch_id", "kind", where="settled_at IS NULL"),
        unique_where("uq_cases_open_loan", "loan_id", "kind", where="settled_at IS NULL AND loan_id IS NOT NULL"),
        unique_where("uq_cases_claimed_lost", "loan_id", where="kind = 'claimed_lost'"),
    )
