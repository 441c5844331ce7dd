"""Making, editing, approving and calling back a restocking plan.

A plan is computed while reading and stored while writing, so that the county can lend during the second it takes.
Approving turns purchases into approved lines at once and moves into transfers a few at a time; what a crash leaves over
is carried out when the approval is sent again, or by the nightly job.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from circulation.models import RestockLine, RestockPlan
from circulation.restocking import queries, rules
from circulation.restocking.evidence import Account, Line
from circulation.restocking.gather import County, gather
from circulation.restocking.observation import ints
from circulation.restocking.proposal import Proposal, propose
from circulation.restocking.rules import Limits
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Answer, Operation

HORIZON_DAYS: Final = 365
LINES_AT_ONCE: Final = 2_000
USUAL_BUDGET: Final = 50_000
"""Fen a room and quarter: the yearly 2,000 yuan a reading room is given for books, in four parts."""
LARGEST_BUDGET: Final = 10**11
"""Fen; a thousand million yuan is a slip of the keyboard."""


@dataclass(frozen=True)
class Draft:
    """A computed plan before it is stored."""

    branch_id: int
    on: date
    budget: int
    limits: Limits
    county: County
    proposal: Proposal

    @property
    def account(self) -> Account:
        ids = ints(row.id for row in self.county.rooms.rows)
        return Account(self.county.problem, self.proposal, ids, self.county.bib_ids, self.county.since)


def draft_plan(
    session: Session, *, branch: Branch, budget: int | None = None, on: date | None = None, limits: Limits | None = None
) -> Draft:
    """Compute a plan for everything under ``branch`` with at most ``budget`` fen (None: the usual sum); writes nothing.

    Raises `Invalid` `budget_invalid`, `date_in_future`, and `Conflict` `nothing_to_restock` when no open room is there.
    """
    day, limits = on or clock.today(), limits or Limits()
    if budget is not None and not 0 <= budget <= LARGEST_BUDGET:
        raise Invalid("budget_invalid", budget=budget)
    if day > clock.today():
        raise Invalid("date_in_future", date=day.isoformat())
    county = gather(session, day, subtree=branch.path)
    if not county.problem.eligible.any():
        raise Conflict("nothing_to_restock", branch=branch.code)
    money = USUAL_BUDGET * int(county.problem.eligible.sum()) if budget is None else budget
    return Draft(branch.id, day, money, limits, county, propose(county.problem, money, limits))


def store_plan(session: Session, operation: Operation, draft: Draft, lines: Sequence[Line]) -> int:
    """Store a computed plan with its first lines; return its id. `add_lines` brings the others."""
    plan = RestockPlan(
        branch_id=draft.branch_id,
        from_on=draft.on,
        to_on=draft.on + timedelta(days=HORIZON_DAYS - 1),
        budget_cents=draft.budget,
        parameters=_parameters(draft),
        summary=_summary(draft, lines),
        made_at=operation.at,
        operation_id=operation.id,
    )
    session.add(plan)
    session.flush()
    add_lines(session, plan.id, lines[:LINES_AT_ONCE])
    payload = {"plan_id": plan.id, "lines": len(lines), "budget_cents": draft.budget}
    record(session, operation, "plan.made", branch_id=draft.branch_id, payload=payload)
    return plan.id


def add_lines(session: Session, plan_id: int, lines: Sequence[Line]) -> None:
    """Store lines of a plan."""
    rows = [
        {
            "plan_id": plan_id,
            "kind": line.kind,
            "branch_id": line.branch_id,
            "bib_id": line.bib_id,
            "item_id": line.item_id,
            "from_branch_id": line.from_branch_id,
            "quantity": 1,
            "proposed_quantity": 1,
            "cost_cents": line.cost,
            "class_code": line.cls,
            "expected_loans": round(line.gain, 4),
            "evidence": dict(line.evidence),
            "state": "proposed",
        }
        for line in lines
    ]
    if rows:
        session.execute(insert(RestockLine), rows)


def make_plan(
    session: Session,
    operation: Operation,
    *,
    branch: Branch,
    budget: int | None = None,
    on: date | None = None,
    limits: Limits | None = None,
) -> int:
    """Compute and store a plan in one transaction; return its id. Requests go through `entry.make`."""
    draft = draft_plan(session, branch=branch, budget=budget, on=on, limits=limits)
    lines = list(draft.account.lines())
    plan_id = store_plan(session, operation, draft, lines)
    add_lines(session, plan_id, lines[LINES_AT_ONCE:])
    return plan_id


def _parameters(draft: Draft) -> dict[str, Any]:
    shared = draft.proposal.demand.shared
    return {
        "limits": asdict(draft.limits),
        "window": [draft.county.since.isoformat(), draft.on.isoformat()],
        "saturation": shared.saturation,
        "freshness": [round(float(value), 4) for value in shared.freshness],
        "season": [[round(float(value), 4) for value in curve] for curve in shared.season],
    }


def _summary(draft: Draft, lines: Sequence[Line]) -> dict[str, Any]:
    rows, demand = draft.county.rooms.rows, draft.proposal.demand
    served = draft.county.problem.eligible.nonzero()[0].tolist()
    return {
        "lines": len(lines),
        "moves": len(draft.proposal.moves),
        "purchases": len(draft.proposal.purchases.picks),
        "spent_cents": draft.proposal.spent,
        "expected_loans": round(sum(line.gain for line in lines), 2),
        "shadow_price": round(draft.proposal.purchases.shadow_price, 5),
        "rooms": len(served),
        "below_minimum": [rows[room].id for room in draft.proposal.purchases.short],
        "not_enough_data": [rows[room].id for room in served if demand.room_state(room)],
        "forecast": draft.account.forecast(),
    }


def plan_by_id(session: Session, plan_id: int) -> RestockPlan:
    """Return a plan; raises `NotFound` `unknown_plan`."""
    plan = session.get(RestockPlan, plan_id)
    if plan is None:
        raise NotFound("unknown_plan", plan=plan_id)
    return plan


def locked_plan(session: Session, plan_id: int) -> RestockPlan:
    """Return a plan that nobody else changes until the transaction ends; raises `NotFound` `unknown_plan`."""
    plan = session.get(RestockPlan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound("unknown_plan", plan=plan_id)
    return plan


def edit_line(
    session: Session, operation: Operation, *, plan: RestockPlan, line_id: int, quantity: int, most: int = 20
) -> Answer:
    """Set how many copies a line buys; 0 drops the line, and for a move there is only 0 or 1.

    Raises `NotFound` `unknown_line`, `Conflict` `plan_not_editable`, `Invalid` `quantity_invalid` or `budget_exceeded`.
    """
    if not rules.may_edit(plan.state):
        raise Conflict("plan_not_editable", plan=plan.id, state=plan.state)
    line = session.get(RestockLine, line_id)
    if line is None or line.plan_id != plan.id:
        raise NotFound("unknown_line", line=line_id)
    if not 0 <= quantity <= (most if line.kind == rules.BUY else 1):
        raise Invalid("quantity_invalid", quantity=quantity)
    price = int(line.evidence.get("price_cents", 0))
    if (
        quantity > line.quantity
        and queries.spent(session, plan.id) + price * (quantity - line.quantity) > plan.budget_cents
    ):
        raise Invalid("budget_exceeded", budget=plan.budget_cents)
    line.quantity, line.cost_cents = quantity, price * quantity
    line.state = "proposed" if quantity else "dropped"
    line.edited_at = operation.at
    payload = {"plan_id": plan.id, "line_id": line.id, "quantity": quantity}
    record(session, operation, "plan.line_changed", branch_id=line.branch_id, bib_id=line.bib_id, payload=payload)
    return {"plan": plan.id, "line": line.id}


def approve(session: Session, operation: Operation, plan: RestockPlan) -> Answer:
    """Approve a draft: its purchases become approved lines. `carrying.carry_out_moves` then sends for the books.

    Raises `Conflict` `plan_not_editable`, `plan_incomplete`.
    """
    if not rules.may_edit(plan.state):
        raise Conflict("plan_not_editable", plan=plan.id, state=plan.state)
    if not queries.is_complete(session, plan):
        raise Conflict("plan_incomplete", plan=plan.id)
    _decide(session, operation, plan, "approved")
    session.execute(
        update(RestockLine)
        .where(RestockLine.plan_id == plan.id, RestockLine.kind == rules.BUY, RestockLine.state == "proposed")
        .values(state="approved")
    )
    return {"plan": plan.id, "outcome": "approved"}


def cancel(session: Session, operation: Operation, plan: RestockPlan) -> Answer:
    """Call a plan back: nothing more is bought or sent for. `carrying.recall_transfers` stops what has not set out.

    Raises `Conflict` `plan_not_cancellable`.
    """
    if not rules.may_cancel(plan.state):
        raise Conflict("plan_not_cancellable", plan=plan.id, state=plan.state)
    _decide(session, operation, plan, "cancelled")
    lines = RestockLine.plan_id == plan.id
    session.execute(update(RestockLine).where(lines, RestockLine.state != "ordered").values(state="dropped"))
    return {"plan": plan.id, "outcome": "cancelled"}


def _decide(session: Session, operation: Operation, plan: RestockPlan, state: str) -> None:
    plan.state, plan.decided_at = state, operation.at
    record(session, operation, f"plan.{state}", branch_id=plan.branch_id, payload={"plan_id": plan.id})
