"""Create the tables of circulation: transfers and boxes."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0010_logistics"
down_revision = "0009_lending"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("from_branch_id", sa.Integer(), nullable=False),
        sa.Column("to_branch_id", sa.Integer(), nullable=True),
        sa.Column("holder_branch_id", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.String(length=80), nullable=True),
        sa.Column("seal", sa.String(length=40), nullable=True),
        sa.Column("route_date_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("dispatched_at", UtcDateTime(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open','sealed','dispatched','received','retired')", name=op.f("ck_boxes_state")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_boxes_capacity")),
        sa.CheckConstraint(
            "holder_branch_id IS NOT NULL OR holder_name IS NOT NULL", name=op.f("ck_boxes_held_by_somebody")
        ),
        sa.ForeignKeyConstraint(["from_branch_id"], ["branches.id"], name=op.f("fk_boxes_from_branch_id_branches")),
        sa.ForeignKeyConstraint(["holder_branch_id"], ["branches.id"], name=op.f("fk_boxes_holder_branch_id_branches")),
        sa.ForeignKeyConstraint(["route_date_id"], ["route_dates.id"], name=op.f("fk_boxes_route_date_id_route_dates")),
        sa.ForeignKeyConstraint(["to_branch_id"], ["branches.id"], name=op.f("fk_boxes_to_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boxes")),
        sa.UniqueConstraint("code", name=op.f("uq_boxes_code")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("from_branch_id", sa.Integer(), nullable=False),
        sa.Column("to_branch_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("plan_line_id", sa.Integer(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("dispatched_at", UtcDateTime(), nullable=True),
        sa.Column("arrived_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "(state IN ('shelved','cancelled','missing')) = (ended_at IS NOT NULL)", name=op.f("ck_transfers_ended")
        ),
        sa.CheckConstraint(
            "reason IN ('hold', 'return_home', 'restock', 'rotation', 'rebalance', 'manual')",
            name=op.f("ck_transfers_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'picked', 'packed', 'dispatched', 'arrived', 'shelved', 'cancelled', 'missing')",
            name=op.f("ck_transfers_state"),
        ),
        sa.CheckConstraint("from_branch_id <> to_branch_id", name=op.f("ck_transfers_goes_somewhere")),
        sa.ForeignKeyConstraint(["from_branch_id"], ["branches.id"], name=op.f("fk_transfers_from_branch_id_branches")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_transfers_hold_id_holds")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_transfers_item_id_items")),
        sa.ForeignKeyConstraint(
            ["plan_line_id"], ["restock_lines.id"], name=op.f("fk_transfers_plan_line_id_restock_lines")
        ),
        sa.ForeignKeyConstraint(["to_branch_id"], ["branches.id"], name=op.f("fk_transfers_to_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index("ix_transfers_from", "transfers", ["from_branch_id", "state"], unique=False)
    op.create_index(op.f("ix_transfers_hold_id"), "transfers", ["hold_id"], unique=False)
    op.create_index(op.f("ix_transfers_item_id"), "transfers", ["item_id"], unique=False)
    op.create_index(op.f("ix_transfers_plan_line_id"), "transfers", ["plan_line_id"], unique=False)
    op.create_index("ix_transfers_to", "transfers", ["to_branch_id", "state"], unique=False)
    op.create_index(
        "uq_transfers_open_item",
        "transfers",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('requested','picked','packed','dispatched','arrived')"),
        postgresql_where=sa.text("state IN ('requested','picked','packed','dispatched','arrived')"),
    )
    op.create_table(
        "box_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=True),
        sa.Column("packed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('received','short','extra','damaged','removed')", name=op.f("ck_box_lines_outcome")
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_box_lines_closed_somehow")),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_box_lines_box_id_boxes")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_box_lines_item_id_items")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_box_lines_transfer_id_transfers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_lines")),
    )
    op.create_index(op.f("ix_box_lines_box_id"), "box_lines", ["box_id"], unique=False)
    op.create_index(op.f("ix_box_lines_item_id"), "box_lines", ["item_id"], unique=False)
    op.create_index(
        "uq_box_lines_open_item",
        "box_lines",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("loan_id", sa.Integer(), nullable=True),
        sa.Column("transfer_id", sa.Integer(), nullable=True),
        sa.Column("box_id", sa.Integer(), nullable=True),
        sa.Column("patron_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_cases_settled_somehow")),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name=op.f("fk_cases_box_id_boxes")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_cases_branch_id_branches")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_cases_item_id_items")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.id"], name=op.f("fk_cases_loan_id_loans")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_cases_patron_id_patrons")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_cases_transfer_id_transfers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_branch_id"), "cases", ["branch_id"], unique=False)
    op.create_index(op.f("ix_cases_item_id"), "cases", ["item_id"], unique=False)
    op.create_index(
        "ix_cases_open",
        "cases",
        ["branch_id", "kind"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(op.f("ix_cases_patron_id"), "cases", ["patron_id"], unique=False)
    op.create_table(
        "transfer_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_transfer_steps_branch_id_branches")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_steps_transfer_id_transfers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_steps")),
    )
    op.create_index(op.f("ix_transfer_steps_transfer_id"), "transfer_steps", ["transfer_id"], unique=False)


def downgrade() -> None:
    op.drop_table("transfer_steps")
    op.drop_table("cases")
    op.drop_table("box_lines")
    op.drop_table("transfers")
    op.drop_table("boxes")
