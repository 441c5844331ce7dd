"""Create the tables of catalog.items: copies, barcodes, conditions, movements."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import BigId, UtcDateTime

revision = "0006_items"
down_revision = "0005_bibs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_number_counters",
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("clc", sa.String(length=60), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "clc", name=op.f("pk_book_number_counters")),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("barcode", sa.String(length=64), nullable=False),
        sa.Column("owner_branch_id", sa.Integer(), nullable=False),
        sa.Column("home_branch_id", sa.Integer(), nullable=False),
        sa.Column("assigned_until", sa.Date(), nullable=True),
        sa.Column("current_branch_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("item_class", sa.String(length=20), nullable=False),
        sa.Column("call_number", sa.String(length=80), nullable=False),
        sa.Column("call_number_key", sa.String(length=120), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=True),
        sa.Column("volume", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("donor", sa.String(length=200), nullable=True),
        sa.Column("fund", sa.String(length=80), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("acquired_on", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("is_available", sa.Boolean(), nullable=False),
        sa.Column("last_loan_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "source IN ('purchase', 'allocation', 'donation', 'exchange', 'legacy')", name=op.f("ck_items_source")
        ),
        sa.CheckConstraint("price_cents IS NULL OR price_cents >= 0", name=op.f("ck_items_price")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_items_batch_id_import_batches")),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_items_bib_id_bibs")),
        sa.ForeignKeyConstraint(
            ["current_branch_id"], ["branches.id"], name=op.f("fk_items_current_branch_id_branches")
        ),
        sa.ForeignKeyConstraint(["home_branch_id"], ["branches.id"], name=op.f("fk_items_home_branch_id_branches")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_items_location_id_locations")),
        sa.ForeignKeyConstraint(["owner_branch_id"], ["branches.id"], name=op.f("fk_items_owner_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_batch_id"), "items", ["batch_id"], unique=False)
    op.create_index("ix_items_bib_id", "items", ["bib_id", "current_branch_id", "is_available"], unique=False)
    op.create_index("ix_items_here_now", "items", ["current_branch_id", "is_available", "bib_id"], unique=False)
    op.create_index(op.f("ix_items_home_branch_id"), "items", ["home_branch_id"], unique=False)
    op.create_index(op.f("ix_items_owner_branch_id"), "items", ["owner_branch_id"], unique=False)
    op.create_table(
        "item_barcodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("owner_branch_id", sa.Integer(), nullable=False),
        sa.Column("barcode", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_barcodes_item_id_items")),
        sa.ForeignKeyConstraint(
            ["owner_branch_id"], ["branches.id"], name=op.f("fk_item_barcodes_owner_branch_id_branches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_barcodes")),
    )
    op.create_index(op.f("ix_item_barcodes_barcode"), "item_barcodes", ["barcode"], unique=False)
    op.create_index(op.f("ix_item_barcodes_item_id"), "item_barcodes", ["item_id"], unique=False)
    op.create_index(
        "uq_item_barcodes_current",
        "item_barcodes",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("valid_to IS NULL"),
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index("uq_item_barcodes_owner", "item_barcodes", ["owner_branch_id", "barcode"], unique=True)
    op.create_table(
        "item_conditions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("is_blocking", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "kind IN ('lost', 'missing', 'damaged', 'withdrawn', 'in_processing')", name=op.f("ck_item_conditions_kind")
        ),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_item_conditions_times_in_order")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_conditions_item_id_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_conditions")),
    )
    op.create_index(op.f("ix_item_conditions_item_id"), "item_conditions", ["item_id"], unique=False)
    op.create_index(
        "uq_item_conditions_open",
        "item_conditions",
        ["item_id", "kind"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "item_movements",
        sa.Column("id", BigId, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("from_branch_id", sa.Integer(), nullable=True),
        sa.Column("to_branch_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.Column("event_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["from_branch_id"], ["branches.id"], name=op.f("fk_item_movements_from_branch_id_branches")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_movements_item_id_items")),
        sa.ForeignKeyConstraint(
            ["to_branch_id"], ["branches.id"], name=op.f("fk_item_movements_to_branch_id_branches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_movements")),
    )
    op.create_index("ix_item_movements_item_id", "item_movements", ["item_id", "at"], unique=False)
    op.create_index("ix_item_movements_to", "item_movements", ["to_branch_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("item_movements")
    op.drop_table("item_conditions")
    op.drop_table("item_barcodes")
    op.drop_table("items")
    op.drop_table("book_number_counters")
