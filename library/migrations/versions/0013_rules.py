"""Rows that hold every year; loans that were copied from a notebook, called back, or lent to a group."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0013_rules"
down_revision = "0012_triggers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("policy_rows") as table:
        table.add_column(sa.Column("is_yearly", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.create_check_constraint(
            op.f("ck_policy_rows_yearly_has_dates"), "NOT is_yearly OR (from_on IS NOT NULL AND to_on IS NOT NULL)"
        )
    with op.batch_alter_table("loans") as table:
        table.add_column(sa.Column("is_backdated", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("recalled_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_loans_group_id_patron_groups"), "patron_groups", ["group_id"], ["id"])
    where = sa.text("group_id IS NOT NULL")
    op.create_index("ix_loans_group_id", "loans", ["group_id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_loans_group_id", "loans")
    with op.batch_alter_table("loans") as table:
        table.drop_constraint(op.f("fk_loans_group_id_patron_groups"), type_="foreignkey")
        for column in ("group_id", "recalled_at", "is_backdated"):
            table.drop_column(column)
    with op.batch_alter_table("policy_rows") as table:
        table.drop_constraint(op.f("ck_policy_rows_yearly_has_dates"), type_="check")
        table.drop_column("is_yearly")
