"""Opening hours of many rooms, closures that can be taken back."""

revision = "0014_calendars"
down_revision = "0013_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
