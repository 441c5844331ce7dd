"""What the lending rules and loans keep besides."""

revision = "0013_rules"
down_revision = "0012_triggers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
