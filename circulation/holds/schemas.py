"""What holds look like over the API."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.holds.rules import State
from circulation.logistics.schemas import WhyOut
from library.kernel.api import Flag, Integer, OperationIn, PageIn, Schema, Text, page_schema


class HoldIn(OperationIn):
    """A title or one copy for a reader, by id or card; a signed-in reader is meant when none is named."""

    patron = Integer(least=1)
    card = Text(max_length=64)
    bib = Integer(least=1)
    item = Integer(least=1)
    pickup_branch = Text(required=True, max_length=32)

    @ma.validates_schema
    def _one_thing(self, data: dict[str, object], **kwargs: object) -> None:
        del kwargs
        if ("bib" in data) == ("item" in data):
            raise ma.ValidationError("bib or item", "bib")
        if "patron" in data and "card" in data:
            raise ma.ValidationError("patron or card", "patron")


class HoldStepIn(OperationIn):
    """A step of a hold."""


class HoldQuery(PageIn):
    branch = Text(max_length=32)
    patron = Integer(least=1)
    bib = Integer(least=1)
    state = Text(validate=validate.OneOf([*map(str, State), "open"]))


class HoldOut(Schema):
    """A hold; `copy` is the one kept for it, `position` its place in the queue while it waits (1 is next)."""

    id = fields.Integer()
    patron = fields.Integer(allow_none=True)
    bib = fields.Integer()
    title = fields.String()
    item = fields.Integer(allow_none=True)
    pickup_branch = fields.String()
    state = fields.String()
    to_fetch = Flag()
    copy = fields.Integer(allow_none=True)
    barcode = fields.String(allow_none=True)
    position = fields.Integer(allow_none=True)
    placed_at = fields.String(metadata={"format": "date-time"})
    promised_on = fields.String(allow_none=True, metadata={"format": "date"})
    pickup_until_on = fields.String(allow_none=True, metadata={"format": "date"})
    transfer = fields.Integer(allow_none=True)
    transfer_state = fields.String(allow_none=True)
    actions = fields.List(fields.String())


class HoldAnswer(Schema):
    decision = fields.String()
    reasons = fields.List(fields.Nested(WhyOut))
    hold = fields.Nested(HoldOut, allow_none=True)


HoldPage = page_schema(HoldOut)
