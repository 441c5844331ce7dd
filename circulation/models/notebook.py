"""The numbered loan sheets that a room fills in by hand, and which of their rows have been entered."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, pk


class LoanSheet(Model):
    """A printed sheet; `code` is its 12-digit number, which a scanner reads off the paper."""

    __tablename__ = "loan_sheets"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(12))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"), index=True)
    row_count: Mapped[int]
    printed_at: Mapped[datetime]
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (UniqueConstraint("code"), CheckConstraint("row_count BETWEEN 1 AND 50", name="row_count"))


class LoanSheetLine(Model):
    """A row of a sheet that has been entered, and what it said; the reader is known by the loan alone.

    `loan_id` is NULL where a return had nothing to close.
    """

    __tablename__ = "loan_sheet_lines"

    id: Mapped[pk]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("loan_sheets.id"))
    number: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id"), index=True)
    lent_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    entered_at: Mapped[datetime]
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        UniqueConstraint("sheet_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("lent_on IS NOT NULL OR returned_on IS NOT NULL", name="says_something"),
    )
