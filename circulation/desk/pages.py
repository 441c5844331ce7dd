"""The desk: one field for everything, and the keeper's lists of books on the move and wishes to answer.

A scan is posted as a form, by the script in the page or by the browser itself. The script asks for JSON and gets the new line
of the log and the reader's bar as drawn by the same macros, so that both ways look and mean the same.
"""

from flask import Blueprint, flash, jsonify, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.desk import journal, moves, places, services, worklists
from circulation.desk.rules import classify
from circulation.holds import services as holds
from circulation.logistics import services as logistics
from circulation.wishes import services as wishes
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel import decisions
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import redirect_after_post, render
from library.kernel.problems import wants_json

bp = Blueprint("circulation_desk", __name__, template_folder="../templates")

STEPS = {
    "pick": logistics.pick,
    "dispatch": logistics.dispatch,
    "receive": logistics.receive,
    "shelve": logistics.shelve,
    "miss": logistics.miss,
}
MOST_TOGETHER = 200


@bp.get("/desk")
def desk() -> str:
    """Show the field, the reader at the desk, today's log and what is to do."""
    actor = require("lend")
    with reading() as session:
        branch = places.desk_of(session, actor, request.args.get("branch"))
        page = journal.desk_page(session, actor, branch, request.args.get("after"))
    return render("circulation/desk/desk.html", **page)


@bp.post("/desk")
def scan() -> Response:
    """Take one scan; without the script the next page shows what it came to."""
    form = request.form
    found = classify(form.get("code", ""))
    content = {
        **{name: form.get(name) or None for name in ("operation_id", "branch", "after", "item", "wish", "confirmed")},
        "code": found.code,
    }
    with writing() as session:
        branch = branch_by_code(session, form.get("branch", ""))
        require("lend", branch)
        operation = begin(services.DESK_KIND, content, branch_id=branch.id, channel="desk")
        at_desk = services.AtDesk(
            branch=branch,
            scan=found,
            reader_id=services.reader_at(session, operation, form.get("after")),
            item_id=form.get("item", type=int),
            wish=form.get("wish", ""),
            confirmed=tuple(form.get("confirmed", "").split()),
        )
        answer = once(session, operation, content, lambda: services.take(session, operation, at_desk))
    if not wants_json():
        after = f"&after={operation.id}" if answer.get("reader") else ""
        return redirect_after_post(f"/desk?branch={branch.code}{after}")
    with reading() as session:
        return jsonify(journal.drawn(session, operation.id))


@bp.get("/desk/moves")
def moves_page() -> str:
    """List what to send, what to receive, and what is kept for readers."""
    actor = require("distribute")
    with reading() as session:
        branch = places.desk_of(session, actor, request.args.get("branch"), "distribute")
        outgoing, incoming = moves.outgoing(session, branch), moves.incoming(session, branch)
        page = {
            "branch": branch,
            "branches": places.desks_of(session, actor, "distribute"),
            "outgoing": outgoing,
            "incoming": incoming,
            "kept": moves.kept(session, branch),
            "send_together": (
                moves.together(outgoing, "pick", _("All picked"), branch),
                moves.together(outgoing, "dispatch", _("Send all that is picked"), branch),
            ),
            "receive_together": (
                moves.together(incoming, "receive", _("Receive all"), branch),
                moves.together(incoming, "shelve", _("All on the shelf"), branch),
            ),
        }
    return render("circulation/desk/moves.html", **page)


@bp.post("/desk/moves/<any(pick, dispatch, receive, shelve, miss):step>")
def take_step(step: str) -> Response:
    """Take one step with one transfer or with all that wait for it; what does not fit now is said, the rest is done."""
    ids = _ids(request.form.get("transfers", ""))
    content = {"operation_id": request.form.get("operation_id"), "step": step, "transfers": ids}
    with writing() as session:
        branch = branch_by_code(session, request.form.get("branch", ""))
        require("distribute", branch)
        operation = begin(f"transfer_{step}", content, branch_id=branch.id, channel="desk")
        answer = once(session, operation, content, lambda: _stepped(session, operation, branch, step, ids))
    refused = {reason["code"]: reason for reason in answer["reasons"]}
    if answer["done"]:
        flash(ngettext("%(num)s book done.", "%(num)s books done.", answer["done"]), "ok")
    for reason in decisions.render(refused.values(), "staff"):
        flash(reason["text"], "warn")
    return redirect_after_post(f"/desk/moves?branch={branch.code}")


def _ids(text: str) -> list[int]:
    parts = text.split(",")[:MOST_TOGETHER]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise Invalid("invalid_request")
    return [int(part) for part in parts]


def _stepped(session: Session, operation: Operation, branch: Branch, step: str, ids: list[int]) -> Answer:
    """Take the step for each transfer that concerns this branch."""
    here = worklists.concerning(session, branch.id, step, ids)
    answers = [STEPS[step](session, operation, transfer_id) for transfer_id in here]
    done = sum(answer["decision"] == "allowed" for answer in answers)
    return {"decision": "allowed", "done": done, "reasons": [one for answer in answers for one in answer["reasons"]]}


@bp.post("/desk/holds/<int:hold_id>/aside")
def put_aside(hold_id: int) -> Response:
    """Note that a reserved book was fetched from the shelf and put aside."""
    content = {"operation_id": request.form.get("operation_id"), "hold": hold_id}
    with writing() as session:
        branch = branch_by_code(session, request.form.get("branch", ""))
        require("lend", branch)
        worklists.require_kept_here(session, branch.id, hold_id)
        operation = begin("set_aside", content, branch_id=branch.id, channel="desk")
        answer = once(session, operation, content, lambda: holds.set_aside(session, operation, hold_id))
    _tell(answer, _("Put aside for the reader."))
    return redirect_after_post(f"/desk/moves?branch={branch.code}#kept")


@bp.get("/desk/wishes")
def wishes_page() -> str:
    """List the wishes of the branch and of what is below it that wait for an answer."""
    actor = require("lend")
    with reading() as session:
        branch = places.desk_of(session, actor, request.args.get("branch"))
        waiting = journal.open_wishes(session, branch)
    return render("circulation/desk/wishes.html", branch=branch, wishes=waiting, outcomes=journal.wish_outcomes())


@bp.post("/desk/wishes/<int:wish_id>")
def answer_wish(wish_id: int) -> Response:
    """Answer one wish."""
    state, words = request.form.get("state", ""), request.form.get("answer", "").strip()
    content = {"operation_id": request.form.get("operation_id"), "wish": wish_id, "state": state, "answer": words}
    with writing() as session:
        branch = worklists.branch_of_wish(session, wish_id)
        require("lend", branch)
        operation = begin("answer_wish", content, branch_id=branch.id, channel="desk")

        def act() -> Answer:
            return wishes.answer_wish(session, operation, wish_id=wish_id, state=state, answer=words)

        answer = once(session, operation, content, act)
    _tell(answer, _("The answer is sent."))
    return redirect_after_post("/desk/wishes")


def _tell(answer: Answer, done: str) -> None:
    if answer["decision"] == "allowed":
        flash(done, "ok")
    for reason in decisions.render(answer["reasons"], "staff"):
        flash(reason["text"], "warn")
