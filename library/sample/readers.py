"""The sample county's readers: households with parents, children and elders, each belonging to a room or a library."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from library.kernel.identifiers import CodeKind, new_code
from library.sample import names
from library.sample.places import QUIET, Place

CHILD, ADULT, ELDER = 0, 1, 2
_DISABLED_SHARE = 0.02
_PHONE_SHARE = 0.6  # numbers beginning 120 belong to nobody


@dataclass(slots=True)
class Reader:
    """One reader. `segment` is child, adult or elder; `appetite` how often they come compared with others."""

    id: int
    name: str
    category: str
    segment: int
    born_in: int
    home: int
    village: int | None
    household: int
    guardian: int | None
    phone: str | None
    card: str
    registered_on: date
    appetite: float
    limit: int


def make_readers(chance: random.Random, places: Sequence[Place], count: int, today: date) -> list[Reader]:
    """Return `count` readers with cards of ours; every child has a guardian in the own household."""
    made: list[Reader] = []
    household = 0
    for place, number in _sizes(places, count):
        until = len(made) + number
        while len(made) < until:
            household += 1
            family = _family(chance, place, household, today, first_id=len(made) + 1)
            made.extend(list(family)[: until - len(made)])
    return made


def _sizes(places: Sequence[Place], count: int) -> list[tuple[Place, int]]:
    """Share out the readers: a busy room has more of them, but a locked one has its registered readers too."""
    with_books = [place for place in places if place.has_books]
    weights = [(6.0 if place.activity == QUIET else 10.0 + place.monthly) ** 0.8 for place in with_books]
    total = sum(weights)
    sizes = [max(1, int(count * weight / total)) for weight in weights]
    sizes[0] += count - sum(sizes)
    return list(zip(with_books, sizes, strict=True))


def _family(chance: random.Random, place: Place, household: int, today: date, *, first_id: int) -> Iterator[Reader]:
    """Yield a parent first, then children, then perhaps an elder; a parent stands before the children they guard."""
    shape = chance.random()
    children = 0 if shape < 0.34 else 1 if shape < 0.62 else 2
    has_elder = chance.random() < 0.34
    year = today.year
    parent_born = year - chance.randrange(28, 46) if children else year - chance.randrange(19, 60)
    registered_on = today - timedelta(days=int(chance.triangular(5, 1_900, 700)))
    surname = names.person(chance)[0]
    members = [(ADULT, surname + names.person(chance)[1:], parent_born)]
    members += [(CHILD, names.child(chance, surname), year - chance.randrange(5, 14)) for _ in range(children)]
    if has_elder:
        members.append((ELDER, surname + names.person(chance)[1:], year - chance.randrange(61, 84)))
    for offset, (segment, name, born_in) in enumerate(members):
        number = first_id + offset
        yield Reader(
            id=number,
            name=name,
            category=_category(chance, segment),
            segment=segment,
            born_in=born_in,
            home=place.id,
            village=place.village_id,
            household=household,
            guardian=first_id if segment == CHILD else None,
            phone=f"120{number:08d}" if segment != CHILD and chance.random() < _PHONE_SHARE else None,
            card=new_code(CodeKind.PATRON, number),
            registered_on=registered_on,
            appetite=chance.gammavariate(0.6, 1.0),
            limit=8 if segment == ELDER else 5,
        )


def _category(chance: random.Random, segment: int) -> str:
    if segment == ADULT and chance.random() < _DISABLED_SHARE:
        return "disabled"
    return ("child", "adult", "elder")[segment]
