"""When the van brings a book from one branch to another: rounds, their stops, their coming days. Pure functions of values.

A book that is collected on a round and wanted further on along the same round is there on the same day. Everything else goes
by the central library, where what the van brought is sorted on the day after, and leaves with the destination's next round.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

# What a round brings in the evening can leave with another one on the next day.
SORTING = timedelta(days=1)


class Stop(NamedTuple):
    """A branch's place on a round, in the order of driving."""

    route_id: int
    position: int


class Visit(NamedTuple):
    """A day on which a round comes past a branch."""

    on: date
    stop: Stop


@dataclass(frozen=True, slots=True)
class Timetable:
    """The coming rounds of the van as far as they concern some branches; all ids.

    `days` are the planned days of each round in their order, `closed` days on which a branch is shut out of turn, so that the
    van finds nobody there. `hubs` are the central libraries, where every round begins and ends.
    """

    stops: Mapping[int, tuple[Stop, ...]] = field(default_factory=dict)
    days: Mapping[int, tuple[date, ...]] = field(default_factory=dict)
    closed: frozenset[tuple[int, date]] = frozenset()
    hubs: frozenset[int] = frozenset()

    def visits(self, branch_id: int, from_on: date) -> list[Visit]:
        """Return when the van comes past a branch from `from_on` on, the first day first."""
        found = (
            Visit(day, stop)
            for stop in self.stops.get(branch_id, ())
            for day in self.days.get(stop.route_id, ())
            if day >= from_on and (branch_id, day) not in self.closed
        )
        return sorted(found)

    def share_a_round(self, branch_id: int, other_id: int) -> bool:
        """Tell whether one round stops at both branches."""
        routes = {stop.route_id for stop in self.stops.get(branch_id, ())}
        return any(stop.route_id in routes for stop in self.stops.get(other_id, ()))

    def is_visited(self, branch_id: int, on: date) -> bool:
        """Tell whether the van comes past a branch on a day; a central library gets books on any."""
        return branch_id in self.hubs or any(visit.on == on for visit in self.visits(branch_id, on))

    def next_visit(self, branch_id: int, from_on: date) -> date | None:
        """Return the first day from `from_on` on when the van brings what it has to a branch."""
        if branch_id in self.hubs:
            return from_on
        return next((visit.on for visit in self.visits(branch_id, from_on)), None)

    def arrival(self, from_id: int, to_id: int, not_before: date) -> date | None:
        """Return the day on which a book that can leave from `not_before` on is there, None when nothing is planned.

        A branch without a round brings the book to the central library by itself.
        """
        if from_id == to_id:
            return not_before
        collected = self._collected(from_id, not_before)
        if collected is None:
            return None
        days = [*self._without_a_change(from_id, to_id, not_before), *self._by_the_hub(from_id, to_id, collected)]
        return min(days, default=None)

    def _collected(self, from_id: int, not_before: date) -> date | None:
        if from_id in self.hubs or from_id not in self.stops:
            return not_before
        return next((visit.on for visit in self.visits(from_id, not_before)), None)

    def _without_a_change(self, from_id: int, to_id: int, not_before: date) -> Iterator[date]:
        comes = {(visit.on, visit.stop.route_id): visit.stop.position for visit in self.visits(to_id, not_before)}
        for visit in self.visits(from_id, not_before):
            reached = comes.get((visit.on, visit.stop.route_id))
            if reached is not None and reached > visit.stop.position:
                yield visit.on

    def _by_the_hub(self, from_id: int, to_id: int, collected: date) -> Iterator[date]:
        sorted_on = collected + SORTING if from_id in self.stops and from_id not in self.hubs else collected
        came = self.next_visit(to_id, sorted_on)
        if came is not None:
            yield came
