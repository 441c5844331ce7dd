"""What the API says and takes about the lending rules."""

import marshmallow as ma
from marshmallow import fields, validate

from circulation.policies.rules import RULES, Because
from library.kernel.api import Flag, OperationIn, PageIn, QuerySchema, Text, page_schema
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


PolicyPage = page_schema(PolicyOut)
