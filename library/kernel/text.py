"""Folding, segmentation and pinyin of Chinese text.

Everything that compares or indexes text goes through `fold`, so that a reader who types
traditional characters, full-width digits or capital letters meets the same record. All
functions are pure; those that are asked again and again for the same word keep a bounded
memory of it.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

import opencc
import rjieba
from pypinyin import lazy_pinyin

_ACCENTS: Final = range(0x0300, 0x0370)
_KEPT_CATEGORIES: Final = frozenset("LNM")
_WORD_SUFFIXES: Final = frozenset("+#")
_WORD_MEMORY: Final = 1 << 16
_COMMON_IDEOGRAPHS: Final = range(0x4E00, 0xA000)
_LONGEST_SYLLABLE: Final = 6
_LONGEST_PINYIN: Final = 80
_U_UMLAUT: Final = str.maketrans("üǖǘǚǜÜǕǗǙǛ", "v" * 10)


@dataclass(frozen=True, slots=True)
class PinyinKeys:
    """The ways a title is typed on a keyboard without Chinese input."""

    full: str
    """All syllables without separators, ``hongloumeng``."""
    initials: str
    """First letter of every syllable, numbers whole, ``hlm``."""
    syllables: tuple[str, ...]
    """One syllable per character, one element per Latin or numeric word."""


def fold(text: str) -> str:
    """Return `text` in the one form used for comparison and for the index.

    Compatibility forms (NFKC) are unified, letters lowered, Latin accents dropped, traditional
    characters made simplified, and everything but letters and digits becomes a single space.
    ``+`` and ``#`` survive directly behind a Latin letter (C++, C#).
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    if not plain.isascii():
        plain = _to_simplified(_without_accents(plain))
    return " ".join(_separated(plain).split())


def is_han(character: str) -> bool:
    """Tell whether one character is a Chinese ideograph, extensions included."""
    return (
        "\u4e00" <= character <= "\u9fff"
        or character == "〇"
        or "\u3400" <= character <= "\u4dbf"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def han_runs(folded: str) -> list[str]:
    """Return the unbroken stretches of Chinese characters of a folded text, in order."""
    return "".join(c if is_han(c) else " " for c in folded).split()


def bigrams(folded: str) -> list[str]:
    """Return neighbouring pairs of Chinese characters, never across a break.

    A run of one character has no pair and yields nothing.
    """
    return [a + b for run in han_runs(folded) for a, b in pairwise(run)]


def tokens(folded: str) -> list[str]:
    """Segment a folded text into words, long words followed by the short ones inside them.

    Unknown words are left as single characters instead of being guessed, because a guess
    depends on its neighbours and a query has other neighbours than the title.
    """
    return [word for word in rjieba.cut_for_search(folded, hmm=False) if not word.isspace()]


def pinyin_keys(folded: str) -> PinyinKeys:
    """Return the pinyin of a folded text, without tones and with ``v`` for ``ü``.

    Readings follow the word a character stands in (重庆 is ``chongqing``); some words with
    several readings still come out wrong, which is why pinyin only ever adds to a search.
    """
    syllables = tuple(s for word in _words(folded) for s in _word_syllables(word))
    initials = "".join(s if s[0].isdigit() else s[0] for s in syllables)
    return PinyinKeys(full="".join(syllables), initials=initials, syllables=syllables)


def fold_pinyin(text: str) -> str:
    """Fold Latin letters typed as pinyin: like `fold`, but ``ü`` becomes ``v`` and not ``u``."""
    return fold(unicodedata.normalize("NFC", text).translate(_U_UMLAUT))


def split_pinyin(letters: str) -> tuple[str, ...] | None:
    """Split letters typed without spaces into as few pinyin syllables as possible.

    ``hongloumeng`` gives ``("hong", "lou", "meng")``; `None` when the letters are not pinyin or
    are longer than any title somebody types.
    """
    if not letters or len(letters) > _LONGEST_PINYIN:
        return None
    known = _syllables()
    best: list[tuple[str, ...] | None] = [(), *([None] * len(letters))]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            before, syllable = best[start], letters[start:end]
            if before is None or syllable not in known:
                continue
            shortest = best[end]
            if shortest is None or len(before) + 1 < len(shortest):
                best[end] = (*before, syllable)
    return best[-1]


@cache
def _syllables() -> frozenset[str]:
    """All syllables that begin with a letter and hold a vowel, out of the reading dictionary."""
    readings = lazy_pinyin([chr(code_point) for code_point in _COMMON_IDEOGRAPHS])
    return frozenset(s for s in readings if s.isascii() and s.isalpha() and set(s) & set("aeiouv"))


def _words(folded: str) -> list[str]:
    return [word for word in rjieba.cut(folded, hmm=False) if not word.isspace()]


@lru_cache(maxsize=_WORD_MEMORY)
def _word_syllables(word: str) -> tuple[str, ...]:
    return tuple(s for s in (part.strip() for part in lazy_pinyin(word)) if s)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _to_simplified(text: str) -> str:
    return str(_converter().convert(text))


def _without_accents(text: str) -> str:
    """Drop accents of Latin, Greek and Cyrillic letters, keep the vowel signs of other scripts."""
    apart = unicodedata.normalize("NFD", text)
    kept = "".join(c for c in apart if ord(c) not in _ACCENTS)
    return unicodedata.normalize("NFC", kept)


class _Separators(dict[int, str]):
    """Translation table that decides on a character once and remembers it."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        kept = unicodedata.category(character)[0] in _KEPT_CATEGORIES or character in _WORD_SUFFIXES
        self[code_point] = answer = character if kept else " "
        return answer


_SEPARATORS: Final = _Separators()


def _separated(text: str) -> str:
    spaced = text.translate(_SEPARATORS)
    if _WORD_SUFFIXES.isdisjoint(spaced):
        return spaced
    kept: list[str] = []
    for character in spaced:
        loose = character in _WORD_SUFFIXES and not (kept and _is_latin_or_suffix(kept[-1]))
        kept.append(" " if loose else character)
    return "".join(kept)


def _is_latin_or_suffix(character: str) -> bool:
    return character in _WORD_SUFFIXES or (character.isascii() and character.isalpha())
