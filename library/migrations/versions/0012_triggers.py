"""Guard the rows that must never change."""

from alembic import op

from library.kernel import triggers

revision = "0012_triggers"
down_revision = "0011_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    triggers.install(op.get_bind())


def downgrade() -> None:
    triggers.remove(op.get_bind())
