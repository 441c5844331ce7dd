"""Reserving a book from its page: one tap there, one here; and giving a reservation up."""

from datetime import date

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.bibs.listing import resolve
from catalog.items.availability import whereabouts
from circulation.holds import services
from circulation.models import Hold
from library.accounts.access import require_reader
from library.branches.choice import chosen_branch, rooms_by_area
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock, decisions
from library.kernel.days import day_words
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Answer, begin, once
from library.kernel.pages import redirect_after_post, render
from library.patrons.services import patron_by_id

bp = Blueprint("circulation_holds", __name__, template_folder="../templates")


@bp.get("/holds/new")
def confirm() -> str:
    """Ask where the reader wants to pick the book up; their own village is chosen already."""
    reader = require_reader()
    bib_id = request.args.get("bib", type=int)
    with reading() as session:
        bib = resolve(session, bib_id) if bib_id else None
        if bib is None or reader.id is None:
            raise NotFound("unknown_bib", bib=bib_id)
        pickup = chosen_branch(session) or branch_by_id(session, patron_by_id(session, reader.id).home_branch_id)
        places = [(room.code, room.name) for _area, rooms in rooms_by_area(session) for room in rooms]
        forecast = _forecast(session, bib.id)
    return render("circulation/reader/hold.html", bib=bib, places=places, pickup=pickup.code, forecast=forecast)


@bp.post("/holds")
def place() -> Response:
    """Put the reader into the queue and show where the reservation stands."""
    reader = require_reader()
    bib_id = request.form.get("bib", type=int)
    if bib_id is None or reader.id is None:
        raise Invalid("bib_or_item_required")
    patron_id, pickup = reader.id, request.form.get("pickup", "")
    content = {"operation_id": request.form.get("operation_id"), "bib": bib_id, "pickup": pickup}
    operation = begin("place_hold", content)
    with writing() as session:
        branch_id = branch_by_code(session, pickup).id

        def act() -> Answer:
            return services.place_hold(
                session, operation, patron_id=patron_id, bib_id=bib_id, pickup_branch_id=branch_id
            )

        answer = once(session, operation, content, act)
    _tell(answer, _placed(answer))
    return redirect_after_post("/me#holds" if answer["decision"] == "allowed" else f"/b/{bib_id}")


@bp.post("/holds/<int:hold_id>/cancel")
def cancel(hold_id: int) -> Response:
    """Give up one of the reader's own reservations."""
    reader = require_reader()
    content = {"operation_id": request.form.get("operation_id"), "hold": hold_id}
    operation = begin("cancel_hold", content)
    with writing() as session:
        hold = session.get(Hold, hold_id)
        if hold is None or hold.patron_id != reader.id:
            raise NotFound("unknown_hold", hold=hold_id)
        answer = once(session, operation, content, lambda: services.cancel_hold(session, operation, hold_id))
    _tell(answer, _("The reservation is cancelled."))
    return redirect_after_post("/me#holds")


def _forecast(session: Session, bib_id: int) -> str:
    waiting = services.waiting_count(session, bib_id)
    if waiting:
        return str(ngettext("%(num)s reader waits for it already.", "%(num)s readers wait for it already.", waiting))
    entries = whereabouts().availability(session, [bib_id]).get(bib_id, [])
    if any(entry["available"] for entry in entries):
        return str(_("It stands on a shelf and will be brought to you."))
    return str(_("It is on loan. You will be the next to have it."))


def _placed(answer: Answer) -> str:
    hold = answer.get("hold") or {}
    if hold.get("state") == "ready":
        return str(_("Reserved. The keeper puts it aside for you."))
    if hold.get("promised_on"):
        day = day_words(date.fromisoformat(hold["promised_on"]), clock.today())
        return str(_("Reserved. It should be there on %(day)s.", day=day))
    return str(_("Reserved. You will see here when it has come."))


def _tell(answer: Answer, done: str) -> None:
    if answer["decision"] == "allowed":
        flash(done, "ok")
        return
    flash(" ".join(reason["text"] for reason in decisions.render(answer["reasons"], "reader")), "warn")
