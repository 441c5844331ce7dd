"""What a desk prints: the journal of the day, the slip of a visit, the mat with the barcodes of the commands."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, get_template_attribute, jsonify, request
from werkzeug.wrappers import Response

import circulation.desk.sentences  # noqa: F401  defines the words of this room's problems
from circulation.desk import slips, today
from circulation.desk.chain import DESK_KIND
from circulation.desk.commands import ACTIONS, MODES, PICKS
from library.accounts import desks
from library.accounts.access import require
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.barcodes import code128
from library.kernel.db import reading
from library.kernel.errors import Invalid, NotFound
from library.kernel.models import OperationRow
from library.kernel.pages import paging, render
from library.kernel.problems import wants_json

bp = Blueprint("circulation_desk_papers", __name__, template_folder="../templates")


@bp.get("/desk/today")
def journal() -> str:
    """Show every scan of a day at the desks of a branch, with totals; each line can be undone on its day."""
    actor = require("lend")
    wanted = today.Filter(
        on=_day(request.args.get("on", "")),
        kind=request.args.get("show", "") if request.args.get("show") in today.WORDS else "",
        account_id=request.args.get("who", type=int),
    )
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
        day = today.day_of(session, branch, wanted)
        pages = paging(len(day.rows), per_page=today.PER_PAGE)
        context = {
            "branch": branch,
            "branches": desks.desks_of(session, actor),
            "wanted": wanted,
            "day": day,
            "entries": today.entries_of(session, day, pages.offset),
            "kinds": today.WORDS,
            "paging": pages,
            "here": _address("page"),
            "back": request.full_path.rstrip("?"),
        }
    return render("circulation/desk/journal.html", **context)


def _address(without: str) -> str:
    """Return the present address without one of its parts, ready for another to be added."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != without]
    return f"{request.path}?{urlencode(kept)}"


def _day(text: str) -> date:
    """Return the day asked for, today without one; a day to come is today. Raises `Invalid` `date_invalid`."""
    try:
        asked = date.fromisoformat(text) if text else clock.today()
    except ValueError as error:
        raise Invalid("date_invalid", date=text[:20]) from error
    return min(asked, clock.today())


@bp.get("/desk/receipt/<scan_id>")
def receipt(scan_id: str) -> str | Response:
    """Show the slip of the visit to which a scan belongs, 80 mm wide; the desk's script gets it to print in its place."""
    require("lend")
    with reading() as session:
        row = session.get(OperationRow, scan_id)
        if row is None or row.kind != DESK_KIND:
            raise NotFound("unknown_scan", scan=scan_id[:36])
        require("lend", session.get_one(Branch, row.branch_id))
        slip = slips.slip_of(session, row)
        if wants_json():
            return jsonify({"slip": str(get_template_attribute("circulation/desk/slip_parts.html", "slip")(slip))})
        return render("circulation/desk/receipt.html", slip=slip, scan_id=scan_id)


@bp.get("/desk/mat")
def mat() -> str:
    """Show the sheet with the barcodes of the commands, to be printed and put on the desk."""
    actor = require("lend")
    with reading() as session:
        branch = desks.desk_of(session, actor, request.args.get("branch"))
    groups = [[(command, code128(command.code)) for command in group] for group in (MODES, ACTIONS, PICKS)]
    return render("circulation/desk/mat.html", branch=branch, groups=groups)
