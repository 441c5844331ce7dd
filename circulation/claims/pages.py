"""The keeper's pages of what went wrong: open cases, one loan, one copy, the loans of one reader."""

from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.bibs.models import Bib
from catalog.items.services import item_by_id, items_by_code
from circulation.claims import listing
from circulation.claims.access import require_own_or_lending, require_settling
from circulation.claims.cards import case_card, loan_line
from circulation.claims.claiming import claim_returned
from circulation.claims.damage import note_damaged, note_missing
from circulation.claims.lost import declare_lost
from circulation.claims.recall import recall, undo_recall
from circulation.claims.settling import case_by_id, settle
from circulation.lending import history
from circulation.lending.due_why import why_due
from circulation.lending.presenting import candidates_of
from circulation.models import Loan
from circulation.policies.explaining import Explanation, explanations
from circulation.whereabouts.services import item_statuses
from library.accounts import desks
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import decisions
from library.kernel.db import reading, writing
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import paging, redirect_after_post, render
from library.patrons.rules import masked_name
from library.patrons.services import patron_by_id

bp = Blueprint("circulation_claims", __name__, template_folder="../templates")

PER_PAGE = 20
LONGEST_NOTE = 200


@bp.get("/desk/cases")
def cases_page() -> str:
    """List the cases of a branch and below it; the settled ones under a tab of their own."""
    actor = require("lend")
    state = "settled" if request.args.get("state") == "settled" else "open"
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        wanted = listing.CaseFilter((branch.path,), state=state)
        _rows, total = listing.cases(session, wanted, offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        rows, total = listing.cases(session, wanted, offset=pages.offset, limit=PER_PAGE)
        page = {
            "branch": branch,
            "branches": desks.desks_of(session, actor),
            "state": state,
            "waiting": listing.open_count(session, branch.path),
            "cases": [case_card(row, actor, branch.path) for row in rows],
            "paging": pages,
        }
    return render("circulation/claims/cases.html", **page)


@bp.post("/desk/cases/<int:case_id>")
def settle_case(case_id: int) -> Response:
    """Settle one case."""
    content = {**_form("outcome", "note", "branch"), "case": case_id}
    operation = begin("settle_case", content, channel="desk")
    with writing() as session:
        case = case_by_id(session, case_id)
        require_settling(session, case, content["outcome"] or "")
        branch = branch_by_code(session, content["branch"] or "")
        require("lend", branch)

        def act() -> Answer:
            outcome, note = content["outcome"] or "", _note(content["note"])
            return settle(session, operation, case_id, outcome, branch=branch, note=note)

        answer = once(session, operation, content, act)
    _tell(answer, _("Settled."))
    return redirect_after_post(f"/desk/cases?branch={content['branch']}")


@bp.get("/desk/loans/<int:loan_id>")
def loan_page(loan_id: int) -> str:
    """Show one loan and what may be said about it."""
    require("lend")
    with reading() as session:
        branch = require_own_or_lending(session, loan_id, None)
        past = history.one(session, loan_id)
        assert past is not None
        wanted = listing.CaseFilter(("/",), state="open", item_id=past.item_id)
        waiting, _total = listing.cases(session, wanted, offset=0, limit=PER_PAGE)
        is_explained = past.in_at is None and past.patron_id is not None and not past.is_on_site
        why = why_due(session, [session.get_one(Loan, loan_id)], "staff")[loan_id] if is_explained else None
        page = {"loan": loan_line(past), "past": past, "branch": branch, "cases": waiting, "why": why}
    return render("circulation/claims/loan.html", **page)


@bp.post("/desk/loans/<int:loan_id>/<any(claim, lost, recall, undo_recall):said>")
def about_loan(loan_id: int, said: str) -> Response:
    """Note what is said about a loan."""
    require("lend")
    content = {**_form("note"), "loan": loan_id, "said": said}
    operation = begin(said, content, channel="desk")
    with writing() as session:
        branch = require_own_or_lending(session, loan_id, None)
        answer = once(session, operation, content, lambda: _say(session, operation, loan_id, said, branch))
    with reading() as session:
        [told] = explanations(session, [answer])
    _tell(answer, _("Noted."), told)
    return redirect_after_post(f"/desk/loans/{loan_id}")


def _say(session: Session, operation: Operation, loan_id: int, said: str, branch: Branch) -> Answer:
    note = _note(request.form.get("note"))
    if said == "claim":
        return claim_returned(session, operation, loan_id, branch_id=branch.id, note=note)
    if said == "lost":
        return declare_lost(session, operation, loan_id, branch=branch, note=note)
    return (recall if said == "recall" else undo_recall)(session, operation, loan_id)


@bp.get("/desk/copies")
def find_copy() -> str | Response:
    """Find a copy by what is printed on it."""
    actor = require("lend")
    code = request.args.get("code", "").strip()
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        found = items_by_code(session, code) if code else []
        candidates = candidates_of(session, [item.id for item in found]) if len(found) > 1 else []
    if len(found) == 1:
        return redirect_after_post(f"/desk/copies/{found[0].id}?branch={branch.code}")
    return render("circulation/claims/find.html", branch=branch, code=code, candidates=candidates)


@bp.get("/desk/copies/<int:item_id>")
def copy_page(item_id: int) -> str:
    """Show one copy: where it is, who had it, what is noted about it."""
    actor = require("lend")
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        item = item_by_id(session, item_id)
        _past, total = history.of_copy(session, item_id, offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        past, _total = history.of_copy(session, item_id, offset=pages.offset, limit=PER_PAGE)
        cases, _count = listing.cases(
            session, listing.CaseFilter(("/",), state="all", item_id=item_id), offset=0, limit=PER_PAGE
        )
        page = {
            "branch": branch,
            "item": item,
            "bib": session.get_one(Bib, item.bib_id),
            "status": item_statuses(session, [item_id])[item_id]["status"],
            "seen_at": branch_by_id(session, item.current_branch_id),
            "loans": [loan_line(one) for one in past],
            "cases": [case_card(case, actor, branch.path) for case in cases],
            "paging": pages,
        }
    return render("circulation/claims/copy.html", **page)


@bp.post("/desk/copies/<int:item_id>/<any(damaged, missing):said>")
def about_copy(item_id: int, said: str) -> Response:
    """Note that a copy is damaged or not on its shelf."""
    content = {**_form("note", "branch"), "item": item_id, "said": said}
    operation = begin(f"note_{said}", content, channel="desk")
    note_it = note_damaged if said == "damaged" else note_missing
    with writing() as session:
        branch = branch_by_code(session, content["branch"] or "")
        require("lend", branch)

        def act() -> Answer:
            return note_it(session, operation, item_id, branch=branch, note=_note(content["note"]))

        answer = once(session, operation, content, act)
    _tell(answer, _("Noted. Put the book aside.") if said == "damaged" else _("Noted."))
    return redirect_after_post(f"/desk/copies/{item_id}?branch={content['branch']}")


@bp.get("/desk/readers/<int:patron_id>/loans")
def reader_page(patron_id: int) -> str:
    """Show what a reader has and had, to the staff of the reader's own room."""
    require("lend")
    with reading() as session:
        patron = patron_by_id(session, patron_id)
        home = branch_by_id(session, patron.home_branch_id)
        require("lend", home)
        has, _total = history.of_reader(session, patron_id, is_open=True, offset=0, limit=500)
        _past, total = history.of_reader(session, patron_id, is_open=False, offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        had, _total = history.of_reader(session, patron_id, is_open=False, offset=pages.offset, limit=PER_PAGE)
        page = {
            "branch": home,
            "reader_id": patron_id,
            "name": masked_name(patron.name),
            "has": [loan_line(one) for one in has],
            "had": [loan_line(one) for one in had],
            "paging": pages,
        }
    return render("circulation/claims/reader.html", **page)


def _form(*names: str) -> dict[str, Any]:
    return {name: request.form.get(name) or None for name in ("operation_id", *names)}


def _note(text: str | None) -> str:
    return (text or "").strip()[:LONGEST_NOTE]


def _tell(answer: Answer, done: str, why: Explanation | None = None) -> None:
    if answer["decision"] == "allowed":
        flash(done, "ok")
    for told in decisions.render(answer["reasons"], "staff"):
        flash(told["text"], "info" if told["severity"] == "notice" else "warn")
    for rule in why.first if why else ():
        flash(rule.text, "info")
