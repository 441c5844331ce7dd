"""What holds keep besides."""

revision = "0015_holds"
down_revision = "0014_calendars"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
