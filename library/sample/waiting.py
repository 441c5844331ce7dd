"""Holds of the sample county: books the van brings from the central library, and books that others still have."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from library.kernel import clock
from library.sample.happened import Asked, Happened
from library.sample.hours import Hours
from library.sample.lending import Lending
from library.sample.places import CENTRAL_ID
from library.sample.readers import Reader
from library.sample.stock import Copy
from library.sample.traffic import Traffic

_READERS_PER_WAITING = 100
_EXPIRED_AT = timedelta(minutes=20)  # past midnight, when the nightly work ends what was not collected


class Waiting:
    """Keeps the queue and writes into `happened` what of it lies before `now`."""

    def __init__(
        self,
        chance: random.Random,
        *,
        hours: Mapping[int, Hours],
        lending: Lending,
        traffic: Traffic,
        happened: Happened,
        now: datetime,
    ) -> None:
        self._chance = chance
        self._hours = hours
        self._lending = lending
        self._traffic = traffic
        self._happened = happened
        self._now = now
        self._asked: set[tuple[int, int]] = set()
        self._open: dict[int, int] = {}
        self._visits: dict[date, list[tuple[datetime, Asked]]] = {}

    def visits_on(self, day: date) -> list[tuple[datetime, Asked]]:
        """Return who comes for a book on a day, and when; each visit is told once."""
        return self._visits.pop(day, [])

    def ask(self, reader: Reader, copy: Copy, pickup: int, day: date, at: datetime) -> None:
        """Ask for a copy that stands in the central library, unless the rules are against it; the van brings it."""
        if not (self._may_ask(reader, copy, day) and self._lending.may_have(reader, copy, day, at)):
            return
        hold = self._add(reader, copy, pickup, at)
        hold.state, hold.captured_at = "in_transit", at
        arrived_at = self._traffic.carry(copy, CENTRAL_ID, pickup, "hold", at, hold=hold.id)
        if arrived_at is None:
            return
        self._traffic.keep(copy)
        hours, arrived_on = self._hours[pickup], clock.local_date(arrived_at)
        pickup_days = self._lending.terms(reader, arrived_on).pickup_days
        last = hours.next_open_day(arrived_on) + timedelta(days=pickup_days)
        hold.state, hold.ready_at, hold.pickup_until = "ready", arrived_at, hours.next_open_day(last)
        self._come_later(hold, arrived_on)

    def collect(self, hold: Asked, day: date, at: datetime) -> None:
        """Lend the book that waits for a reader who has come for it; who may not have it comes again later."""
        if not self._lending.may_have(hold.reader, hold.copy, day, at):
            self._come_later(hold, day)
            return
        self._end(hold, "fulfilled", at)
        hold.lent = self._lending.lend(hold.copy, hold.reader, hold.pickup, day, at).id

    def wait_for_lent_books(self, readers: Sequence[Reader]) -> None:
        """Let readers wait for books that others have."""
        lent = [loan for loan in self._happened.loans if loan.in_at is None and loan.group is None]
        for loan in self._chance.sample(lent, min(len(readers) // _READERS_PER_WAITING, len(lent))):
            reader = self._chance.choice(readers)
            placed_at = self._now - timedelta(hours=self._chance.randrange(3, 24 * 12))
            placed_at = max(placed_at, loan.out_at + timedelta(hours=1))
            may_ask = reader.id != loan.reader.id and self._may_ask(reader, loan.copy, clock.local_date(placed_at))
            if may_ask and placed_at < self._now:
                self._add(reader, loan.copy, reader.home, placed_at)

    def _may_ask(self, reader: Reader, copy: Copy, day: date) -> bool:
        holds = self._open.get(reader.id, 0)
        return (reader.id, copy.title) not in self._asked and holds < self._lending.terms(reader, day).holds_max

    def _add(self, reader: Reader, copy: Copy, pickup: int, at: datetime) -> Asked:
        hold = Asked(len(self._happened.holds) + 1, reader, copy, pickup, at)
        self._happened.holds.append(hold)
        self._asked.add((reader.id, copy.title))
        self._open[reader.id] = self._open.get(reader.id, 0) + 1
        return hold

    def _come_later(self, hold: Asked, day: date) -> None:
        """Let a reader come within a few days after `day`; when that is too late, the book goes home."""
        assert hold.pickup_until is not None
        hours = self._hours[hold.pickup]
        wanted = hours.next_open_day(day + timedelta(days=1 + self._chance.randrange(4)))
        if wanted <= hold.pickup_until:
            self._visits.setdefault(wanted, []).append((hours.moment(self._chance, wanted), hold))
            return
        ends_at = clock.start_of_day(hold.pickup_until + timedelta(days=1)) + _EXPIRED_AT
        if ends_at < self._now:
            self._end(hold, "expired", ends_at)
            self._traffic.carry(hold.copy, hold.pickup, hold.copy.home, "return_home", ends_at)

    def _end(self, hold: Asked, state: str, at: datetime) -> None:
        hold.state, hold.ended_at = state, at
        self._open[hold.reader.id] -= 1
