"""The keeper's pages of groups: lend a list with one scan of the card and one of each book, take it back, print it."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.groups import entry, listing, services
from circulation.groups.cards import copy_rows, group_card, result_of
from library.accounts import desks
from library.accounts.access import permits, require
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock
from library.kernel.barcodes import code128
from library.kernel.days import day_words
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.identifiers import parse_code
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import paging, redirect_after_post, render
from library.patrons import groups
from library.patrons.models import PatronGroup

bp = Blueprint("circulation_groups", __name__, template_folder="../templates")

PER_PAGE = 20
# Rows of the tick sheet that are left empty, for books that come along without a scan.
EMPTY_ROWS = 3


@bp.get("/desk/groups")
def groups_page() -> str | Response:
    """List the groups of a branch and below it; a scanned card leads to its group."""
    actor = require("lend")
    card = request.args.get("card", "").strip()
    with reading() as session:
        if card:
            group = groups.group_by_card(session, card)
            # A group of another room is opened by its card, so the card goes along.
            foreign = not permits(actor, "lend", branch_by_id(session, group.branch_id))
            return redirect_after_post(f"/desk/groups/{group.id}" + (f"?card={quote(card)}" if foreign else ""))
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        today = clock.today()
        _none, total = listing.groups(session, (branch.path,), today, offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        found, _total = listing.groups(session, (branch.path,), today, offset=pages.offset, limit=PER_PAGE)
        page = {
            "branch": branch,
            "branches": desks.desks_of(session, actor),
            "groups": [group_card(one) for one in found],
            "paging": pages,
            "may_make": permits(actor, "register_patrons", branch),
        }
    return render("circulation/groups/groups.html", **page)


@bp.post("/desk/groups")
def make_group() -> Response:
    """Make a group with a card of its own."""
    content = _form("branch", "name", "term_ends_on")
    operation = begin("create_group", content, channel="desk")
    with writing() as session:
        branch = branch_by_code(session, content["branch"] or "")
        require("register_patrons", branch)
        name, term = _name(content), _day(content["term_ends_on"])

        def act() -> Answer:
            made = groups.create_group(session, operation, name=name, branch=branch, term_ends_on=term)
            return {"outcome": "done", "group": made.id}

        answer = once(session, operation, content, act)
    return redirect_after_post(f"/desk/groups/{answer['group']}")


@bp.get("/desk/groups/<int:group_id>")
def group_page(group_id: int) -> str:
    """Show a group: what is still out, the fields for a list to lend and one to take back, and what the last one came to."""
    actor = require("lend")
    done = request.args.get("done", "")
    with reading() as session:
        group = entry.group_shown(session, group_id, request.args.get("card"))
        home = branch_by_id(session, group.branch_id)
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        page = {
            "group": group_card(listing.group_view(session, group_id, clock.today())),
            "branch": branch,
            "scanned": request.args.get("card", ""),
            "out": copy_rows(listing.still_out(session, group_id)),
            "result": result_of(session, done, actor, group_id) if done else None,
            "may_change": permits(actor, "register_patrons", home),
        }
    return render("circulation/groups/group.html", **page)


@bp.post("/desk/groups/<int:group_id>")
def change_group(group_id: int) -> Response:
    """Change the name or the end of the term."""
    content = {**_form("name", "term_ends_on"), "group": group_id}

    def act(session: Session, operation: Operation, group: PatronGroup) -> Answer:
        name, term = _name(content), _day(content["term_ends_on"])
        return services.change(session, operation, group, name=name, term_ends_on=term)

    answer = _changed("change_group", content, group_id, act)
    moved = answer.get("moved", 0)
    flash(_("Saved."), "ok")
    if moved:
        flash(ngettext("%(num)s loan follows.", "%(num)s loans follow.", moved), "info")
    return redirect_after_post(f"/desk/groups/{group_id}")


@bp.post("/desk/groups/<int:group_id>/end")
def end_group(group_id: int) -> Response:
    """End a group that has nothing on loan."""
    _changed("end_group", {**_form(), "group": group_id}, group_id, services.end)
    flash(_("The group is over."), "ok")
    return redirect_after_post("/desk/groups")


@bp.post("/desk/groups/<int:group_id>/lend")
def lend(group_id: int) -> Response:
    """Lend a list; what the keeper has confirmed is lent all the same."""
    confirmed = (request.form.get("confirmed") or "").split()
    content = {**_form("branch", "codes", "card"), "overrides": [{"code": code, "reason": ""} for code in confirmed]}
    answer = entry.lend_list(group_id, content)
    _tell(answer)
    return _to_result(group_id, content)


@bp.post("/desk/groups/<int:group_id>/return")
def take_back(group_id: int) -> Response:
    """Take a list back: what was ticked, and what was scanned."""
    content = _form("branch", "codes", "card")
    ticked = request.form.getlist("barcode")
    content["codes"] = "\n".join([*ticked, content["codes"] or ""])
    answer = entry.return_list(group_id, content)
    _tell(answer)
    return _to_result(group_id, content)


@bp.get("/desk/groups/<int:group_id>/<any(sheet, handover):paper>")
def print_list(group_id: int, paper: str) -> str:
    """Print the list: to tick off who has which book, or to hand over with signatures."""
    require("lend")
    with reading() as session:
        group = entry.group_shown(session, group_id, request.args.get("card"))
        home = branch_by_id(session, group.branch_id)
        shown = group_card(listing.group_view(session, group_id, clock.today()))
        out = listing.still_out(session, group_id)
    card = shown["card"] or ""
    page = {
        "group": shown,
        "branch": home,
        "scanned": request.args.get("card", ""),
        "out": out,
        "empty_rows": EMPTY_ROWS,
        "printed_on": day_words(clock.today(), clock.today()),
        "cents": sum(copy.price_cents or 0 for copy in out),
        "unpriced": sum(copy.price_cents is None for copy in out),
        "code": code128(card) if parse_code(card) else None,
    }
    return render(f"circulation/groups/{paper}.html", **page)


def _changed(
    kind: str, content: dict[str, Any], group_id: int, act: Callable[[Session, Operation, PatronGroup], Answer]
) -> Answer:
    operation = begin(kind, content, channel="desk")
    with writing() as session:
        group = groups.group_by_id(session, group_id)
        require("register_patrons", branch_by_id(session, group.branch_id))
        return once(session, operation, content, lambda: act(session, operation, group))


def _form(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name) or None for name in ("operation_id", *names)}


def _name(content: dict[str, Any]) -> str:
    name = (content["name"] or "").strip()[:200]
    if not name:
        raise Invalid("invalid_request")
    return name


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid("invalid_request") from error


def _tell(answer: Answer) -> None:
    done, total = answer["done"], len(answer["lines"])
    words = _("%(done)s of %(total)s done.", done=done, total=total)
    flash(words, "ok" if done == total else "warn")


def _to_result(group_id: int, content: dict[str, Any]) -> Response:
    where = f"/desk/groups/{group_id}?done={content['operation_id']}&branch={content['branch']}"
    return redirect_after_post(where + (f"&card={quote(content['card'])}" if content["card"] else ""))
