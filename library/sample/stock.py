"""The sample county's copies: which titles stand where, since when, and how they came.

Every room once received the same titles, as reading rooms did, and a few of its own since; the central library has every
title. So rooms have much to exchange, and what a village likes is not what it was given.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from library.kernel.identifiers import CodeKind, new_code
from library.sample.phases import Step, no_step
from library.sample.places import CENTRAL_ID, Place, Spot
from library.sample.titles import Title
from library.sample.words import words

CENTRAL_SHARE, TOWNSHIP_SHARE = 0.30, 0.20
_CORE_TITLES = 320
_CORE_SHARE = 0.6
_NEW_SHARE = 0.16
_YEARS = 7
# What was supplied to every room, by class letter: the quotas of 2012 favoured farming and technology.
_SUPPLY = {"S": 3.0, "T": 2.0, "R": 1.5, "D": 2.0, "F": 1.5, "K": 1.5, "I": 0.8}
_DONORS = ("禾安县实验小学师生", "在外乡亲", "退休教师", "县妇女联合会", "清禾农业技术出版社")


@dataclass(slots=True)
class Copy:
    """One copy. `title` is a position in the list of titles; `current` changes as the year goes by."""

    id: int
    title: int
    code: str
    owner: int
    home: int
    location: int
    is_lendable: bool
    source: str
    donor: str | None
    acquired_on: date
    current: int
    number: int


def make_copies(
    chance: random.Random,
    places: Sequence[Place],
    spots: Sequence[Spot],
    titles: Sequence[Title],
    *,
    count: int,
    today: date,
    step: Step = no_step,
) -> list[Copy]:
    """Return `count` copies with codes of ours, in the order of the branches."""
    core = _drawn(chance, min(_CORE_TITLES, len(titles) // 4), _supply_weights(titles))
    wanted = _wanted_weights(titles)
    serials: dict[int, int] = {}
    copies: list[Copy] = []
    by_branch: dict[int, list[Spot]] = {}
    for spot in spots:
        by_branch.setdefault(spot.branch_id, []).append(spot)
    for place, number in _sizes(places, count):
        for position in _titles_for(chance, place, number, titles=titles, core=core, wanted=wanted):
            serials[position] = serials.get(position, 0) + 1
            copy = _copy(chance, len(copies) + 1, place, by_branch[place.id], title=titles[position], today=today)
            copy.title, copy.number = position, serials[position]
            copies.append(copy)
        step(number)
    return copies


def _sizes(places: Sequence[Place], count: int) -> list[tuple[Place, int]]:
    """Share out the copies: central library, townships alike, rooms by their shelves; what is left over goes to central."""
    townships = [place for place in places if place.kind == "township"]
    rooms = [place for place in places if place.is_room]
    sizes = {place.id: int(count * TOWNSHIP_SHARE / len(townships)) for place in townships}
    shelves = sum(place.capacity for place in rooms)
    in_rooms = count * (1 - CENTRAL_SHARE - TOWNSHIP_SHARE)
    sizes |= {place.id: int(in_rooms * place.capacity / shelves) for place in rooms}
    sizes[CENTRAL_ID] = count - sum(sizes.values())
    return [(place, sizes[place.id]) for place in places if place.has_books]


def _titles_for(
    chance: random.Random,
    place: Place,
    number: int,
    *,
    titles: Sequence[Title],
    core: Sequence[int],
    wanted: Sequence[float],
) -> list[int]:
    if place.id == CENTRAL_ID:
        every = list(range(len(titles)))[:number]
        further = chance.choices(range(len(titles)), wanted, k=number - len(every))
        return every + further
    shared = chance.sample(core, min(len(core), int(number * _CORE_SHARE)))
    return shared + _drawn(chance, number - len(shared), wanted, without=set(shared))


def _drawn(
    chance: random.Random, number: int, weights: Sequence[float], *, without: set[int] | None = None
) -> list[int]:
    """Draw different positions by weight; when there are too few, some come twice."""
    taken = set(without or ())
    cumulated = list(accumulate(weights))
    drawn: list[int] = []
    tries = 0
    while len(drawn) < number:
        tries += 1
        for title in chance.choices(range(len(weights)), cum_weights=cumulated, k=number - len(drawn)):
            if title not in taken or tries > 40:
                taken.add(title)
                drawn.append(title)
    return drawn


def _supply_weights(titles: Sequence[Title]) -> list[float]:
    return [_SUPPLY.get(title.clc[0], 1.0) * (0.6 if title.audience == "children" else 1.0) for title in titles]


def _wanted_weights(titles: Sequence[Title]) -> list[float]:
    kinds = words().kinds
    return [(sum(kinds[title.kind].appeal) + 4.0) * min(title.weight, 8.0) ** 0.5 for title in titles]


def _copy(
    chance: random.Random, number: int, place: Place, spots: Sequence[Spot], *, title: Title, today: date
) -> Copy:
    acquired_on = _acquired(chance, title, today)
    spot = _spot(chance, spots, title, acquired_on, today)
    draw = chance.random()
    source = "donation" if draw < 0.05 else "allocation" if place.is_room else "purchase"
    return Copy(
        id=number,
        title=-1,
        code=new_code(CodeKind.ITEM, number),
        owner=place.id if source == "donation" or not place.is_room else CENTRAL_ID,
        home=place.id,
        location=spot.id,
        is_lendable=spot.is_lendable,
        source=source,
        donor=chance.choice(_DONORS) if source == "donation" else None,
        acquired_on=acquired_on,
        current=place.id,
        number=0,
    )


def _spot(chance: random.Random, spots: Sequence[Spot], title: Title, acquired_on: date, today: date) -> Spot:
    by_audience: dict[str, Spot] = {}
    for spot in spots:
        by_audience.setdefault(spot.audience, spot)
    if "new" in by_audience and (today - acquired_on).days < 120:
        return by_audience["new"]
    if "rare" in by_audience and title.clc.startswith("K") and chance.random() < 0.04:
        return by_audience["rare"]
    wanted = {"children": "children", "youth": "children", "elders": "elders"}.get(title.audience, "general")
    return by_audience.get(wanted, spots[0])


def _acquired(chance: random.Random, title: Title, today: date) -> date:
    """Return the day a copy came: deliveries of October in earlier years, of every quarter in the last one."""
    if chance.random() < _NEW_SHARE:
        came = today - timedelta(days=30 + 90 * chance.randrange(4) + chance.randrange(4))
    else:
        came = date(today.year - 1 - chance.randrange(_YEARS), 10, 8 + chance.randrange(14))
    printed = date(title.year, 3, 1)
    if came < printed:
        came = printed + timedelta(days=chance.randrange(60, 200))
    return min(came, today - timedelta(days=3))
