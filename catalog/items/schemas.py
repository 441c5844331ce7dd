"""What the API says and takes about copies."""

import marshmallow as ma
from marshmallow import fields, validate

from catalog.items.models import SOURCES
from library.kernel.api import Integer, OperationIn, PageIn, Text, page_schema


class ItemIn(OperationIn):
    """A new copy; without `barcode` it gets a new printed code, without `home_branch` it belongs where it is owned."""

    bib = Integer(least=1, required=True)
    owner_branch = Text(required=True, max_length=32)
    home_branch = Text(max_length=32)
    barcode = Text(max_length=64)
    location = Integer(least=1)
    call_number = Text(max_length=80)
    volume = Text(max_length=60)
    source = Text(max_length=12, validate=validate.OneOf(SOURCES))
    donor = Text(max_length=200)
    price_cents = Integer(least=0, most=100_000_000)
    acquired_on = fields.Date()


class ItemQuery(PageIn):
    """Which copies: by what was scanned."""

    barcode = Text(required=True, max_length=200)


class ItemOut(ma.Schema):
    """A copy; branches are codes, `status` is computed, `due_on` only while it is on loan."""

    id = fields.Integer()
    barcode = fields.String()
    bib = fields.Integer()
    status = fields.String()
    due_on = fields.Date(allow_none=True)
    owner_branch = fields.String()
    home_branch = fields.String()
    current_branch = fields.String()
    location = fields.String()
    call_number = fields.String()
    volume = fields.String()


ItemPage = page_schema(ItemOut)
