"""Create the tables of circulation: lending rules."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0007_policies"
down_revision = "0006_items"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("item_class", sa.String(length=20), nullable=True),
        sa.Column("patron_category", sa.String(length=20), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("set_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("branch_id IS NULL OR set_id IS NULL", name=op.f("ck_policy_rows_one_place")),
        sa.CheckConstraint(
            "to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name=op.f("ck_policy_rows_dates_in_order")
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_policy_rows_branch_id_branches")),
        sa.ForeignKeyConstraint(["set_id"], ["branch_sets.id"], name=op.f("fk_policy_rows_set_id_branch_sets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_rows")),
    )
    op.create_index("ix_policy_rows_rule", "policy_rows", ["rule", "ended_at"], unique=False)


def downgrade() -> None:
    op.drop_table("policy_rows")
