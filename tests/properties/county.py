"""A small county that every act of a property test or a soak works on, and where the choices of an act come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibSourceRecord
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.operations import Answer, Operation
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies

PLACES = ("east", "west", "central", "school")
CATEGORIES = ("adult", "child", "elder")


class Chance(Protocol):
    """Where an act's choices come from."""

    def below(self, bound: int) -> int:
        """Return a number from 0 to `bound` - 1."""


@dataclass(frozen=True)
class County:
    """The ids of what there is: places by name, copies, their titles, readers."""

    places: dict[str, int]
    items: Sequence[int]
    bibs: Sequence[int]
    readers: Sequence[int]


Do = Callable[[Session, Operation, County, Chance], Answer]


# What an act answers that found nothing to act on, or whose service answers nothing.
NOTHING: Answer = {"decision": "allowed", "reasons": []}


@dataclass(frozen=True)
class Done:
    """An act that was taken, with what is needed to send it again; `answer` is None when it could not be acted on."""

    operation: Operation
    content: dict[str, Any]
    answer: Answer | None


def settle(session: Session, *, copies: int, readers: int) -> County:
    """Fill an empty database with a county of a few readers who all want the same few copies."""
    made = a_county(session)
    county_policies(session)
    bibs = [_title(session) for _ in range(max(2, copies // 3))]
    at = [PLACES[number % len(PLACES)] for number in range(copies)]
    titles = [bibs[number % len(bibs)] for number in range(copies)]
    items = [
        an_item(session, branch=made[place], bib=session.get_one(Bib, bib)).id
        for place, bib in zip(at, titles, strict=True)
    ]
    people = [
        a_patron(session, branch=made[PLACES[number % 2]], category=CATEGORIES[number % 3]).id
        for number in range(readers)
    ]
    return County({name: branch.id for name, branch in made.items()}, items, bibs, people)


def _title(session: Session) -> int:
    bib_id = a_bib(session).id
    source = {"source": "form", "flavour": "form", "record": {}, "checksum": str(bib_id), "created_at": clock.now()}
    session.add(BibSourceRecord(bib_id=bib_id, **source))
    return bib_id


def one_of(ids: Sequence[int], chance: Chance) -> int:
    return ids[chance.below(len(ids))]


def some_place(session: Session, county: County, chance: Chance) -> Branch:
    return session.get_one(Branch, county.places[PLACES[chance.below(len(PLACES))]])
