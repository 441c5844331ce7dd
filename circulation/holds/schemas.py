"""What holds look like over the API."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.holds.states import Action, Cause, Stage, State
from circulation.logistics.schemas import WhyOut
from circulation.policies.schemas import ExplainedOut
from library.kernel.api import Flag, Integer, OperationIn, PageIn, Schema, Text, page_schema


class HoldIn(OperationIn):
    """A title or one copy for a reader, by id or card; a signed-in reader is meant when none is named."""

    patron = Integer(least=1)
    card = Text(max_length=64)
    bib = Integer(least=1)
    item = Integer(least=1)
    pickup_branch = Text(required=True, max_length=32)
    expires_on = fields.Date(metadata={"description": "The last day the reader waits; a rule may end it sooner."})
    dry_run = Flag(load_default=False, metadata={"description": "Tell the promised day; nothing is stored."})
    explain = Flag(load_default=False, metadata={"description": "Tell which row of each rule decided."})

    @ma.validates_schema
    def _one_thing(self, data: dict[str, object], **kwargs: object) -> None:
        del kwargs
        if ("bib" in data) == ("item" in data):
            raise ma.ValidationError("bib or item", "bib")
        if "patron" in data and "card" in data:
            raise ma.ValidationError("patron or card", "patron")


class HoldStepIn(OperationIn):
    """A step of a hold."""


class SuspendIn(OperationIn):
    """A pause of a hold that waits."""

    until = fields.Date(
        metadata={"description": "The day on which it goes on by itself; without one its reader says when."}
    )


class MoveIn(OperationIn):
    """Another place to collect the book at."""

    pickup_branch = Text(required=True, max_length=32)


class HoldQuery(PageIn):
    branch = Text(max_length=32)
    patron = Integer(least=1)
    bib = Integer(least=1)
    state = Text(validate=validate.OneOf([*map(str, State), "open"]))


class HoldOut(Schema):
    """A hold; `copy` is the one kept for it, `position` its place in the queue while it has none (1 is next)."""

    id = fields.Integer()
    patron = fields.Integer(allow_none=True)
    bib = fields.Integer()
    title = fields.String()
    item = fields.Integer(allow_none=True)
    pickup_branch = fields.String()
    state = fields.String(metadata={"description": " | ".join(State)})
    stage = fields.String(metadata={"description": " | ".join(Stage)})
    cause = fields.String(allow_none=True, metadata={"description": f"Why it is so: {' | '.join(Cause)}"})
    cause_text = fields.String(allow_none=True)
    to_fetch = Flag()
    copy = fields.Integer(allow_none=True)
    barcode = fields.String(allow_none=True)
    position = fields.Integer(allow_none=True)
    placed_at = fields.String(metadata={"format": "date-time"})
    promised_on = fields.String(allow_none=True, metadata={"format": "date"})
    pickup_until_on = fields.String(
        allow_none=True,
        metadata={"format": "date", "description": "The last day of collecting; none until the room is opened."},
    )
    expires_on = fields.String(allow_none=True, metadata={"format": "date"})
    suspended_until_on = fields.String(allow_none=True, metadata={"format": "date"})
    transfer = fields.Integer(allow_none=True)
    transfer_state = fields.String(allow_none=True)
    actions = fields.List(fields.String(), metadata={"description": " | ".join(Action)})


class HoldAnswer(Schema):
    decision = fields.String()
    reasons = fields.List(fields.Nested(WhyOut))
    hold = fields.Nested(HoldOut, allow_none=True)
    promised_on = fields.String(
        allow_none=True, metadata={"format": "date", "description": "Of a dry run; none when nothing is planned."}
    )
    waiting = fields.Integer(metadata={"description": "Of a dry run: how many readers wait already."})
    explain = fields.List(fields.Nested(ExplainedOut), metadata={"description": "Per rule, the row that decided."})


HoldPage = page_schema(HoldOut)
