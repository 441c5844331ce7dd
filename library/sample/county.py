"""The whole sample county as values: everything that a seed decides, before anything touches a database."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from library.branches.rules import Calendar
from library.kernel import clock
from library.sample.classes import SchoolClass, count_of, make_classes
from library.sample.happened import Happened
from library.sample.hours import Round, Van, make_calendars, make_rounds
from library.sample.phases import Phases
from library.sample.places import Extent, Place, Spot, make_places, make_spots
from library.sample.readers import Reader, make_readers
from library.sample.rules import policy_book
from library.sample.stock import Copy, make_copies
from library.sample.titles import Title, make_titles
from library.sample.wishes import empty_search_rows, wish_rows
from library.sample.years import Years


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a county is made; `rooms` counts village rooms, schools and the bookmobile.

    `central` and `township` are the loans of an average month in the central library and in each township; `days` is how
    long readers have been borrowing. `bustle` multiplies the loans of every place.
    """

    titles: int
    copies: int
    readers: int
    rooms: int
    central: float = 620.0
    township: float = 45.0
    days: int = 365
    bustle: float = 1.0


# A county of half a million people, whose central library lends the 120,000 books a year of the first grade. The bustle
# makes up for readers who were not registered yet in the first years.
SCALES: Mapping[str, Scale] = {
    "sample": Scale(titles=6_000, copies=60_000, readers=3_000, rooms=60),
    "county": Scale(
        titles=150_000,
        copies=1_060_000,
        readers=25_000,
        rooms=321,
        central=10_000.0,
        township=250.0,
        days=1_095,
        bustle=1.15,
    ),
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
    classes: Sequence[SchoolClass]
    happened: Happened
    wishes: Sequence[dict[str, Any]]
    empty_searches: Sequence[dict[str, Any]]


def make_county(seed: int, scale: Scale, now: datetime, phases: Phases | None = None) -> County:
    """Return the county of a seed; the same seed, scale and instant give the same county.

    Each part has a generator of its own, so that a change in one does not shuffle the others.
    """
    phases = phases or Phases()
    today = clock.local_date(now)
    places = make_places(
        _chance(seed, "places"), today, Extent(scale.rooms, scale.copies, scale.central, scale.township)
    )
    spots = make_spots(places)
    with phases.phase("Titles", scale.titles) as step:
        titles = make_titles(_chance(seed, "titles"), scale.titles, today.year, step=step)
    with phases.phase("Copies", scale.copies) as step:
        copies = make_copies(_chance(seed, "copies"), places, spots, titles, count=scale.copies, today=today, step=step)
    readers = make_readers(
        _chance(seed, "readers"), places, scale.readers - count_of(places), today, since_days=scale.days
    )
    classes = make_classes(_chance(seed, "classes"), places, readers, today)
    calendars = make_calendars(places, range(today.year - scale.days // 365 - 1, today.year + 2))
    rounds = make_rounds(places)
    with phases.phase("Loans", scale.days + 1) as step:
        years = Years(
            _chance(seed, "years"),
            places=places,
            calendars=calendars,
            van=Van(rounds),
            rules=policy_book(),
            copies=copies,
            titles=titles,
            readers=readers,
            classes=classes,
            now=now,
            bustle=scale.bustle,
        )
        happened = years.run(today, scale.days, step)
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
        classes=classes,
        happened=happened,
        wishes=wish_rows(_chance(seed, "wishes"), readers, titles, now),
        empty_searches=empty_search_rows(_chance(seed, "searches"), places, titles, today, readers=len(readers)),
    )


def _chance(seed: int, part: str) -> random.Random:
    return random.Random(f"{seed}:{part}")  # noqa: S311  a sample has to be repeatable, not secret
