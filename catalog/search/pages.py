"""The page of results, for readers."""

import math
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import ngettext

from catalog.items import words
from catalog.search import services
from catalog.search.asking import note_when_in_vain
from catalog.search.engines import engine
from catalog.search.facets import Facet, named_facets, year_words
from catalog.search.protocol import Ordering
from catalog.search.query import clean
from catalog.search.services import SearchPage, SearchRequest
from catalog.search.wording import INVALID_PAGE
from library.branches.choice import chosen_branch
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.actors import ActorKind, current_actor
from library.kernel.db import reading
from library.kernel.errors import Invalid
from library.kernel.pages import MOST_DIGITS, PER_PAGE, render

bp = Blueprint("catalog_search", __name__, template_folder="../templates")

KEPT: Final = ("q", "here", "kids", "clc", "year", "sort")
"""The parts of the address that a link to another choice keeps."""

_NO_FILTERS: Final = {"here": "", "kids": "", "clc": "", "year": ""}

Link = tuple[str, str, bool]
CountedLink = tuple[str, str, bool, int]


@bp.get("/s")
def results() -> str:
    """Show what was found, the reader's own village first."""
    with reading() as session:
        village = chosen_branch(session)
        asked = _request(village)
        page = services.search(session, engine(), asked)
        context = _context(asked, page, village)
    note_when_in_vain(asked, page)
    return render("catalog/results.html", **context)


def _request(village: Branch | None) -> SearchRequest:
    is_here = village is not None and request.args.get("here") == "1"
    sort = request.args.get("sort", "")
    return SearchRequest(
        text=request.args.get("q", ""),
        branch=village.code if village is not None and is_here else "",
        available=is_here,
        clc=request.args.get("clc", "")[:60],
        year=request.args.get("year", ""),
        audience="children" if request.args.get("kids") == "1" else "",
        sort=Ordering(sort) if sort in set(Ordering) else Ordering.RELEVANCE,
        page=_page_number(),
        per_page=PER_PAGE,
        near=village,
    )


def _page_number() -> int:
    given = request.args.get("page", "1")
    if len(given) > MOST_DIGITS or not (given.isascii() and given.isdigit()):
        raise Invalid(INVALID_PAGE, page=given[:20])
    return int(given)


def _context(asked: SearchRequest, page: SearchPage, village: Branch | None) -> dict[str, Any]:
    facets = named_facets(page)
    shown_text = clean(asked.text)
    return {
        "text": shown_text,
        "heading": _heading(shown_text, page),
        "scopes": _scopes(page, facets["audience"], village),
        "chosen": _chosen(asked, facets),
        "classes": [_narrowing("clc", facet) for facet in facets["clc"]],
        "years": [_narrowing("year", facet) for facet in facets["year"]],
        "orders": _orders(asked),
        "wider": _address(**_NO_FILTERS) if any(request.args.get(name) for name in _NO_FILTERS) else "",
        "books": [_book(bib, page, village) for bib in page.bibs],
        "meant": (page.meant, _address(q=page.meant)) if page.meant else None,
        "is_relaxed": page.is_relaxed and not page.meant,
        "number": asked.page,
        "pages": min(math.ceil(page.total / asked.per_page), services.DEEPEST // asked.per_page),
        "other_page": _address() + ("&" if _address() != "/s" else "?") + "page={page}",
        "pickup": village.code if village and current_actor().kind == ActorKind.PATRON else "",
    }


def _heading(text: str, page: SearchPage) -> str:
    if text:
        found = ngettext("“%(text)s”: %(num)s title", "“%(text)s”: %(num)s titles", page.total, text=text)
    else:
        found = ngettext("%(num)s title", "%(num)s titles", page.total)
    if not page.available_near:
        return str(found)
    return str(_("%(found)s, %(count)s of them in your village", found=found, count=page.available_near))


def _scopes(page: SearchPage, audiences: Sequence[Facet], village: Branch | None) -> list[Link | CountedLink]:
    """Return the choices above the list: everything, here now, for children; the last two may hold together."""
    here, kids = request.args.get("here") == "1", request.args.get("kids") == "1"
    children = sum(facet.count for facet in audiences if facet.value == "children")
    everything = _("All, my village first") if village else _("All")
    scopes: list[Link | CountedLink] = [(_address(here="", kids=""), everything, not here and not kids)]
    if village and page.available_near is not None:
        scopes.append((_address(here="1"), _("To take in my village"), here, page.available_near))
    if children or kids:
        scopes.append((_address(kids="1"), _("For children"), kids, children))
    return scopes


def _chosen(asked: SearchRequest, facets: dict[str, list[Facet]]) -> list[tuple[str, str]]:
    """Return the conditions in force, each with the address without it."""
    classes = {facet.value: facet.label for facet in facets["clc"]}
    chosen = []
    if asked.clc:
        chosen.append((classes.get(asked.clc, asked.clc), _address(clc="")))
    if asked.year:
        chosen.append((year_words(asked.year) if "-" in asked.year else asked.year, _address(year="")))
    return chosen


def _narrowing(name: str, facet: Facet) -> tuple[str, str, int]:
    return facet.label, _address(**{name: facet.value}), facet.count


def _orders(asked: SearchRequest) -> list[Link]:
    names = {
        Ordering.RELEVANCE: _("Best match first"),
        Ordering.NEWEST: _("Newest first"),
        Ordering.POPULAR: _("Most borrowed first"),
    }
    return [
        (_address(sort="" if order is Ordering.RELEVANCE else str(order)), name, asked.sort is order)
        for order, name in names.items()
    ]


def _book(bib: Any, page: SearchPage, village: Branch | None) -> dict[str, Any]:
    entries = page.availability.get(bib.id, [])
    here = village.code if village else None
    return {
        "bib": bib,
        "chip": words.state_of(entries, here, clock.today()),
        "offer": words.hold_offer(entries, here) if entries else "",
        "is_here": any(entry["branch"] == here and entry["available"] for entry in entries),
    }


def _address(**changes: str) -> str:
    """Return the address of this search with other choices, on its first page; an empty value drops a part."""
    kept = {name: request.args.get(name, "") for name in KEPT} | changes
    values = {name: value for name, value in kept.items() if value}
    return f"/s?{urlencode(values)}" if values else "/s"
