"""点单: ask for a book the county does not have, and see what became of it."""

from collections.abc import Mapping

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from circulation.wishes import listing, services
from circulation.wishes.cards import wish_card
from library.accounts.access import require_reader
from library.branches.choice import chosen_branch
from library.kernel import decisions
from library.kernel.db import reading, writing
from library.kernel.operations import begin, once
from library.kernel.pages import redirect_after_post, render
from library.patrons.services import patron_by_id

bp = Blueprint("circulation_wishes", __name__, template_folder="../templates")

FIELDS = ("title", "creator", "note")


@bp.get("/wish")
def ask() -> str:
    """Show the form, with the words of the search that found nothing already in it."""
    require_reader()
    return _page({"title": request.args.get("q", "")[: services.TITLE_CHARACTERS]}, {})


@bp.post("/wish")
def wish() -> Response | tuple[str, int]:
    """Take the wish down and show it among the reader's own."""
    patron_id = require_reader().id
    assert patron_id is not None
    form = {name: request.form.get(name, "") for name in FIELDS}
    if not form["title"].strip():
        return _page(form, {"title": _("Write a title or what you would like to learn.")}), 422
    content = {"operation_id": request.form.get("operation_id"), **form}
    operation = begin("record_wish", content)
    with writing() as session:
        branch = chosen_branch(session)
        branch_id = branch.id if branch else patron_by_id(session, patron_id).home_branch_id
        answer = once(
            session,
            operation,
            content,
            lambda: services.record_wish(session, operation, patron_id=patron_id, branch_id=branch_id, **form),
        )
    if answer["decision"] != "allowed":
        flash(" ".join(one["text"] for one in decisions.render(answer["reasons"], "reader")), "warn")
        return redirect_after_post("/wish")
    flash(_("Thank you. Your wish is written down."), "ok")
    return redirect_after_post("/me#wishes")


@bp.post("/wish/<int:wish_id>/cancel")
def cancel(wish_id: int) -> Response:
    """Take back one of the reader's own wishes that nobody has answered yet."""
    reader = require_reader()
    content = {"operation_id": request.form.get("operation_id"), "wish": wish_id}
    operation = begin("cancel_wish", content)
    with writing() as session:
        listing.require_own(session, wish_id, reader.id)
        answer = once(session, operation, content, lambda: services.cancel_wish(session, operation, wish_id))
    for one in decisions.render(answer["reasons"], "reader"):
        flash(one["text"], "warn")
    return redirect_after_post("/me#wishes")


def _page(form: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    patron_id = require_reader().id
    assert patron_id is not None
    with reading() as session:
        wishes = [wish_card(one) for one in listing.wishes_of(session, patron_id)]
    return render("circulation/reader/wish.html", form=form, wrong=wrong, wishes=wishes)
