"""Groups over HTTP: make one, change its term, lend it a list and take a list back."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

import circulation.groups.sentences  # noqa: F401  defines the words of this room's problems
import library.patrons.sentences  # noqa: F401  the same for the groups themselves
from circulation.groups import entry, listing, services
from circulation.groups.schemas import (
    GroupChangeIn,
    GroupIn,
    GroupPage,
    GroupQuery,
    GroupWithLoansOut,
    LendListIn,
    ListIn,
    ListOut,
    MemberIn,
)
from circulation.lending.presenting import candidates_of
from library.accounts.access import granted_paths, require
from library.branches.services import branch_by_code, branch_by_id, codes_of
from library.kernel import clock
from library.kernel.api import ApiBlueprint, OperationIn, page_of
from library.kernel.db import reading, writing
from library.kernel.decisions import render
from library.kernel.operations import Answer, Operation, begin, once
from library.patrons import groups
from library.patrons.models import PatronGroup

blp = ApiBlueprint("groups", __name__, description="Classes and groups that borrow together")


@blp.route("/groups")
@blp.arguments(GroupQuery, location="query")
@blp.response(200, GroupPage)
def list_groups(query: dict[str, Any]) -> dict[str, Any]:
    """List the groups that are not over, with how much each has on loan."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, query["branch"]) if "branch" in query else None
        actor = require("lend", branch)
        paths = (branch.path,) if branch is not None else granted_paths(actor, "lend")
        found, total = listing.groups(session, paths, clock.today(), offset=(page - 1) * per_page, limit=per_page)
    return page_of(found, total, page, per_page)


@blp.route("/groups", methods=["POST"])
@blp.arguments(GroupIn)
@blp.response(200, GroupWithLoansOut)
def make_group(body: dict[str, Any]) -> dict[str, Any]:
    """Make a group, with a card of its own."""
    operation = begin("create_group", body)
    with writing() as session:
        branch = branch_by_code(session, body["branch"])
        require("register_patrons", branch)

        def act() -> Answer:
            made = groups.create_group(
                session,
                operation,
                name=body["name"],
                branch=branch,
                term_ends_on=body["term_ends_on"],
                card=body.get("card"),
            )
            return {"outcome": "done", "group": made.id, "moved": 0}

        answer = once(session, operation, body, act)
    return _shown(answer)


@blp.route("/groups/<int:group_id>")
@blp.response(200, GroupWithLoansOut)
def show_group(group_id: int) -> dict[str, Any]:
    """Show a group and what it has on loan."""
    with reading() as session:
        group = groups.group_by_id(session, group_id)
        require("lend", branch_by_id(session, group.branch_id))
    return _shown({"group": group_id, "moved": 0})


@blp.route("/groups/<int:group_id>", methods=["PATCH"])
@blp.arguments(GroupChangeIn)
@blp.response(200, GroupWithLoansOut)
def change_group(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Change the name or the end of the term."""

    def act(session: Session, operation: Operation, group: PatronGroup) -> Answer:
        return services.change(session, operation, group, name=body["name"], term_ends_on=body["term_ends_on"])

    return _changed("change_group", body, group_id, act)


@blp.route("/groups/<int:group_id>/end", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, GroupWithLoansOut)
def end_group(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """End a group that has nothing on loan."""
    return _changed("end_group", body, group_id, services.end)


@blp.route("/groups/<int:group_id>/members", methods=["POST"])
@blp.arguments(MemberIn)
@blp.response(200, GroupWithLoansOut)
def join(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Name a member of a group."""

    def act(session: Session, operation: Operation, group: PatronGroup) -> Answer:
        groups.add_member(session, operation, group, body["patron"])
        return {"outcome": "done", "group": group.id, "moved": 0}

    return _changed("join_group", body, group_id, act)


@blp.route("/groups/<int:group_id>/members/remove", methods=["POST"])
@blp.arguments(MemberIn)
@blp.response(200, GroupWithLoansOut)
def leave(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Let a member leave a group."""

    def act(session: Session, operation: Operation, group: PatronGroup) -> Answer:
        groups.remove_member(session, operation, group, body["patron"])
        return {"outcome": "done", "group": group.id, "moved": 0}

    return _changed("leave_group", body, group_id, act)


@blp.route("/groups/<int:group_id>/loans", methods=["POST"])
@blp.arguments(LendListIn)
@blp.response(200, ListOut)
def lend(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Lend a list of copies to a group; every line is decided by itself. Sent again, what was done is not done twice."""
    content = {name: value for name, value in body.items() if name != "dry_run"}
    return _with_words(entry.lend_list(group_id, content, dry_run=body["dry_run"]))


@blp.route("/groups/<int:group_id>/returns", methods=["POST"])
@blp.arguments(ListIn)
@blp.response(200, ListOut)
def take_back(body: dict[str, Any], group_id: int) -> dict[str, Any]:
    """Take a list of copies back; sent again, what was done is not done twice."""
    return _with_words(entry.return_list(group_id, body))


def _changed(
    kind: str, body: dict[str, Any], group_id: int, act: Callable[[Session, Operation, PatronGroup], Answer]
) -> dict[str, Any]:
    content = {**body, "group": group_id}
    operation = begin(kind, content)
    with writing() as session:
        group = groups.group_by_id(session, group_id)
        require("register_patrons", branch_by_id(session, group.branch_id))
        answer = once(session, operation, content, lambda: act(session, operation, group))
    return _shown(answer)


def _shown(answer: Answer) -> dict[str, Any]:
    with reading() as session:
        group_id = answer["group"]
        return {
            **listing.group_view(session, group_id, clock.today()),
            "members": [member.id for member in groups.members_of(session, group_id)],
            "still_out": listing.still_out(session, group_id),
            "moved": answer.get("moved", 0),
        }


def _with_words(answer: Answer) -> dict[str, Any]:
    """Return an answer with its sentences, codes of places and titles of candidates; one look into the database for all."""
    lines = answer["lines"]
    with reading() as session:
        places = codes_of(session, {line.get("destination") for line in lines})
        candidates = {line["code"]: candidates_of(session, line["candidates"] or ()) for line in lines}
    shown = [
        {
            **line,
            "reasons": render(line["reasons"], "staff"),
            "destination": places.get(line.get("destination") or 0),
            "candidates": candidates[line["code"]],
        }
        for line in lines
    ]
    return {**answer, "lines": shown}
