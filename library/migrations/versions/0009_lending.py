"""Create the tables of circulation: loans, holds, wishes, charges."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0009_lending"
down_revision = "0008_restocking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "empty_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_empty_searches_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_empty_searches")),
    )
    op.create_index("uq_empty_searches", "empty_searches", ["on", "branch_id", "words"], unique=True)
    op.create_table(
        "loans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("out_branch_id", sa.Integer(), nullable=False),
        sa.Column("in_branch_id", sa.Integer(), nullable=True),
        sa.Column("out_at", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("in_at", UtcDateTime(), nullable=True),
        sa.Column("closed_as", sa.String(length=16), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.Column("is_on_site", sa.Boolean(), nullable=False),
        sa.Column("age_band", sa.String(length=12), nullable=True),
        sa.Column("patron_category", sa.String(length=20), nullable=True),
        sa.Column("village_id", sa.Integer(), nullable=True),
        sa.Column("clc", sa.String(length=20), nullable=True),
        sa.Column("item_class", sa.String(length=20), nullable=False),
        sa.Column("decided", sa.JSON(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("closed_as IN ('returned','forced','lost','undone')", name=op.f("ck_loans_closed_as")),
        sa.CheckConstraint("(in_at IS NULL) = (closed_as IS NULL)", name=op.f("ck_loans_closed_somehow")),
        sa.CheckConstraint("in_at IS NULL OR in_at >= out_at", name=op.f("ck_loans_times_in_order")),
        sa.CheckConstraint("renewals >= 0", name=op.f("ck_loans_renewals")),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_loans_bib_id_bibs")),
        sa.ForeignKeyConstraint(["in_branch_id"], ["branches.id"], name=op.f("fk_loans_in_branch_id_branches")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_loans_item_id_items")),
        sa.ForeignKeyConstraint(["out_branch_id"], ["branches.id"], name=op.f("fk_loans_out_branch_id_branches")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_loans_patron_id_patrons")),
        sa.ForeignKeyConstraint(["village_id"], ["branches.id"], name=op.f("fk_loans_village_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index(op.f("ix_loans_bib_id"), "loans", ["bib_id"], unique=False)
    op.create_index(op.f("ix_loans_item_id"), "loans", ["item_id"], unique=False)
    op.create_index(
        "ix_loans_open_patron",
        "loans",
        ["patron_id", "due_on"],
        unique=False,
        sqlite_where=sa.text("in_at IS NULL"),
        postgresql_where=sa.text("in_at IS NULL"),
    )
    op.create_index("ix_loans_out", "loans", ["out_branch_id", "out_at"], unique=False)
    op.create_index("ix_loans_patron_id", "loans", ["patron_id"], unique=False)
    op.create_index(
        "uq_loans_open_item",
        "loans",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("in_at IS NULL"),
        postgresql_where=sa.text("in_at IS NULL"),
    )
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("creator", sa.String(length=200), nullable=False),
        sa.Column("isbn13", sa.String(length=13), nullable=True),
        sa.Column("clc", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("wished_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("age_band", sa.String(length=12), nullable=True),
        sa.Column("patron_category", sa.String(length=20), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'answered', 'ordered', 'arrived', 'declined', 'cancelled')", name=op.f("ck_wishes_state")
        ),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_wishes_bib_id_bibs")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_wishes_branch_id_branches")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_wishes_patron_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
    )
    op.create_index("ix_wishes_branch_id", "wishes", ["branch_id", "state"], unique=False)
    op.create_index(op.f("ix_wishes_patron_id"), "wishes", ["patron_id"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("pickup_branch_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("captured_item_id", sa.Integer(), nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("captured_at", UtcDateTime(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("pickup_until_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("suspended_until_on", sa.Date(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.String(length=12), nullable=True),
        sa.Column("patron_category", sa.String(length=20), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "(state IN ('fulfilled','cancelled','expired')) = (ended_at IS NOT NULL)", name=op.f("ck_holds_ended")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'suspended', 'in_transit', 'ready', 'fulfilled', 'cancelled', 'expired')",
            name=op.f("ck_holds_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('in_transit','ready') OR captured_item_id IS NOT NULL",
            name=op.f("ck_holds_captured_has_a_copy"),
        ),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_holds_bib_id_bibs")),
        sa.ForeignKeyConstraint(["captured_item_id"], ["items.id"], name=op.f("fk_holds_captured_item_id_items")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_holds_item_id_items")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_holds_loan_id_loans")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_holds_patron_id_patrons")),
        sa.ForeignKeyConstraint(["pickup_branch_id"], ["branches.id"], name=op.f("fk_holds_pickup_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_patron_id", "holds", ["patron_id"], unique=False)
    op.create_index("ix_holds_pickup", "holds", ["pickup_branch_id", "state"], unique=False)
    op.create_index(
        "ix_holds_queue",
        "holds",
        ["bib_id", "placed_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_holds_captured_item",
        "holds",
        ["captured_item_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('in_transit','ready')"),
        postgresql_where=sa.text("state IN ('in_transit','ready')"),
    )
    op.create_index(
        "uq_holds_open_patron_bib",
        "holds",
        ["patron_id", "bib_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND item_id IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND item_id IS NULL"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("voids_id", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "(kind = 'void') = (voids_id IS NOT NULL)", name=op.f("ck_ledger_entries_void_names_its_line")
        ),
        sa.CheckConstraint(
            "kind IN ('deposit', 'deposit_refund', 'compensation', 'processing', 'payment', 'waiver', 'void')",
            name=op.f("ck_ledger_entries_kind"),
        ),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entries_amount")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_ledger_entries_branch_id_branches")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_ledger_entries_loan_id_loans")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_ledger_entries_patron_id_patrons")),
        sa.ForeignKeyConstraint(
            ["voids_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_voids_id_ledger_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    op.create_index(op.f("ix_ledger_entries_patron_id"), "ledger_entries", ["patron_id"], unique=False)
    op.create_table(
        "loan_renewals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("loan_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("due_after", sa.Date(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_loan_renewals_branch_id_branches")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_loan_renewals_loan_id_loans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_renewals")),
    )
    op.create_index(op.f("ix_loan_renewals_loan_id"), "loan_renewals", ["loan_id"], unique=False)


def downgrade() -> None:
    op.drop_table("loan_renewals")
    op.drop_table("ledger_entries")
    op.drop_table("holds")
    op.drop_table("wishes")
    op.drop_table("loans")
    op.drop_table("empty_searches")
