"""Reading a stored plan: its lines with titles and places, room by room."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import RestockLine, RestockPlan
from circulation.restocking.rules import BUY, CLASSES, MOVE
from library.branches.models import Branch

Rows = Sequence[Any]
_FEN = 100


def plan_view(session: Session, plan: RestockPlan, *, branch_ids: Sequence[int] | None = None) -> dict[str, Any]:
    """Return a plan with rooms, forecasts and lines as ids, codes and numbers; money in yuan. ``branch_ids``:
    these rooms only.
    """
    rows = _lines(session, plan.id, branch_ids)
    rivals = _titles(session, (row.evidence.get("next_best_bib") for row in rows))
    lines = [_line(row, rivals) for row in rows]
    return {
        "id": plan.id,
        "branch": session.scalar(select(Branch.code).where(Branch.id == plan.branch_id)),
        "state": plan.state,
        "from_on": plan.from_on,
        "to_on": plan.to_on,
        "made_at": plan.made_at,
        "budget": plan.budget_cents / _FEN,
        "spent": spent(session, plan.id) / _FEN,
        "complete": is_complete(session, plan),
        "parameters": plan.parameters,
        "summary": {name: value for name, value in plan.summary.items() if name not in _ELSEWHERE},
        "rooms": _rooms(session, plan, lines, branch_ids),
        "lines": lines,
    }


_ELSEWHERE = frozenset({"forecast", "below_minimum", "not_enough_data"})


def spent(session: Session, plan_id: int) -> int:
    """Return the fen a plan costs as its lines stand."""
    cost = select(func.coalesce(func.sum(RestockLine.cost_cents), 0))
    return session.scalar(cost.where(RestockLine.plan_id == plan_id)) or 0


def is_complete(session: Session, plan: RestockPlan) -> bool:
    """Tell whether every line was stored: a crash while storing leaves a plan that can only be cancelled."""
    stored = session.scalar(select(func.count()).where(RestockLine.plan_id == plan.id)) or 0
    return bool(stored == plan.summary.get("lines", 0))


def plans(session: Session, path: str, limit: int = 10) -> Rows:
    """Return the latest plans for places under ``path``, the newest first."""
    return session.execute(
        select(RestockPlan.id, RestockPlan.state, RestockPlan.from_on, RestockPlan.budget_cents, RestockPlan.summary)
        .add_columns(Branch.name, Branch.name_en)
        .join(Branch, Branch.id == RestockPlan.branch_id)
        .where(Branch.path.startswith(path))
        .order_by(RestockPlan.id.desc())
        .limit(limit)
    ).all()


def room_totals(session: Session, plan: RestockPlan) -> Rows:
    """Return per room of a plan: titles bought and moved in, fen, and net loans a year expected; by code of the room."""
    kept = RestockLine.quantity > 0
    return session.execute(
        select(Branch.id, Branch.code, Branch.name, Branch.name_en)
        .add_columns(
            func.sum(case((kept & (RestockLine.kind == BUY), RestockLine.quantity), else_=0)).label("bought"),
            func.sum(case((kept & (RestockLine.kind == MOVE), 1), else_=0)).label("moved"),
            func.sum(RestockLine.cost_cents).label("cost_cents"),
            func.sum(case((kept, RestockLine.expected_loans), else_=0.0)).label("expected"),
        )
        .join(RestockLine, RestockLine.branch_id == Branch.id)
        .where(RestockLine.plan_id == plan.id)
        .group_by(Branch.id, Branch.code, Branch.name, Branch.name_en)
        .order_by(Branch.code)
    ).all()


def latest_forecast(session: Session, branch: Branch) -> tuple[Any, Sequence[Any]] | None:
    """Return id and day of the latest plan that looked at a room, and its forecast by class; None when there is none."""
    above = [int(part) for part in branch.path.strip("/").split("/")]
    for plan in session.scalars(
        select(RestockPlan).where(RestockPlan.branch_id.in_(above)).order_by(RestockPlan.id.desc()).limit(5)
    ):
        if cells := plan.summary.get("forecast", {}).get(str(branch.id)):
            return plan, [_cell(cell, 0) for cell in cells]
    return None


def _lines(session: Session, plan_id: int, branch_ids: Sequence[int] | None) -> Rows:
    source = aliased(Branch)
    of_source = (source.code.label("source_code"), source.name.label("source_name"), source.name_en.label("source_en"))
    statement = (
        select(*RestockLine.__table__.c, Bib.title, Bib.creators_text, Branch.code, Item.barcode, *of_source)
        .join(Bib, Bib.id == RestockLine.bib_id)
        .join(Branch, Branch.id == RestockLine.branch_id)
        .outerjoin(Item, Item.id == RestockLine.item_id)
        .outerjoin(source, source.id == RestockLine.from_branch_id)
        .where(RestockLine.plan_id == plan_id)
        .order_by(Branch.code, RestockLine.kind, RestockLine.expected_loans.desc(), RestockLine.id)
    )
    if branch_ids is not None:
        statement = statement.where(RestockLine.branch_id.in_(branch_ids))
    return session.execute(statement).all()


def _line(row: Any, rivals: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "branch": row.code,
        "bib": {"id": row.bib_id, "title": row.title, "creators": row.creators_text},
        "item": row.item_id,
        "barcode": row.barcode,
        "from_branch": row.source_code,
        "from_name": row.source_name,
        "from_name_en": row.source_en,
        "quantity": row.quantity,
        "proposed_quantity": row.proposed_quantity,
        "cost": row.cost_cents / _FEN,
        "class": row.class_code,
        "expected_loans": row.expected_loans,
        "state": row.state,
        "transfer": row.transfer_id,
        "confidence": row.evidence.get("confidence"),
        "evidence": row.evidence,
        "rival": rivals.get(row.evidence.get("next_best_bib") or 0, ""),
    }


def _titles(session: Session, bib_ids: Iterable[int | None]) -> dict[int, str]:
    wanted = sorted({bib for bib in bib_ids if bib is not None})
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found.update({row.id: row.title for row in session.execute(select(Bib.id, Bib.title).where(Bib.id.in_(part)))})
    return found


def _rooms(
    session: Session, plan: RestockPlan, lines: Sequence[Mapping[str, Any]], branch_ids: Sequence[int] | None
) -> list[dict[str, Any]]:
    """Return the rooms served, with their forecast by class and how many titles each class is to get."""
    forecasts: Mapping[str, Any] = plan.summary.get("forecast", {})
    proposed: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line["branch"], line["class"])
        proposed[key] = proposed.get(key, 0) + (1 if line["quantity"] else 0)
    wanted = [int(room) for room in forecasts] if branch_ids is None else branch_ids
    rows = session.execute(
        select(Branch.id, Branch.code, Branch.name, Branch.name_en).where(Branch.id.in_(wanted)).order_by(Branch.code)
    ).all()
    short, silent = set(plan.summary.get("below_minimum", ())), set(plan.summary.get("not_enough_data", ()))
    return [
        {
            "branch": row.code,
            "name": row.name,
            "name_en": row.name_en,
            "below_minimum": row.id in short,
            "enough_data": row.id not in silent,
            "expected_loans": round(sum(cell[1] for cell in forecasts.get(str(row.id), ())), 2),
            "classes": [_cell(cell, proposed.get((row.code, cell[0]), 0)) for cell in forecasts.get(str(row.id), ())],
        }
        for row in rows
    ]


def _cell(cell: Sequence[Any], proposed: int) -> dict[str, Any]:
    code, expected, low, high, loans, evidence = cell
    assert code in CLASSES
    return {
        "class": code,
        "expected_loans": expected,
        "low": low,
        "high": high,
        "loans": loans,
        "confidence": evidence,
        "proposed_titles": proposed,
    }
