"""Loans and copy-days by room, class, month and time on the shelf: the observations behind every forecast. Pure, numpy.

A copy that is on loan cannot be borrowed, and one that came last week could not be borrowed in spring. Counting the
days each copy really stood on the shelf (exposure) is what separates "nobody wanted it" from "it was not there".

Axes, in this order: room R, class K, month T, age band B (time since the copy reached this room).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

AGE_BANDS: Final = (0, 182, 365, 730)
"""First day of each age band since arrival in the room: half a year, a year, two years, older."""
BANDS: Final = len(AGE_BANDS)
SILENCE_DAYS: Final = 92
"""A quarter without any sign of life: after that a room's silence is missing record keeping, not missing demand."""


@dataclass(frozen=True, slots=True)
class Months:
    """Consecutive calendar months as day ordinals; the last one ends with the planning day and is open."""

    edges: IntArray
    of_year: IntArray

    @property
    def days(self) -> FloatArray:
        return np.diff(self.edges).astype(np.float64)

    @property
    def count(self) -> int:
        return len(self.of_year)

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Months that are over on the planning day: only these teach what all rooms share."""
        closed = np.ones(self.count, dtype=np.bool_)
        closed[-1] = False
        return closed

    def index_of(self, ordinals: IntArray) -> IntArray:
        """Month of each day; -1 before the window, ``count`` after it."""
        return np.searchsorted(self.edges, ordinals, side="right").astype(np.int64) - 1


def months_until(on: date, count: int = 24) -> Months:
    """``count`` calendar months, the last one running from its first day up to and including ``on``."""
    serial = on.year * 12 + on.month - 1
    firsts = [date(n // 12, n % 12 + 1, 1) for n in range(serial - count + 1, serial + 1)]
    edges = [first.toordinal() for first in firsts] + [on.toordinal() + 1]
    return Months(np.array(edges, dtype=np.int64), np.array([first.month - 1 for first in firsts], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Stays:
    """Periods a copy belonged to a room's shelf, one row each; days are ordinals, ``end`` exclusive."""

    room: IntArray
    cls: IntArray
    bib: IntArray
    arrived: IntArray
    start: IntArray
    end: IntArray

    def __len__(self) -> int:
        return len(self.room)


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers of rooms and classes, so that empty inputs still have axes."""

    rooms: int
    classes: int


@dataclass(frozen=True, slots=True)
class Places:
    """What the model knows of rooms, each an array over R: kind, township group, first and last sign of life."""

    tier: IntArray
    township: IntArray
    first_sign: IntArray
    last_sign: IntArray


@dataclass(frozen=True, slots=True)
class History:
    """``loans`` and ``days`` (copy-days on the shelf) are R×K×T×B; ``recorded`` is the share of each month (R×T) in
    which the room kept records; ``tier`` and ``township`` are the groups (R) that rooms share strength in.
    """

    months: Months
    loans: FloatArray
    days: FloatArray
    recorded: FloatArray
    tier: IntArray
    township: IntArray


def age_band(days: IntArray) -> IntArray:
    """Band of a time on the shelf in days; what seems to have been lent before it arrived counts as just arrived."""
    return np.maximum(np.searchsorted(np.array(AGE_BANDS), days, side="right") - 1, 0).astype(np.int64)


def copy_days(months: Months, stays: Stays, shape: Shape) -> FloatArray:
    """Copy-days per room, class, month and age band (R×K×T×B)."""
    total = np.zeros((shape.rooms, shape.classes, months.count, BANDS))
    for month, (first, after) in enumerate(zip(months.edges[:-1], months.edges[1:], strict=True)):
        start = np.maximum(stays.start, first)
        days = np.minimum(stays.end, after) - start
        here = days > 0
        if not here.any():
            continue
        band = age_band((start - stays.arrived)[here] + days[here] // 2)
        cell = (stays.room[here] * shape.classes + stays.cls[here]) * BANDS + band
        counted = np.bincount(cell, weights=days[here], minlength=shape.rooms * shape.classes * BANDS)
        total[:, :, month, :] += counted.reshape(shape.rooms, shape.classes, BANDS)
    return total


def loan_counts(months: Months, lent: Stays, shape: Shape) -> FloatArray:
    """Loans per room, class, month and age band, counted on the day the loan began (R×K×T×B)."""
    month = months.index_of(lent.start)
    within = (month >= 0) & (month < months.count)
    cell = (lent.room * shape.classes + lent.cls) * months.count + month
    flat = cell[within] * BANDS + age_band((lent.start - lent.arrived)[within])
    size = (shape.rooms, shape.classes, months.count, BANDS)
    return np.bincount(flat, minlength=int(np.prod(size))).astype(np.float64).reshape(size)


def recorded_share(months: Months, first: IntArray, last: IntArray) -> FloatArray:
    """Share of each month in which a room's records can be trusted (R×T).

    ``first`` and ``last`` are the ordinals of a room's first and last sign of life (a loan, a visit, an opening
    logged), 0 when there is none. Quiet months between them are true zeros; after the last one a quarter of silence is
    believed, no more.
    """
    begin = np.maximum(first[:, None], months.edges[None, :-1])
    until = np.minimum(last[:, None] + SILENCE_DAYS, months.edges[None, 1:])
    share = np.clip(until - begin, 0, None) / months.days[None, :]
    return np.where(first[:, None] > 0, share, 0.0)


def observe(months: Months, stays: Stays, lent: Stays, shape: Shape, *, places: Places) -> History:
    """Put stays and loans on the axes; days on loan are taken off the shelf's exposure."""
    days = copy_days(months, stays, shape) - copy_days(months, lent, shape)
    return History(
        months=months,
        loans=loan_counts(months, lent, shape),
        days=np.maximum(days, 0.0),
        recorded=recorded_share(months, places.first_sign, places.last_sign),
        tier=places.tier,
        township=places.township,
    )
