"""`GET /stats`: the figures of a branch, its subtree included."""

from typing import Any

from marshmallow import fields

from circulation.reports import services
from library.accounts.access import require
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint, QuerySchema, Schema, Text
from library.kernel.db import reading

blp = ApiBlueprint("stats", __name__, description="Figures of branches")


class StatsQuery(QuerySchema):
    """A branch (the whole county when left out) and two days, both included; the last year when left out."""

    branch = Text(max_length=32)
    from_ = fields.Date(data_key="from")
    to = fields.Date()


class StatsClassOut(Schema):
    """Loans of one class."""

    class_ = fields.String(data_key="class", attribute="class")
    loans = fields.Integer()


class StatsOut(Schema):
    """Counts of the period; `turnover` is loans per copy and year, `non_use` the share of copies nobody borrowed."""

    branch = fields.String()
    from_ = fields.Date(data_key="from", attribute="from")
    to = fields.Date()
    loans = fields.Integer()
    returns = fields.Integer()
    renewals = fields.Integer()
    holds = fields.Integer()
    wishes = fields.Integer()
    visits = fields.Integer()
    uses = fields.Integer(metadata={"description": "Copies read in the room; not among the loans."})
    active_readers = fields.Integer()
    copies = fields.Integer()
    turnover = fields.Float(allow_none=True)
    non_use = fields.Float(allow_none=True)
    by_class = fields.List(fields.Nested(StatsClassOut))


@blp.route("/stats")
@blp.arguments(StatsQuery, location="query")
@blp.response(200, StatsOut)
def stats(query: dict[str, Any]) -> dict[str, Any]:
    """Return loans, visits, active readers, turnover and non-use."""
    with reading() as session:
        code = query.get("branch")
        branch = branch_by_code(session, code) if code else services.root_branch(session)
        require("view", branch)
        first, last = services.period(query.get("from_"), query.get("to"))
        return services.figures(session, branch, first, last)
