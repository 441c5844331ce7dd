"""Create the tables of catalog.bibs and catalog.marc: records, authorities, import batches."""

import sqlalchemy as sa
from alembic import op

from library.kernel.db import BigId, UtcDateTime

revision = "0005_bibs"
down_revision = "0004_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authorities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("preferred", sa.String(length=300), nullable=False),
        sa.Column("preferred_folded", sa.String(length=300), nullable=False),
        sa.Column("pinyin", sa.String(length=300), nullable=False),
        sa.Column("dates", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('person','corporate','series','subject','place')", name=op.f("ck_authorities_kind")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["authorities.id"], name=op.f("fk_authorities_merged_into_id_authorities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
    )
    op.create_index(op.f("ix_authorities_preferred_folded"), "authorities", ["preferred_folded"], unique=False)
    op.create_table(
        "bibs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("title_folded", sa.String(length=500), nullable=False),
        sa.Column("title_pinyin", sa.String(length=1000), nullable=False),
        sa.Column("subtitle", sa.String(length=500), nullable=False),
        sa.Column("part", sa.String(length=200), nullable=False),
        sa.Column("creators", sa.JSON(), nullable=False),
        sa.Column("creators_text", sa.String(length=500), nullable=False),
        sa.Column("creators_pinyin", sa.String(length=500), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("edition", sa.String(length=100), nullable=False),
        sa.Column("series", sa.String(length=300), nullable=False),
        sa.Column("extent", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("clc", sa.String(length=60), nullable=False),
        sa.Column("clc_top", sa.String(length=4), nullable=False),
        sa.Column("isbn13", sa.String(length=13), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("material", sa.String(length=12), nullable=False),
        sa.Column("popularity", sa.Integer(), nullable=False),
        sa.Column("match_key", sa.String(length=300), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("audience IN ('children','youth','general','elders')", name=op.f("ck_bibs_audience")),
        sa.CheckConstraint("id <> merged_into_id", name=op.f("ck_bibs_not_into_itself")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["bibs.id"], name=op.f("fk_bibs_merged_into_id_bibs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bibs")),
    )
    op.create_index(op.f("ix_bibs_clc"), "bibs", ["clc"], unique=False)
    op.create_index(op.f("ix_bibs_clc_top"), "bibs", ["clc_top"], unique=False)
    op.create_index(op.f("ix_bibs_isbn13"), "bibs", ["isbn13"], unique=False)
    op.create_index(op.f("ix_bibs_match_key"), "bibs", ["match_key"], unique=False)
    op.create_index(op.f("ix_bibs_merged_into_id"), "bibs", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_bibs_title_folded"), "bibs", ["title_folded"], unique=False)
    op.create_index(op.f("ix_bibs_year"), "bibs", ["year"], unique=False)
    op.create_table(
        "authority_links",
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_authority_links_not_to_itself")),
        sa.ForeignKeyConstraint(["from_id"], ["authorities.id"], name=op.f("fk_authority_links_from_id_authorities")),
        sa.ForeignKeyConstraint(["to_id"], ["authorities.id"], name=op.f("fk_authority_links_to_id_authorities")),
        sa.PrimaryKeyConstraint("from_id", "to_id", "kind", name=op.f("pk_authority_links")),
    )
    op.create_table(
        "authority_variants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=300), nullable=False),
        sa.Column("form_folded", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_authority_variants_authority_id_authorities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_variants")),
        sa.UniqueConstraint("authority_id", "form", name=op.f("uq_authority_variants_authority_id_form")),
    )
    op.create_index(op.f("ix_authority_variants_authority_id"), "authority_variants", ["authority_id"], unique=False)
    op.create_index(op.f("ix_authority_variants_form_folded"), "authority_variants", ["form_folded"], unique=False)
    op.create_table(
        "bib_authorities",
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_bib_authorities_authority_id_authorities")
        ),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_bib_authorities_bib_id_bibs")),
        sa.PrimaryKeyConstraint("bib_id", "authority_id", "role", name=op.f("pk_bib_authorities")),
    )
    op.create_index(op.f("ix_bib_authorities_authority_id"), "bib_authorities", ["authority_id"], unique=False)
    op.create_table(
        "bib_edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_bib_edits_bib_id_bibs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bib_edits")),
    )
    op.create_index(op.f("ix_bib_edits_bib_id"), "bib_edits", ["bib_id"], unique=False)
    op.create_index(
        "uq_bib_edits_standing",
        "bib_edits",
        ["bib_id", "field"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "bib_identifiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.CheckConstraint("kind IN ('isbn','issn','unified','control','other')", name=op.f("ck_bib_identifiers_kind")),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_bib_identifiers_bib_id_bibs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bib_identifiers")),
        sa.UniqueConstraint("bib_id", "kind", "value", name=op.f("uq_bib_identifiers_bib_id_kind_value")),
    )
    op.create_index(op.f("ix_bib_identifiers_bib_id"), "bib_identifiers", ["bib_id"], unique=False)
    op.create_index("ix_bib_identifiers_value", "bib_identifiers", ["kind", "value"], unique=False)
    op.create_table(
        "bib_merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["bibs.id"], name=op.f("fk_bib_merges_from_id_bibs")),
        sa.ForeignKeyConstraint(["into_id"], ["bibs.id"], name=op.f("fk_bib_merges_into_id_bibs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bib_merges")),
    )
    op.create_index(op.f("ix_bib_merges_from_id"), "bib_merges", ["from_id"], unique=False)
    op.create_index(op.f("ix_bib_merges_into_id"), "bib_merges", ["into_id"], unique=False)
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("operation_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'reverting', 'reverted', 'failed')", name=op.f("ck_import_batches_state")
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branches.id"], name=op.f("fk_import_batches_branch_id_branches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_table(
        "bib_source_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bib_id", sa.Integer(), nullable=False),
        sa.Column("merged_from_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("control_number", sa.String(length=60), nullable=True),
        sa.Column("flavour", sa.String(length=12), nullable=False),
        sa.Column("encoding", sa.String(length=12), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("flavour IN ('cnmarc','marc21','form')", name=op.f("ck_bib_source_records_flavour")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batches.id"], name=op.f("fk_bib_source_records_batch_id_import_batches")
        ),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_bib_source_records_bib_id_bibs")),
        sa.ForeignKeyConstraint(
            ["merged_from_id"], ["bibs.id"], name=op.f("fk_bib_source_records_merged_from_id_bibs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bib_source_records")),
    )
    op.create_index(op.f("ix_bib_source_records_batch_id"), "bib_source_records", ["batch_id"], unique=False)
    op.create_index(op.f("ix_bib_source_records_bib_id"), "bib_source_records", ["bib_id"], unique=False)
    op.create_index(op.f("ix_bib_source_records_checksum"), "bib_source_records", ["checksum"], unique=False)
    op.create_index(
        op.f("ix_bib_source_records_control_number"), "bib_source_records", ["control_number"], unique=False
    )
    op.create_table(
        "import_records",
        sa.Column("id", BigId, nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("offset", BigId, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("bib_id", sa.Integer(), nullable=True),
        sa.Column("source_record_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('new', 'matched', 'merged', 'conflict', 'rejected', 'authority', 'holdings')",
            name=op.f("ck_import_records_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batches.id"], name=op.f("fk_import_records_batch_id_import_batches")
        ),
        sa.ForeignKeyConstraint(["bib_id"], ["bibs.id"], name=op.f("fk_import_records_bib_id_bibs")),
        sa.ForeignKeyConstraint(
            ["source_record_id"],
            ["bib_source_records.id"],
            name=op.f("fk_import_records_source_record_id_bib_source_records"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_records")),
    )
    op.create_index("ix_import_records_batch_id", "import_records", ["batch_id", "outcome"], unique=False)
    op.create_index(op.f("ix_import_records_bib_id"), "import_records", ["bib_id"], unique=False)


def downgrade() -> None:
    op.drop_table("import_records")
    op.drop_table("bib_source_records")
    op.drop_table("import_batches")
    op.drop_table("bib_merges")
    op.drop_table("bib_identifiers")
    op.drop_table("bib_edits")
    op.drop_table("bib_authorities")
    op.drop_table("authority_variants")
    op.drop_table("authority_links")
    op.drop_table("bibs")
    op.drop_table("authorities")
