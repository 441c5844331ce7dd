"""Copies read in the room; claims, groups and the notebook."""

import sqlalchemy as sa
from alembic import op

revision = "0016_cases"
down_revision = "0015_holds"
branch_labels = None
depends_on = None

CASE_KINDS = (
    "claimed_returned",
    "claimed_lost",
    "lost",
    "damaged",
    "missing",
    "missing_in_transfer",
    "box_damaged",
    "box_extra",
)


def upgrade() -> None:
    with op.batch_alter_table("loans") as table:
        table.add_column(sa.Column("recalled_from_on", sa.Date(), nullable=True))
        table.create_check_constraint(op.f("ck_loans_on_site_is_closed"), "NOT is_on_site OR in_at IS NOT NULL")
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("note", sa.String(length=200), server_default="", nullable=False))
        table.add_column(sa.Column("outcome_note", sa.String(length=200), server_default="", nullable=False))
        table.add_column(sa.Column("settled_operation_id", sa.String(length=36), nullable=True))
        table.create_check_constraint(op.f("ck_cases_kind"), f"kind IN {CASE_KINDS}")
    _unique_where("uq_cases_open_loan", ["loan_id", "kind"], "settled_at IS NULL AND loan_id IS NOT NULL")
    _unique_where("uq_cases_claimed_lost", ["loan_id"], "kind = 'claimed_lost'")
    op.add_column("patron_groups", sa.Column("ended_on", sa.Date(), nullable=True))
    op.create_index("ix_patron_groups_branch_id", "patron_groups", ["branch_id"])
    has_custodian = sa.text("custodian_id IS NOT NULL")
    op.create_index(
        "uq_patron_groups_custodian_id",
        "patron_groups",
        ["custodian_id"],
        unique=True,
        sqlite_where=has_custodian,
        postgresql_where=has_custodian,
    )
    with op.batch_alter_table("daily_rollups") as table:
        table.add_column(sa.Column("uses", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("daily_rollups") as table:
        table.drop_column("uses")
    op.drop_index("uq_patron_groups_custodian_id", "patron_groups")
    op.drop_index("ix_patron_groups_branch_id", "patron_groups")
    op.drop_column("patron_groups", "ended_on")
    op.drop_index("uq_cases_claimed_lost", "cases")
    op.drop_index("uq_cases_open_loan", "cases")
    with op.batch_alter_table("cases") as table:
        table.drop_constraint(op.f("ck_cases_kind"), type_="check")
        table.drop_column("settled_operation_id")
        table.drop_column("outcome_note")
        table.drop_column("note")
    with op.batch_alter_table("loans") as table:
        table.drop_constraint(op.f("ck_loans_on_site_is_closed"), type_="check")
        table.drop_column("recalled_from_on")


def _unique_where(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "cases", columns, unique=True, sqlite_where=condition, postgresql_where=condition)
