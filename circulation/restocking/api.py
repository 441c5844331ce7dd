"""Restocking plans for programs: make, read, edit, approve, call back."""

from typing import Any

from circulation.restocking import entry, queries, services
from circulation.restocking.presenting import present
from circulation.restocking.schemas import RestockLineIn, RestockPlanIn, RestockPlanOut, RestockPlanQuery
from library.accounts.access import require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.api import ApiBlueprint, OperationIn
from library.kernel.db import reading

blp = ApiBlueprint("restock", __name__, description="What each room should get next, and why")

Body = dict[str, Any]


@blp.route("/restock/plans", methods=["POST"])
@blp.arguments(RestockPlanIn)
@blp.response(200, RestockPlanOut)
def make_plan(body: Body) -> Body:
    """Compute and store a plan for a branch and everything below it."""
    return _shown(entry.make(body)["plan"])


@blp.route("/restock/plans/<int:plan_id>")
@blp.arguments(RestockPlanQuery, location="query")
@blp.response(200, RestockPlanOut)
def read_plan(query: Body, plan_id: int) -> Body:
    """Return a plan with the forecast and the lines of its rooms."""
    return _shown(plan_id, query.get("branch"))


@blp.route("/restock/plans/<int:plan_id>/lines/<int:line_id>", methods=["PATCH"])
@blp.arguments(RestockLineIn)
@blp.response(200, RestockPlanOut)
def edit_line(body: Body, plan_id: int, line_id: int) -> Body:
    """Change how many copies a line brings; 0 drops it."""
    entry.edit(plan_id, line_id, body)
    return _shown(plan_id)


@blp.route("/restock/plans/<int:plan_id>/approve", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, RestockPlanOut)
def approve(body: Body, plan_id: int) -> Body:
    """Approve a draft: purchases are released, transfers are asked for."""
    entry.approve(plan_id, body)
    return _shown(plan_id)


@blp.route("/restock/plans/<int:plan_id>/cancel", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, RestockPlanOut)
def cancel(body: Body, plan_id: int) -> Body:
    """Call a plan back; what is on its way arrives."""
    entry.cancel(plan_id, body)
    return _shown(plan_id)


def _shown(plan_id: int, branch: str | None = None) -> Body:
    with reading() as session:
        plan = services.plan_by_id(session, plan_id)
        require("plan", branch_by_id(session, plan.branch_id))
        rooms = [branch_by_code(session, branch).id] if branch else None
        view = queries.plan_view(session, plan, branch_ids=rooms)
    return present(view)
