"""What the API says and takes about cases, claims and recalls."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.cases.rules import Kind, Outcome
from circulation.lending.schemas import LoanRefOut, ReasonOut
from library.kernel import decisions
from library.kernel.api import OperationIn, PageIn, Text, page_schema

LONGEST_NOTE = 200
_NOTE = "In your own words, without names."


class SayIn(OperationIn):
    """Something said about a loan: at which branch (the lending one when left out), and in which words."""

    branch = Text(max_length=32)
    note = Text(max_length=LONGEST_NOTE, allow_blank=True, load_default="", metadata={"description": _NOTE})


class FoundIn(OperationIn):
    """Something found out about a copy at a branch."""

    branch = Text(required=True, max_length=32)
    note = Text(max_length=LONGEST_NOTE, allow_blank=True, load_default="", metadata={"description": _NOTE})


class SettleIn(SayIn):
    """How a case ends; which outcomes are possible, the case itself says."""

    outcome = Text(required=True, max_length=30, metadata={"description": " | ".join(Outcome)})


class CaseQuery(PageIn):
    """Which cases: of a branch and below it, of all that are yours when it is left out."""

    branch = Text(max_length=32)
    state = Text(load_default="open", validate=validate.OneOf(("open", "settled", "all")))
    kind = Text(validate=validate.OneOf([str(kind) for kind in Kind]))


class CaseRefOut(ma.Schema):
    id = fields.Integer()
    kind = fields.String()
    outcome = fields.String(allow_none=True)


class ClaimOut(ma.Schema):
    """A decision about a claim; `next` and `destination` tell where a copy that was found goes."""

    decision = fields.String(metadata={"description": " | ".join(decisions.Outcome)})
    reasons = fields.List(fields.Nested(ReasonOut))
    case = fields.Nested(CaseRefOut, allow_none=True)
    loan = fields.Nested(LoanRefOut, allow_none=True)
    item = fields.Integer(allow_none=True)
    patron = fields.Integer(allow_none=True)
    next = fields.String(allow_none=True)
    destination = fields.String(allow_none=True)
    hold = fields.Integer(allow_none=True)


class HolderOut(ma.Schema):
    """Who has the copy, or had it last; a reader's name is masked, and null once the reader has been forgotten."""

    kind = fields.String(metadata={"description": "reader | branch | carrier"})
    name = fields.String(allow_none=True)


class CaseOut(ma.Schema):
    id = fields.Integer()
    kind = fields.String(metadata={"description": " | ".join(Kind)})
    branch = fields.String()
    item = fields.Integer(allow_none=True)
    barcode = fields.String(allow_none=True)
    bib = fields.Integer(allow_none=True)
    title = fields.String(allow_none=True)
    loan = fields.Integer(allow_none=True)
    due_on = fields.Date(allow_none=True)
    reader = fields.String(allow_none=True)
    holder = fields.Nested(HolderOut)
    note = fields.String()
    opened_at = fields.DateTime()
    settled_at = fields.DateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    outcome_note = fields.String()
    outcomes = fields.List(fields.String(), metadata={"description": "How an open case may end."})


CasePage = page_schema(CaseOut)
