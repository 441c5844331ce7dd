"""Rows that hold every year; loans from a notebook, called back, or lent to a group; charges for being late."""

import sqlalchemy as sa
from alembic import op

from library.kernel import triggers
from library.kernel.db import UtcDateTime

revision = "0013_rules"
down_revision = "0012_triggers"
branch_labels = None
depends_on = None

_KINDS = "'deposit', 'deposit_refund', 'compensation', 'processing', 'payment', 'waiver', 'void'"
_KINDS_NOW = (
    "'deposit', 'deposit_refund', 'compensation', 'processing', 'overdue', 'payment', 'refund', 'waiver', 'void'"
)
_LEDGER_INDEXES = (
    ("uq_ledger_entries_voids_id", "voids_id", True),
    ("ix_ledger_entries_loan_id", "loan_id", False),
)


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
    _take_kinds(_KINDS_NOW)
    for name, column, is_unique in _LEDGER_INDEXES:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "ledger_entries", [column], unique=is_unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _, _ in _LEDGER_INDEXES:
        op.drop_index(name, "ledger_entries")
    _take_kinds(_KINDS)
    op.drop_index("ix_loans_group_id", "loans")
    with op.batch_alter_table("loans") as table:
        table.drop_constraint(op.f("fk_loans_group_id_patron_groups"), type_="foreignkey")
        for column in ("group_id", "recalled_at", "is_backdated"):
            table.drop_column(column)
    with op.batch_alter_table("policy_rows") as table:
        table.drop_constraint(op.f("ck_policy_rows_yearly_has_dates"), type_="check")
        table.drop_column("is_yearly")


def _take_kinds(kinds: str) -> None:
    """Let a line be of these kinds; rebuilding the table on SQLite drops its triggers."""
    name = op.f("ck_ledger_entries_kind")
    with op.batch_alter_table("ledger_entries") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, f"kind IN ({kinds})")
    triggers.install(op.get_bind())
