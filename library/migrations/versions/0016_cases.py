"""Copies read in the room; claims, groups and the notebook."""

import sqlalchemy as sa
from alembic import op

revision = "0016_cases"
down_revision = "0015_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("loans") as table:
        table.create_check_constraint(op.f("ck_loans_on_site_is_closed"), "NOT is_on_site OR in_at IS NOT NULL")
    with op.batch_alter_table("daily_rollups") as table:
        table.add_column(sa.Column("uses", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("daily_rollups") as table:
        table.drop_column("uses")
    with op.batch_alter_table("loans") as table:
        table.drop_constraint(op.f("ck_loans_on_site_is_closed"), type_="check")
