"""The village home, what a reader has, the QR on the door, and every other printed QR."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.bibs import listing as bib_listing
from catalog.items.services import items_by_code
from circulation.holds import listing as holds_listing
from circulation.holds.cards import ended_cards, hold_cards
from circulation.lending import listing, services
from circulation.lending.cards import loan_cards, renewal_notice, wish_cards
from circulation.policies.explaining import grounds
from library.accounts.access import require_reader
from library.branches import choice
from library.branches.opening import calendar_of
from library.branches.opening_log import door_of
from library.branches.rules import OpeningMode
from library.branches.wording import hours_words
from library.kernel import clock, decisions
from library.kernel.actors import ActorKind, current_actor
from library.kernel.db import reading, writing
from library.kernel.errors import NotFound
from library.kernel.identifiers import CodeKind, parse_code
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import local_path, page_locale, redirect_after_post, remember_village, render

bp = Blueprint("circulation_lending", __name__, template_folder="../templates")

HOME_LOANS = 3
SHELF_BOOKS = 8


@bp.get("/")
def home() -> str:
    """Show the village home: search, what is new here, children's books, the reader's loans."""
    actor = current_actor()
    with reading() as session:
        page = _home(session, actor.id if actor.kind == ActorKind.PATRON else None)
    return render("circulation/reader/home.html", **page)


def _home(session: Session, patron_id: int | None) -> Mapping[str, Any]:
    branch = choice.chosen_branch(session)
    branch_id = branch.id if branch else None
    return {
        "hours": _hours(session, branch.id) if branch else None,
        "new": bib_listing.browse(session, "new", branch_id=branch_id, limit=SHELF_BOOKS),
        "kids": bib_listing.browse(session, "kids", branch_id=branch_id, limit=SHELF_BOOKS),
        "loans": loan_cards(session, patron_id, HOME_LOANS) if patron_id else (),
        "ready": holds_listing.ready_count(session, patron_id) if patron_id else 0,
    }


def _hours(session: Session, branch_id: int) -> tuple[str, str] | None:
    """Return whether the room is open; where there is no timetable the opening log knows."""
    calendar = calendar_of(session, branch_id)
    door = door_of(session, branch_id) if calendar.mode is OpeningMode.KEEPER_HOME else None
    moment = clock.now().astimezone(clock.timezone())
    return hours_words(calendar, moment.replace(tzinfo=None), door)


@bp.get("/v")
def villages() -> str:
    """List every village to choose from."""
    with reading() as session:
        townships = choice.rooms_by_area(session)
    return render("circulation/reader/villages.html", townships=townships)


@bp.get("/v/<code>")
def door(code: str) -> Response:
    """Remember the village whose door QR was scanned."""
    with reading() as session:
        branch = choice.find_room(session, code)
        if branch is None:
            raise NotFound("unknown_branch", branch=code[:64])
        response = redirect_after_post("/")
        return remember_village(response, branch.code)


@bp.get("/q/<code>")
def printed_code(code: str) -> Response:
    """Go where a printed QR leads: a book to its page, a box or a loan sheet to the desk, a card to the sign-in.

    A card identifies at a desk and never signs in: a photo of it would be a key.
    """
    printed = parse_code(code)
    if printed is None:
        raise NotFound("unknown_code", scanned=code[:64])
    if printed.kind is CodeKind.BOX:
        return redirect_after_post(f"/desk/box/{code}")
    if printed.kind is CodeKind.SHEET:
        return redirect_after_post(f"/desk/notebook/{code}")
    if printed.kind is CodeKind.PATRON:
        return redirect_after_post("/me")
    if printed.kind is not CodeKind.ITEM:
        raise NotFound("unknown_code", scanned=code)
    with reading() as session:
        copies = items_by_code(session, code)
        if not copies:
            raise NotFound("unknown_barcode", barcode=code)
        return redirect_after_post(f"/b/{copies[0].bib_id}")


@bp.get("/help")
def help_page() -> str:
    """Explain how it all works, in the language of the reader."""
    return render("help/en.html" if page_locale() == "en" else "help/zh_Hans.html")


@bp.get("/me")
def me() -> str:
    """Show a reader's loans, holds and wishes."""
    reader = require_reader()
    assert reader.id is not None
    with reading() as session:
        page = {
            "reader": reader,
            "loans": loan_cards(session, reader.id, with_why=True),
            "holds": hold_cards(session, reader.id),
            "ended": ended_cards(session, reader.id),
            "wishes": wish_cards(session, reader.id),
        }
    return render("circulation/reader/me.html", **page)


@bp.post("/me/renew")
def renew() -> Response:
    """Renew one loan of the reader and go back."""
    loan_id = request.form.get("loan", type=int)
    if loan_id is None:
        raise NotFound("unknown_loan")
    return _renew([loan_id])


@bp.post("/me/renew-all")
def renew_all() -> Response:
    """Renew every loan of the reader that can be renewed."""
    return _renew(None)


def _renew(loan_ids: list[int] | None) -> Response:
    patron_id = require_reader().id
    assert patron_id is not None
    content = {"operation_id": request.form.get("operation_id"), "loans": loan_ids}
    operation = begin("renew", content)
    with writing() as session:
        answer = once(session, operation, content, lambda: _renewed(session, operation, patron_id, loan_ids))
    reasons = {reason["code"]: reason for one in answer["renewals"] for reason in one["reasons"]}
    texts = [reason["text"] for reason in decisions.render(reasons.values(), "reader")]
    with reading() as session:
        texts += grounds(session, answer["renewals"])
    kind, words = renewal_notice(answer["renewals"], texts)
    flash(words, kind)
    return redirect_after_post(local_path(request.form.get("next"), "/me"))


def _renewed(session: Session, operation: Operation, patron_id: int, loan_ids: list[int] | None) -> Answer:
    """Renew the reader's own loans; an id that is not theirs is unknown, as if it did not exist."""
    own = [loan.id for loan, _bib, _barcode in listing.open_loans(session, patron_id)]
    wanted = own if loan_ids is None else loan_ids
    if not set(wanted) <= set(own):
        raise NotFound("unknown_loan")
    return {"renewals": [services.renew(session, operation, loan_id=loan_id) for loan_id in wanted]}
