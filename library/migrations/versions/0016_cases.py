"""Claims, groups and the notebook."""

revision = "0016_cases"
down_revision = "0015_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
