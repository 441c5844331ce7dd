"""Create the tables of library.branches: places, calendars, routes."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0001_branches"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branch_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_sets")),
        sa.UniqueConstraint("code", name=op.f("uq_branch_sets_code")),
    )
    op.create_table(
        "branches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("host_type", sa.String(length=40), nullable=True),
        sa.Column("grade", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("shelf_capacity", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("contact", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_branches_merged_names_its_successor")
        ),
        sa.CheckConstraint(
            "kind IN ('city', 'county', 'central', 'township', 'village', 'school', 'community', 'mobile')",
            name=op.f("ck_branches_kind"),
        ),
        sa.CheckConstraint("state IN ('open', 'suspended', 'merged', 'closed')", name=op.f("ck_branches_state")),
        sa.CheckConstraint("id <> parent_id", name=op.f("ck_branches_not_its_own_parent")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["branches.id"], name=op.f("fk_branches_merged_into_id_branches")),
        sa.ForeignKeyConstraint(["parent_id"], ["branches.id"], name=op.f("fk_branches_parent_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branches")),
        sa.UniqueConstraint("code", name=op.f("uq_branches_code")),
    )
    op.create_index(op.f("ix_branches_parent_id"), "branches", ["parent_id"], unique=False)
    op.create_index("uq_branches_path", "branches", ["path"], unique=True)
    op.create_table(
        "routes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("van", sa.String(length=40), nullable=False),
        sa.Column("capacity_boxes", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
        sa.UniqueConstraint("code", name=op.f("uq_routes_code")),
    )
    op.create_table(
        "branch_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_branch_changes_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_changes")),
    )
    op.create_index(op.f("ix_branch_changes_branch_id"), "branch_changes", ["branch_id"], unique=False)
    op.create_table(
        "branch_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_branch_codes_dates_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_branch_codes_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_codes")),
        sa.UniqueConstraint(
            "scheme", "code", "valid_from", "branch_id", name=op.f("uq_branch_codes_scheme_code_valid_from_branch_id")
        ),
    )
    op.create_index(op.f("ix_branch_codes_branch_id"), "branch_codes", ["branch_id"], unique=False)
    op.create_table(
        "branch_set_members",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_branch_set_members_branch_id_branches")),
        sa.ForeignKeyConstraint(["set_id"], ["branch_sets.id"], name=op.f("fk_branch_set_members_set_id_branch_sets")),
        sa.PrimaryKeyConstraint("set_id", "branch_id", name=op.f("pk_branch_set_members")),
    )
    op.create_table(
        "locations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("is_lendable", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "audience IN ('general','children','elders','disabled','family','new','rare')",
            name=op.f("ck_locations_audience"),
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_locations_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
        sa.UniqueConstraint("branch_id", "code", name=op.f("uq_locations_branch_id_code")),
    )
    op.create_index(op.f("ix_locations_branch_id"), "locations", ["branch_id"], unique=False)
    op.create_index(
        "uq_locations_default",
        "locations",
        ["branch_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "opening_exceptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "(opens IS NULL) = (closes IS NULL)", name=op.f("ck_opening_exceptions_hours_come_in_pairs")
        ),
        sa.CheckConstraint("closes IS NULL OR closes > opens", name=op.f("ck_opening_exceptions_hours_in_order")),
        sa.CheckConstraint("is_closed = (opens IS NULL)", name=op.f("ck_opening_exceptions_closed_has_no_hours")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_opening_exceptions_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_exceptions")),
    )
    op.create_index(op.f("ix_opening_exceptions_branch_id"), "opening_exceptions", ["branch_id"], unique=False)
    op.create_index("ix_opening_exceptions_on", "opening_exceptions", ["branch_id", "on"], unique=False)
    op.create_table(
        "opening_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_opening_log_times_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_opening_log_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_log")),
    )
    op.create_index("ix_opening_log_branch_id", "opening_log", ["branch_id", "opened_at"], unique=False)
    op.create_index(
        "uq_opening_log_open",
        "opening_log",
        ["branch_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "opening_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("closes > opens", name=op.f("ck_opening_sessions_hours_in_order")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_sessions_weekday")),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_opening_sessions_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_sessions")),
        sa.UniqueConstraint(
            "branch_id",
            "weekday",
            "opens",
            "valid_from",
            name=op.f("uq_opening_sessions_branch_id_weekday_opens_valid_from"),
        ),
    )
    op.create_index(op.f("ix_opening_sessions_branch_id"), "opening_sessions", ["branch_id"], unique=False)
    op.create_table(
        "route_dates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("state IN ('planned','driven','cancelled')", name=op.f("ck_route_dates_state")),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name=op.f("fk_route_dates_route_id_routes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_dates")),
        sa.UniqueConstraint("route_id", "on", name=op.f("uq_route_dates_route_id_on")),
    )
    op.create_table(
        "route_stops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_route_stops_branch_id_branches")),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name=op.f("fk_route_stops_route_id_routes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_stops")),
        sa.UniqueConstraint("route_id", "branch_id", name=op.f("uq_route_stops_route_id_branch_id")),
        sa.UniqueConstraint("route_id", "position", name=op.f("uq_route_stops_route_id_position")),
    )
    op.create_index(op.f("ix_route_stops_branch_id"), "route_stops", ["branch_id"], unique=False)


def downgrade() -> None:
    op.drop_table("route_stops")
    op.drop_table("route_dates")
    op.drop_table("opening_sessions")
    op.drop_table("opening_log")
    op.drop_table("opening_exceptions")
    op.drop_table("locations")
    op.drop_table("branch_set_members")
    op.drop_table("branch_codes")
    op.drop_table("branch_changes")
    op.drop_table("routes")
    op.drop_table("branches")
    op.drop_table("branch_sets")
