"""School classes of the sample county: groups that borrow together at the beginning of a term and bring back at its end.

A class borrows on the card of its custodian, a reader of category `group`; its pupils keep their own cards.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from library.kernel.identifiers import CodeKind, new_code
from library.sample.places import Place
from library.sample.readers import ADULT, CHILD, Reader

BOOKS_A_TERM = 32
_NAMES = ("三年级（2）班", "五年级（1）班")
_MOST_PUPILS = 40
_BORROWS_AFTER_DAYS = 16
_LONG_AGO_DAYS = 900


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class with who answers for its books."""

    id: int
    name: str
    branch: int
    custodian: Reader
    pupils: tuple[Reader, ...]
    term_ends_on: date


def make_classes(
    chance: random.Random, places: Sequence[Place], readers: list[Reader], today: date
) -> list[SchoolClass]:
    """Return a class of every school; its custodian is added to the readers."""
    made: list[SchoolClass] = []
    schools = [place for place in places if place.kind == "school"]
    for number, (school, name) in enumerate(zip(schools, _NAMES, strict=False), start=1):
        pupils = [reader for reader in readers if reader.home == school.id and reader.segment == CHILD]
        custodian = _custodian(len(readers) + 1, school, name, today)
        readers.append(custodian)
        chosen = tuple(chance.sample(pupils, min(_MOST_PUPILS, len(pupils))))
        made.append(SchoolClass(number, name, school.id, custodian, chosen, _term(today)[1]))
    return made


def count_of(places: Sequence[Place]) -> int:
    """Return how many classes there will be."""
    return min(len(_NAMES), sum(place.kind == "school" for place in places))


def borrows_until(day: date) -> date | None:
    """Return the end of the term when `day` is the day on which classes borrow, else None."""
    begins, ends = _term(day)
    return ends if day == begins + timedelta(days=_BORROWS_AFTER_DAYS) else None


def _term(day: date) -> tuple[date, date]:
    """Return the first and last day of the term of a day, or of the next one in the holidays."""
    terms = [
        span
        for year in (day.year - 1, day.year, day.year + 1)
        for span in ((date(year, 2, 20), date(year, 7, 5)), (date(year, 9, 1), date(year + 1, 1, 20)))
    ]
    return next(span for span in terms if span[1] > day)


def _custodian(number: int, school: Place, name: str, today: date) -> Reader:
    return Reader(
        id=number,
        name=name,
        category="group",
        segment=ADULT,
        born_in=None,
        home=school.id,
        village=None,
        household=None,
        guardian=None,
        phone=None,
        card=new_code(CodeKind.PATRON, number),
        registered_on=today - timedelta(days=_LONG_AGO_DAYS),
        appetite=0.0,
    )
