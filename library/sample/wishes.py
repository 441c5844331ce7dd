"""What readers of the sample county asked for and did not find: wishes with their answers, and searches without a result."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from library.kernel import clock
from library.kernel.text import fold
from library.patrons.rules import age_band
from library.sample.places import QUIET, Place
from library.sample.readers import CHILD, Reader
from library.sample.titles import Title, make_titles

WISHES = 160
_SEARCHES = 420
_ANSWERS = {
    "answered": "已收到，下次配送时带上。",
    "declined": "目前买不到，可以先看同类的书。",
    "ordered": "已列入本季采购。",
}


def wish_rows(
    chance: random.Random, readers: Sequence[Reader], taken: Sequence[Title], now: datetime, count: int = WISHES
) -> list[dict[str, Any]]:
    """Return wishes for books the county has not, most of them by children and for the time before holidays."""
    known = {title.title for title in taken}
    today = clock.local_date(now)
    wanted = [title for title in make_titles(chance, count * 4, today.year) if title.title not in known]
    rows = []
    for number, title in enumerate(chance.sample(wanted, min(count, len(wanted))), start=1):
        reader = _asker(chance, readers, title)
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
    chance: random.Random, places: Sequence[Place], taken: Sequence[Title], today: date, count: int = _SEARCHES
) -> list[dict[str, Any]]:
    """Return searches that found nothing, counted by day, branch and words; the words of one place repeat."""
    rooms = [place for place in places if place.has_books and place.activity != QUIET]
    known = {title.title for title in taken}
    asked = [title for title in make_titles(chance, count, today.year) if title.title not in known]
    rows: dict[tuple[date, int, str], dict[str, Any]] = {}
    for title in asked:
        place = chance.choices(rooms, [room.monthly + 1 for room in rooms])[0]
        on = today - timedelta(days=int(chance.triangular(0, 360, 30)))
        words = fold(title.title)[:80]
        row = rows.setdefault((on, place.id, words), {"on": on, "branch_id": place.id, "words": words, "times": 0})
        row["times"] += chance.choice((1, 1, 1, 2, 3))
    return list(rows.values())


def _asker(chance: random.Random, readers: Sequence[Reader], title: Title) -> Reader:
    for_children = title.audience in {"children", "youth"}
    candidates = chance.choices(readers, [reader.appetite for reader in readers], k=12)
    fitting = [reader for reader in candidates if (reader.segment == CHILD) == for_children]
    return (fitting or candidates)[0]


def _state(chance: random.Random, days: int) -> str:
    if days < 12 or chance.random() < 0.25:
        return "open"
    return chance.choices(("answered", "ordered", "declined"), (5, 4, 2))[0]
