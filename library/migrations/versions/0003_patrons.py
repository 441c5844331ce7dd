"""Create the tables of library.patrons: readers and cards."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import UtcDateTime

revision = "0003_patrons"
down_revision = "0002_kernel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "households",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["village_id"], ["branches.id"], name=op.f("fk_households_village_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
    )
    op.create_table(
        "patrons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_initials", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("born_in", sa.Integer(), nullable=True),
        sa.Column("home_branch_id", sa.Integer(), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("identity_hash", sa.String(length=64), nullable=True),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("pin_set_at", UtcDateTime(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "category IN ('adult', 'child', 'elder', 'disabled', 'family', 'group', 'staff')",
            name=op.f("ck_patrons_category"),
        ),
        sa.CheckConstraint("born_in IS NULL OR born_in BETWEEN 1900 AND 2200", name=op.f("ck_patrons_born_in")),
        sa.ForeignKeyConstraint(["home_branch_id"], ["branches.id"], name=op.f("fk_patrons_home_branch_id_branches")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_patrons_household_id_households")),
        sa.ForeignKeyConstraint(["village_id"], ["branches.id"], name=op.f("fk_patrons_village_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrons")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_patrons_identity_hash")),
    )
    op.create_index(op.f("ix_patrons_home_branch_id"), "patrons", ["home_branch_id"], unique=False)
    op.create_index(op.f("ix_patrons_household_id"), "patrons", ["household_id"], unique=False)
    op.create_index(op.f("ix_patrons_name_initials"), "patrons", ["name_initials"], unique=False)
    op.create_index(op.f("ix_patrons_phone"), "patrons", ["phone"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_consents_patron_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_patron_id"), "consents", ["patron_id"], unique=False)
    op.create_table(
        "guardians",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("guardian_patron_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("consent_version", sa.String(length=20), nullable=True),
        sa.Column("consented_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("guardian_patron_id <> patron_id", name=op.f("ck_guardians_not_oneself")),
        sa.CheckConstraint("guardian_patron_id IS NOT NULL OR name IS NOT NULL", name=op.f("ck_guardians_somebody")),
        sa.ForeignKeyConstraint(
            ["guardian_patron_id"], ["patrons.id"], name=op.f("fk_guardians_guardian_patron_id_patrons")
        ),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_guardians_patron_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardians")),
    )
    op.create_index(op.f("ix_guardians_guardian_patron_id"), "guardians", ["guardian_patron_id"], unique=False)
    op.create_index(op.f("ix_guardians_patron_id"), "guardians", ["patron_id"], unique=False)
    op.create_table(
        "patron_blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_patron_blocks_patron_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron_blocks")),
    )
    op.create_index(op.f("ix_patron_blocks_patron_id"), "patron_blocks", ["patron_id"], unique=False)
    op.create_table(
        "patron_cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'active') = (ended_on IS NULL)", name=op.f("ck_patron_cards_ended_when_not_active")
        ),
        sa.CheckConstraint("state IN ('active', 'lost', 'replaced', 'closed')", name=op.f("ck_patron_cards_state")),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_patron_cards_patron_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron_cards")),
    )
    op.create_index(op.f("ix_patron_cards_number"), "patron_cards", ["number"], unique=False)
    op.create_index(op.f("ix_patron_cards_patron_id"), "patron_cards", ["patron_id"], unique=False)
    op.create_index(
        "uq_patron_cards_active_number",
        "patron_cards",
        ["number"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "patron_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("custodian_id", sa.Integer(), nullable=True),
        sa.Column("term_ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_patron_groups_branch_id_branches")),
        sa.ForeignKeyConstraint(["custodian_id"], ["patrons.id"], name=op.f("fk_patron_groups_custodian_id_patrons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patron_groups")),
    )
    op.create_table(
        "patron_group_members",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("patron_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["patron_groups.id"], name=op.f("fk_patron_group_members_group_id_patron_groups")
        ),
        sa.ForeignKeyConstraint(["patron_id"], ["patrons.id"], name=op.f("fk_patron_group_members_patron_id_patrons")),
        sa.PrimaryKeyConstraint("group_id", "patron_id", name=op.f("pk_patron_group_members")),
    )


def downgrade() -> None:
    op.drop_table("patron_group_members")
    op.drop_table("patron_groups")
    op.drop_table("patron_cards")
    op.drop_table("patron_blocks")
    op.drop_table("guardians")
    op.drop_table("consents")
    op.drop_table("patrons")
    op.drop_table("households")
