"""Places as the API shows them."""

import marshmallow as ma
from marshmallow import fields, validate

from library.branches.models import KINDS
from library.kernel.api import PageIn, Text, page_schema


class BranchQuery(PageIn):
    """Which branches of the tree."""

    kind = Text(max_length=12, validate=validate.OneOf(KINDS))
    parent = Text(max_length=32, metadata={"description": "Code of the branch directly above."})


class BranchOut(ma.Schema):
    """A node of the tree; `parent` is the code of the one above, null for a root."""

    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    kind = fields.String(metadata={"description": " | ".join(KINDS)})
    parent = fields.String(allow_none=True)
    state = fields.String(metadata={"description": "open | suspended | merged | closed"})


class LocationOut(ma.Schema):
    """A place inside a branch where copies stand."""

    code = fields.String()
    name = fields.String()
    audience = fields.String()
    is_lendable = fields.Boolean()


class HoursOut(ma.Schema):
    """One session of opening; `weekday` 0 is Monday, times are local."""

    weekday = fields.Integer()
    opens = fields.String(metadata={"description": "HH:MM"})
    closes = fields.String(metadata={"description": "HH:MM"})


class BranchDetailOut(BranchOut):
    """A branch with its locations, this week's hours and the van's next visit."""

    host_type = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    locations = fields.List(fields.Nested(LocationOut))
    hours = fields.List(fields.Nested(HoursOut))
    opening_mode = fields.String(metadata={"description": "scheduled | keeper_home"})
    last_opened_at = fields.DateTime(allow_none=True, metadata={"description": "From the opening log."})
    next_open_on = fields.Date(allow_none=True)
    next_van_on = fields.Date(allow_none=True)


BranchPage = page_schema(BranchOut)
