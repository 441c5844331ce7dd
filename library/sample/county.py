"""The whole sample county as values: everything that a seed decides, before anything touches a database."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from library.branches.rules import Calendar
from library.kernel import clock
from library.sample.happened import Happened
from library.sample.hours import Round, Van, calendar_for, make_rounds
from library.sample.places import Place, Spot, make_places, make_spots
from library.sample.readers import Reader, make_readers
from library.sample.stock import Copy, make_copies
from library.sample.titles import Title, make_titles
from library.sample.wishes import empty_search_rows, wish_rows
from library.sample.year import Year


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a county is made; `rooms` counts village rooms, schools and the bookmobile.

    `bustle` multiplies the loans of every place.
    """

    titles: int
    copies: int
    readers: int
    rooms: int
    bustle: float = 1.0


SCALES: Mapping[str, Scale] = {
    "sample": Scale(titles=6_000, copies=60_000, readers=3_000, rooms=60),
    "county": Scale(titles=150_000, copies=1_060_000, readers=25_000, rooms=320, bustle=2.0),
}


@dataclass(frozen=True, slots=True)
class County:
    """A county on the day it is loaded."""

    today: date
    now: datetime
    places: Sequence[Place]
    spots: Sequence[Spot]
    calendars: Mapping[int, Calendar]
    rounds: Sequence[Round]
    titles: Sequence[Title]
    copies: Sequence[Copy]
    readers: Sequence[Reader]
    happened: Happened
    wishes: Sequence[dict[str, Any]]
    empty_searches: Sequence[dict[str, Any]]


def make_county(seed: int, scale: Scale, now: datetime) -> County:
    """Return the county of a seed; the same seed, scale and instant give the same county.

    Each part has a generator of its own, so that a change in one does not shuffle the others.
    """
    today = clock.local_date(now)
    places = make_places(_chance(seed, "places"), today, scale.rooms)
    spots = make_spots(places)
    titles = make_titles(_chance(seed, "titles"), scale.titles, today.year)
    copies = make_copies(_chance(seed, "copies"), places, spots, titles, count=scale.copies, today=today)
    readers = make_readers(_chance(seed, "readers"), places, scale.readers, today)
    calendars = {place.id: calendar_for(place, today) for place in places}
    rounds = make_rounds(places)
    year = Year(
        _chance(seed, "year"),
        places=places,
        calendars=calendars,
        van=Van(rounds),
        copies=copies,
        titles=titles,
        readers=readers,
        now=now,
        bustle=scale.bustle,
    )
    return County(
        today=today,
        now=now,
        places=places,
        spots=spots,
        calendars=calendars,
        rounds=rounds,
        titles=titles,
        copies=copies,
        readers=readers,
        happened=year.run(today),
        wishes=wish_rows(_chance(seed, "wishes"), readers, titles, now),
        empty_searches=empty_search_rows(_chance(seed, "searches"), places, titles, today),
    )


def _chance(seed: int, part: str) -> random.Random:
    return random.Random(f"{seed}:{part}")  # noqa: S311  a sample has to be repeatable, not secret
