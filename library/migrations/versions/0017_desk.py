"""What the desk keeps besides."""

revision = "0017_desk"
down_revision = "0016_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
