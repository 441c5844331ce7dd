"""What transfers and boxes look like over the API."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.logistics.rules import State
from circulation.models.logistics import TRANSFER_REASONS
from library.kernel.api import Integer, OperationIn, PageIn, Schema, Text, page_schema

MOST_IN_A_BOX = 500


class TransferIn(OperationIn):
    """A copy, by barcode or id, to be sent to a branch."""

    barcode = Text(max_length=64)
    item = Integer(least=1)
    to_branch = Text(required=True, max_length=32)
    reason = Text(load_default="manual", validate=validate.OneOf([one for one in TRANSFER_REASONS if one != "hold"]))

    @ma.validates_schema
    def _one_copy(self, data: dict[str, object], **kwargs: object) -> None:
        del kwargs
        if ("barcode" in data) == ("item" in data):
            raise ma.ValidationError("barcode or item", "barcode")


class StepIn(OperationIn):
    """A step of a transfer."""


class ReceiveIn(OperationIn):
    """Where the copy was received, when that is not its destination."""

    branch = Text(max_length=32)


class CancelIn(OperationIn):
    cause = Text(max_length=30, load_default="cancelled", validate=validate.NoneOf(["lent", "hold_ended"]))


class PackTransferIn(OperationIn):
    box = Text(max_length=32)


class TransferQuery(PageIn):
    branch = Text(max_length=32)
    direction = Text(validate=validate.OneOf(["in", "out"]))
    state = Text(validate=validate.OneOf([*map(str, State), "open"]))
    barcode = Text(max_length=64)


class BoxIn(OperationIn):
    """A new box, or with `code` one that came empty."""

    branch = Text(required=True, max_length=32)
    to_branch = Text(required=True, max_length=32)
    capacity = Integer(least=1, most=MOST_IN_A_BOX, load_default=40)
    code = Text(max_length=32)


class PackIn(OperationIn):
    barcode = Text(max_length=64)
    item = Integer(least=1)

    @ma.validates_schema
    def _one_copy(self, data: dict[str, object], **kwargs: object) -> None:
        del kwargs
        if ("barcode" in data) == ("item" in data):
            raise ma.ValidationError("barcode or item", "barcode")


class DispatchBoxIn(OperationIn):
    carrier = Text(max_length=80)
    seal = Text(max_length=40)


class ReceiveBoxIn(OperationIn):
    """What differed from the list, by barcode; nothing at all when everything is there."""

    short = fields.List(Text(max_length=64), load_default=list, validate=validate.Length(max=MOST_IN_A_BOX))
    damaged = fields.List(Text(max_length=64), load_default=list, validate=validate.Length(max=MOST_IN_A_BOX))
    extra = fields.List(Text(max_length=64), load_default=list, validate=validate.Length(max=MOST_IN_A_BOX))


class WhyOut(Schema):
    """One reason of an answer: why it was refused, or what to know."""

    code = fields.String()
    severity = fields.String()
    text = fields.String()


class TransferOut(Schema):
    """A transfer; `actions` are the steps possible now."""

    id = fields.Integer()
    item = fields.Integer()
    barcode = fields.String()
    bib = fields.Integer()
    title = fields.String()
    call_number = fields.String()
    from_branch = fields.String()
    to_branch = fields.String()
    reason = fields.String()
    state = fields.String()
    hold = fields.Integer(allow_none=True)
    box = fields.String(allow_none=True)
    promised_on = fields.String(allow_none=True, metadata={"format": "date"})
    requested_at = fields.String(metadata={"format": "date-time"})
    actions = fields.List(fields.String())


class TransferAnswer(Schema):
    decision = fields.String()
    reasons = fields.List(fields.Nested(WhyOut))
    transfer = fields.Nested(TransferOut, allow_none=True)


class BoxOut(Schema):
    """A box; somebody always holds it, `holder_branch` or `holder_name`."""

    code = fields.String()
    state = fields.String()
    from_branch = fields.String()
    to_branch = fields.String(allow_none=True)
    holder_branch = fields.String(allow_none=True)
    holder_name = fields.String(allow_none=True)
    capacity = fields.Integer()
    copies = fields.Integer()
    seal = fields.String(allow_none=True)
    dispatched_at = fields.String(allow_none=True)
    received_at = fields.String(allow_none=True)
    actions = fields.List(fields.String())
    transfers = fields.List(fields.Nested(TransferOut))


class BoxAnswer(Schema):
    decision = fields.String()
    reasons = fields.List(fields.Nested(WhyOut))
    box = fields.Nested(BoxOut, allow_none=True)


TransferPage = page_schema(TransferOut)
