"""A small county that every act of a property test or a soak works on, and where the choices of an act come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibSourceRecord
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.actors import Actor, ActorKind
from library.kernel.operations import Answer, Operation, new_id
from tests.factories import a_bib, a_branch, a_county, a_patron, a_policy, an_item, county_policies

PLACES = ("east", "west", "central", "school")
# A room that owns nothing, so that it may close for good; books are only collected there.
ANNEX = "annex"
CATEGORIES = ("adult", "child", "elder")
KEEPER = Actor(ActorKind.STAFF, 1)
DEVICE = "desk-1"


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


# What an act answers that found nothing to act on, and one that did something though its service answers nothing.
NOTHING: Answer = {"decision": "nothing", "reasons": []}
DONE: Answer = {"decision": "allowed", "reasons": []}


@dataclass(frozen=True)
class Done:
    """An act that was taken, with what is needed to send it again; `answer` is None when it could not be acted on."""

    operation: Operation
    content: dict[str, Any]
    answer: Answer | None

    @property
    def is_allowed(self) -> bool:
        """Something was done: not refused, not without anything to act on, not a conflict."""
        return self.answer is not None and self.answer.get("decision", "allowed") == "allowed"


class MovingClock:
    """A clock that goes on by a minute for each act and by whole days when it is told to."""

    def __init__(self) -> None:
        self._instant = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._instant

    def pass_time(self, *, minutes: int = 0, days: int = 0) -> None:
        self._instant += timedelta(minutes=minutes, days=days)


def at_a_desk(kind: str) -> Operation:
    """Return an operation of a keeper at a desk, as a scan is one."""
    return Operation(new_id(), kind, KEEPER, "desk", clock.now(), device=DEVICE)


def settle(session: Session, *, copies: int, readers: int) -> County:
    """Fill an empty database with a county of a few readers who all want the same few copies; what is late or lost costs."""
    made = a_county(session)
    made[ANNEX] = a_branch(session, parent=made["township"], code=ANNEX)
    county_policies(session)
    for rule, value in (("fine_per_day", 10), ("lost_charge_percent", 100), ("lost_after_days", 10)):
        a_policy(session, rule, value)
    bibs = [_title(session) for _ in range(max(2, copies // 3))]
    at = [PLACES[number % len(PLACES)] for number in range(copies)]
    titles = [bibs[number % len(bibs)] for number in range(copies)]
    items = [
        an_item(
            session, branch=made[place], bib=session.get_one(Bib, bib), price_cents=(2500, None)[number % 4 == 3]
        ).id
        for number, (place, bib) in enumerate(zip(at, titles, strict=True))
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


def preferred(ids: Sequence[int], others: Sequence[int], chance: Chance) -> int | None:
    """Return three times out of four one of `ids`, else one of `others`; None when there is neither."""
    wanted = (ids or others) if chance.below(4) else (others or ids)
    return one_of(wanted, chance) if wanted else None


def some_place(session: Session, county: County, chance: Chance) -> Branch:
    return session.get_one(Branch, county.places[PLACES[chance.below(len(PLACES))]])
