"""What readers of a place like to borrow, and when they come: the figures behind the sample county's year.

Month factors follow the harvests and the school holidays of the north; a village that grows vegetables reads about
vegetables; and beyond what can be explained every room has a taste of its own.
"""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate

from library.sample.places import Place
from library.sample.readers import CHILD, ELDER, Reader
from library.sample.stock import Copy
from library.sample.titles import Title
from library.sample.words import words

# Loans against the mean month, January first: winter holiday, ploughing, harvests in June and October, summer holiday.
MONTHS = (1.0, 1.2, 0.9, 1.0, 0.8, 0.6, 1.8, 1.7, 0.8, 0.6, 0.8, 0.9)
_CHILDREN_SHARE = 0.42
_ELDERS_SHARE = 0.17
_HOLIDAY_CHILDREN = {1: 0.48, 2: 0.5, 7: 0.62, 8: 0.6}
_THEMES: dict[str, dict[str, float]] = {
    "grain": {"S51": 5.0, "S23": 3.0},
    "vegetables": {"S63": 9.0},
    "orchard": {"S66": 9.0},
    "livestock": {"S82": 9.0},
    "fish": {"S96": 16.0, "S82": 2.0},
    "crafts": {"J528": 9.0, "TM": 2.0},
}
_OWN_TASTE = 0.45
_OLD_AFTER_YEARS = 4


class Shelf:
    """What stands at one place, ready for drawing: kinds by segment, then copies of the kind by how much they are wanted."""

    def __init__(self, chance: random.Random, place: Place, copies: Sequence[Copy], titles: Sequence[Title]) -> None:
        kinds = words().kinds
        theme = _THEMES[place.theme]
        own = [chance.lognormvariate(0.0, _OWN_TASTE) for _ in kinds]
        self._copies: list[list[Copy]] = [[] for _ in kinds]
        for copy in copies:
            if copy.is_lendable:
                self._copies[titles[copy.title].kind].append(copy)
        newest = max((title.year for title in titles), default=0)
        self._cumulated = [
            list(accumulate(_wanted(titles[copy.title], newest) for copy in of_kind)) for of_kind in self._copies
        ]
        self._kinds = [
            list(
                accumulate(
                    kind.appeal[segment] * theme.get(kind.clc, 1.0) * own[number] * (len(self._copies[number]) ** 0.3)
                    for number, kind in enumerate(kinds)
                )
            )
            for segment in range(3)
        ]

    def draw(self, chance: random.Random, segment: int) -> Copy | None:
        """Return a copy that a reader of the segment picks, or None when nothing here is for them."""
        kinds = self._kinds[segment]
        if not kinds or kinds[-1] <= 0.0:
            return None
        number = bisect(kinds, chance.random() * kinds[-1], 0, len(kinds) - 1)
        weights = self._cumulated[number]
        if not weights:
            return None
        return self._copies[number][bisect(weights, chance.random() * weights[-1], 0, len(weights) - 1)]


class Visitors:
    """Readers who come to one place, ready for drawing by how often they come."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers
        self._weights = list(accumulate(reader.appetite for reader in readers))

    def draw(self, chance: random.Random) -> Reader | None:
        """Return a reader, or None when nobody ever comes."""
        if not self._weights or self._weights[-1] <= 0.0:
            return None
        return self._readers[bisect(self._weights, chance.random() * self._weights[-1], 0, len(self._weights) - 1)]


def segment_of(chance: random.Random, month: int, kind: str) -> int:
    """Draw who comes in: more children in the holidays, almost only children in a school."""
    children = 0.95 if kind == "school" else _HOLIDAY_CHILDREN.get(month, _CHILDREN_SHARE)
    draw = chance.random()
    if draw < children:
        return CHILD
    return ELDER if draw < children + (1 - children) * _ELDERS_SHARE / (1 - _CHILDREN_SHARE) else 1


def month_factor(month: int, kind: str) -> float:
    """Return the loans of a month against the mean; a school is shut in the summer."""
    if kind == "school" and month in {7, 8}:
        return 0.0
    return MONTHS[month - 1]


def _wanted(title: Title, newest: int) -> float:
    age = max(newest - title.year, 0)
    return min(title.weight, 20.0) / (1.0 + age / _OLD_AFTER_YEARS)
