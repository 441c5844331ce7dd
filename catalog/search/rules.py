"""Decisions about a search that need neither index nor database. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from library.kernel.errors import Invalid
from library.kernel.text import fold, han_runs

LONGEST_NOTE: Final = 40
SHORTEST_NOTE: Final = 2
_YEARS: Final = re.compile(r"(\d{4})?(-)?(\d{4})?")
_LONG_NUMBER: Final = re.compile(r"\d{6,}")
_LONGEST_COMPARED: Final = 60


def parse_years(text: str) -> tuple[int | None, int | None]:
    """Read ``2024``, ``2020-2024``, ``2020-`` or ``-1989`` as the first and last year, both inclusive.

    Raises `Invalid` `invalid_year`.
    """
    found = _YEARS.fullmatch(text.strip())
    if found is None or not (found[1] or found[3]):
        raise Invalid("invalid_year", year=text[:LONGEST_NOTE])
    first, dash, last = found.groups()
    if not dash:
        if first and last:
            raise Invalid("invalid_year", year=text[:LONGEST_NOTE])
        return int(first or last), int(first or last)
    return int(first) if first else None, int(last) if last else None


def noted(text: str) -> str | None:
    """Return what may be kept of a search that found nothing, `None` when nothing may.

    Long numbers are left out altogether: they are more likely a telephone, card or identity number
    typed into the wrong field than a book somebody wants.
    """
    folded = fold(text[: LONGEST_NOTE * 2])[:LONGEST_NOTE].strip()
    if len(folded) < SHORTEST_NOTE or _LONG_NUMBER.search(folded.replace(" ", "")):
        return None
    return folded


def suggestion(typed: str, titles: Iterable[str]) -> str | None:
    """Return the stretch of a title that the typed text probably meant, `None` when none is close.

    Close means at most one character in three typed wrong, left out or too many (Levenshtein
    distance to the nearest substring), and at least one. The first of equally close titles wins, so
    give the best hits first.
    """
    wanted = "".join(han_runs(fold(typed[:_LONGEST_COMPARED])))
    if len(wanted) < 2:
        return None
    best: tuple[int, str] | None = None
    for title in titles:
        folded = fold(title[:_LONGEST_COMPARED]).replace(" ", "")
        distance, meant = nearest_stretch(wanted, folded)
        if distance == 0:
            return None
        if distance <= max(1, len(wanted) // 3) and len(meant) > 1 and (best is None or distance < best[0]):
            best = distance, meant
    return best[1] if best else None


def nearest_stretch(wanted: str, text: str) -> tuple[int, str]:
    """Return the least edit distance of `wanted` to any substring of `text`, and that substring.

    Sellers (1980): an edit-distance table whose first row is zero, so that a match may begin
    anywhere; the beginning is carried along beside the distance. A stretch as long as `wanted` is
    preferred among equals.
    """
    row: list[tuple[int, int]] = [(0, start) for start in range(len(text) + 1)]
    for count, character in enumerate(wanted, 1):
        fresh = [(count, 0)]
        for end, other in enumerate(text, 1):
            replaced = (row[end - 1][0] + (character != other), row[end - 1][1])
            missing = (row[end][0] + 1, row[end][1])
            extra = (fresh[end - 1][0] + 1, fresh[end - 1][1])
            fresh.append(min(replaced, missing, extra, key=lambda cell: cell[0]))
        row = fresh
    end = min(range(len(row)), key=lambda e: (row[e][0], abs(e - row[e][1] - len(wanted))))
    distance, start = row[end]
    return distance, text[start:end]
