"""What the API says and takes about loans."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from circulation.policies.schemas import ExplainedOut
from library.kernel.api import Flag, Integer, OperationIn, PageIn, Schema, Text, page_schema
from library.kernel.decisions import Outcome, Severity

_OUTCOMES = " | ".join(Outcome)


class OverrideIn(Schema):
    """A reason set aside; an overridable refusal needs the words why."""

    code = Text(required=True, max_length=40)
    reason = Text(max_length=200, allow_blank=True, load_default="")


class CheckOutIn(OperationIn):
    """A copy to lend, by its barcode, or by its id after an ambiguous barcode."""

    branch = Text(required=True, max_length=32)
    card = Text(required=True, max_length=200)
    barcode = Text(max_length=200)
    item = Integer(least=1)
    dry_run = Flag(load_default=False, metadata={"description": "Decide only; nothing is stored."})
    overrides = fields.List(fields.Nested(OverrideIn), load_default=list, validate=validate.Length(max=20))
    explain = Flag(load_default=False, metadata={"description": "Tell which row of each rule decided."})


class CheckInIn(OperationIn):
    """A copy that came back."""

    branch = Text(required=True, max_length=32)
    barcode = Text(max_length=200)
    item = Integer(least=1)
    explain = Flag(load_default=False, metadata={"description": "Tell which row of each rule decided."})


class RenewalIn(OperationIn):
    """A loan to renew; readers their own, staff any."""

    loan = Integer(least=1, required=True)
    overrides = fields.List(fields.Nested(OverrideIn), load_default=list, validate=validate.Length(max=20))
    explain = Flag(load_default=False, metadata={"description": "Tell which row of each rule decided."})


class LoanQuery(PageIn):
    """Which loans; readers see their own only."""

    patron = Integer(least=1)
    branch = Text(
        max_length=32, metadata={"description": "Lent at this branch or below it; all that are yours when left out."}
    )
    state = Text(load_default="open", validate=validate.OneOf(("open", "overdue", "closed", "all")))
    item = Integer(least=1)
    group = Integer(least=1)
    from_ = fields.Date(data_key="from", metadata={"description": "Lent on this day or later."})
    to = fields.Date(metadata={"description": "Lent on this day or earlier."})
    on_site = Flag(metadata={"description": "True: what was read in the room, which is left out otherwise."})
    backdated = Flag(metadata={"description": "True: only loans from a notebook; false: only others."})


class ReasonOut(ma.Schema):
    code = fields.String()
    severity = fields.String(metadata={"description": " | ".join(Severity)})
    text = fields.String()


class LoanRefOut(ma.Schema):
    id = fields.Integer(allow_none=True)
    due_on = fields.String()


class CandidateOut(ma.Schema):
    """A copy that a barcode may mean."""

    item = fields.Integer()
    barcode = fields.String()
    title = fields.String()
    owner_branch = fields.String()
    current_branch = fields.String()


def _due_explained() -> fields.List[Any]:
    described = {"description": "What moved the due date off closed days, and what is not known of its year."}
    return fields.List(fields.String(), metadata=described)


class CheckOutOut(ma.Schema):
    """The decision with all its reasons; `loan` is null unless lent (its id is null in a dry run)."""

    decision = fields.String(metadata={"description": _OUTCOMES})
    reasons = fields.List(fields.Nested(ReasonOut))
    loan = fields.Nested(LoanRefOut, allow_none=True)
    item = fields.Integer(allow_none=True)
    patron = fields.Integer(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))
    explain = fields.List(fields.Nested(ExplainedOut))
    due_explained = _due_explained()


class CheckInOut(ma.Schema):
    """Where the copy goes next; `destination` is the code of a branch."""

    decision = fields.String(metadata={"description": _OUTCOMES})
    reasons = fields.List(fields.Nested(ReasonOut))
    closed_loan = fields.Integer(allow_none=True)
    next = fields.String(allow_none=True, metadata={"description": "shelve | hold | transfer"})
    destination = fields.String(allow_none=True)
    item = fields.Integer(allow_none=True)
    patron = fields.Integer(allow_none=True)
    hold = fields.Integer(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))
    explain = fields.List(
        fields.Dict(), metadata={"description": "The rules that were asked: lateness, return policy."}
    )


class RenewalOut(ma.Schema):
    decision = fields.String(metadata={"description": _OUTCOMES})
    reasons = fields.List(fields.Nested(ReasonOut))
    loan = fields.Nested(LoanRefOut)
    item = fields.Integer()
    explain = fields.List(fields.Dict())
    due_explained = _due_explained()


class LoanOut(ma.Schema):
    """A loan; `patron` is null once the reader has been forgotten."""

    id = fields.Integer()
    item = fields.Integer()
    barcode = fields.String()
    bib = fields.Integer()
    title = fields.String()
    patron = fields.Integer(allow_none=True)
    branch = fields.String(metadata={"description": "Code of the branch it was lent at."})
    out_at = fields.DateTime()
    due_on = fields.Date()
    in_at = fields.DateTime(allow_none=True)
    closed_as = fields.String(allow_none=True, metadata={"description": "returned | forced | lost"})
    renewals = fields.Integer()
    group = fields.Integer(allow_none=True)
    is_on_site = fields.Boolean()
    is_backdated = fields.Boolean()
    is_recalled = fields.Boolean()
    is_overdue = fields.Boolean()


LoanPage = page_schema(LoanOut)
