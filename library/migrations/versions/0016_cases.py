"""Copies read in the room; claims, groups and the notebook."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

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
    _create_sheets()
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
    op.drop_table("loan_sheet_lines")
    op.drop_table("loan_sheets")
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


def _create_sheets() -> None:
    op.create_table(
        "loan_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("printed_at", UtcDateTime(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("row_count BETWEEN 1 AND 50", name=op.f("ck_loan_sheets_row_count")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_loan_sheets_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_sheets")),
        sa.UniqueConstraint("code", name=op.f("uq_loan_sheets_code")),
    )
    op.create_index(op.f("ix_loan_sheets_branch_id"), "loan_sheets", ["branch_id"])
    op.create_table(
        "loan_sheet_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("lent_on", sa.Date(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_loan_sheet_lines_number")),
        sa.CheckConstraint(
            "lent_on IS NOT NULL OR returned_on IS NOT NULL", name=op.f("ck_loan_sheet_lines_says_something")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["loan_sheets.id"], name=op.f("fk_loan_sheet_lines_sheet_id_loan_sheets")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_loan_sheet_lines_item_id_items")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_sheet_lines_loan_id_loans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_sheet_lines")),
        sa.UniqueConstraint("sheet_id", "number", name=op.f("uq_loan_sheet_lines_sheet_id_number")),
    )
    op.create_index(op.f("ix_loan_sheet_lines_loan_id"), "loan_sheet_lines", ["loan_id"])


def _unique_where(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "cases", columns, unique=True, sqlite_where=condition, postgresql_where=condition)
