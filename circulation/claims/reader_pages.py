"""The reader's own pages: past loans, and what to do when a book is not there any more or was returned long ago."""

from collections.abc import Callable

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from circulation.claims.cards import loan_line
from circulation.claims.claiming import claim_returned
from circulation.claims.lost import declare_lost
from circulation.lending import history
from circulation.policies.explaining import explanations
from library.accounts.access import require_reader
from library.kernel import decisions
from library.kernel.db import reading, writing
from library.kernel.errors import NotFound
from library.kernel.operations import Answer, Operation, begin, once
from library.kernel.pages import paging, redirect_after_post, render

bp = Blueprint("circulation_history", __name__, template_folder="../templates")

PER_PAGE = 20
_SAY: dict[str, Callable[[Session, Operation, int], Answer]] = {"claim": claim_returned, "lost": declare_lost}


@bp.get("/me/history")
def past_loans() -> str:
    """Show a reader's own past loans; what was forgotten is not there."""
    patron_id = require_reader().id
    assert patron_id is not None
    with reading() as session:
        _past, total = history.of_reader(session, patron_id, is_open=False, offset=0, limit=0)
        pages = paging(total, per_page=PER_PAGE)
        past, _total = history.of_reader(session, patron_id, is_open=False, offset=pages.offset, limit=PER_PAGE)
    return render("circulation/reader/history.html", loans=[loan_line(one) for one in past], paging=pages)


@bp.get("/me/loans/<int:loan_id>")
def trouble(loan_id: int) -> str:
    """Offer what a reader may say about a loan: it came back, it is lost."""
    with reading() as session:
        past = _own(session, loan_id)
    return render("circulation/reader/trouble.html", loan=loan_line(past))


@bp.post("/me/loans/<int:loan_id>/<any(claim, lost):said>")
def say(loan_id: int, said: str) -> Response:
    """Note what the reader says about a loan."""
    content = {"operation_id": request.form.get("operation_id"), "loan": loan_id, "said": said}
    operation = begin(f"reader_{said}", content)
    with writing() as session:
        _own(session, loan_id)
        answer = once(session, operation, content, lambda: _SAY[said](session, operation, loan_id))
    if answer["decision"] == "allowed":
        flash(_("We look for the book.") if said == "claim" else _("Noted as lost."), "ok")
    for told in decisions.render(answer["reasons"], "reader"):
        flash(told["text"], "info" if told["severity"] == "notice" else "warn")
    with reading() as session:
        [why] = explanations(session, [answer], "reader")
    for rule in why.first if why else ():
        flash(rule.text, "info")
    return redirect_after_post("/me")


def _own(session: Session, loan_id: int) -> history.Past:
    """Return a loan of the reader's own; another's is unknown, as if it did not exist."""
    patron_id = require_reader().id
    past = history.one(session, loan_id)
    if past is None or past.patron_id != patron_id:
        raise NotFound("unknown_loan", loan=loan_id)
    return past
