"""Create the tables of circulation: daily figures."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import BigId

revision = "0011_reports"
down_revision = "0010_logistics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rolled_up_events",
        sa.Column("event_id", BigId, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_rolled_up_events")),
    )
    op.create_table(
        "daily_rollups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("clc", sa.String(length=20), nullable=False),
        sa.Column("age_band", sa.String(length=12), nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("wishes", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_daily_rollups_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_rollups")),
    )
    op.create_index("ix_daily_rollups_branch_id", "daily_rollups", ["branch_id", "on"], unique=False)
    op.create_index("uq_daily_rollups", "daily_rollups", ["on", "branch_id", "clc", "age_band"], unique=True)


def downgrade() -> None:
    op.drop_table("daily_rollups")
    op.drop_table("rolled_up_events")
