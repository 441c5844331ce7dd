"""The years of the sample county, day by day: visits, loans, renewals, returns here and elsewhere, holds and transfers.

Every visit is drawn; what follows from it (when the book comes back and where, which van takes it home) is settled at
once, as far as it lies in the past. Readers are held to the county's own rules, no copy is in two hands, and the movement
log follows every copy.
"""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter

from circulation.policies.book import PolicyBook
from library.branches.rules import Calendar
from library.sample.classes import BOOKS_A_TERM, SchoolClass, borrows_until
from library.sample.happened import Asked, Happened
from library.sample.hours import Hours, Van
from library.sample.lending import Lending
from library.sample.phases import Step, no_step
from library.sample.places import CENTRAL_ID, Place
from library.sample.readers import CHILD, Reader
from library.sample.stock import Copy
from library.sample.tastes import Shelf, Visitors, month_factor, segment_of
from library.sample.titles import Title
from library.sample.traffic import Traffic
from library.sample.waiting import Waiting

_BOOKS_PER_VISIT = (1, 1, 1, 2, 2, 3)
_MEAN_BOOKS = sum(_BOOKS_PER_VISIT) / len(_BOOKS_PER_VISIT)
_TRIES = 4
_HOLD_SHARE = 0.035
_VISITORS_FROM_BELOW = 0.25


class Years:
    """One run; `happened` fills up. All chance comes from the generator given, so a seed tells all of it."""

    def __init__(
        self,
        chance: random.Random,
        *,
        places: Sequence[Place],
        calendars: Mapping[int, Calendar],
        van: Van,
        rules: PolicyBook,
        copies: Sequence[Copy],
        titles: Sequence[Title],
        readers: Sequence[Reader],
        classes: Sequence[SchoolClass],
        now: datetime,
        bustle: float = 1.0,
    ) -> None:
        self.happened = Happened()
        self._chance = chance
        self._now = now
        self._bustle = bustle / 30.4 / _MEAN_BOOKS  # visits on a day for each loan of an average month
        alike = {id(calendar): Hours(calendar) for calendar in calendars.values()}
        hours = {place: alike[id(calendar)] for place, calendar in calendars.items()}
        self._hours = hours
        self._places = [place for place in places if place.has_books]
        self._readers = readers
        self._classes = classes
        self._traffic = Traffic(chance, van, self.happened, now)
        towns = {place.id: _town_above(place, self._places) for place in self._places}
        lending = Lending(
            chance, rules=rules, hours=hours, towns=towns, traffic=self._traffic, happened=self.happened, now=now
        )
        self._lending = lending
        self._waiting = Waiting(
            chance, hours=hours, lending=lending, traffic=self._traffic, happened=self.happened, now=now
        )
        by_home: dict[int, list[Copy]] = {place.id: [] for place in self._places}
        for copy in copies:
            by_home[copy.home].append(copy)
        self._shelves = {place.id: Shelf(chance, place, by_home[place.id], titles) for place in self._places}
        self._visitors = _visitors(readers)
        self._below = {
            place.id: [other.id for other in self._places if other.path.startswith(place.path)]
            for place in self._places
            if place.kind == "township"
        }
        self._below[CENTRAL_ID] = [place.id for place in self._places]

    def run(self, today: date, days: int, step: Step = no_step) -> Happened:
        """Live through the last `days` days up to now."""
        for offset in range(days, -1, -1):
            self._live(today - timedelta(days=offset))
            step(1)
        self._waiting.wait_for_lent_books(self._readers)
        return self.happened

    def _live(self, day: date) -> None:
        term_ends_on = borrows_until(day)
        if term_ends_on is not None:
            for group in self._classes:
                self._lend_to_class(group, day, term_ends_on)
        visits: list[tuple[datetime, Place | Asked]] = list(self._waiting.visits_on(day))
        for place in self._places:
            hours = self._hours[place.id]
            if hours.spans_on(day):
                visits += [(hours.moment(self._chance, day), place) for _ in range(self._visits(place, day))]
        for at, purpose in sorted(visits, key=itemgetter(0)):
            if at >= self._now:
                return
            if isinstance(purpose, Asked):
                self._waiting.collect(purpose, day, at)
            else:
                self._visit(purpose, day, at)

    def _visits(self, place: Place, day: date) -> int:
        open_days = self._hours[place.id].open_days_a_week(day)
        mean = place.monthly * self._bustle * month_factor(day.month, place.kind) * 7 / max(open_days, 1)
        return _poisson(self._chance, mean)

    def _visit(self, place: Place, day: date, at: datetime) -> None:
        chance = self._chance
        segment = segment_of(chance, day.month, place.kind)
        home = place.id
        if place.kind in {"central", "township"} and chance.random() < _VISITORS_FROM_BELOW:
            home = chance.choice(self._below[place.id])
        visitors = self._visitors.get((home, segment))
        reader = visitors.draw(chance) if visitors else None
        if reader is None or reader.registered_on >= day:
            return
        if place.is_room and chance.random() < _HOLD_SHARE:
            wanted = self._find(CENTRAL_ID, reader.segment, day, at)
            if wanted is not None:
                self._waiting.ask(reader, wanted, place.id, day, at)
            return
        for _ in range(chance.choice(_BOOKS_PER_VISIT)):
            copy = self._find(place.id, segment, day, at)
            if copy is not None and self._lending.may_have(reader, copy, day, at):
                self._lending.lend(copy, reader, place.id, day, at)

    def _lend_to_class(self, group: SchoolClass, day: date, term_ends_on: date) -> None:
        """Let a class borrow for its term, when the school's library opens next."""
        hours = self._hours[group.branch]
        on = hours.next_open_day(day)
        at = hours.moment(self._chance, on)
        if at >= self._now or group.custodian.registered_on >= on:
            return
        for _ in range(BOOKS_A_TERM):
            copy = self._find(group.branch, CHILD, on, at)
            if copy is not None and self._lending.may_have(group.custodian, copy, on, at):
                self._lending.lend_for_term(copy, group, on, at, term_ends_on)

    def _find(self, place: int, segment: int, day: date, at: datetime) -> Copy | None:
        for _ in range(_TRIES):
            copy = self._shelves[place].draw(self._chance, segment)
            if copy is None or self._traffic.is_free(copy, day, at):
                return copy
        return None


def _visitors(readers: Sequence[Reader]) -> dict[tuple[int, int], Visitors]:
    """Return the readers of each place and segment, ready for drawing."""
    groups: dict[tuple[int, int], list[Reader]] = {}
    for reader in readers:
        groups.setdefault((reader.home, reader.segment), []).append(reader)
    return {group: Visitors(members) for group, members in groups.items()}


def _town_above(place: Place, places: Sequence[Place]) -> int | None:
    above = [other.id for other in places if other.kind == "township" and place.path.startswith(other.path)]
    return above[0] if above and above[0] != place.id else None


def _poisson(chance: random.Random, mean: float) -> int:
    """Return a Poisson-distributed number, by Knuth's product of uniforms; means here are below five hundred."""
    limit, product, number = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        number += 1
    return number
