"""Pages about books: one book, and the lists to browse."""

from flask import Blueprint, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.bibs import listing
from catalog.bibs.models import Bib
from catalog.bibs.services import bib_by_id
from catalog.bibs.sheet import copies_of, facts_of
from catalog.items import words
from catalog.items.availability import whereabouts
from library.branches.choice import chosen_branch
from library.branches.rounds import next_van_day
from library.branches.wording import van_words
from library.kernel import clock
from library.kernel.db import reading
from library.kernel.pages import paging, redirect_after_post, render

bp = Blueprint("catalog_bibs", __name__, template_folder="../templates")

MOST_COPIES = 100


@bp.get("/b/<int:bib_id>")
def show(bib_id: int) -> str | Response:
    """Show one book; the address of a merged one leads to its successor."""
    with reading() as session:
        bib = bib_by_id(session, bib_id)
        if bib.id != bib_id:
            return redirect_after_post(f"/b/{bib.id}")
        page = _book_page(session, bib)
    return render("catalog/book.html", **page)


def _book_page(session: Session, bib: Bib) -> dict[str, object]:
    branch = chosen_branch(session)
    here = branch.code if branch else None
    today = clock.today()
    entries = whereabouts().availability(session, [bib.id], branch_id=branch.id if branch else None).get(bib.id, [])
    chip = words.state_of(entries, here, today)
    copies = copies_of(session, bib.id, MOST_COPIES)
    statuses = whereabouts().item_statuses(session, [copy.id for copy in copies])
    return {
        "bib": bib,
        "state": chip,
        "offer": words.hold_offer(entries, here),
        "places": words.places(entries, here, today),
        "copies": [copy.cells(statuses.get(copy.id), today) for copy in copies],
        "van": van_words(next_van_day(session, branch.id, today), today) if branch else "",
        "call_number": next((copy.call_number for copy in copies if copy.branch_code == here), ""),
        "facts": facts_of(bib),
    }


@bp.get("/new")
def new() -> str:
    """List the newest books."""
    return _browse("new", _("New books"))


@bp.get("/rank")
def rank() -> str:
    """List what is borrowed most."""
    return _browse("rank", _("Most borrowed"))


@bp.get("/kids")
def kids() -> str:
    """List the children's books."""
    return _browse("kids", _("For children"))


def _browse(name: str, heading: str) -> str:
    with reading() as session:
        branch = chosen_branch(session)
        here = branch is not None and request.args.get("here") == "1"
        branch_id = branch.id if branch is not None and here else None
        pages = paging(listing.count(session, name, branch_id=branch_id))
        bibs = listing.browse(session, name, branch_id=branch_id, limit=pages.per_page, offset=pages.offset)
        books = with_chips(session, list(bibs))
    return render(
        "catalog/browse.html",
        heading=heading,
        path=f"/{name}",
        here=here,
        books=books,
        number=pages.page,
        pages=pages.pages,
        first=pages.offset,
    )


def with_chips(session: Session, bibs: list[Bib]) -> list[dict[str, object]]:
    """Return the bibs with the state of each as seen from the chosen branch."""
    branch = chosen_branch(session)
    found = whereabouts().availability(session, [bib.id for bib in bibs], branch_id=branch.id if branch else None)
    here = branch.code if branch else None
    return [{"bib": bib, "chip": words.state_of(found.get(bib.id, []), here, clock.today())} for bib in bibs]
