"""What the API says and takes about the lending rules."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.policies.rules import RULES, Because
from library.kernel.api import Flag, Integer, OperationIn, PageIn, QuerySchema, Text, page_schema
from library.patrons.rules import Category

_RULES = tuple(RULES)
_CATEGORIES = tuple(str(category) for category in Category)


class PolicyIn(OperationIn):
    """A value of one rule; what is left out means any. `branch` and `set` exclude each other."""

    rule = Text(required=True, max_length=40, metadata={"description": " | ".join(_RULES)})
    value = Text(required=True, max_length=80)
    item_class = Text(max_length=20)
    patron_category = Text(max_length=20, metadata={"description": " | ".join(_CATEGORIES)})
    branch = Text(max_length=32)
    set = Text(max_length=32)
    from_on = fields.Date()
    to_on = fields.Date()
    is_yearly = Flag(load_default=False, metadata={"description": "The two dates hold in every year."})
    note = Text(max_length=200, allow_blank=True, load_default="")


class WhatIfIn(OperationIn):
    """A row that is not saved yet, or the id of one to end (`ends`); `replaces` would be ended. Nothing is stored."""

    rule = Text(max_length=40, metadata={"description": " | ".join(_RULES)})
    value = Text(max_length=80)
    item_class = Text(max_length=20)
    patron_category = Text(max_length=20, metadata={"description": " | ".join(_CATEGORIES)})
    branch = Text(max_length=32)
    set = Text(max_length=32)
    from_on = fields.Date()
    to_on = fields.Date()
    is_yearly = Flag(load_default=False, metadata={"description": "The two dates hold in every year."})
    replaces = Integer(least=1)
    ends = Integer(least=1)


class SettingIn(OperationIn):
    """One of the county's two choices."""

    setting = Text(required=True, max_length=60, metadata={"description": "policy_place | loans_counted"})
    value = Text(required=True, max_length=40)


class PolicyQuery(PageIn):
    """Which rows to list."""

    rule = Text(max_length=40, validate=validate.OneOf(_RULES))
    ended = Flag(load_default=False, metadata={"description": "Ended rows too."})


class ExplainQuery(QuerySchema):
    """For what the rules are asked."""

    branch = Text(required=True, max_length=32)
    category = Text(max_length=20, validate=validate.OneOf(_CATEGORIES))
    item_class = Text(max_length=20)
    on = fields.Date()


class PolicyOut(ma.Schema):
    """One row."""

    id = fields.Integer()
    rule = fields.String()
    unit = fields.String()
    value = fields.String()
    item_class = fields.String(allow_none=True)
    patron_category = fields.String(allow_none=True)
    branch = fields.String(allow_none=True)
    branch_name = fields.String(allow_none=True)
    set = fields.String(allow_none=True)
    set_name = fields.String(allow_none=True)
    from_on = fields.Date(allow_none=True)
    to_on = fields.Date(allow_none=True)
    is_yearly = fields.Boolean()
    note = fields.String()
    ended_at = fields.DateTime(allow_none=True)


class SettingOut(ma.Schema):
    setting = fields.String()
    value = fields.String()


class ExplainedRowOut(ma.Schema):
    """A row that fits; `because` is the comparison by which it was beaten, absent for the winner."""

    id = fields.Integer()
    value = fields.Raw(allow_none=True)
    item_class = fields.String(allow_none=True)
    patron_category = fields.String(allow_none=True)
    branch = fields.String(allow_none=True)
    branch_name = fields.String(allow_none=True)
    set = fields.String(allow_none=True)
    set_name = fields.String(allow_none=True)
    from_on = fields.String(allow_none=True)
    to_on = fields.String(allow_none=True)
    is_yearly = fields.Boolean()
    note = fields.String(metadata={"description": "For staff."})
    because = fields.String(metadata={"description": " | ".join(Because)})
    words = fields.String(metadata={"description": "For whom, where and when the row holds."})


class ExplainedOut(ma.Schema):
    """What one rule says and why, with sentences in the language of whoever asks."""

    rule = fields.String()
    unit = fields.String()
    value = fields.Raw(allow_none=True)
    row = fields.Nested(ExplainedRowOut, allow_none=True)
    beat = fields.List(fields.Nested(ExplainedRowOut))
    text = fields.String()
    why = fields.List(fields.String())


class ExplainOut(ma.Schema):
    """Per rule its value, the row that won (null: the program's own value) and the rows it beat, best first."""

    branch = fields.String()
    on = fields.Date()
    rules = fields.List(fields.Nested(ExplainedOut))


class TallyOut(ma.Schema):
    """How many loans, and what would have been different for them; days are sums."""

    loans = fields.Integer()
    later = fields.Integer(metadata={"description": "Loans that would be due later."})
    earlier = fields.Integer()
    days_later = fields.Integer()
    days_earlier = fields.Integer()
    now_late = fields.Integer(metadata={"description": "In time as things are, late then."})
    no_longer_late = fields.Integer()
    now_lost = fields.Integer(metadata={"description": "Late for so long that they would be looked for."})
    no_longer_lost = fields.Integer()
    refused = fields.Integer(metadata={"description": "Check-outs a limit would have refused."})
    allowed = fields.Integer(metadata={"description": "Check-outs that need an exception as things are."})
    renewals = fields.Integer()
    renewals_refused = fields.Integer()
    renewals_allowed = fields.Integer()


class TallyByPlaceOut(TallyOut):
    """The same for one category of readers in one township."""

    category = fields.String(allow_none=True)
    branch = fields.String()
    branch_name = fields.String()


class WhatIfOut(TallyOut):
    """The past year under the changed rules.

    `one_in` above 1: only one reader in so many was looked at. `years`: the loans were moved so many years ahead, so that a
    row which begins later is tried at all. Not `is_replayed`: past loans cannot tell what the rule does, all figures are 0.
    """

    rule = fields.String()
    is_replayed = fields.Boolean()
    from_on = fields.Date()
    to_on = fields.Date()
    years = fields.Integer()
    one_in = fields.Integer()
    readers = fields.Integer()
    readers_touched = fields.Integer()
    refused_by = fields.Dict(keys=fields.String(), values=fields.Integer())
    by = fields.List(fields.Nested(TallyByPlaceOut))
    text = fields.List(fields.String())


PolicyPage = page_schema(PolicyOut)
