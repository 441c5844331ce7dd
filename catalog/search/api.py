"""Searching over the API; open to everybody."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from catalog.bibs.services import bib_card
from catalog.search import services
from catalog.search.asking import note_when_in_vain
from catalog.search.engines import engine
from catalog.search.facets import named_facets
from catalog.search.protocol import Ordering
from catalog.search.schemas import SearchOut, SearchQuery
from catalog.search.services import SearchPage, SearchRequest
from library.branches.services import branch_by_code
from library.kernel.api import ApiBlueprint, page_of
from library.kernel.db import reading

blp = ApiBlueprint("search", __name__, description="Finding books")


@blp.route("/bibs", methods=["GET"])
@blp.arguments(SearchQuery, location="query")
@blp.response(200, SearchOut)
def search(query: dict[str, Any]) -> dict[str, Any]:
    """Find books by words, pinyin or number, with what can be borrowed where."""
    with reading() as session:
        asked = _request(session, **query)
        page = services.search(session, engine(), asked)
        answer = _present(page, asked)
    note_when_in_vain(asked, page)
    return answer


def _request(session: Session, *, q: str, near: str, sort: str, **filters: Any) -> SearchRequest:
    place = branch_by_code(session, near) if near else None
    return SearchRequest(text=q, near=place, sort=Ordering(sort), **filters)


def _present(page: SearchPage, asked: SearchRequest) -> dict[str, Any]:
    items = [{**bib_card(bib), "availability": list(page.availability.get(bib.id, ()))} for bib in page.bibs]
    return {
        **page_of(items, page.total, asked.page, asked.per_page),
        "facets": {name: [asdict(facet) for facet in found] for name, found in named_facets(page).items()},
        "did_you_mean": page.meant,
        "took_ms": page.took_ms,
    }
