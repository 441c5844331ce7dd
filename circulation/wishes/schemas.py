"""What wishes look like over the API."""

from marshmallow import fields, validate

from circulation.logistics.schemas import WhyOut
from circulation.wishes.rules import ANSWERS, State
from circulation.wishes.services import TEXT_CHARACTERS, TITLE_CHARACTERS
from library.kernel.api import Integer, OperationIn, PageIn, Schema, Text, page_schema


class WishIn(OperationIn):
    """A book a reader asks for: the signed-in one when none is named, at their own branch when none is named."""

    patron = Integer(least=1)
    card = Text(max_length=64)
    branch = Text(max_length=32)
    title = Text(required=True, max_length=TITLE_CHARACTERS)
    creator = Text(max_length=TITLE_CHARACTERS, allow_blank=True, load_default="")
    isbn = Text(max_length=32)
    note = Text(max_length=TEXT_CHARACTERS, allow_blank=True, load_default="")


class AnswerIn(OperationIn):
    """What becomes of a wish, in a sentence for the reader; `bib` when the county has the title now."""

    state = Text(required=True, validate=validate.OneOf([*map(str, ANSWERS)]))
    answer = Text(required=True, max_length=TEXT_CHARACTERS)
    bib = Integer(least=1)


class WishStepIn(OperationIn):
    """A step of a wish."""


class WishQuery(PageIn):
    branch = Text(max_length=32)
    state = Text(validate=validate.OneOf([*map(str, State)]))


class WishOut(Schema):
    """A wish; who asked is told only to the reader."""

    id = fields.Integer()
    branch = fields.String()
    title = fields.String()
    creator = fields.String()
    isbn = fields.String(allow_none=True)
    note = fields.String()
    state = fields.String()
    answer = fields.String()
    bib = fields.Integer(allow_none=True)
    wished_at = fields.DateTime()
    answered_at = fields.DateTime(allow_none=True)
    actions = fields.List(fields.String())


class WishRefOut(Schema):
    id = fields.Integer()
    state = fields.String()
    bib = fields.Integer(allow_none=True)


class WishAnswer(Schema):
    decision = fields.String()
    reasons = fields.List(fields.Nested(WhyOut))
    wish = fields.Nested(WishRefOut, allow_none=True)


WishPage = page_schema(WishOut)
