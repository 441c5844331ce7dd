"""What the API says and takes about the notebook."""

import marshmallow as ma
from marshmallow import fields

from circulation.lending.schemas import CandidateOut, ReasonOut
from circulation.notebook.sheets import MOST_SHEETS
from library.kernel.api import Flag, Integer, OperationIn, PageIn, Text, page_schema
from library.kernel.decisions import Outcome

_STILL_OUT = "Yes to the question whether a copy that was scanned on the day of lending is still with the reader."


class NotebookLineIn(OperationIn):
    """A line: the days as they really were. Without `lent_on` it only says that the copy came back."""

    card = Text(
        max_length=200, metadata={"description": "Number of a card, or a name that one reader of the room has."}
    )
    barcode = Text(max_length=200)
    lent_on = fields.Date(allow_none=True)
    returned_on = fields.Date(allow_none=True)
    still_out = Flag(load_default=False, metadata={"description": _STILL_OUT})


class BackdatedIn(NotebookLineIn):
    """A line that stands on no numbered sheet."""

    branch = Text(required=True, max_length=32)
    item = Integer(least=1)
    dry_run = Flag(load_default=False, metadata={"description": "Decide only; nothing is stored."})


class SheetsIn(OperationIn):
    """How many sheets to number for a branch."""

    branch = Text(required=True, max_length=32)
    count = Integer(least=1, most=MOST_SHEETS, load_default=1)


class SheetQuery(PageIn):
    """Sheets of a branch and below it; of all that are yours when it is left out."""

    branch = Text(max_length=32)


class BackdatedLoanOut(ma.Schema):
    id = fields.Integer()
    lent_on = fields.String()
    due_on = fields.String()
    returned_on = fields.String(allow_none=True)


class EarlierOut(ma.Schema):
    """What was written when the row was entered before."""

    loan = fields.Integer(allow_none=True)
    item = fields.Integer()
    lent_on = fields.String(allow_none=True)
    returned_on = fields.String(allow_none=True)


class NotebookLineOut(ma.Schema):
    """What a line came to; `step` is what was written."""

    decision = fields.String(metadata={"description": " | ".join(Outcome)})
    reasons = fields.List(fields.Nested(ReasonOut))
    step = fields.String(metadata={"description": "open | history | close | nothing"})
    loan = fields.Nested(BackdatedLoanOut, allow_none=True)
    item = fields.Integer(allow_none=True)
    patron = fields.Integer(allow_none=True)
    candidates = fields.List(fields.Nested(CandidateOut))
    row = fields.Integer()
    earlier = fields.Nested(EarlierOut, allow_none=True)


class SheetRowOut(ma.Schema):
    """A row that was entered; `reader` is masked."""

    row = fields.Integer(attribute="number")
    loan = fields.Integer(attribute="loan_id", allow_none=True)
    item = fields.Integer(attribute="item_id")
    title = fields.String()
    barcode = fields.String()
    reader = fields.String(allow_none=True)
    lent_on = fields.Date(allow_none=True)
    returned_on = fields.Date(allow_none=True)
    is_open = fields.Boolean()


class SheetOut(ma.Schema):
    code = fields.String()
    branch = fields.String()
    row_count = fields.Integer()
    entered = fields.Integer()
    printed_at = fields.DateTime()


class SheetWithRowsOut(SheetOut):
    rows = fields.List(fields.Nested(SheetRowOut))


class SheetsOut(ma.Schema):
    """The numbers of the new sheets."""

    sheets = fields.List(fields.String())


SheetPage = page_schema(SheetOut)
