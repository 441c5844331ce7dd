"""Choices of hours inherited down the tree, seasons and closures of many rooms, reasons in the opening log."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import BigId, UtcDateTime

revision = "0014_calendars"
down_revision = "0013_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("opening_log", sa.Column("reason", sa.String(length=120), server_default="", nullable=False))
    op.create_table(
        "opening_choices",
        sa.Column("branch_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opening_mode", sa.String(length=12), nullable=True),
        sa.Column("mode_since_on", sa.Date(), nullable=True),
        sa.Column("holiday_mode", sa.String(length=12), nullable=True),
        sa.Column("holiday_hours", sa.String(length=120), server_default="", nullable=False),
        sa.Column("makeup_as_weekday", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "opening_mode IN ('scheduled', 'keeper_home')", name=op.f("ck_opening_choices_opening_mode")
        ),
        sa.CheckConstraint(
            "holiday_mode IN ('as_usual', 'closed', 'own_hours')", name=op.f("ck_opening_choices_holiday_mode")
        ),
        sa.CheckConstraint(
            "(opening_mode IS NULL) = (mode_since_on IS NULL)", name=op.f("ck_opening_choices_mode_has_a_first_day")
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_opening_choices_branch_id_branches")),
        sa.PrimaryKeyConstraint("branch_id", name=op.f("pk_opening_choices")),
    )
    _seasons()
    _closures()
    _effects()


def _seasons() -> None:
    op.create_table(
        "seasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("week", sa.JSON(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_code", sa.String(length=32), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_seasons_dates_in_order")),
        sa.CheckConstraint("scope IN ('subtree', 'set', 'rooms')", name=op.f("ck_seasons_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seasons")),
    )
    op.create_table(
        "season_rooms",
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["season_id"], ["seasons.id"], name=op.f("fk_season_rooms_season_id_seasons")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_season_rooms_branch_id_branches")),
        sa.PrimaryKeyConstraint("season_id", "branch_id", name=op.f("pk_season_rooms")),
    )
    op.create_index(op.f("ix_season_rooms_branch_id"), "season_rooms", ["branch_id"])


def _closures() -> None:
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_code", sa.String(length=32), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("is_settling", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("kind IN ('closure', 'postponement')", name=op.f("ck_closures_kind")),
        sa.CheckConstraint("(kind = 'postponement') = (days IS NOT NULL)", name=op.f("ck_closures_postponed_by_days")),
        sa.CheckConstraint("days IS NULL OR days > 0", name=op.f("ck_closures_days")),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_closures_dates_in_order")),
        sa.CheckConstraint("scope IN ('subtree', 'set', 'rooms')", name=op.f("ck_closures_scope")),
        sa.CheckConstraint("state IN ('applying', 'done', 'undoing', 'undone')", name=op.f("ck_closures_state")),
        sa.CheckConstraint("state NOT IN ('done','undone') OR done_at IS NOT NULL", name=op.f("ck_closures_done")),
        sa.CheckConstraint(
            "(state IN ('undoing','undone')) = (undone_at IS NOT NULL)", name=op.f("ck_closures_undone")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    where = sa.text("state IN ('applying','undoing')")
    op.create_index("ix_closures_working", "closures", ["id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "closure_rooms",
        sa.Column("closure_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["closure_id"], ["closures.id"], name=op.f("fk_closure_rooms_closure_id_closures")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_closure_rooms_branch_id_branches")),
        sa.PrimaryKeyConstraint("closure_id", "branch_id", name=op.f("pk_closure_rooms")),
    )
    op.create_index(op.f("ix_closure_rooms_branch_id"), "closure_rooms", ["branch_id"])


def _effects() -> None:
    op.create_table(
        "closure_effects",
        sa.Column("id", BigId, nullable=False),
        sa.Column("closure_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("before_on", sa.Date(), nullable=False),
        sa.Column("after_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("kept_because", sa.String(length=20), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("subject IN ('loan', 'hold')", name=op.f("ck_closure_effects_subject")),
        sa.CheckConstraint("state IN ('moved', 'restored', 'kept')", name=op.f("ck_closure_effects_state")),
        sa.CheckConstraint(
            "(state = 'kept') = (kept_because IS NOT NULL)", name=op.f("ck_closure_effects_kept_for_a_reason")
        ),
        sa.CheckConstraint("before_on <> after_on", name=op.f("ck_closure_effects_moved_somewhere")),
        sa.ForeignKeyConstraint(["closure_id"], ["closures.id"], name=op.f("fk_closure_effects_closure_id_closures")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_closure_effects_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_effects")),
        sa.UniqueConstraint(
            "closure_id",
            "subject",
            "subject_id",
            "field",
            name=op.f("uq_closure_effects_closure_id_subject_subject_id_field"),
        ),
    )
    op.create_index("ix_closure_effects_state", "closure_effects", ["closure_id", "state", "id"])
    op.create_index("ix_closure_effects_subject_id", "closure_effects", ["subject", "subject_id"])


def downgrade() -> None:
    for table in ("closure_effects", "closure_rooms", "closures", "season_rooms", "seasons", "opening_choices"):
        op.drop_table(table)
    op.drop_column("opening_log", "reason")
