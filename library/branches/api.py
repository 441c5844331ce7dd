"""The tree of places over HTTP; anybody may read it."""

from typing import Any

from sqlalchemy.orm import Session

import library.branches.sentences  # noqa: F401  defines the words of this room's problems
from library.branches.models import Branch
from library.branches.opening import calendar_of
from library.branches.opening_log import last_opened_at
from library.branches.rounds import next_van_day
from library.branches.rules import Calendar, next_open_day
from library.branches.schemas import BranchDetailOut, BranchPage, BranchQuery
from library.branches.services import branch_by_code, codes_of, list_branches, locations_of
from library.kernel import clock
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading

blp = ApiBlueprint("branches", __name__, description="Places: the tree, locations and opening hours")


@blp.route("/branches")
@blp.arguments(BranchQuery, location="query")
@blp.response(200, BranchPage)
def list_all(query: dict[str, Any]) -> dict[str, Any]:
    """List branches in the order of the tree."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        parent = branch_by_code(session, query["parent"]) if "parent" in query else None
        found, total = list_branches(
            session, kind=query.get("kind"), parent=parent, offset=(page - 1) * per_page, limit=per_page
        )
        codes = codes_of(session, {branch.parent_id for branch in found})
        items = [_card(branch, codes) for branch in found]
    return page_of(items, total, page, per_page)


@blp.route("/branches/<string:code>")
@blp.response(200, BranchDetailOut)
def show(code: str) -> dict[str, Any]:
    """Show one branch."""
    with reading() as session:
        return _details(session, branch_by_code(session, code))


def _card(branch: Branch, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "code": branch.code,
        "name": branch.name,
        "name_en": branch.name_en,
        "kind": branch.kind,
        "parent": codes.get(branch.parent_id) if branch.parent_id else None,
        "state": branch.state,
    }


def _details(session: Session, branch: Branch) -> dict[str, Any]:
    today = clock.today()
    calendar = calendar_of(session, branch.id)
    return {
        **_card(branch, codes_of(session, {branch.parent_id})),
        "host_type": branch.host_type,
        "phone": branch.phone,
        "latitude": branch.latitude,
        "longitude": branch.longitude,
        "locations": [
            {"code": place.code, "name": place.name, "audience": place.audience, "is_lendable": place.is_lendable}
            for place in locations_of(session, branch.id)
        ],
        "hours": _hours(calendar),
        "opening_mode": calendar.mode,
        "last_opened_at": last_opened_at(session, branch.id),
        "next_open_on": next_open_day(calendar, today),
        "next_van_on": next_van_day(session, branch.id, today),
    }


def _hours(calendar: Calendar) -> list[dict[str, Any]]:
    pattern = calendar.pattern_on(clock.today())
    if pattern is None:
        return []
    return [
        {"weekday": weekday, "opens": f"{span.opens:%H:%M}", "closes": f"{span.closes:%H:%M}"}
        for weekday, spans in sorted(pattern.sessions.items())
        for span in sorted(spans)
    ]
