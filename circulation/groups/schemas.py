"""What the API says and takes about groups and their lists."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.groups.rules import MOST_LINES
from circulation.lending.schemas import CandidateOut, LoanRefOut, OverrideIn, ReasonOut
from library.kernel.api import Flag, Integer, OperationIn, PageIn, Text, page_schema


class GroupIn(OperationIn):
    """A new group; without `card` a reader of category `group` is registered for it, with a new card."""

    branch = Text(required=True, max_length=32)
    name = Text(required=True, max_length=200)
    term_ends_on = fields.Date(allow_none=True, load_default=None)
    card = Text(max_length=200)


class GroupChangeIn(OperationIn):
    """The name and the end of the term as they shall be; loans due at the old end move with it."""

    name = Text(required=True, max_length=200)
    term_ends_on = fields.Date(allow_none=True, load_default=None)


class MemberIn(OperationIn):
    """A reader who joins or leaves."""

    patron = Integer(least=1, required=True)


class ListIn(OperationIn):
    """The barcodes of a list, each once; the branch is the group's own when left out."""

    branch = Text(max_length=32)
    card = Text(max_length=64, metadata={"description": "The group's card, for a group of a branch that is not yours."})
    barcodes = fields.List(Text(max_length=200), required=True, validate=validate.Length(min=1, max=MOST_LINES))


class LendListIn(ListIn):
    """A list to lend; `overrides` hold for every line that needs them."""

    overrides = fields.List(fields.Nested(OverrideIn), load_default=list, validate=validate.Length(max=20))
    dry_run = Flag(load_default=False, metadata={"description": "Decide only; nothing is stored."})


class GroupQuery(PageIn):
    """Groups of a branch and below it; of all that are yours when it is left out."""

    branch = Text(max_length=32)


class GroupOut(ma.Schema):
    id = fields.Integer()
    name = fields.String()
    branch = fields.String()
    custodian = fields.Integer(allow_none=True, metadata={"description": "The reader whose card stands for the group."})
    term_ends_on = fields.Date(allow_none=True)
    is_over = fields.Boolean()
    loans = fields.Integer()
    overdue = fields.Integer()


class LentCopyOut(ma.Schema):
    loan = fields.Integer(attribute="loan_id")
    item = fields.Integer(attribute="item_id")
    title = fields.String()
    barcode = fields.String()
    call_number = fields.String()
    due_on = fields.Date()


class GroupWithLoansOut(GroupOut):
    """A group with its card, its members and what it has on loan."""

    card = fields.String(allow_none=True)
    members = fields.List(fields.Integer())
    still_out = fields.List(fields.Nested(LentCopyOut))
    moved = fields.Integer(metadata={"description": "How many loans followed a new end of the term."})


class ListLineOut(ma.Schema):
    """What became of one barcode."""

    code = fields.String()
    decision = fields.String()
    reasons = fields.List(fields.Nested(ReasonOut))
    item = fields.Integer(allow_none=True)
    loan = fields.Nested(LoanRefOut, allow_none=True)
    closed_loan = fields.Integer(allow_none=True)
    next = fields.String(allow_none=True)
    destination = fields.String(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))


class ListOut(ma.Schema):
    """`decision` is `allowed` when every line was, `partly` when some were, else `refused`."""

    decision = fields.String()
    group = fields.Integer()
    done = fields.Integer()
    lines = fields.List(fields.Nested(ListLineOut))


GroupPage = page_schema(GroupOut)
