"""Reads what somebody typed and plans how to look for it. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from catalog.search.analysis import LONGEST_TERM
from library.kernel.identifiers import normalise_isbn
from library.kernel.text import (
    bigrams,
    fold,
    fold_pinyin,
    han_runs,
    is_han,
    pinyin_keys,
    split_pinyin,
    tokens,
)

LONGEST_QUERY: Final = 200
"""Characters looked at; nobody types more, and pasted pages must not cost seconds."""

MOST_TERMS: Final = 12
"""Terms of one kind that take part in a query, the rarest first."""

_CLASS_NOTATION: Final = re.compile(r"[A-KN-VXZ][A-Z]?\d[\d.\-/=+()\"]*", re.IGNORECASE)
_SCANNED_CODE: Final = re.compile(r"[A-Z]{0,4}\d{4,20}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the query that must be found, in any one of its readings.

    `words` are looked for in every column, `grams` in title and author only, `pinyin` are
    syllables (pairs where there are two or more) of title and author.
    """

    words: tuple[str, ...]
    grams: tuple[str, ...] = ()
    pinyin: tuple[str, ...] = ()
    latin: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the executor needs; an empty plan means "no text given"."""

    folded: str = ""
    clauses: tuple[Clause, ...] = ()
    spellings: tuple[str, ...] = ()
    """``=full`` and ``~initials`` of the whole query."""
    isbn: str = ""
    class_prefix: str = ""

    @property
    def syllable_count(self) -> int:
        """Number of pinyin terms over all clauses."""
        return sum(len(clause.pinyin) for clause in self.clauses)


def clean(text: str) -> str:
    """Return the part of a typed text that is looked at, without unprintable characters."""
    printable = (c if c.isprintable() else " " for c in text[:LONGEST_QUERY])
    return " ".join("".join(printable).split())


def is_scanned_code(text: str) -> bool:
    """Tell whether a text looks like the printed number of a copy rather than words."""
    return _SCANNED_CODE.fullmatch(clean(text).replace(" ", "").replace("-", "")) is not None


def plan(text: str) -> Plan:
    """Plan the search for a typed text of any length and content."""
    typed = clean(text)
    folded = fold(typed)
    if not folded:
        return Plan()
    isbn = normalise_isbn(typed) or ""
    compact = typed.replace(" ", "")
    notation = compact.upper() if _CLASS_NOTATION.fullmatch(compact) else ""
    latin = not any(map(is_han, folded))
    spelt = fold_pinyin(typed) if latin else folded
    return Plan(
        folded=folded,
        clauses=tuple(_clauses(spelt if latin else folded, latin=latin)),
        spellings=_spellings(spelt, latin=latin),
        isbn=isbn,
        class_prefix=notation,
    )


def rarest(terms: Iterable[tuple[str, int]], most: int = MOST_TERMS) -> list[str]:
    """Choose the `most` rarest of (term, document frequency), terms nobody has last."""
    ranked = sorted(terms, key=lambda pair: (pair[1] == 0, pair[1]))
    return [term for term, _ in ranked[:most]]


def _clauses(folded: str, *, latin: bool) -> list[Clause]:
    chunks = folded.split()
    if latin and len(chunks) > 1:
        syllables = [split_pinyin(chunk) for chunk in chunks]
        if all(found is not None and len(found) == 1 for found in syllables):
            return [_spaced_syllables(chunks)]
    return [clause for chunk in chunks for clause in _chunk_clauses(chunk)]


def _spaced_syllables(chunks: Sequence[str]) -> Clause:
    """``hong lou meng``: one title typed syllable by syllable."""
    return Clause(words=tuple(chunks), pinyin=syllable_terms(chunks), latin=True)


def _chunk_clauses(chunk: str) -> list[Clause]:
    clauses: list[Clause] = []
    spaced = "".join(c if is_han(c) else f"\n{c}\n" for c in chunk).replace("\n\n", "")
    for run in spaced.split():
        if is_han(run[0]):
            clauses.append(_han_clause(run))
        else:
            syllables = split_pinyin(run) or ()
            clauses.append(Clause(words=(run[:LONGEST_TERM],), pinyin=syllable_terms(syllables), latin=True))
    return clauses


def _han_clause(run: str) -> Clause:
    grams = bigrams(run) or han_runs(run)
    return Clause(
        words=tuple(dict.fromkeys(tokens(run))),
        grams=tuple(dict.fromkeys(f"#{gram}" for gram in grams)),
        pinyin=syllable_terms(pinyin_keys(run).syllables),
    )


def syllable_terms(syllables: Sequence[str]) -> tuple[str, ...]:
    """Return pairs of neighbouring syllables, or the only syllable."""
    if len(syllables) < 2:
        return tuple(syllables)
    return tuple(dict.fromkeys(f"{a} {b}" for a, b in pairwise(syllables)))


def _spellings(folded: str, *, latin: bool) -> tuple[str, ...]:
    if latin:
        whole = folded.replace(" ", "")
        return (f"={whole}"[:LONGEST_TERM], f"~{whole}"[:LONGEST_TERM])
    return (f"={pinyin_keys(folded).full}"[:LONGEST_TERM],)
