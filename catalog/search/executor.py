"""Answers a `Query` over any source of postings and columns: match, narrow, count, order."""

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.search.columns import Columns
from catalog.search.matching import Mask, Match, PostingSource, match
from catalog.search.protocol import Hit, Hits, Ordering, Query
from catalog.search.query import Plan, plan

_POPULARITY_SHARE: Final = 0.08
_STRONG_SHARE: Final = 0.5
_TIER: Final = 10.0


class Source(PostingSource, Protocol):
    """A consistent state of an index."""

    @property
    def columns(self) -> Columns:
        """The facts of every row of this state."""


def execute(query: Query, source: Source) -> Hits:
    """Answer `query` over one state; pages of the same state never overlap or skip."""
    columns = source.columns
    planned = plan(query.text)
    if query.text.strip() and not planned.folded:
        return Hits()
    found = _matched(planned, source)
    conditions = columns.conditions(query.filters)
    base = found.mask & columns.alive
    final = base.copy()
    for mask in conditions.values():
        final &= mask
    return Hits(
        hits=_slice(query, found, final, columns),
        total=int(final.sum()),
        relaxed=found.relaxed and bool(final.any()),
        facets=_facets(columns, base, conditions),
    )


def _matched(planned: Plan, source: Source) -> Match:
    if planned.folded:
        return match(planned, source)
    size = source.columns.size
    return Match(np.ones(size, np.bool_), np.ones(size, np.float32))


def _facets(columns: Columns, base: Mask, conditions: Mapping[str, Mask]) -> dict[str, dict[str, int]]:
    counters = {
        "clc": columns.top_class.counts,
        "year": columns.year_counts,
        "audience": columns.audience.counts,
        "branch": columns.branch_counts,
    }
    facets = {}
    for name, count in counters.items():
        mask = base.copy()
        for condition, narrowed in conditions.items():
            if condition != name:
                mask &= narrowed
        facets[name] = count(mask)
    return facets


def _slice(query: Query, found: Match, final: Mask, columns: Columns) -> tuple[Hit, ...]:
    """Return the asked slice; equal records stand in the order of their ids."""
    rows = np.flatnonzero(final)
    wanted = query.offset + query.limit
    if not len(rows) or query.limit <= 0 or query.offset >= len(rows):
        return ()
    rank = _rank(query, found, columns, rows)
    if wanted < len(rows):
        least = np.partition(rank, len(rank) - wanted)[len(rank) - wanted]
        candidates = rank >= least
        rows, rank = rows[candidates], rank[candidates]
    order = np.lexsort((columns.bib_ids[rows], -rank))[query.offset : wanted]
    return tuple(Hit(int(columns.bib_ids[row]), round(float(found.scores[row]), 4)) for row in rows[order])


def _rank(query: Query, found: Match, columns: Columns, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return one number per row, larger is earlier."""
    popularity = np.log1p(columns.popularity[rows].astype(np.float64))
    if query.ordering is Ordering.POPULAR:
        return columns.popularity[rows].astype(np.float64)
    if query.ordering is Ordering.NEWEST:
        return columns.years[rows] + popularity / 100
    scores = found.scores[rows] * (1 + _POPULARITY_SHARE * popularity)
    best = float(scores.max()) or 1.0
    return scores / best - _TIER * _tiers(query, scores >= _STRONG_SHARE * best, columns, rows)


def _tiers(query: Query, strong: NDArray[np.bool_], columns: Columns, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Rank what is near first, but only among hits of comparable strength.

    Without that limit a book that mentions the words in its summary and stands in the village
    would come before the very book that was asked for.
    """
    distance = np.full(len(rows), len(query.rings), np.float64)
    for ring in reversed(range(len(query.rings))):
        distance[columns.held_in(query.rings[ring])[rows]] = ring
    if not query.rings:
        return distance
    return distance + np.where(strong, 0, len(query.rings) + 1)
