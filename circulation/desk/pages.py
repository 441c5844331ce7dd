"""The desk: one field for everything, and the keeper's lists of books on the move and wishes to answer.

A scan is posted as a form, by the script in the page or by the browser itself. The script asks for JSON and gets the new line
of the log and the reader's bar as drawn by the same macros, so that both ways look and mean the same.
"""

from urllib.parse import urlencode

from flask import Blueprint, flash, jsonify, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.desk import forms, moves, shown, worklists
from circulation.desk.chain import DESK_KIND
from circulation.desk.commands import Command, mode_named
from circulation.desk.kinds import Mode
from circulation.desk.scanning import Taken, take_form
from circulation.holds import services as holds
from circulation.logistics import services as logistics
from circulation.wishes import services as wishes
from library.accounts import desks
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel import decisions
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid, NotFound
from library.kernel.models import OperationRow
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import local_path, redirect_after_post, render
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
    mode = mode_named(request.args.get("mode", ""))
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        page = shown.desk_page(session, actor, branch, request.args.get("after"), mode)
    return render("circulation/desk/desk.html", **page)


@bp.post("/desk")
def scan() -> Response:
    """Take one scan, or a button of a line; without the script the next page shows what it came to."""
    asked = forms.read(request.form)
    command = asked.command
    if command is not None and not wants_json() and asked.wish != forms.UNDO and asked.pick is None:
        return _commanded(asked, command)
    taken = take_form(asked)
    back = local_path(request.form.get("back"), "")
    if not wants_json() and not back:
        return redirect_after_post(_next_page(asked, taken))
    with reading() as session:
        row = session.get_one(OperationRow, taken.operation.id)
        if not back:
            return jsonify(shown.drawn(session, row))
        flash(*shown.told(session, row))
    return redirect_after_post(back)


def _commanded(asked: forms.Asked, command: Command) -> Response:
    """Go where the barcode of a command leads a desk without a script."""
    with reading() as session:
        branch = branch_by_code(session, asked.branch)
        require("lend", branch)
    here = {"branch": branch.code, "after": asked.after}
    if command.name in set(Mode):
        return redirect_after_post(f"/desk?{urlencode({**here, 'mode': command.name})}")
    if command.name == "print" and asked.after:
        return redirect_after_post(f"/desk/receipt/{asked.after}")
    if command.name == "boxes":
        return redirect_after_post(f"/desk/moves?branch={branch.code}#in")
    if command.name != "finish":
        flash(str(command.hint), "info")
        return redirect_after_post(f"/desk?{urlencode({**here, 'mode': asked.mode})}")
    return redirect_after_post(f"/desk?branch={branch.code}")


def _next_page(asked: forms.Asked, taken: Taken) -> str:
    """Return the page after a scan without the script; the visit and the mode go on in its address."""
    goes_on = {"branch": taken.branch.code}
    if taken.answer.get("reader") or taken.answer.get("unsettled"):
        goes_on["after"] = taken.operation.id
    if asked.mode is not Mode.AUTO:
        goes_on["mode"] = str(asked.mode)
    return f"/desk?{urlencode(goes_on)}"


@bp.get("/desk/scans/<scan_id>")
def scan_drawn(scan_id: str) -> Response:
    """Answer with a scan as the log shows it, for a window whose scan was sent by another one."""
    require("lend")
    with reading() as session:
        row = session.get(OperationRow, scan_id)
        if row is None or row.kind != DESK_KIND:
            raise NotFound("unknown_scan", scan=scan_id[:36])
        require("lend", session.get_one(Branch, row.branch_id))
        return jsonify(shown.drawn(session, row))


@bp.get("/desk/moves")
def moves_page() -> str:
    """List what to send, what to receive, and what is kept for readers."""
    actor = require("distribute")
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"), "distribute")
        outgoing, incoming = moves.outgoing(session, branch), moves.incoming(session, branch)
        page = {
            "branch": branch,
            "branches": desks.desks_of(session, actor, "distribute"),
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


@bp.get("/desk/uncatalogued")
def uncatalogued_page() -> str:
    """List the copies that were lent before anybody catalogued them."""
    actor = require("lend")
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        copies = shown.uncatalogued(session, branch)
    return render("circulation/desk/uncatalogued.html", branch=branch, copies=copies)


@bp.get("/desk/wishes")
def wishes_page() -> str:
    """List the wishes of the branch and of what is below it that wait for an answer."""
    actor = require("lend")
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        waiting = shown.open_wishes(session, branch)
    return render("circulation/desk/wishes.html", branch=branch, wishes=waiting, outcomes=shown.wish_outcomes())


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
