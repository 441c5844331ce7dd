"""A year in the sample county, day by day: visits, loans, renewals, returns here and elsewhere, holds and transfers.

Every visit is drawn; what follows from it (when the book comes back and where, which van takes it home) is settled at
once, as far as it lies in the past. Nobody has more books than the rules allow, no copy is in two hands, and the movement
log follows every copy.
"""

import math
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from library.branches.rules import Calendar, Session, due_date, next_open_day
from library.kernel import clock
from library.sample.happened import Asked, Carried, Happened, Lent, Moved, Renewed, Step
from library.sample.hours import Van
from library.sample.places import CENTRAL_ID, Place
from library.sample.readers import ELDER, Reader
from library.sample.stock import Copy
from library.sample.tastes import Shelf, Visitors, month_factor, segment_of
from library.sample.titles import Title

DAYS = 365
_BOOKS_PER_VISIT = (1, 1, 1, 2, 2, 3)
_MEAN_BOOKS = sum(_BOOKS_PER_VISIT) / len(_BOOKS_PER_VISIT)
_TRIES = 4
_ELSEWHERE_SHARE = 0.06
_HOLD_SHARE = 0.035
_FORGOTTEN_SHARE = 0.004
_LATE_SHARE = 0.07
_RENEWS_SHARE = 0.6
_VISITORS_FROM_BELOW = 0.25
_WAITING_HOLDS = 28
_PICKUP_DAYS = 7
_NEVER = datetime.max.replace(tzinfo=UTC)


class Year:
    """One run; `happened` fills up. All chance comes from the generator given, so a seed tells the whole year."""

    def __init__(
        self,
        chance: random.Random,
        *,
        places: Sequence[Place],
        calendars: Mapping[int, Calendar],
        van: Van,
        copies: Sequence[Copy],
        titles: Sequence[Title],
        readers: Sequence[Reader],
        now: datetime,
        bustle: float = 1.0,
    ) -> None:
        self.happened = Happened()
        self._chance = chance
        self._now = now
        self._bustle = bustle / 30.4 / _MEAN_BOOKS  # visits on a day for each loan of an average month
        self._van = van
        self._calendars = calendars
        self._places = [place for place in places if place.has_books]
        self._readers = readers
        self._free_from: dict[int, datetime] = {}
        self._until: dict[int, list[datetime]] = {}
        self._asked: set[tuple[int, int]] = set()
        by_home: dict[int, list[Copy]] = {place.id: [] for place in self._places}
        for copy in copies:
            by_home[copy.home].append(copy)
        self._shelves = {place.id: Shelf(chance, place, by_home[place.id], titles) for place in self._places}
        self._visitors = {place.id: self._visitors_of(place) for place in self._places}
        self._below = {
            place.id: [other.id for other in self._places if other.path.startswith(place.path)]
            for place in self._places
        }
        self._below[CENTRAL_ID] = [place.id for place in self._places]
        self._towns = {place.id: _town_above(place, self._places) for place in self._places}

    def run(self, today: date) -> Happened:
        """Live through the last 365 days up to now."""
        for offset in range(DAYS, -1, -1):
            self._live(today - timedelta(days=offset))
        self._wait_for_lent_books()
        return self.happened

    def _live(self, day: date) -> None:
        visits: list[tuple[datetime, Place]] = []
        for place in self._places:
            sessions = self._calendars[place.id].sessions_on(day)
            if sessions:
                visits += [(self._moment(day, sessions), place) for _ in range(self._visits(place, day))]
        for at, place in sorted(visits, key=lambda visit: (visit[0], visit[1].id)):
            if at < self._now:
                self._visit(place, day, at)

    def _visits(self, place: Place, day: date) -> int:
        pattern = self._calendars[place.id].pattern_on(day)
        open_days = sum(bool(spans) for spans in pattern.sessions.values()) if pattern else 7
        mean = place.monthly * self._bustle * month_factor(day.month, place.kind) * 7 / max(open_days, 1)
        return _poisson(self._chance, mean)

    def _visit(self, place: Place, day: date, at: datetime) -> None:
        chance = self._chance
        segment = segment_of(chance, day.month, place.kind)
        home = place.id
        if place.kind in {"central", "township"} and chance.random() < _VISITORS_FROM_BELOW:
            home = chance.choice(self._below[place.id])
        position = self._visitors[home][segment].draw(chance)
        if position is None or self._readers[position].registered_on >= day:
            return
        reader = self._readers[position]
        if place.is_room and chance.random() < _HOLD_SHARE:
            self._ask(reader, place, at)
            return
        for _ in range(chance.choice(_BOOKS_PER_VISIT)):
            copy = self._find(self._shelves[place.id], segment, at)
            if copy is not None and self._may_have_more(reader, at):
                self._lend(copy, reader, place.id, at)

    def _find(self, shelf: Shelf, segment: int, at: datetime) -> Copy | None:
        for _ in range(_TRIES):
            copy = shelf.draw(self._chance, segment)
            if copy is None:
                return None
            if self._is_here(copy, at):
                return copy
        return None

    def _is_here(self, copy: Copy, at: datetime) -> bool:
        free_from = self._free_from.get(copy.id)
        return free_from <= at if free_from is not None else copy.acquired_on < clock.local_date(at)

    def _may_have_more(self, reader: Reader, at: datetime) -> bool:
        still_out = [until for until in self._until.get(reader.id, ()) if until > at]
        self._until[reader.id] = still_out
        return len(still_out) < reader.limit

    def _lend(self, copy: Copy, reader: Reader, branch: int, at: datetime) -> Lent:
        chance = self._chance
        day = clock.local_date(at)
        days = 60 if reader.segment == ELDER or reader.category == "disabled" else 30
        kept = max(1, round(chance.gammavariate(2.2, 7.5) * days / 30))
        if chance.random() < _LATE_SHARE:
            kept += days - kept // 2 + chance.randrange(3, 25)
        loan = Lent(
            len(self.happened.loans) + 1, copy, reader, branch, at, due_date(self._calendars[branch], day, days)
        )
        self.happened.loans.append(loan)
        self._renew(loan, day + timedelta(days=kept), days)
        back_at, where = self._back(branch, day + timedelta(days=kept))
        if back_at >= self._now or chance.random() < _FORGOTTEN_SHARE:
            self._free_from[copy.id] = _NEVER
            self._until.setdefault(reader.id, []).append(_NEVER)
            return loan
        loan.in_at, loan.in_branch = back_at, where
        self._until.setdefault(reader.id, []).append(back_at)
        self._free_from[copy.id] = back_at + timedelta(minutes=30)
        if where != branch:
            self._move(copy, branch, where, back_at, "check_in")
        if where != copy.home:
            self._carry(copy, where, copy.home, "return_home", back_at)
        return loan

    def _renew(self, loan: Lent, back: date, days: int) -> None:
        """Renew shortly before the due date when the book is kept that long, as often as the rules allow."""
        most = 2 if days == 60 else 1
        renewals: list[Renewed] = []
        while (
            len(renewals) < most and back >= loan.due_on - timedelta(days=2) and self._chance.random() < _RENEWS_SHARE
        ):
            at = clock.start_of_day(loan.due_on - timedelta(days=1)) + timedelta(hours=19, minutes=12)
            if at >= self._now:
                break
            after = due_date(self._calendars[loan.out_branch], loan.due_on, days)
            renewals.append(Renewed(at, loan.due_on, after))
            loan.due_on = after
        loan.renewals = tuple(renewals)

    def _back(self, branch: int, day: date) -> tuple[datetime, int]:
        """Return when and where a book comes back that was lent at `branch`, from `day` on."""
        where = branch
        if self._chance.random() < _ELSEWHERE_SHARE:
            where = self._chance.choice((self._towns[branch] or CENTRAL_ID, CENTRAL_ID))
        calendar = self._calendars[where]
        open_day = next_open_day(calendar, day) or day
        return self._moment(open_day, calendar.sessions_on(open_day)), where

    def _ask(self, reader: Reader, place: Place, at: datetime) -> None:
        """Ask for a book of the central library that this room has not; the van brings it."""
        copy = self._find(self._shelves[CENTRAL_ID], reader.segment, at)
        if copy is None or (reader.id, copy.title) in self._asked or not self._may_have_more(reader, at):
            return
        self._asked.add((reader.id, copy.title))
        hold = Asked(len(self.happened.holds) + 1, reader, copy, place.id, at, "in_transit", captured_at=at)
        self.happened.holds.append(hold)
        arrived_at = self._carry(copy, CENTRAL_ID, place.id, "hold", at, hold=hold.id)
        if arrived_at is None:
            return
        hold.state, hold.ready_at = "ready", arrived_at
        hold.pickup_until = clock.local_date(arrived_at) + timedelta(days=_PICKUP_DAYS)
        calendar = self._calendars[place.id]
        wanted = clock.local_date(arrived_at) + timedelta(days=1 + self._chance.randrange(4))
        day = next_open_day(calendar, wanted) or wanted
        picked_up_at = self._moment(day, calendar.sessions_on(day))
        if picked_up_at < self._now:
            hold.state, hold.ended_at = "fulfilled", picked_up_at
            hold.lent = self._lend(copy, reader, place.id, picked_up_at).id
        else:
            self._free_from[copy.id] = _NEVER

    def _carry(
        self, copy: Copy, from_id: int, to_id: int, reason: str, start: datetime, *, hold: int | None = None
    ) -> datetime | None:
        """Send a copy on its way; return when it arrived, None while it has not. Until it is shelved nobody has it."""
        leaving, arriving = self._van.journey(from_id, to_id, clock.local_date(start))
        arrived_at = _instant(arriving, 15 * 60 + self._chance.randrange(60))
        ahead = [
            Step("requested", start, from_id),
            Step("picked", start + timedelta(minutes=20), from_id),
            Step("dispatched", _instant(leaving, 8 * 60 + 30), from_id),
            Step("arrived", arrived_at, to_id),
            Step("shelved", arrived_at + timedelta(minutes=self._chance.randrange(20, 200)), to_id),
        ]
        transfers = self.happened.transfers
        steps = [step for step in ahead if step.at < self._now]
        transfers.append(Carried(len(transfers) + 1, copy, from_id, to_id, reason, steps, hold))
        self._free_from[copy.id] = ahead[-1].at if len(steps) == len(ahead) else _NEVER
        if len(steps) < len(ahead) - 1:
            return None
        self._move(copy, from_id, to_id, arrived_at, "transfer")
        return arrived_at if len(steps) == len(ahead) else None

    def _move(self, copy: Copy, from_id: int, to_id: int, at: datetime, cause: str) -> None:
        self.happened.movements.append(Moved(copy, from_id, to_id, at, cause))
        copy.current = to_id

    def _wait_for_lent_books(self) -> None:
        """Let readers wait for books that others have."""
        lent = [loan for loan in self.happened.loans if loan.in_at is None]
        for loan in self._chance.sample(lent, min(_WAITING_HOLDS, len(lent))):
            reader = self._chance.choice(self._readers)
            if reader.id == loan.reader.id or (reader.id, loan.copy.title) in self._asked:
                continue
            self._asked.add((reader.id, loan.copy.title))
            placed_at = self._now - timedelta(hours=self._chance.randrange(3, 24 * 12))
            placed_at = max(placed_at, loan.out_at + timedelta(hours=1))
            if placed_at < self._now:
                number = len(self.happened.holds) + 1
                self.happened.holds.append(Asked(number, reader, loan.copy, reader.home, placed_at))

    def _moment(self, day: date, sessions: Sequence[Session]) -> datetime:
        """Return an instant of a day within one of its sessions."""
        if not sessions:
            return _instant(day, 10 * 60)
        span = self._chance.choice(sessions)
        opens = span.opens.hour * 60 + span.opens.minute
        closes = span.closes.hour * 60 + span.closes.minute
        return _instant(day, opens + self._chance.randrange(closes - opens))

    def _visitors_of(self, place: Place) -> list[Visitors]:
        here = [(position, reader) for position, reader in enumerate(self._readers) if reader.home == place.id]
        return [
            Visitors([(position, reader.appetite) for position, reader in here if reader.segment == segment])
            for segment in range(3)
        ]


def _instant(day: date, minutes: int) -> datetime:
    return clock.start_of_day(day) + timedelta(minutes=minutes)


def _town_above(place: Place, places: Sequence[Place]) -> int | None:
    above = [other.id for other in places if other.kind == "township" and place.path.startswith(other.path)]
    return above[0] if above and above[0] != place.id else None


def _poisson(chance: random.Random, mean: float) -> int:
    """Return a Poisson-distributed number, by Knuth's product of uniforms; means here are below fifty."""
    limit, product, number = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        number += 1
    return number
