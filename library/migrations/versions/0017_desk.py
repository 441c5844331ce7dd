"""What was undone at a desk: the operation, and the renewal that no longer counts."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0017_desk"
down_revision = "0016_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "undone_operations",
        sa.Column("operation_id", sa.String(length=36), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["operations.id"], name=op.f("fk_undone_operations_operation_id_operations")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["operations.id"], name=op.f("fk_undone_operations_by_id_operations")),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_undone_operations")),
        sa.UniqueConstraint("by_id", name=op.f("uq_undone_operations_by_id")),
    )
    op.add_column("loan_renewals", sa.Column("undone_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("loan_renewals", "undone_at")
    op.drop_table("undone_operations")
