"""What the API says and takes about what happens around a loan."""

import marshmallow as ma
from marshmallow import fields

from circulation.lending.schemas import CandidateOut, ReasonOut
from library.kernel.api import Integer, OperationIn, Text
from library.kernel.decisions import Outcome

_OUTCOMES = " | ".join(Outcome)


class UseIn(OperationIn):
    """A copy read in the room, by its barcode or its id; the card only where the reader wants it noted."""

    branch = Text(required=True, max_length=32)
    barcode = Text(max_length=200)
    item = Integer(least=1)
    card = Text(max_length=200)


class UseOut(ma.Schema):
    """`use` is the id of what was counted; `next` and `destination` say where the copy goes after reading."""

    decision = fields.String(metadata={"description": _OUTCOMES})
    reasons = fields.List(fields.Nested(ReasonOut))
    use = fields.Integer(allow_none=True)
    item = fields.Integer(allow_none=True)
    patron = fields.Integer(allow_none=True)
    next = fields.String(allow_none=True, metadata={"description": "shelve | hold | transfer"})
    destination = fields.String(allow_none=True)
    hold = fields.Integer(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))
