"""Tables of the lending rules: one row gives one rule a value for an item class, a patron category and a place."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, pk


class PolicyRow(Model):
    """A value of one rule. NULL class, category or place means any; the place is a tree node or a named set, not both.

    The dates of a yearly row hold in every year.

    `value` is text and is parsed by the rule's definition, which also knows its unit. Rows are ended, never deleted, so
    that a past decision can still be explained.
    """

    __tablename__ = "policy_rows"

    id: Mapped[pk]
    rule: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(80))
    item_class: Mapped[str | None] = mapped_column(String(20))
    patron_category: Mapped[str | None] = mapped_column(String(20))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    set_id: Mapped[int | None] = mapped_column(ForeignKey("branch_sets.id"))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    is_yearly: Mapped[bool] = mapped_column(default=False, server_default=false())
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint("branch_id IS NULL OR set_id IS NULL", name="one_place"),
        CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="dates_in_order"),
        CheckConstraint("NOT is_yearly OR (from_on IS NOT NULL AND to_on IS NOT NULL)", name="yearly_has_dates"),
        Index("ix_policy_rows_rule", "rule", "ended_at"),
    )
