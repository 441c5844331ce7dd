"""Searching for readers and programs: the index finds and orders, the database says where the copies are.

The index knows where copies stand, as a help for filters and order. Whether a copy can be borrowed
is always asked of the database: for the records on the page, and as a set of ids for filters.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.listing import shown
from catalog.bibs.models import Bib
from catalog.items.availability import whereabouts
from catalog.items.services import items_by_code
from catalog.search.protocol import Filters, Hits, Ordering, Query, SearchEngine
from catalog.search.query import clean, is_scanned_code
from catalog.search.rules import noted, parse_years, suggestion
from catalog.search.wording import INVALID_PAGE, INVALID_PER_PAGE
from library.branches.models import Branch
from library.branches.services import branch_by_code, subtree_ids
from library.kernel import events
from library.kernel.errors import Invalid
from library.kernel.operations import Operation

MOST_PER_PAGE: Final = 100
DEEPEST: Final = 10_000
"""Records that can be paged through; nobody reads further, and every page costs a sort of all before it."""


MOST_BRANCHES: Final = 20
"""Branches named beside the hits, those that hold most of them."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as it is asked for.

    `branch` limits to what stands in that branch or below it, with `available` to what can be
    borrowed there now. `near` is where the reader is: what stands there comes first.
    """

    text: str = ""
    branch: str = ""
    available: bool = False
    clc: str = ""
    year: str = ""
    audience: str = ""
    sort: Ordering = Ordering.RELEVANCE
    page: int = 1
    per_page: int = 20
    near: Branch | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits with what is known of each; facets are value → number of records.

    `available_near` is how many of all hits can be borrowed where the reader is, None without a
    place. `is_relaxed`: nothing held everything that was typed; `meant` is then a better spelling, if
    there is one close by.
    """

    bibs: list[Bib]
    total: int
    availability: Mapping[int, list[dict[str, Any]]] = field(default_factory=dict)
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    branches: Mapping[int, Branch] = field(default_factory=dict)
    is_relaxed: bool = False
    meant: str | None = None
    available_near: int | None = None
    took_ms: float = 0.0


def search(session: Session, engine: SearchEngine, request: SearchRequest) -> SearchPage:
    """Answer a search.

    Raises `Invalid` `invalid_page`, `invalid_per_page` or `invalid_year`, `NotFound`
    `unknown_branch`, and `SearchUnavailable`.
    """
    started = time.perf_counter()
    _check_paging(request)
    query = _query(session, request)
    found = _find(session, engine, query, request)
    bibs = _bibs(session, [hit.bib_id for hit in found.hits])
    place = branch_by_code(session, request.branch) if request.branch else request.near
    availability = whereabouts().availability(session, [bib.id for bib in bibs], branch_id=place.id if place else None)
    return SearchPage(
        bibs=bibs,
        total=found.total,
        availability=availability,
        facets=found.facets,
        branches=_branches(session, found),
        is_relaxed=found.relaxed,
        meant=suggestion(request.text, (bib.title for bib in bibs)) if found.relaxed else None,
        available_near=_available_near(session, engine, query, request),
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )


def note_nothing_found(session: Session, operation: Operation, request: SearchRequest) -> None:
    """Keep what was looked for in vain and where, nothing about who; a source of what to buy."""
    text = noted(request.text)
    if text is None:
        return
    branch_id = request.near.id if request.near else None
    if branch_id is None and request.branch:
        branch_id = branch_by_code(session, request.branch).id
    events.record(session, operation, "search.empty", branch_id=branch_id, payload={"q": text})


def is_in_vain(request: SearchRequest, page: SearchPage) -> bool:
    """Tell whether the county has nothing of what was asked for, and not only nothing behind a filter."""
    narrowed = request.available or request.clc or request.year or request.audience or request.branch
    return page.total == 0 and request.page == 1 and not narrowed and noted(request.text) is not None


def _check_paging(request: SearchRequest) -> None:
    if request.page < 1 or request.page * request.per_page > DEEPEST:
        raise Invalid(INVALID_PAGE, page=request.page)
    if not 1 <= request.per_page <= MOST_PER_PAGE:
        raise Invalid(INVALID_PER_PAGE, per_page=request.per_page, most=MOST_PER_PAGE)


def _query(session: Session, request: SearchRequest) -> Query:
    first, last = parse_years(request.year) if request.year.strip() else (None, None)
    places: frozenset[int] = frozenset()
    bib_ids: frozenset[int] | None = None
    if request.branch:
        places = frozenset(subtree_ids(session, branch_by_code(session, request.branch).id))
    if request.available:
        asked = places or frozenset(session.scalars(select(Branch.id)))
        bib_ids = frozenset(whereabouts().available_bib_ids(session, asked))
    return Query(
        text=request.text,
        filters=Filters(
            clc=request.clc.strip().upper(),
            year_from=first,
            year_to=last,
            audience=request.audience.strip(),
            branch_ids=frozenset() if request.available else places,
            bib_ids=bib_ids,
        ),
        ordering=request.sort,
        rings=_rings(session, request.near) if request.near else (),
        offset=(request.page - 1) * request.per_page,
        limit=request.per_page,
    )


def _rings(session: Session, near: Branch) -> tuple[frozenset[int], ...]:
    """Return where the reader is, and everything under the same parent, which the same van reaches."""
    here = frozenset([near.id])
    if near.parent_id is None:
        return (here,)
    return here, frozenset(subtree_ids(session, near.parent_id))


def _find(session: Session, engine: SearchEngine, query: Query, request: SearchRequest) -> Hits:
    """Search; what looks like the number of a copy and finds nothing is looked up among the copies.

    Every other condition still holds.
    """
    found = engine.search(query)
    if found.total or not is_scanned_code(request.text):
        return found
    bib_ids = frozenset(item.bib_id for item in items_by_code(session, clean(request.text)))
    if not bib_ids:
        return found
    allowed = query.filters.bib_ids
    named = replace(query.filters, bib_ids=bib_ids if allowed is None else bib_ids & allowed)
    return engine.search(replace(query, text="", filters=named))


def _bibs(session: Session, bib_ids: list[int]) -> list[Bib]:
    """Return the records in the given order, without those withdrawn since the index was written."""
    found = {bib.id: bib for bib in session.scalars(select(Bib).where(Bib.id.in_(bib_ids), *shown()))}
    return [found[bib_id] for bib_id in bib_ids if bib_id in found]


def _branches(session: Session, found: Hits) -> Mapping[int, Branch]:
    """Return the branches that hold most of what was found."""
    counts = found.facets.get("branch", {})
    ids = [int(branch_id) for branch_id in sorted(counts, key=lambda one: (-counts[one], int(one)))[:MOST_BRANCHES]]
    return {branch.id: branch for branch in session.scalars(select(Branch).where(Branch.id.in_(ids)))}


def _available_near(session: Session, engine: SearchEngine, query: Query, request: SearchRequest) -> int | None:
    """Count those of the hits that can be borrowed where the reader is; of all that was chosen only the place may change."""
    if request.near is None:
        return None
    available = frozenset(whereabouts().available_bib_ids(session, [request.near.id]))
    here = replace(query.filters, branch_ids=frozenset(), bib_ids=available)
    return engine.search(replace(query, filters=here, rings=(), offset=0, limit=0)).total
