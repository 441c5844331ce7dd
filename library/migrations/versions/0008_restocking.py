"""Create the tables of circulation: restocking plans."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0008_restocking"
down_revision = "0007_policies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restock_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("budget_cents", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'approved', 'cancelled')", name=op.f("ck_restock_plans_state")),
        sa.CheckConstraint("budget_cents >= 0", name=op.f("ck_restock_plans_budget")),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_restock_plans_dates_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_restock_plans_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restock_plans")),
    )
    op.create_table(
        "restock_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("from_branch_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("proposed_quantity", sa.Integer(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("class_code", sa.String(length=20), nullable=False),
        sa.Column("expected_loans", sa.Double(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("transfer_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'move') = (from_branch_id IS NOT NULL)", name=op.f("ck_restock_lines_a_move_comes_from_somewhere")
        ),
        sa.CheckConstraint("kind IN ('buy', 'move', 'withdraw')", name=op.f("ck_restock_lines_kind")),
        sa.CheckConstraint("state IN ('proposed','approved','dropped','ordered')", name=op.f("ck_restock_lines_state")),
        sa.CheckConstraint("quantity >= 0 AND cost_cents >= 0", name=op.f("ck_restock_lines_not_negative")),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_restock_lines_bib_id_bibs")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_restock_lines_branch_id_branches")),
        sa.ForeignKeyConstraint(
            ["from_branch_id"], ["branches.id"], name=op.f("fk_restock_lines_from_branch_id_branches")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_restock_lines_item_id_items")),
        sa.ForeignKeyConstraint(["plan_id"], ["restock_plans.id"], name=op.f("fk_restock_lines_plan_id_restock_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restock_lines")),
    )
    op.create_index("ix_restock_lines_bib_id", "restock_lines", ["bib_id"], unique=False)
    op.create_index("ix_restock_lines_plan_id", "restock_lines", ["plan_id", "branch_id"], unique=False)


def downgrade() -> None:
    op.drop_table("restock_lines")
    op.drop_table("restock_plans")
