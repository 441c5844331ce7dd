"""Where the sample county's copies are: who carries them from place to place, and from when each can be had again."""

import random
from datetime import UTC, date, datetime, timedelta

from library.kernel import clock
from library.sample.happened import Carried, Happened, Moved, Step
from library.sample.hours import Van
from library.sample.stock import Copy

NEVER = datetime.max.replace(tzinfo=UTC)
_ON_THE_SHELF_AFTER = timedelta(minutes=30)


class Traffic:
    """Moves copies and writes into `happened` what of it lies before `now`."""

    def __init__(self, chance: random.Random, van: Van, happened: Happened, now: datetime) -> None:
        self._chance = chance
        self._van = van
        self._happened = happened
        self._now = now
        self._free_from: dict[int, datetime] = {}

    def is_free(self, copy: Copy, day: date, at: datetime) -> bool:
        """Tell whether a copy can be had at an instant, which lies on `day`."""
        free_from = self._free_from.get(copy.id)
        return free_from <= at if free_from is not None else copy.acquired_on < day

    def keep(self, copy: Copy) -> None:
        """Let nobody have a copy from now on."""
        self._free_from[copy.id] = NEVER

    def come_back(self, copy: Copy, from_id: int, to_id: int, at: datetime) -> None:
        """Take back a copy lent at one place and brought to another, and send it home if it belongs elsewhere."""
        self._free_from[copy.id] = at + _ON_THE_SHELF_AFTER
        if to_id != from_id:
            self._move(copy, from_id, to_id, at, "check_in")
        if to_id != copy.home:
            self.carry(copy, to_id, copy.home, "return_home", at)

    def carry(
        self, copy: Copy, from_id: int, to_id: int, reason: str, start: datetime, *, hold: int | None = None
    ) -> datetime | None:
        """Send a copy on its way; return when it arrived, None while it has not. Until it is shelved nobody has it."""
        chance, transfers = self._chance, self._happened.transfers
        leaving, arriving = self._van.journey(from_id, to_id, clock.local_date(start))
        arrived_at = clock.start_of_day(arriving) + timedelta(hours=15, minutes=chance.randrange(60))
        ahead = (
            Step("requested", start, from_id),
            Step("picked", start + timedelta(minutes=20), from_id),
            Step("dispatched", clock.start_of_day(leaving) + timedelta(hours=8, minutes=30), from_id),
            Step("arrived", arrived_at, to_id),
            Step("shelved", arrived_at + timedelta(minutes=chance.randrange(20, 200)), to_id),
        )
        steps = [step for step in ahead if step.at < self._now]
        transfers.append(Carried(len(transfers) + 1, copy, from_id, to_id, reason, steps, hold))
        self._free_from[copy.id] = ahead[-1].at if len(steps) == len(ahead) else NEVER
        if len(steps) < len(ahead) - 1:
            return None
        self._move(copy, from_id, to_id, arrived_at, "transfer")
        return arrived_at if len(steps) == len(ahead) else None

    def _move(self, copy: Copy, from_id: int, to_id: int, at: datetime, cause: str) -> None:
        self._happened.movements.append(Moved(copy, from_id, to_id, at, cause))
        copy.current = to_id
