"""The sample county's places: a central library, townships, village rooms, schools, a bookmobile, and their shelves.

The county lies in a desert where nobody lives, its division codes begin with 99 and its telephone area is given to no town,
so that nothing of it can be taken for a real place.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from library.sample import names

ROOT_ID, CENTRAL_ID = 1, 2
TOWNSHIPS = 12
_SECOND_ROOMS, _SCHOOLS = 3, 2
_TOWNS = 7  # the other townships are 乡
_CENTRE = (40.2, 103.6)
# Shelves for all copies of a place and a third more, as parts of all copies; a room's own number is for the usual ones.
_CENTRAL_SHELVES, _TOWNSHIP_SHELVES, _USUAL_COPIES_A_ROOM = 0.4, 0.025, 1_000
_ROOM, _HOME_ROOM = "农家书屋", "文化中心户书屋"
THEMES = ("grain", "vegetables", "orchard", "livestock", "fish", "crafts")

# Share of rooms and loans a month: domain figures for quiet (locked), steady, lively and model rooms.
QUIET, STEADY, LIVELY, MODEL = "quiet", "steady", "lively", "model"


@dataclass(frozen=True, slots=True)
class Place:
    """One branch. `monthly` is its loans in an average month, `theme` what its village lives on."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    parent_id: int | None
    path: str
    village_id: int | None
    theme: str
    activity: str
    monthly: float
    population: int
    capacity: int
    latitude: float
    longitude: float
    host_type: str
    division_code: str
    opened_on: date

    @property
    def is_room(self) -> bool:
        """Tell whether this is one of the rooms below the townships, or the bookmobile."""
        return self.kind in {"village", "school", "mobile"}

    @property
    def has_books(self) -> bool:
        return self.kind != "county"


@dataclass(frozen=True, slots=True)
class Spot:
    """A location inside a place."""

    id: int
    branch_id: int
    code: str
    name: str
    audience: str
    is_lendable: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What is decided about a place before it has its number, name in English and coordinates."""

    name: str
    kind: str
    parent: Place | None
    division: str = ""
    monthly: float = 0.0
    capacity: int = 0
    host: str = ""
    theme: str = "grain"
    activity: str = STEADY


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of everything the places are made for: `rooms` counts rooms, schools and the bookmobile.

    `central` and `township` are the loans of an average month in the central library and in each township.
    """

    rooms: int = 60
    copies: int = 60_000
    central: float = 620.0
    township: float = 45.0


def make_places(chance: random.Random, today: date, extent: Extent) -> list[Place]:
    """Return all places, parents before children, with ids from 1; shelves have room for the copies and a third more."""
    made: list[Place] = []
    rooms, copies = extent.rooms, extent.copies
    shelves = copies / rooms / _USUAL_COPIES_A_ROOM
    county = _add(made, chance, today, Draft("禾安县", "county", None, division="990100000000"))
    draft = Draft("禾安县图书馆", "central", county, monthly=extent.central, capacity=int(copies * _CENTRAL_SHELVES))
    central = _add(made, chance, today, draft)
    villages = names.villages(chance, rooms - _SECOND_ROOMS - _SCHOOLS - 1)
    activities = _activities(chance, rooms - _SCHOOLS - 1)
    for number, town in enumerate(names.towns(chance, TOWNSHIPS)):
        code = f"9901{number + 1:02d}"
        name = f"{town}{'镇' if number < _TOWNS else '乡'}分馆"
        theme = THEMES[number % len(THEMES)]
        capacity = int(copies * _TOWNSHIP_SHELVES)
        draft = Draft(name, "township", county, f"{code}000000", extent.township, capacity, "综合文化站", theme)
        township = _add(made, chance, today, draft)
        for serial, village in enumerate(villages[number::TOWNSHIPS]):
            draft = _room(chance, village, township, f"{code}{201 + serial:06d}", next(activities))
            _add(made, chance, today, draft)
    _add_further(made, chance, today, activities)
    _add(made, chance, today, Draft("禾安流动图书车", "mobile", central, "", 30.0, 900, "流动图书车"))
    return [replace(place, capacity=int(place.capacity * shelves)) if place.is_room else place for place in made]


def _add_further(made: list[Place], chance: random.Random, today: date, activities: Iterator[str]) -> None:
    """Add second rooms in villages, and schools."""
    villages = [place for place in made if place.kind == "village"]
    towns = [place for place in made if place.kind == "township"]
    for village in chance.sample(villages, _SECOND_ROOMS):
        name = village.name.removesuffix(_ROOM)
        _add(
            made,
            chance,
            today,
            _room(chance, name, village, village.division_code, next(activities), ending=_HOME_ROOM),
        )
    for town, school in zip(chance.sample(towns, _SCHOOLS), ("中心小学", "实验学校"), strict=True):
        name = town.name.removesuffix("分馆") + school + "书屋"
        _add(made, chance, today, Draft(name, "school", town, "", 40.0, 1_200, "学校", town.theme))


def _room(
    chance: random.Random, village: str, parent: Place, division: str, activity: str, *, ending: str = _ROOM
) -> Draft:
    monthly = {
        QUIET: chance.uniform(0.0, 0.8),
        STEADY: min(max(chance.lognormvariate(2.5, 0.5), 4.0), 40.0),
        LIVELY: chance.uniform(60.0, 100.0),
        MODEL: 190.0,
    }[activity]
    theme = parent.theme if chance.random() < 0.7 else chance.choice(THEMES)
    capacity = {QUIET: 700, STEADY: 800, LIVELY: 1_000, MODEL: 2_000}[activity]
    host = "村委会" if ending == _ROOM else "文化中心户"
    return Draft(village + ending, "village", parent, division, monthly, capacity, host, theme, activity)


def _activities(chance: random.Random, rooms: int) -> Iterator[str]:
    """Yield the activity of each room in turn: two fifths locked, half steady, a tenth lively, one model room."""
    drawn = [MODEL] + [LIVELY] * (rooms // 9) + [QUIET] * round(rooms * 0.42)
    drawn += [STEADY] * (rooms - len(drawn))
    chance.shuffle(drawn)
    return iter(drawn)


def _add(made: list[Place], chance: random.Random, today: date, draft: Draft) -> Place:
    number = len(made) + 1
    parent, kind = draft.parent, draft.kind
    latitude, longitude = (parent.latitude, parent.longitude) if parent else _CENTRE
    spread = {"township": 0.22, "village": 0.05, "school": 0.02}.get(kind, 0.0)
    place = Place(
        id=number,
        code=_code(kind, made),
        name=draft.name,
        name_en=_english(draft.name),
        kind=kind,
        parent_id=parent.id if parent else None,
        path=f"{parent.path if parent else '/'}{number}/",
        village_id=_village_of(number, kind, parent),
        theme=draft.theme,
        activity=draft.activity,
        monthly=draft.monthly,
        population=_population(chance, kind),
        capacity=draft.capacity,
        latitude=round(latitude + chance.uniform(-spread, spread), 5),
        longitude=round(longitude + chance.uniform(-spread, spread), 5),
        host_type=draft.host,
        division_code=draft.division,
        opened_on=today - timedelta(days=chance.randrange(1_600, 5_000)),
    )
    made.append(place)
    return place


def _code(kind: str, made: list[Place]) -> str:
    if kind == "county":
        return "HA"
    if kind == "central":
        return "HA-0"
    if kind == "township":
        return f"T{sum(place.kind == 'township' for place in made) + 1:02d}"
    return f"R{sum(place.is_room for place in made) + 1:03d}"


def _village_of(number: int, kind: str, parent: Place | None) -> int | None:
    """Return the village a place stands in: a further room of a village belongs to the first one's."""
    if kind != "village" or parent is None:
        return None
    return parent.id if parent.kind == "village" else number


def _population(chance: random.Random, kind: str) -> int:
    if kind == "village":
        return int(min(max(chance.lognormvariate(7.09, 0.45), 300), 4_500))
    return {"county": 92_000, "central": 21_000, "township": 3_800}.get(kind, 0)


_ENGLISH = (
    ("县图书馆", " County Library"),
    ("中心小学书屋", " Primary School Reading Room"),
    ("实验学校书屋", " School Reading Room"),
    ("村文化中心户书屋", " Village Home Library"),
    ("村农家书屋", " Village Reading Room"),
    ("镇分馆", " Township Branch"),
    ("乡分馆", " Township Branch"),
    ("流动图书车", " Bookmobile"),
    ("县", " County"),
)


def _english(name: str) -> str:
    for ending, english in _ENGLISH:
        if name.endswith(ending):
            return names.romanised(name.removesuffix(ending)) + english
    return names.romanised(name)


_SPOTS: dict[str, tuple[tuple[str, str, str, bool], ...]] = {
    "central": (
        ("A", "成人外借室", "general", True),
        ("C", "少儿借阅室", "children", True),
        ("E", "老年阅览区", "elders", True),
        ("N", "新书架", "new", True),
        ("F", "亲子区", "family", True),
        ("D", "视障服务区", "disabled", True),
        ("L", "地方文献室", "rare", False),
    ),
    "township": (
        ("A", "图书外借区", "general", True),
        ("C", "少儿区", "children", True),
        ("N", "新书架", "new", True),
        ("P", "报刊阅览区", "general", False),
    ),
    "room": (("A", "书架", "general", True), ("C", "儿童角", "children", True)),
}


def make_spots(places: list[Place]) -> list[Spot]:
    """Return the locations of every place that has books; the first of a place is its default."""
    made: list[Spot] = []
    for place in places:
        if not place.has_books:
            continue
        for position, (code, name, audience, is_lendable) in enumerate(_SPOTS.get(place.kind, _SPOTS["room"])):
            made.append(Spot(len(made) + 1, place.id, code, name, audience, is_lendable, position == 0))
    return made


def branch_rows(places: list[Place]) -> list[dict[str, Any]]:
    """Return the rows of the branches table."""
    return [
        {
            "id": place.id,
            "code": place.code,
            "name": place.name,
            "name_en": place.name_en,
            "kind": place.kind,
            "parent_id": place.parent_id,
            "path": place.path,
            "host_type": place.host_type or None,
            "grade": {MODEL: "model", LIVELY: "standard", QUIET: "problem"}.get(place.activity)
            if place.is_room
            else None,
            "state": "open",
            "opened_on": place.opened_on,
            "population": place.population or None,
            "shelf_capacity": place.capacity or None,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "phone": f"0499-555{place.id:04d}" if place.has_books else None,
        }
        for place in places
    ]
