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
# Days before the time that is simulated.
_EARLIEST, _USUALLY = 1_535, 335
_PHONE_SHARE = 0.6  # numbers beginning 120 belong to nobody


@dataclass(slots=True)
class Reader:
    """One reader. `segment` is child, adult or elder; `appetite` how often they come compared with others.

    Who borrows for a group has no year of birth, no household, and no appetite of their own.
    """

    id: int
    name: str
    category: str
    segment: int
    born_in: int | None
    home: int
    village: int | None
    household: int | None
    guardian: int | None
    phone: str | None
    card: str
    registered_on: date
    appetite: float


def make_readers(
    chance: random.Random, places: Sequence[Place], count: int, today: date, *, since_days: int
) -> list[Reader]:
    """Return `count` readers with cards of ours; every child has a guardian in the own household.

    Two thirds of them or more were registered before the last `since_days` days began.
    """
    made: list[Reader] = []
    household = 0
    for place, number in _sizes(places, count):
        until = len(made) + number
        while len(made) < until:
            household += 1
            family = _family(chance, place, household, today, since_days=since_days, first_id=len(made) + 1)
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


def _family(
    chance: random.Random, place: Place, household: int, today: date, *, since_days: int, first_id: int
) -> Iterator[Reader]:
    """Yield a parent first, then children, then perhaps an elder; a parent stands before the children they guard."""
    shape = chance.random()
    children = 0 if shape < 0.34 else 1 if shape < 0.62 else 2
    has_elder = chance.random() < 0.34
    year = today.year
    parent_born = year - chance.randrange(28, 46) if children else year - chance.randrange(19, 60)
    registered_on = today - timedelta(days=int(chance.triangular(5, since_days + _EARLIEST, since_days + _USUALLY)))
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
            registered_on=max(registered_on, _old_enough(born_in, today)),
            appetite=chance.gammavariate(0.6, 1.0),
        )


def _old_enough(born_in: int, today: date) -> date:
    """Return when somebody may have a card: from three years of age, and before the last days."""
    return min(date(born_in + 3, 6, 1), today - timedelta(days=5))


def _category(chance: random.Random, segment: int) -> str:
    if segment == ADULT and chance.random() < _DISABLED_SHARE:
        return "disabled"
    return ("child", "adult", "elder")[segment]
