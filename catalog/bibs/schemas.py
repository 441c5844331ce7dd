"""What the API says and takes about records."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from catalog.bibs.description import Audience
from catalog.bibs.rules import EARLIEST_YEAR, LATEST_YEAR
from library.kernel.api import Integer, OperationIn, PageIn, QuerySchema, Schema, Text
from library.kernel.errors import Invalid
from library.kernel.identifiers import normalise_isbn


class Isbn(Text):
    """An ISBN in any spelling; 13 digits without hyphens inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        isbn = normalise_isbn(text)
        if isbn is None:
            raise Invalid("bad_isbn", isbn=text[:40])
        return isbn


class CreatorIn(Schema):
    """Somebody who made the book, with what they did (著, 译, 绘 …)."""

    name = Text(required=True, max_length=200)
    role = Text(allow_blank=True, max_length=40, load_default="")
    kind = Text(validate=validate.OneOf(("person", "corporate")), load_default="person")


class _BibValues(OperationIn):
    """The fields a person may set."""

    subtitle = Text(allow_blank=True, max_length=500)
    part = Text(allow_blank=True, max_length=200)
    creators = fields.List(fields.Nested(CreatorIn), validate=validate.Length(max=50))
    publisher = Text(allow_blank=True, max_length=200)
    place = Text(allow_blank=True, max_length=100)
    year = Integer(least=EARLIEST_YEAR, most=LATEST_YEAR)
    edition = Text(allow_blank=True, max_length=100)
    series = Text(allow_blank=True, max_length=300)
    extent = Text(allow_blank=True, max_length=100)
    language = Text(allow_blank=True, max_length=8)
    audience = Text(validate=validate.OneOf([str(audience) for audience in Audience]))
    clc = Text(allow_blank=True, max_length=60)
    isbns = fields.List(Isbn(), validate=validate.Length(max=20))
    price_cents = Integer(least=0, most=100_000_000)
    summary = Text(allow_blank=True, max_length=10_000)
    subjects = fields.List(Text(max_length=200), validate=validate.Length(max=50))


class BibIn(_BibValues):
    """A new record, described by hand."""

    title = Text(required=True, max_length=500)


class BibChange(_BibValues):
    """Corrections; null takes a correction back."""

    title = Text(max_length=500)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Let every correction be taken back by null."""
        if field_name != "operation_id":
            field_obj.allow_none = True


class MergeIn(OperationIn):
    """The record that is merged into this one and then leads here."""

    from_ = Integer(least=1, required=True, data_key="from")


class MarcQuery(QuerySchema):
    """In which form, and in which tag table; without `flavour` as it came."""

    format = Text(validate=validate.OneOf(("iso2709", "marcxml", "json")), load_default="marcxml")
    flavour = Text(validate=validate.OneOf(("cnmarc", "marc21")))
    encoding = Text(validate=validate.OneOf(("utf-8", "gb18030")), load_default="utf-8")


class BibItemsQuery(PageIn):
    """Which page of the copies."""


class BibOut(ma.Schema):
    """One record."""

    id = fields.Integer()
    title = fields.String()
    subtitle = fields.String()
    part = fields.String()
    creators = fields.List(fields.String())
    contributors = fields.List(fields.Dict())
    publisher = fields.String()
    place = fields.String()
    year = fields.Integer(allow_none=True)
    edition = fields.String()
    series = fields.String()
    extent = fields.String()
    language = fields.String()
    audience = fields.String()
    isbn = fields.String(allow_none=True)
    isbns = fields.List(fields.String())
    clc = fields.String()
    price_cents = fields.Integer(allow_none=True)
    summary = fields.String()
    subjects = fields.List(fields.String())
    material = fields.String()
    edited = fields.List(fields.String())
    sources = fields.List(fields.Dict())
    availability = fields.List(fields.Dict())


class MergeOut(ma.Schema):
    """A merge; its id takes it back."""

    id = fields.Integer()
    into = fields.Integer()
    from_ = fields.Integer(data_key="from")
