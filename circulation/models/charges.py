"""The ledger: deposits, compensation, payments, waivers. Append-only; a correction is a new line."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, UtcDateTime, index_where, pk, unique_where

KINDS = ("deposit", "deposit_refund", "compensation", "processing", "overdue", "payment", "refund", "waiver", "void")


class LedgerEntry(Model):
    """One line, in cents: positive is owed by the reader, negative was paid or waived. Never changed or deleted.

    A line is undone once, by a `void` line that names it.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[pk]
    patron_id: Mapped[int | None] = mapped_column(ForeignKey("patrons.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    amount_cents: Mapped[int]
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"))
    voids_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("amount_cents <> 0", name="amount"),
        CheckConstraint("(kind = 'void') = (voids_id IS NOT NULL)", name="void_names_its_line"),
        unique_where("uq_ledger_entries_voids_id", "voids_id", where="voids_id IS NOT NULL"),
        index_where("ix_ledger_entries_loan_id", "loan_id", where="loan_id IS NOT NULL"),
    )
