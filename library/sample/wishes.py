"""What readers of the sample county asked for and did not find: wishes with their answers, and searches without a result."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from library.kernel import clock
from library.kernel.text import fold
from library.patrons.rules import age_band
from library.sample.places import QUIET, Place
from library.sample.readers import CHILD, Reader
from library.sample.titles import Title, make_titles

_READERS_PER_WISH = 18
_READERS_PER_SEARCH = 7
_ANSWERS = {
    "answered": "已收到，下次配送时带上。",
    "declined": "目前买不到，可以先看同类的书。",
    "ordered": "已列入本季采购。",
}


def wish_rows(
    chance: random.Random, readers: Sequence[Reader], taken: Sequence[Title], now: datetime
) -> list[dict[str, Any]]:
    """Return wishes for books the county has not, most of them by children and for the time before holidays."""
    today = clock.local_date(now)
    wanted = make_titles(chance, len(readers) // _READERS_PER_WISH, today.year, known=_names(taken))
    chance.shuffle(wanted)
    appetites = list(accumulate(reader.appetite for reader in readers))
    rows = []
    for number, title in enumerate(wanted, start=1):
        reader = _asker(chance, readers, appetites, title)
        wished_at = now - timedelta(minutes=chance.randrange(60, 60 * 24 * 300))
        state = _state(chance, (now - wished_at).days)
        rows.append(
            {
                "id": number,
                "patron_id": reader.id,
                "branch_id": reader.home,
                "title": title.title,
                "creator": title.author if chance.random() < 0.4 else "",
                "isbn13": None,
                "clc": title.clc,
                "note": "",
                "bib_id": None,
                "state": state,
                "answer": _ANSWERS.get(state, ""),
                "wished_at": wished_at,
                "answered_at": None if state == "open" else min(wished_at + timedelta(days=6), now),
                "age_band": str(age_band(reader.born_in, today)),
                "patron_category": reader.category,
                "details": {},
            }
        )
    return rows


def empty_search_rows(
    chance: random.Random, places: Sequence[Place], taken: Sequence[Title], today: date, *, readers: int
) -> list[dict[str, Any]]:
    """Return searches that found nothing, counted by day, branch and words; the words of one place repeat."""
    rooms = [place for place in places if place.has_books and place.activity != QUIET]
    weights = [room.monthly + 1 for room in rooms]
    asked = make_titles(chance, readers // _READERS_PER_SEARCH, today.year, known=_names(taken))
    rows: dict[tuple[date, int, str], dict[str, Any]] = {}
    for title in asked:
        place = chance.choices(rooms, weights)[0]
        on = today - timedelta(days=int(chance.triangular(0, 360, 30)))
        words = fold(title.title)[:80]
        row = rows.setdefault((on, place.id, words), {"on": on, "branch_id": place.id, "words": words, "times": 0})
        row["times"] += chance.choice((1, 1, 1, 2, 3))
    return list(rows.values())


def _names(titles: Sequence[Title]) -> Iterator[str]:
    return (title.title for title in titles)


def _asker(chance: random.Random, readers: Sequence[Reader], appetites: Sequence[float], title: Title) -> Reader:
    for_children = title.audience in {"children", "youth"}
    candidates = chance.choices(readers, cum_weights=appetites, k=12)
    fitting = [reader for reader in candidates if (reader.segment == CHILD) == for_children]
    return (fitting or candidates)[0]


def _state(chance: random.Random, days: int) -> str:
    if days < 12 or chance.random() < 0.25:
        return "open"
    return chance.choices(("answered", "ordered", "declined"), (5, 4, 2))[0]
