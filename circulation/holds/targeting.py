"""Which copies a reader may have, and which of those on the shelves is asked for. Pure functions of values.

A copy is better the sooner the reader can have it, and the less trouble it makes. Trouble is counted in days, so that the two
can be added: a copy of the pickup branch itself makes none, one that the same round of the van comes past makes one step of
it, one of the same township two, any other of the county three. A step weighs three days: a copy one step further away must
bring the book more than three days sooner to be preferred. Of equally good ones that is asked for which was lent longest ago,
because its own readers will miss it least.

Decisions taken here, where the field knows several answers:

* How far a copy may travel is counted from where it stands to where it is collected. One that is out counts as near when
  either its home or the place where it was last seen is near: it may come back to either.
* A new copy is kept for readers of the township of its home; copies of the central library are everybody's.
* A reader whose year of birth is not known may wait for a book with an age limit; the desk asks when it is lent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from circulation.holds import reasons
from circulation.policies import reasons as shared
from circulation.policies.named import Terms
from circulation.policies.values import Reach
from circulation.whereabouts.rules import neighbourhood
from library.branches.journeys import Timetable
from library.kernel.decisions import Reason, reason
from library.patrons.rules import age_on

STEP_DAYS = 3
# A copy that no planned round brings is worth less than any that one does, within a season of rounds.
UNPLANNED_DAYS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A branch in the tree: id, path (`/1/4/9/`) and kind."""

    id: int
    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class CopyAt:
    """A copy of the title: where it stands or was last seen, where its home is, and whether it can be fetched now."""

    item_id: int
    at: Place
    home: Place
    item_class: str = "book"
    acquired_on: date | None = None
    last_loan_on: date | None = None
    is_on_shelf: bool = True


@dataclass(frozen=True, slots=True)
class Wanting:
    """Who wants a copy and where it would be collected; `home` is the reader's own room, None when nobody knows."""

    pickup: Place
    home: Place | None = None
    category: str | None = None
    born_in: int | None = None


def in_reach(reach: Reach, place: Place, other_path: str) -> bool:
    """Tell whether another branch is as near to `place` as a rule asks."""
    if reach is Reach.BRANCH:
        return other_path == place.path
    return reach is Reach.COUNTY or other_path.startswith(neighbourhood(place.path, place.kind))


def obstacle(copy: CopyAt, wanting: Wanting, terms: Terms, on: date) -> Reason | None:
    """Return what keeps a copy from a reader on a day, though others may have it; None when nothing does."""
    if terms.age_limit and wanting.born_in is not None and age_on(wanting.born_in, on) < terms.age_limit:
        return reason(shared.TOO_YOUNG, age=terms.age_limit)
    until = protected_until(copy.acquired_on, terms.new_book_protect_days)
    if until is not None and on <= until and not in_reach(Reach.TOWNSHIP, copy.home, _path(wanting.home)):
        return reason(shared.NEW_BOOK_PROTECTED, until=until.isoformat())
    reach = Reach(terms.hold_scope)
    seen_at = (copy.at,) if copy.is_on_shelf else (copy.at, copy.home)
    if not any(in_reach(reach, wanting.pickup, place.path) for place in seen_at):
        return reason(reasons.COPY_OUT_OF_REACH)
    return None


def _path(place: Place | None) -> str:
    return place.path if place is not None else ""


def protected_until(acquired_on: date | None, protect_days: int) -> date | None:
    """Return the last day on which a new copy is for its own township only, None when there never was one."""
    if acquired_on is None or protect_days == 0:
        return None
    return acquired_on + timedelta(days=protect_days - 1)


class Step(IntEnum):
    """How much trouble it is to bring a copy to the pickup branch."""

    PICKUP = 0
    ROUND = 1
    TOWNSHIP = 2
    COUNTY = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy that stands on a shelf and may be asked for; `arrives_on` None when no round that is planned brings it."""

    item_id: int
    branch_id: int
    step: Step
    arrives_on: date | None = None
    last_loan_on: date | None = None

    def cost(self, on: date) -> int:
        """Return the days until the reader can have it, and its trouble in days."""
        waits = (self.arrives_on - on).days if self.arrives_on is not None else UNPLANNED_DAYS
        return waits + STEP_DAYS * self.step


def candidate(copy: CopyAt, pickup: Place, timetable: Timetable, on: date) -> Candidate:
    """Return a copy as a candidate; one that stands elsewhere can leave from tomorrow on, when it has been fetched."""
    step = _step(copy.at, pickup, timetable)
    tomorrow = on + timedelta(days=1)
    arrives_on = on if step is Step.PICKUP else timetable.arrival(copy.at.id, pickup.id, tomorrow)
    return Candidate(copy.item_id, copy.at.id, step, arrives_on, copy.last_loan_on)


def best_first(candidates: Iterable[Candidate], on: date) -> list[Candidate]:
    """Return the copies in the order in which they are asked for, a copy of the pickup branch always first."""
    return sorted(
        candidates,
        key=lambda one: (one.step is not Step.PICKUP, one.cost(on), one.last_loan_on or date.min, one.item_id),
    )


def _step(at: Place, pickup: Place, timetable: Timetable) -> Step:
    if at.id == pickup.id:
        return Step.PICKUP
    if timetable.share_a_round(at.id, pickup.id):
        return Step.ROUND
    return Step.TOWNSHIP if in_reach(Reach.TOWNSHIP, pickup, at.path) else Step.COUNTY
