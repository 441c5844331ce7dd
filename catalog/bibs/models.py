"""Bibliographic records: the normalised bib, its source records, the edited layer, identifiers and authorities.

A bib's columns are derived: from its source records, in their order of preference, with the edited layer on top. So a merge
or a harvested update can be undone, and an export can give back what came in with the edits merged into it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from library.kernel.db import Model, pk, unique_where


class Bib(Model):
    """One edition of one book as readers see it. `*_folded` and pinyin columns serve matching, sorting and the index."""

    __tablename__ = "bibs"

    id: Mapped[pk]
    title: Mapped[str] = mapped_column(String(500))
    title_folded: Mapped[str] = mapped_column(String(500), index=True)
    title_pinyin: Mapped[str] = mapped_column(String(1000), default="")
    subtitle: Mapped[str] = mapped_column(String(500), default="")
    part: Mapped[str] = mapped_column(String(200), default="")
    creators: Mapped[list[Any]] = mapped_column(JSON, default=list)
    creators_text: Mapped[str] = mapped_column(String(500), default="")
    creators_pinyin: Mapped[str] = mapped_column(String(500), default="")
    publisher: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(100), default="")
    year: Mapped[int | None] = mapped_column(index=True)
    edition: Mapped[str] = mapped_column(String(100), default="")
    series: Mapped[str] = mapped_column(String(300), default="")
    extent: Mapped[str] = mapped_column(String(100), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    audience: Mapped[str] = mapped_column(String(12), default="general")
    clc: Mapped[str] = mapped_column(String(60), default="", index=True)
    clc_top: Mapped[str] = mapped_column(String(4), default="", index=True)
    isbn13: Mapped[str | None] = mapped_column(String(13), index=True)
    price_cents: Mapped[int | None]
    summary: Mapped[str] = mapped_column(Text, default="")
    subjects: Mapped[list[Any]] = mapped_column(JSON, default=list)
    material: Mapped[str] = mapped_column(String(12), default="book")
    popularity: Mapped[int] = mapped_column(default=0)
    match_key: Mapped[str] = mapped_column(String(300), default="", index=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("bibs.id"), index=True)

    __table_args__ = (
        CheckConstraint("audience IN ('children','youth','general','elders')", name="audience"),
        CheckConstraint("id <> merged_into_id", name="not_into_itself"),
    )


class BibSourceRecord(Model):
    """A record as it came: its fields as parsed, where from, in which flavour and encoding, with a checksum.

    `record` is `{leader, fields: [[tag, value] | [tag, indicators, [[code, value], …]]]}`. `rank` 0 is preferred. A merge
    moves source records to the surviving bib; `merged_from_id` says whose they were.
    """

    __tablename__ = "bib_source_records"

    id: Mapped[pk]
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    merged_from_id: Mapped[int | None] = mapped_column(ForeignKey("bibs.id"))
    source: Mapped[str] = mapped_column(String(80))
    control_number: Mapped[str | None] = mapped_column(String(60), index=True)
    flavour: Mapped[str] = mapped_column(String(12))
    encoding: Mapped[str] = mapped_column(String(12), default="utf-8")
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    checksum: Mapped[str] = mapped_column(String(64), index=True)
    rank: Mapped[int] = mapped_column(default=0)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("flavour IN ('cnmarc','marc21','form')", name="flavour"),)


class BibEdit(Model):
    """One value of the edited layer: it stands over what the source records say until it is undone."""

    __tablename__ = "bib_edits"

    id: Mapped[pk]
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(JSON)
    at: Mapped[datetime]
    operation_id: Mapped[str | None] = mapped_column(String(36))
    undone_at: Mapped[datetime | None]

    __table_args__ = (unique_where("uq_bib_edits_standing", "bib_id", "field", where="undone_at IS NULL"),)


class BibIdentifier(Model):
    """A number a bib can be found by; not unique: reprints and sets share ISBNs."""

    __tablename__ = "bib_identifiers"

    id: Mapped[pk]
    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(60))

    __table_args__ = (
        UniqueConstraint("bib_id", "kind", "value"),
        Index("ix_bib_identifiers_value", "kind", "value"),
        CheckConstraint("kind IN ('isbn','issn','unified','control','other')", name="kind"),
    )


class BibMerge(Model):
    """A merge of one bib into another, with what is needed to undo it."""

    __tablename__ = "bib_merges"

    id: Mapped[pk]
    from_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), index=True)
    at: Mapped[datetime]
    operation_id: Mapped[str | None] = mapped_column(String(36))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    undone_at: Mapped[datetime | None]


class Authority(Model):
    """A person, body, series or subject in its preferred form."""

    __tablename__ = "authorities"

    id: Mapped[pk]
    kind: Mapped[str] = mapped_column(String(12))
    preferred: Mapped[str] = mapped_column(String(300))
    preferred_folded: Mapped[str] = mapped_column(String(300), index=True)
    pinyin: Mapped[str] = mapped_column(String(300), default="")
    dates: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))

    __table_args__ = (CheckConstraint("kind IN ('person','corporate','series','subject','place')", name="kind"),)


class AuthorityVariant(Model):
    __tablename__ = "authority_variants"

    id: Mapped[pk]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)
    form: Mapped[str] = mapped_column(String(300))
    form_folded: Mapped[str] = mapped_column(String(300), index=True)

    __table_args__ = (UniqueConstraint("authority_id", "form"),)


class AuthorityLink(Model):
    """See-also, broader or narrower, earlier or later name."""

    __tablename__ = "authority_links"

    from_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)

    __table_args__ = (CheckConstraint("from_id <> to_id", name="not_to_itself"),)


class BibAuthority(Model):
    """An authority a bib uses, in a role (author, translator, subject, series)."""

    __tablename__ = "bib_authorities"

    bib_id: Mapped[int] = mapped_column(ForeignKey("bibs.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
