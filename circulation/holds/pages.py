"""Reserving a book, one tap on its page and one here with the promised day; and changing a reservation from the own page."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.bibs.listing import resolve
from circulation.holds import changes, placing, queueing, services
from circulation.holds.cards import hold_cards, when
from circulation.holds.places import pickup_places
from circulation.holds.reasons import COPY_OUT_OF_REACH, NOT_A_PICKUP_PLACE, PICKUP_BRANCH_CLOSED, PICKUP_OUT_OF_REACH
from circulation.policies.explaining import grounds
from library.accounts.access import require_reader
from library.branches.choice import chosen_branch
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock, decisions
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Answer, Operation, begin, once, system_operation
from library.kernel.pages import redirect_after_post, render
from library.patrons.services import patron_by_id

bp = Blueprint("circulation_holds", __name__, template_folder="../templates")

MINE = "/me#holds"
# Another place may be better; any other refusal is the same everywhere.
_OF_THE_PLACE = frozenset({NOT_A_PICKUP_PLACE, PICKUP_BRANCH_CLOSED, PICKUP_OUT_OF_REACH, COPY_OUT_OF_REACH})


@bp.get("/holds/new")
def confirm() -> str:
    """Show when the book would come to the reader's village, or to another place they look at, and ask for a yes."""
    patron_id = _reader_id()
    bib_id = request.args.get("bib", type=int)
    with reading() as session:
        bib = resolve(session, bib_id) if bib_id else None
        if bib is None:
            raise NotFound("unknown_bib", bib=bib_id)
        patron = patron_by_id(session, patron_id)
        pickup = _looked_at(session) or chosen_branch(session) or branch_by_id(session, patron.home_branch_id)
        # Looking ahead writes nothing; the operation only tells the time.
        ahead = placing.forecast(
            session, system_operation("look_ahead"), patron_id=patron_id, pickup_branch_id=pickup.id, bib_id=bib.id
        )
        refused = {reason["code"] for reason in ahead["reasons"]}
        page = {
            "bib": bib,
            "pickup": pickup,
            "places": pickup_places(session, patron, clock.today()) if refused <= _OF_THE_PLACE else (),
            "forecast": _forecast(ahead),
            "refusals": _texts(ahead),
            "why": grounds(session, [ahead]),
        }
    return render("circulation/reader/hold.html", **page)


@bp.post("/holds")
def place() -> Response:
    """Put the reader into the queue and show where the reservation stands."""
    patron_id, bib_id = _reader_id(), request.form.get("bib", type=int)
    if bib_id is None:
        raise Invalid("bib_or_item_required")
    pickup, last_day = request.form.get("pickup", ""), _day("expires_on")
    content = {"operation_id": request.form.get("operation_id"), "bib": bib_id, "pickup": pickup, "until": last_day}
    operation = begin("place_hold", content)
    back = f"/holds/new?bib={bib_id}"
    if not _is_sound(last_day, least=clock.today()):
        return redirect_after_post(back)
    with writing() as session:
        branch_id = branch_by_code(session, pickup).id

        def act() -> Answer:
            wanted: dict[str, Any] = {"patron_id": patron_id, "bib_id": bib_id, "pickup_branch_id": branch_id}
            return services.place_hold(session, operation, **wanted, expires_on=last_day)

        answer = once(session, operation, content, act)
    with reading() as session:
        why = grounds(session, [answer])
    _tell(answer, _placed(answer), why)
    return redirect_after_post(MINE if answer["decision"] == "allowed" else f"/b/{bib_id}")


@bp.get("/holds/<int:hold_id>")
def show(hold_id: int) -> str:
    """Show what the reader can change about a reservation that waits."""
    patron_id = _reader_id()
    with reading() as session:
        cards = hold_cards(session, patron_id, hold_id)
        if not cards:
            raise NotFound("unknown_hold", hold=hold_id)
        places = pickup_places(session, patron_by_id(session, patron_id), clock.today())
    return render("circulation/reader/change_hold.html", hold=cards[0], places=places)


@bp.post("/holds/<int:hold_id>/cancel")
def cancel(hold_id: int) -> Response:
    """Give up one of the reader's own reservations."""
    operation, content = _begin("cancel_hold", hold_id)
    done = _("The reservation is cancelled.")
    return _step(operation, content, hold_id, done, lambda session: services.cancel_hold(session, operation, hold_id))


@bp.post("/holds/<int:hold_id>/suspend")
def suspend(hold_id: int) -> Response:
    """Let a reservation be passed over until a day, or until the reader says so."""
    until = _day("until")
    operation, content = _begin("suspend_hold", hold_id, until=until)
    if not _is_sound(until, least=clock.today(), is_least_too_early=True):
        return redirect_after_post(f"/holds/{hold_id}")
    done = _("Paused. You keep your place in the queue.")
    return _step(
        operation, content, hold_id, done, lambda session: queueing.suspend(session, operation, hold_id, until)
    )


@bp.post("/holds/<int:hold_id>/resume")
def resume(hold_id: int) -> Response:
    """Let a reservation go on waiting."""
    operation, content = _begin("resume_hold", hold_id)
    done = _("You are waiting again, in your old place.")
    return _step(operation, content, hold_id, done, lambda session: queueing.resume(session, operation, hold_id))


@bp.post("/holds/<int:hold_id>/move")
def move(hold_id: int) -> Response:
    """Collect the book of a reservation that waits at another place."""
    code = request.form.get("pickup", "")
    operation, content = _begin("move_hold", hold_id, pickup=code)

    def act(session: Session) -> Answer:
        return queueing.move_pickup(session, operation, hold_id, branch_by_code(session, code).id)

    return _step(operation, content, hold_id, _("The book will be brought there."), act)


def _reader_id() -> int:
    reader = require_reader()
    assert reader.id is not None
    return reader.id


def _begin(kind: str, hold_id: int, **values: object) -> tuple[Operation, Mapping[str, Any]]:
    content = {"operation_id": request.form.get("operation_id"), "hold": hold_id, **values}
    return begin(kind, content), content


def _step(
    operation: Operation,
    content: Mapping[str, Any],
    hold_id: int,
    done: str,
    act: Callable[[Session], Answer],
) -> Response:
    """Take a step of one of the reader's own reservations and go back to them; another's is unknown."""
    patron_id = _reader_id()
    with writing() as session:
        if changes.by_id(session, hold_id).patron_id != patron_id:
            raise NotFound("unknown_hold", hold=hold_id)
        answer = once(session, operation, content, lambda: act(session))
    with reading() as session:
        why = grounds(session, [answer])
    _tell(answer, done, why)
    return redirect_after_post(MINE)


def _looked_at(session: Session) -> Branch | None:
    code = request.args.get("pickup", "")
    return branch_by_code(session, code) if code else None


def _day(name: str) -> date | None:
    """Return the day of a form's field, None for an empty one; `date.min` for what is no day."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _is_sound(day: date | None, *, least: date, is_least_too_early: bool = False) -> bool:
    """Tell whether a day is none, or one that lies ahead; else tell the reader what to write."""
    if day is None or day > least or (day == least and not is_least_too_early):
        return True
    if day == date.min:
        flash(_("Write the day like this: %(example)s.", example=f"{least.year}-12-31"), "warn")
    else:
        flash(_("That day is over. Choose a later one."), "warn")
    return False


def _forecast(ahead: Answer) -> list[str]:
    """Return what a reader can expect, in sentences."""
    day = date.fromisoformat(ahead["promised_on"]) if ahead["promised_on"] else None
    told = []
    if ahead["waiting"]:
        waiting = ngettext(
            "%(num)s reader waits for it already.", "%(num)s readers wait for it already.", ahead["waiting"]
        )
        told.append(str(waiting))
    if day is None:
        return [*told, str(_("Nobody can say yet on which day it comes. You will see it here."))]
    return [*told, str(_("It should be there: %(day)s.", day=when(day, clock.today())))]


def _placed(answer: Answer) -> str:
    hold = answer.get("hold") or {}
    if hold.get("state") == "ready":
        return str(_("Reserved. The keeper puts it aside for you."))
    if hold.get("promised_on"):
        day = when(date.fromisoformat(hold["promised_on"]), clock.today())
        return str(_("Reserved. It should be there on %(day)s.", day=day))
    return str(_("Reserved. You will see here when it has come."))


def _texts(answer: Answer) -> list[str]:
    return [reason["text"] for reason in decisions.render(answer["reasons"], "reader")]


def _tell(answer: Answer, done: str, why: Sequence[str] = ()) -> None:
    if answer["decision"] == "allowed":
        flash(done, "ok")
        return
    flash(" ".join([*_texts(answer), *why]), "warn")
