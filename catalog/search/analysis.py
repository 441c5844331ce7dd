"""Turns records into weighted index terms.

One bag of weighted terms takes the place of a field per column: weighting before saturation is
BM25F, and one postings list per term is read instead of five. Terms in the bag:

* segmented words of every column,
* ``#ab`` pairs and ``#a`` single characters of title and author, which find what segmentation
  cuts elsewhere.

The pinyin bag holds ``=full`` spellings, ``~initials`` (also their beginnings), syllables and
``a b`` pairs of neighbouring syllables, for title and author only. The keys hold what is looked
up whole: ISBN, folded title, every prefix of the class notation.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from catalog.search.protocol import Document
from library.kernel.text import bigrams, fold, han_runs, pinyin_keys, tokens

TITLE_WEIGHT: Final = 4.0
AUTHOR_WEIGHT: Final = 3.0
SUBJECT_WEIGHT: Final = 2.0
PLAIN_WEIGHT: Final = 1.0

MAIN_TITLE_WORTH: Final = 0.7
"""What the title before the colon is worth beside the whole title, when exactly that was typed."""

LONGEST_TERM: Final = 48
LONGEST_SUMMARY: Final = 1_000
LONGEST_FIELD: Final = 300
_INITIALS_PREFIXES: Final = range(2, 9)
_CLASS_PREFIXES: Final = range(1, 9)
_TITLE_BREAK: Final = re.compile(r"[:：=＝/／(（\[［]|——")


@dataclass(frozen=True, slots=True)
class Terms:
    """Weighted terms of one record; `length` is the weight of its words, for normalisation."""

    bag: dict[str, float]
    pinyin: dict[str, float]
    keys: dict[str, float]
    length: float


def gram_terms(folded: str) -> list[str]:
    """Return the ``#`` terms of a folded text: all pairs, and all single characters."""
    singles = [character for run in han_runs(folded) for character in run]
    return [f"#{gram}" for gram in (*singles, *bigrams(folded))]


def class_key(prefix: str) -> str:
    """Return the key under which records of a class prefix are found."""
    return "@" + prefix.strip().upper()[: _CLASS_PREFIXES[-1]]


def isbn_key(isbn13: str) -> str:
    """Return the key of a normalised ISBN."""
    return "isbn:" + isbn13


def title_key(folded_title: str) -> str:
    """Return the key of a whole title."""
    return "=" + folded_title[:LONGEST_TERM]


def analyse(document: Document) -> Terms:
    """Return everything under which `document` is to be found."""
    title = fold(document.title[:LONGEST_FIELD])
    author = fold(document.creators[:LONGEST_FIELD])
    words: dict[str, float] = defaultdict(float)
    for weight, text in (
        (TITLE_WEIGHT, title),
        (AUTHOR_WEIGHT, author),
        (SUBJECT_WEIGHT, fold(document.subjects[:LONGEST_FIELD])),
        (PLAIN_WEIGHT, fold(document.publisher[:LONGEST_FIELD])),
        (PLAIN_WEIGHT, fold(document.summary[:LONGEST_SUMMARY])),
    ):
        for word in tokens(text):
            words[word[:LONGEST_TERM]] += weight
    length = sum(words.values())
    for weight, text in ((TITLE_WEIGHT, title), (AUTHOR_WEIGHT, author)):
        for gram in gram_terms(text):
            words[gram] = max(words[gram], weight)
    main_title = fold(_TITLE_BREAK.split(document.title[:LONGEST_FIELD], maxsplit=1)[0])
    return Terms(
        bag=dict(words),
        pinyin=_pinyin_terms({title, main_title}, author.split()),
        keys=_keys(document, title, main_title),
        length=length,
    )


def _keys(document: Document, title: str, main_title: str) -> dict[str, float]:
    looked_up = [class_key(document.clc[:n]) for n in _CLASS_PREFIXES if len(document.clc) >= n]
    looked_up.extend(isbn_key(isbn) for isbn in document.isbns)
    titles = {title_key(main_title): MAIN_TITLE_WORTH} | {title_key(title): 1.0}
    return dict.fromkeys(looked_up, 1.0) | titles


def _pinyin_terms(titles: set[str], authors: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    weighted = [(TITLE_WEIGHT, title) for title in titles]
    for weight, text in (*weighted, *((AUTHOR_WEIGHT, author) for author in authors)):
        keys = pinyin_keys(text)
        if not keys.syllables:
            continue
        spelt = {f"={keys.full}": weight, f"~{keys.initials}": weight}
        beginnings = {f"~{keys.initials[:n]}": PLAIN_WEIGHT for n in _INITIALS_PREFIXES}
        single = dict.fromkeys(keys.syllables, PLAIN_WEIGHT)
        pairs = {f"{a} {b}": weight for a, b in pairwise(keys.syllables)}
        for term, worth in (beginnings | single | pairs | spelt).items():
            found[term[:LONGEST_TERM]] = max(found.get(term[:LONGEST_TERM], 0.0), worth)
    return found
