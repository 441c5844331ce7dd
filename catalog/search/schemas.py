"""What a search over the API takes and answers."""

import marshmallow as ma
from marshmallow import fields, validate

from catalog.bibs.description import Audience
from catalog.search.protocol import Ordering
from library.kernel.api import LARGEST, Flag, Integer, QuerySchema, Text


class SearchQuery(QuerySchema):
    """A search; every part may be left out."""

    q = Text(allow_blank=True, load_default="", metadata={"description": "Title, author, subject, pinyin, ISBN."})
    branch = Text(
        allow_blank=True, max_length=64, load_default="", metadata={"description": "Standing there or below."}
    )
    available = Flag(load_default=False, metadata={"description": "To be borrowed now, at `branch` when given."})
    clc = Text(allow_blank=True, max_length=60, load_default="", metadata={"description": "Beginning of the class."})
    year = Text(
        allow_blank=True, max_length=9, load_default="", metadata={"description": "2024, 2020-2024, 2020- or -1989."}
    )
    audience = Text(allow_blank=True, load_default="", validate=validate.OneOf(["", *map(str, Audience)]))
    near = Text(
        allow_blank=True, max_length=64, load_default="", metadata={"description": "What stands here comes first."}
    )
    sort = Text(load_default="relevance", validate=validate.OneOf([str(one) for one in Ordering]))
    page = Integer(least=-LARGEST, load_default=1)
    per_page = Integer(least=-LARGEST, load_default=20)


class PlaceOut(ma.Schema):
    """Copies of a book at one branch."""

    branch = fields.String()
    branch_name = fields.String()
    total = fields.Integer()
    available = fields.Integer()
    due_on = fields.Date(allow_none=True)
    distance = fields.Float(allow_none=True, metadata={"description": "Steps through the tree of branches."})


class FoundBib(ma.Schema):
    """A book of the list."""

    id = fields.Integer()
    title = fields.String()
    creators = fields.List(fields.String())
    publisher = fields.String()
    year = fields.Integer(allow_none=True)
    isbn = fields.String(allow_none=True)
    clc = fields.String()
    summary = fields.String()
    availability = fields.List(fields.Nested(PlaceOut))


class FacetOut(ma.Schema):
    """One choice that narrows the search, as its parameter takes it."""

    value = fields.String()
    label = fields.String()
    count = fields.Integer()


class SearchOut(ma.Schema):
    """A page of what was found."""

    items = fields.List(fields.Nested(FoundBib))
    total = fields.Integer()
    page = fields.Integer()
    per_page = fields.Integer()
    facets = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(FacetOut)))
    did_you_mean = fields.String(allow_none=True)
    took_ms = fields.Float()
