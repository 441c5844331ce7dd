"""Opening hours, choices, seasons, closures and the opening log as the API takes and shows them."""

import marshmallow as ma
from marshmallow import fields, validate

from library.branches.hours_models import CLOSURE_KINDS
from library.branches.hours_text import MOST_CHARACTERS
from library.branches.rules import HolidayMode, OpeningMode, Why
from library.kernel.api import Flag, Integer, OperationIn, PageIn, QuerySchema, Text, page_schema

_MODES = tuple(map(str, OpeningMode))
_HOLIDAYS = tuple(map(str, HolidayMode))
_WEEKDAY = Text(validate=validate.OneOf([str(day) for day in range(7)]))


def _hours(**kwargs: object) -> Text:
    described = {"description": "Sessions as text, `8:30-11:30 14:30-17:30`; empty means closed."}
    return Text(allow_blank=True, max_length=MOST_CHARACTERS, metadata=described, **kwargs)


def _week() -> fields.Dict:
    described = {"description": "Hours by weekday, 0 is Monday; a missing weekday is closed."}
    return fields.Dict(keys=_WEEKDAY, values=_hours(), required=True, metadata=described)


class CalendarQuery(QuerySchema):
    """Which days; at most 366."""

    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")


class SessionOut(ma.Schema):
    """An unbroken stretch of opening, local times."""

    opens = fields.String(metadata={"description": "HH:MM"})
    closes = fields.String(metadata={"description": "HH:MM"})


class DayOut(ma.Schema):
    """A day with its sessions and why."""

    on = fields.Date()
    sessions = fields.List(fields.Nested(SessionOut))
    why = fields.String(metadata={"description": " | ".join(Why)})
    text = fields.String(metadata={"description": "The reason in the caller's language."})
    holiday = fields.String(allow_none=True)
    is_makeup_workday = fields.Boolean()


class YearOut(ma.Schema):
    """How well the national holidays of a year are known, and what has to be said about it."""

    year = fields.Integer()
    holidays = fields.String(metadata={"description": "published | estimated | unknown"})
    text = fields.String()


class CalendarOut(ma.Schema):
    """The days of one branch."""

    branch = fields.String()
    opening_mode = fields.String(metadata={"description": " | ".join(_MODES)})
    holiday_mode = fields.String(metadata={"description": " | ".join(_HOLIDAYS)})
    makeup_as_weekday = fields.Boolean()
    years = fields.List(fields.Nested(YearOut))
    days = fields.List(fields.Nested(DayOut))


class WeekIn(OperationIn):
    """Weekly hours from a day on, replacing the ones that begin on the same day."""

    week = _week()
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)


class ExceptionIn(OperationIn):
    """Hours of one date; null lets it follow the week again."""

    on = fields.Date(required=True)
    hours = _hours(allow_none=True, required=True)
    cause = Text(allow_blank=True, max_length=40, load_default="")


class ChoiceIn(OperationIn):
    """What a place chooses for itself and everything below it; null takes over what the place above chose."""

    opening_mode = Text(allow_none=True, load_default=None, validate=validate.OneOf(_MODES))
    holiday_mode = Text(allow_none=True, load_default=None, validate=validate.OneOf(_HOLIDAYS))
    holiday_hours = _hours(load_default="")
    makeup_as_weekday = Flag(allow_none=True, load_default=None)


class DoneOut(ma.Schema):
    """What came of it."""

    outcome = fields.String()


class LogIn(OperationIn):
    """The door is opened or closed now."""

    action = Text(required=True, validate=validate.OneOf(("open", "close")))


class CorrectionIn(OperationIn):
    """When a room was open on a past day, from memory."""

    on = fields.Date(required=True)
    hours = _hours(required=True)
    reason = Text(required=True, max_length=120)


class LogQuery(PageIn):
    """Which page of the log."""


class LogOut(ma.Schema):
    """One opening that happened."""

    opened_at = fields.DateTime()
    closed_at = fields.DateTime(allow_none=True)
    source = fields.String()
    reason = fields.String()


class ScopeIn(OperationIn):
    """Which rooms: everything `below` a place, a named `set`, or `rooms` one by one."""

    below = Text(max_length=32)
    set = Text(max_length=32)
    rooms = fields.List(Text(max_length=32), validate=validate.Length(max=2000))
    dry_run = Flag(load_default=False)


class SeasonIn(ScopeIn):
    """Weekly hours for many rooms and for a while."""

    name = Text(required=True, max_length=60)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    week = _week()


class SeasonDoneOut(DoneOut):
    """A season, or how many rooms it would concern."""

    season = fields.Integer(allow_none=True)
    rooms = fields.Integer()


class ClosureIn(ScopeIn):
    """Rooms are closed for some dates, or what is due or kept on the pickup shelf there is postponed by `days`."""

    kind = Text(required=True, validate=validate.OneOf(CLOSURE_KINDS))
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    days = Integer(least=1, most=90)
    cause = Text(required=True, max_length=40)


class MoveOut(ma.Schema):
    """How many dates of a sort move from one day to another."""

    sort = fields.String(metadata={"description": "due | promise | shelf"})
    from_ = fields.Date(data_key="from", attribute="from")
    to = fields.Date()
    count = fields.Integer()


class ClosureDoneOut(DoneOut):
    """A batch, or with `dry_run` what it would move."""

    closure = fields.Integer(allow_none=True)
    rooms = fields.Integer()
    due = fields.Integer()
    promise = fields.Integer()
    shelf = fields.Integer()
    moves = fields.List(fields.Nested(MoveOut))


class ClosureOut(ma.Schema):
    """A batch as it stands."""

    id = fields.Integer()
    kind = fields.String()
    cause = fields.String()
    first_on = fields.Date()
    last_on = fields.Date()
    days = fields.Integer(allow_none=True)
    state = fields.String(metadata={"description": "applying | done | undoing | undone"})
    rooms = fields.List(fields.String())
    moved = fields.Integer()
    restored = fields.Integer()
    kept = fields.Integer()


class ClosureQuery(PageIn):
    """Whose closures: of a branch and everything below it."""

    branch = Text(required=True, max_length=32)


class EffectQuery(PageIn):
    """Which dates of a batch."""

    state = Text(validate=validate.OneOf(("moved", "restored", "kept")))


class EffectOut(ma.Schema):
    """One date that a batch moved."""

    subject = fields.String(metadata={"description": "loan | hold"})
    id = fields.Integer(attribute="subject_id")
    field = fields.String()
    before_on = fields.Date()
    after_on = fields.Date()
    state = fields.String()
    kept_because = fields.String(allow_none=True)


LogPage = page_schema(LogOut)
ClosurePage = page_schema(ClosureOut)
EffectPage = page_schema(EffectOut)
