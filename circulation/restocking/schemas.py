"""Bodies and answers of the restocking API; money in yuan, expected loans net and per year."""

from marshmallow import fields

from library.kernel.api import Integer, OperationIn, QuerySchema, Schema, Text

MOST_YUAN = 10**9


class RestockPlanIn(OperationIn):
    """What a plan is made for; without a budget the usual sum per room."""

    branch = Text(required=True, max_length=32)
    budget = Integer(least=0, most=MOST_YUAN, allow_none=True, metadata={"description": "Whole yuan."})
    on = fields.Date(metadata={"description": "Plan as of the end of this day; today when left out."})


class RestockLineIn(OperationIn):
    """How many copies to buy; 0 drops the line."""

    quantity = Integer(required=True, least=0, most=1_000)


class RestockPlanQuery(QuerySchema):
    """One room of the plan only."""

    branch = Text(max_length=32)


class RestockCellOut(Schema):
    """Expected loans a year of one class in one room, with an 80 % interval."""

    class_ = fields.String(data_key="class", attribute="class")
    expected_loans = fields.Float()
    low = fields.Float()
    high = fields.Float()
    loans = fields.Integer()
    confidence = fields.String()
    confidence_text = fields.String()
    proposed_titles = fields.Integer()


class RestockRoomOut(Schema):
    """A room of the plan."""

    branch = fields.String()
    name = fields.String()
    enough_data = fields.Boolean()
    below_minimum = fields.Boolean()
    expected_loans = fields.Float()
    classes = fields.List(fields.Nested(RestockCellOut))


class RestockLineOut(Schema):
    """A line with its evidence as numbers and codes, and as sentences."""

    id = fields.Integer()
    kind = fields.String()
    branch = fields.String()
    bib = fields.Dict()
    item = fields.Integer(allow_none=True)
    barcode = fields.String(allow_none=True)
    from_branch = fields.String(allow_none=True)
    quantity = fields.Integer()
    proposed_quantity = fields.Integer()
    cost = fields.Float()
    class_ = fields.String(data_key="class", attribute="class")
    expected_loans = fields.Float()
    state = fields.String()
    transfer = fields.Integer(allow_none=True)
    confidence = fields.String()
    confidence_text = fields.String()
    evidence = fields.Dict()
    reasons = fields.List(fields.String())


class RestockPlanOut(Schema):
    """A plan with its rooms and lines."""

    id = fields.Integer()
    branch = fields.String()
    state = fields.String()
    from_on = fields.Date()
    to_on = fields.Date()
    made_at = fields.DateTime()
    budget = fields.Float()
    spent = fields.Float()
    complete = fields.Boolean()
    parameters = fields.Dict()
    summary = fields.Dict()
    rooms = fields.List(fields.Nested(RestockRoomOut))
    lines = fields.List(fields.Nested(RestockLineOut))
