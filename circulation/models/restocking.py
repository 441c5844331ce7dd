"""Restocking plans and their lines, each with the evidence it follows from."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, UtcDateTime, pk

PLAN_STATES = ("draft", "approved", "cancelled")
LINE_KINDS = ("buy", "move", "withdraw")


class RestockPlan(Model):
    """A plan for a part of the tree and a period; `parameters` and `summary` say what it was computed from."""

    __tablename__ = "restock_plans"

    id: Mapped[pk]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    from_on: Mapped[date]
    to_on: Mapped[date]
    budget_cents: Mapped[int]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    operation_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        CheckConstraint(f"state IN {PLAN_STATES}", name="state"),
        CheckConstraint("to_on >= from_on", name="dates_in_order"),
        CheckConstraint("budget_cents >= 0", name="budget"),
    )


class RestockLine(Model):
    """One proposal: buy `quantity` of a bib for a room, or move one copy there, or withdraw one.

    `expected_loans` is the net gain over the plan's period. `evidence` holds numbers, ids and codes only; the page makes
    sentences of it.
    """

    __tablename__ = "restock_lines"

    id: Mapped[pk]
    plan_id: Mapped[int] = mapped_column(ForeignKey("restock_plans.id"))
    kind: Mapped[str] = mapped_column(String(10))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id"))
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    from_branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    proposed_quantity: Mapped[int] = mapped_column(default=1)
    cost_cents: Mapped[int] = mapped_column(default=0)
    class_code: Mapped[str] = mapped_column(String(20), default="")
    expected_loans: Mapped[float] = mapped_column(default=0.0)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(12), default="proposed")
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    transfer_id: Mapped[int | None]

    __table_args__ = (
        CheckConstraint(f"kind IN {LINE_KINDS}", name="kind"),
        CheckConstraint("quantity >= 0 AND cost_cents >= 0", name="not_negative"),
        CheckConstraint("(kind = 'move') = (from_branch_id IS NOT NULL)", name="a_move_comes_from_somewhere"),
        CheckConstraint("state IN ('proposed','approved','dropped','ordered')", name="state"),
        Index("ix_restock_lines_plan_id", "plan_id", "branch_id"),
        Index("ix_restock_lines_bib_id", "bib_id"),
    )
