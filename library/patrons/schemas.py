"""Readers as the API takes and shows them."""

import marshmallow as ma
from marshmallow import fields, validate

from library.kernel.api import Flag, Integer, OperationIn, PageIn, Schema, Text, page_schema
from library.patrons.rules import Category

_CATEGORIES = tuple(str(category) for category in Category)


class GuardianIn(Schema):
    """Who answers for a child: the id of a reader, or a name."""

    patron = Integer(least=1)
    name = Text(max_length=200)
    phone = Text(max_length=30)
    relation = Text(max_length=20, load_default="parent")
    consents = Flag(load_default=False, metadata={"description": "The guardian agrees; without it a child is refused."})


class PatronIn(OperationIn):
    """A new reader. Name and room are enough; a child needs a guardian who consents."""

    name = Text(required=True, max_length=200)
    category = Text(load_default="adult", max_length=20, validate=validate.OneOf(_CATEGORIES))
    home_branch = Text(required=True, max_length=32)
    born_in = Integer(least=1900, most=2200, metadata={"description": "Year of birth."})
    phone = Text(max_length=30, allow_blank=True)
    card = Text(max_length=64, metadata={"description": "Number of a printed card; without it one is made."})
    pin = Text(max_length=20, metadata={"description": "Six digits; kept as a hash only."})
    identity_number = Text(max_length=18, metadata={"description": "Kept as a keyed hash only, never shown."})
    guardian = fields.Nested(GuardianIn)


class PatronChangeIn(OperationIn):
    """What changed about a reader."""

    home_branch = Text(required=True, max_length=32, metadata={"description": "Code of the room of the new home."})
    card = Text(
        max_length=64, metadata={"description": "The reader's card as scanned; staff of the new home alone need it."}
    )


class PinIn(OperationIn):
    """A new PIN, chosen by the reader at the desk."""

    pin = Text(required=True, max_length=20, metadata={"description": "Six digits; kept as a hash only."})


class CardIn(OperationIn):
    """A new card in the place of every card the reader has."""

    card = Text(max_length=64, metadata={"description": "Number of a printed card; without it one is made."})


class PatronQuery(PageIn):
    """Readers are looked up by the number of their card."""

    card = Text(required=True, max_length=64)


class PatronOut(ma.Schema):
    """A reader and how they stand."""

    id = fields.Integer()
    card = fields.String(allow_none=True)
    name = fields.String()
    category = fields.String(metadata={"description": " | ".join(_CATEGORIES)})
    home_branch = fields.String(metadata={"description": "Code of the branch."})
    loans = fields.List(fields.Dict(), metadata={"description": "Open loans."})
    holds = fields.List(fields.Dict(), metadata={"description": "Open holds."})
    blocks = fields.List(fields.Dict(), metadata={"description": "What keeps the reader from borrowing, by code."})
    balance = fields.Integer(metadata={"description": "Owed by the reader, in cents."})


class PatronChangedOut(PatronOut):
    """A reader who moved house, and what followed."""

    holds_moved = fields.List(fields.Integer(), metadata={"description": "Holds now collected at the new home."})
    holds_staying = fields.List(
        fields.Integer(), metadata={"description": "Holds whose book is on its way to the old home, or there."}
    )


PatronPage = page_schema(PatronOut)
