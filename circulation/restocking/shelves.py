"""Where each copy stood and when it was out, from the movement log and the loans. Pure, numpy.

Copies, rooms and titles are positions; −1 is a place or title the plan does not know. Days are ordinals.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circulation.restocking.history import BANDS, FloatArray, IntArray, Shape, Stays, age_band

_STRIDE = 1_000_000
"""More than any day ordinal, so that copy × stride + day sorts by copy, then day."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies (N): title, class, home room, day acquired, and the day it was lost or withdrawn (0 while it is there)."""

    title: IntArray
    cls: IntArray
    home: IntArray
    acquired: IntArray
    gone: IntArray

    @property
    def there(self) -> NDArray[np.bool_]:
        """Tell which copies the county still has, with a title and a home the plan knows."""
        return np.asarray((self.gone == 0) & (self.title >= 0) & (self.home >= 0))


@dataclass(frozen=True, slots=True)
class Placed:
    """Stays together with the copy each belongs to, sorted by copy and day."""

    stays: Stays
    copy: IntArray


def placed(copies: Copies, copy: IntArray, room: IntArray, day: IntArray, until: int) -> Placed:
    """Turn arrivals (sorted by copy and time) into stays that end with the next arrival, the loss of the copy, or
    ``until``.
    """
    follows = np.append(copy[1:] == copy[:-1], False) if len(copy) else np.zeros(0, dtype=np.bool_)
    end = np.where(follows, np.append(day[1:], 0)[: len(day)], until)
    gone = copies.gone[copy]
    end = np.where(gone > 0, np.minimum(end, gone), end)
    return Placed(Stays(room, copies.cls[copy], copies.title[copy], _first_arrival(copy, room, day), day, end), copy)


def _first_arrival(copy: IntArray, room: IntArray, day: IntArray) -> IntArray:
    """Return when each copy first came to the room: a book back from a loan elsewhere is not new to its readers."""
    if not len(copy):
        return day
    pairs, inverse = np.unique(copy * (int(room.max()) + 2) + room, return_inverse=True)
    first = np.full(len(pairs), np.iinfo(np.int64).max)
    np.minimum.at(first, inverse, day)
    return first[inverse]


def out_on_loan(
    copies: Copies, shelf: Placed, copy: IntArray, room: IntArray, *, out: IntArray, back: IntArray
) -> Placed:
    """Return the time copies were out, dated from the shelf they were lent from."""
    key = shelf.copy * _STRIDE + shelf.stays.start
    before = np.searchsorted(key, copy * _STRIDE + out, side="right") - 1
    known = (before >= 0) & (len(key) > 0)
    at = np.where(known, before, 0)
    same = known & (shelf.copy[at] == copy) & (shelf.stays.room[at] == room) if len(key) else known
    arrived = np.where(same, shelf.stays.arrived[at], out) if len(key) else out
    return Placed(Stays(room, copies.cls[copy], copies.title[copy], arrived, out, back), copy)


def known(found: Placed) -> Placed:
    """Leave out what happened in places or to titles the plan does not know."""
    stays, keep = found.stays, (found.stays.room >= 0) & (found.stays.bib >= 0)
    columns = (stays.room, stays.cls, stays.bib, stays.arrived, stays.start, stays.end)
    return Placed(Stays(*(column[keep] for column in columns)), found.copy[keep])


def arrival_at_home(copies: Copies, shelf: Placed) -> IntArray:
    """Return when each copy first stood where it belongs (N); the day it was acquired when the log does not say."""
    arrived = copies.acquired.copy()
    home = shelf.stays.room == copies.home[shelf.copy]
    arrived[shelf.copy[home]] = shelf.stays.arrived[home]
    return arrived


def stock(copies: Copies, arrived: IntArray, on: int, shape: Shape) -> FloatArray:
    """Count the copies that belong to each shelf by class and time there (R×K×B)."""
    there = copies.there
    band = age_band(on - arrived[there])
    cell = (copies.home[there] * shape.classes + copies.cls[there]) * BANDS + band
    counted = np.bincount(cell, minlength=shape.rooms * shape.classes * BANDS)
    return counted.astype(np.float64).reshape(shape.rooms, shape.classes, BANDS)


def ever_held(copies: Copies, shelf: Placed, titles: int) -> set[tuple[int, int]]:
    """Return every pair (room, title) that stood together at any time, or should now: what keeps books from going in
    circles.
    """
    there = copies.there
    rooms = np.concatenate([shelf.stays.room, copies.home[there]])
    seen = np.unique(rooms * titles + np.concatenate([shelf.stays.bib, copies.title[there]]))
    return set(zip((seen // max(titles, 1)).tolist(), (seen % max(titles, 1)).tolist(), strict=True))


def last_lent(lent: Placed, copies: int) -> IntArray:
    """Return the day each copy was last lent, 0 for never in the window (N)."""
    last = np.zeros(copies, dtype=np.int64)
    np.maximum.at(last, lent.copy, lent.stays.start)
    return last
