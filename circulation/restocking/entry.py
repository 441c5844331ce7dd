"""What the API and the pages do alike: each step in its own transaction, the long computation outside any.

The content of a request is a mapping of plain values with the operation's id in it, from a JSON body or a form.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from circulation.models import RestockPlan
from circulation.restocking import carrying, services
from library.accounts.access import require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel.db import reading, writing
from library.kernel.operations import Answer, Operation, begin, once, recall

_FEN = 100


def make(content: Mapping[str, Any]) -> Answer:
    """Make a plan from ``branch`` (code), ``budget`` (yuan, optional) and ``on`` (optional); the answer names it.

    Sent again, nothing is computed: the answer is the first one's, whatever has changed in the county since.
    """
    operation = begin("restock_plan", content)
    budget = None if content.get("budget") is None else _FEN * int(content["budget"])
    with reading() as session:
        branch = branch_by_code(session, content["branch"])
        require("plan", branch)
        known = recall(session, operation, content)
        if known is not None:
            return known
        draft = services.draft_plan(session, branch=branch, budget=budget, on=content.get("on"))
    lines = list(draft.account.lines())
    stored: list[int] = []

    def store() -> Answer:
        stored.append(services.store_plan(session, operation, draft, lines))
        return {"plan": stored[0]}

    with writing() as session:
        answer = once(session, operation, content, store)
    if stored:
        for first in range(services.LINES_AT_ONCE, len(lines), services.LINES_AT_ONCE):
            with writing() as session:
                services.add_lines(session, stored[0], lines[first : first + services.LINES_AT_ONCE])
    return answer


def edit(plan_id: int, line_id: int, content: Mapping[str, Any]) -> Answer:
    """Set the ``quantity`` of a line."""
    quantity = int(content["quantity"])
    return _once(
        "restock_line",
        plan_id,
        {**content, "plan": plan_id, "line": line_id},
        lambda session, operation, plan: services.edit_line(
            session, operation, plan=plan, line_id=line_id, quantity=quantity
        ),
    )


def approve(plan_id: int, content: Mapping[str, Any]) -> Answer:
    """Approve a plan and send for its books; sent again, it carries out what a crash left over."""
    answer = _once("restock_approve", plan_id, {**content, "plan": plan_id}, services.approve)
    repeat(carrying.carry_out_moves, plan_id, begin("restock_carry", content))
    return answer


def cancel(plan_id: int, content: Mapping[str, Any]) -> Answer:
    """Call a plan back and stop what has not set out."""
    answer = _once("restock_cancel", plan_id, {**content, "plan": plan_id}, services.cancel)
    repeat(carrying.recall_transfers, plan_id, begin("restock_carry", content))
    return answer


def repeat(step: Callable[[Session, Operation, int], int], plan_id: int, operation: Operation) -> None:
    """Take the steps until none is left, or one brings nothing: what is left then waits for a person."""
    before, left = -1, 0
    while left != before:
        before = left
        with writing() as session:
            left = step(session, operation, plan_id)


def _once(
    kind: str, plan_id: int, content: Mapping[str, Any], action: Callable[[Session, Operation, RestockPlan], Answer]
) -> Answer:
    operation = begin(kind, content)
    with writing() as session:
        plan = services.locked_plan(session, plan_id)
        require("plan", branch_by_id(session, plan.branch_id))
        return once(session, operation, content, lambda: action(session, operation, plan))
