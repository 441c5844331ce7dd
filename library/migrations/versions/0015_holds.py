"""What a hold may have at once: no copy while it waits, a day of going on only while it is suspended, a last day of
collecting only when its book is there.
"""

from alembic import op

revision = "0015_holds"
down_revision = "0014_calendars"
branch_labels = None
depends_on = None

CHECKS = {
    "queued_has_no_copy": "state NOT IN ('waiting','suspended') OR captured_item_id IS NULL",
    "suspended_until": "suspended_until_on IS NULL OR state = 'suspended'",
    "pickup_until": "pickup_until_on IS NULL OR state NOT IN ('waiting','suspended','in_transit')",
}


def upgrade() -> None:
    # A book that was seen elsewhere kept the day its reader had before.
    op.execute("UPDATE holds SET pickup_until_on = NULL WHERE state IN ('waiting','suspended','in_transit')")
    op.execute("UPDATE holds SET suspended_until_on = NULL WHERE state <> 'suspended'")
    with op.batch_alter_table("holds") as table:
        for name, condition in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_holds_{name}"), condition)


def downgrade() -> None:
    with op.batch_alter_table("holds") as table:
        for name in reversed(CHECKS):
            table.drop_constraint(op.f(f"ck_holds_{name}"), type_="check")
