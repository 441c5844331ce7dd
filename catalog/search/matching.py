"""Finds and scores records for a plan, over postings held as arrays.

Every record has a row number; a set of records is a boolean array over the rows and a score is
a float array over them. Scoring is BM25 (Robertson and Zaragoza 2009, *The Probabilistic
Relevance Framework*) over weighted term frequencies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.search.analysis import class_key, isbn_key, title_key
from catalog.search.query import MOST_TERMS, Clause, Plan, rarest

Rows = NDArray[np.int32]
Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]

BAG: Final = "bag"
PINYIN: Final = "pinyin"
KEYS: Final = "keys"

_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.4
_GRAM_SHARE: Final = 0.4
_PINYIN_SHARE: Final = 0.4
_LEAST_FOUND: Final = 0.4
_WHOLE_TITLE_BONUS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Postings:
    """Rows that hold a term, ascending, and the weight of the term in each."""

    rows: Rows
    weights: Scores


@dataclass(frozen=True, slots=True)
class Match:
    """Rows found and their scores; `relaxed` when not everything asked for was found."""

    mask: Mask
    scores: Scores
    relaxed: bool = False


class PostingSource(Protocol):
    """Where the executor finds postings and record lengths."""

    @property
    def documents(self) -> int:
        """Number of records, without rows that were deleted."""

    @property
    def lengths(self) -> Scores:
        """Length of each row relative to the mean length."""

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term in rows that are not deleted, empty when no record holds it."""


def match(plan: Plan, source: PostingSource) -> Match:
    """Find the rows for `plan`: identifiers, then all terms, then most of the terms."""
    identified = _identified(plan, source)
    if identified is not None:
        return identified
    found = _Matcher(plan, source)
    mask = found.all_terms()
    relaxed = not mask.any()
    if relaxed:
        mask, quality = found.most_terms()
        scores = found.scores(pinyin=True) * quality
    else:
        scores = found.scores(pinyin=False)
    return Match(mask, found.with_title_bonus(scores, mask), relaxed)


def _identified(plan: Plan, source: PostingSource) -> Match | None:
    size = len(source.lengths)
    keys = []
    if plan.isbn:
        keys.append(isbn_key(plan.isbn))
    if plan.class_prefix:
        keys.append(class_key(plan.class_prefix))
    for key in keys:
        rows = source.postings(KEYS, key).rows
        if len(rows):
            mask = _mask(rows, size)
            return Match(mask, mask.astype(np.float32))
    return None


class _Matcher:
    def __init__(self, plan: Plan, source: PostingSource) -> None:
        self.plan = plan
        self.source = source
        self.size = len(source.lengths)
        self.norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * source.lengths)

    def all_terms(self) -> Mask:
        """Rows where every clause is found in one of its readings."""
        mask = self._intersection(BAG, ())
        for clause in self.plan.clauses:
            mask &= self._clause(clause)
            if not mask.any():
                break
        if self._all_latin():
            for spelling in self.plan.spellings:
                mask |= self._rows(PINYIN, spelling)
        return mask

    def most_terms(self) -> tuple[Mask, Scores]:
        """Rows with at least 40 % of the terms of one reading, and that share."""
        clauses = self.plan.clauses
        shares = [
            self._share(BAG, [word for c in clauses for word in c.words]),
            self._share(BAG, [gram for c in clauses for gram in c.grams or c.words]),
        ]
        if self.plan.syllable_count > 1 or self._all_latin():
            shares.append(self._share(PINYIN, [pair for c in clauses for pair in c.pinyin]))
        share = np.maximum.reduce(shares)
        for spelling in self.plan.spellings:
            share[self._rows(PINYIN, spelling)] = 1.0
        return share >= _LEAST_FOUND, share

    def scores(self, *, pinyin: bool) -> Scores:
        """Sum of the BM25 contributions of all terms of the plan."""
        total = np.zeros(self.size, np.float32)
        clauses = self.plan.clauses
        self._add(total, BAG, (word for c in clauses for word in c.words), 1.0)
        self._add(total, BAG, (gram for c in clauses for gram in c.grams), _GRAM_SHARE)
        if pinyin or self._all_latin():
            self._add(total, PINYIN, (s for c in clauses for s in c.pinyin), _PINYIN_SHARE)
            self._add(total, PINYIN, self.plan.spellings, 1.0)
        return total

    def with_title_bonus(self, scores: Scores, mask: Mask) -> Scores:
        """Lift the records whose whole title was typed above every other."""
        titled = self.source.postings(KEYS, title_key(self.plan.folded))
        if len(titled.rows) and mask.any():
            scores[titled.rows] += _WHOLE_TITLE_BONUS * titled.weights * scores[mask].max()
        return scores

    def _all_latin(self) -> bool:
        return all(clause.latin for clause in self.plan.clauses)

    def _clause(self, clause: Clause) -> Mask:
        mask = self._intersection(BAG, clause.words)
        if clause.grams:
            mask |= self._intersection(BAG, clause.grams)
        if clause.latin and clause.pinyin and not mask.any():
            mask |= self._intersection(PINYIN, clause.pinyin)
        return mask

    def _intersection(self, field: str, terms: Sequence[str]) -> Mask:
        mask = np.ones(self.size, np.bool_)
        for term in self._rarest(field, terms):
            mask &= self._rows(field, term)
        return mask

    def _share(self, field: str, terms: Sequence[str]) -> Scores:
        chosen = self._rarest(field, dict.fromkeys(terms))
        counts = np.zeros(self.size, np.float32)
        for term in chosen:
            counts[self.source.postings(field, term).rows] += 1
        return counts / np.float32(max(1, len(chosen)))

    def _add(self, total: Scores, field: str, terms: Iterable[str], worth: float) -> None:
        for term in self._rarest(field, dict.fromkeys(terms)):
            found = self.source.postings(field, term)
            if not len(found.rows):
                continue
            frequency = len(found.rows)
            rarity = np.log1p((self.source.documents - frequency + 0.5) / (frequency + 0.5))
            saturated = found.weights / (found.weights + self.norm[found.rows])
            total[found.rows] += worth * rarity * (_SATURATION + 1) * saturated

    def _rarest(self, field: str, terms: Iterable[str]) -> list[str]:
        distinct = list(dict.fromkeys(terms))
        if len(distinct) <= MOST_TERMS:
            return distinct
        return rarest((t, len(self.source.postings(field, t).rows)) for t in distinct)

    def _rows(self, field: str, term: str) -> Mask:
        return _mask(self.source.postings(field, term).rows, self.size)


def _mask(rows: Rows, size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    return mask
