"""The door: one tap opens a room, one closes it; what happened before, and putting a past day right."""

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from library.accounts.access import require
from library.branches import hours_entry, hours_forms, hours_views, opening_log
from library.kernel.db import reading
from library.kernel.errors import Conflict, Invalid
from library.kernel.pages import local_path, paging, redirect_after_post, render
from library.kernel.problems import problem_of, words

bp = Blueprint("branches_door", __name__, url_prefix="/desk/opening")

LEND = "lend"


@bp.get("")
def door() -> str:
    """Show whether the room is open, its one button, and when it was open."""
    return _page()


@bp.post("")
def tap() -> Response:
    """Open or close the room; whoever taps twice has tapped once."""
    code, action = request.form.get("branch", ""), request.form.get("action", "")
    content = {"operation_id": request.form.get("operation_id"), "action": "close" if action == "close" else "open"}
    try:
        hours_entry.log(code, content)
    except Conflict as error:
        flash(words(problem_of(error))[1], "warn")
    else:
        flash(_("The room is closed.") if action == "close" else _("The room is open. Readers can see it."), "ok")
    return redirect_after_post(local_path(request.form.get("next"), f"/desk/opening?branch={code}"))


@bp.post("/correct")
def correct() -> Response | tuple[str, int]:
    """Write down when the room was open on a past day."""
    code = request.form.get("branch", "")
    try:
        content = {
            "operation_id": request.form.get("operation_id"),
            "on": hours_forms.day(request.form, "on"),
            "hours": request.form.get("hours", ""),
            "reason": request.form.get("reason", ""),
        }
        hours_entry.correct(code, content)
    except Invalid as error:
        title, advice = words(problem_of(error))
        return _page(_("%(title)s. %(advice)s", title=title, advice=advice)), problem_of(error).status
    flash(_("The day is put right."), "ok")
    return redirect_after_post(f"/desk/opening?branch={code}")


def _page(wrong: str = "") -> str:
    actor = require(LEND)
    with reading() as session:
        branch = hours_views.place_of(session, actor, request.values.get("branch"), LEND)
        pages = paging(opening_log.entry_count(session, branch.id))
        entries = opening_log.latest_entries(session, branch.id, pages.per_page, offset=pages.offset)
        page = {
            "branch": branch,
            "places": hours_views.options(hours_views.places_of(session, actor, LEND)),
            "status": hours_views.status(session, branch),
            "door": opening_log.door_of(session, branch.id),
            "entries": hours_views.log_rows(entries),
        }
    return render("branches/door.html", wrong=wrong, given=request.form, paging=pages, **page)
