"""The planner's pages: the county at a glance, one room, one plan; each form works without scripts and may be sent twice."""

from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.restocking import entry, overview, queries, services
from circulation.restocking.presenting import class_name, in_language, present, worded
from circulation.restocking.rules import CLASSES
from library.accounts.access import require
from library.accounts.rules import gives
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock
from library.kernel.db import reading
from library.kernel.errors import Invalid
from library.kernel.pages import paging, redirect_after_post, render

bp = Blueprint("circulation_planner", __name__, template_folder="../templates")

ROOMS_A_PAGE = 3
_PLACES = ("city", "county", "central", "township")


@bp.get("/plan")
def home() -> str:
    """Show five figures, what is out of order, and every room's turnover by class."""
    today = clock.today()
    with reading() as session:
        branch = _scope(session)
        found = overview.rooms(session, branch.path, today)
        page = {
            "branch": _place(branch),
            "numbers": overview.numbers(session, branch.path, today, found),
            "exceptions": overview.exceptions(session, branch.path, today, found),
            "plans": queries.plans(session, branch.path),
            "places": _places(session, branch.path),
        }
    classes = overview.shown_classes(found)
    return render(
        "circulation/planner/overview.html", rooms=found, classes=classes, names=_names(), today=today, **page
    )


@bp.post("/plan/restock")
def make() -> Response:
    """Make a plan and show it."""
    budget = request.form.get("budget", "").strip()
    if budget and not (budget.isascii() and budget.isdigit() and len(budget) < 10):
        raise Invalid("budget_invalid", budget=budget[:20])
    answer = entry.make(
        {**_form(), "branch": request.form.get("branch", ""), "budget": int(budget) if budget else None}
    )
    return redirect_after_post(url_for(".plan", plan_id=answer["plan"]))


@bp.get("/plan/rooms/<code>")
def room(code: str) -> str:
    """Show one room: its classes with stock, loans and forecast, and what its readers asked for in vain."""
    today = clock.today()
    with reading() as session:
        branch = branch_by_code(session, code)
        require("plan", branch)
        row = next((each for each in overview.rooms(session, branch.path, today) if each.id == branch.id), None)
        forecast = queries.latest_forecast(session, branch)
        page = {"branch": _place(branch), "unmet": overview.unmet(session, branch.id, today)}
        plan = {"id": forecast[0].id, "on": forecast[0].from_on} if forecast else None
    cells = {cell["class"]: worded(cell) for cell in forecast[1]} if forecast else {}
    return render(
        "circulation/planner/room.html", row=row, plan=plan, cells=cells, classes=CLASSES, names=_names(), **page
    )


@bp.get("/plan/restock/<int:plan_id>")
def plan(plan_id: int) -> str:
    """Show a plan, a few rooms at a time, each line with its reason."""
    with reading() as session:
        found = services.plan_by_id(session, plan_id)
        require("plan", branch_by_id(session, found.branch_id))
        totals = queries.room_totals(session, found)
        pages = paging(len(totals), per_page=ROOMS_A_PAGE)
        ids = [row.id for row in totals[pages.offset : pages.offset + pages.per_page]]
        view = queries.plan_view(session, found, branch_ids=ids)
    lines = present(view)["lines"]
    by_room = {code: [line for line in lines if line["branch"] == code] for code in {line["branch"] for line in lines}}
    return render(
        "circulation/planner/plan.html",
        plan=view,
        totals=totals,
        by_room=by_room,
        paging=pages,
        in_language=in_language,
    )


@bp.post("/plan/restock/<int:plan_id>/lines/<int:line_id>")
def edit(plan_id: int, line_id: int) -> Response:
    """Change or drop a line and go back to it."""
    given = request.form.get("quantity", "")
    if not (given.isascii() and given.isdigit() and len(given) < 5):
        raise Invalid("quantity_invalid", quantity=given[:20])
    entry.edit(plan_id, line_id, {**_form(), "quantity": int(given)})
    page = request.form.get("page", "1")
    return redirect_after_post(
        url_for(".plan", plan_id=plan_id, page=page if page.isdigit() else 1, _anchor=f"l{line_id}")
    )


@bp.post("/plan/restock/<int:plan_id>/approve")
def approve(plan_id: int) -> Response:
    """Approve the plan."""
    entry.approve(plan_id, _form())
    return redirect_after_post(url_for(".plan", plan_id=plan_id))


@bp.post("/plan/restock/<int:plan_id>/cancel")
def cancel(plan_id: int) -> Response:
    """Call the plan back."""
    entry.cancel(plan_id, _form())
    return redirect_after_post(url_for(".plan", plan_id=plan_id))


def _form() -> dict[str, Any]:
    return {"operation_id": request.form.get("operation_id")}


def _scope(session: Session) -> Branch:
    """Return the place the planner looks at: `?branch=`, else the largest their role gives them."""
    actor = require("plan")
    if code := request.args.get("branch"):
        branch = branch_by_code(session, code)
        require("plan", branch)
        return branch
    granted = [grant for grant in actor.grants if gives(grant.role, "plan")]
    return branch_by_id(session, min(granted, key=lambda grant: len(grant.branch_path)).branch_id)


def _places(session: Session, path: str) -> list[tuple[str, str]]:
    """Return the places a plan can be made for, as code and name, in the order of the tree."""
    rows = session.execute(
        select(Branch.code, Branch.name, Branch.name_en)
        .where(Branch.path.startswith(path), Branch.state == "open")
        .where((Branch.kind.in_(_PLACES)) | (Branch.path == path))
        .order_by(Branch.path)
    ).all()
    return [(row.code, in_language(row.name, row.name_en)) for row in rows]


def _place(branch: Branch) -> dict[str, str]:
    return {"code": branch.code, "name": branch.name, "name_en": branch.name_en}


def _names() -> dict[str, str]:
    return {code: class_name(code) for code in CLASSES}
