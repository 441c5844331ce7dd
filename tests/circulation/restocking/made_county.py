"""Small invented counties for the planner's tests: everything stands still except what a test changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from circulation.restocking.history import (
    BANDS,
    FloatArray,
    IntArray,
    Months,
    Places,
    Shape,
    Stays,
    months_until,
    observe,
)
from circulation.restocking.proposal import Idle, Problem, Titles
from circulation.restocking.rules import CHILDREN, CLASS_INDEX, CLASSES

ON = date(2026, 11, 23)
ROOM_A, ROOM_B = 0, 1
SHAPE_CLASSES = len(CLASSES)


def ints(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def stays(rows: Sequence[tuple[int, int, int, int, int, int]]) -> Stays:
    """Rows of (room, class, title, arrived, start, end)."""
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Stays(*(ints(list(column)) for column in columns))


def loan(room: int, title: int, cls: int, day: int, length: int = 10) -> tuple[int, int, int, int, int, int]:
    return room, cls, title, day - 400, day, day + length


def children_loans(room: int, count: int, day: int = ON.toordinal() - 9) -> list[tuple[int, int, int, int, int, int]]:
    cls = CLASS_INDEX[CHILDREN]
    return [loan(room, number % 10, cls, day + number % 8, length=1) for number in range(count)]


def county(rooms: int = 4, loans: Sequence[tuple[int, int, int, int, int, int]] = (), per_class: int = 30) -> Problem:
    """Equal rooms of one township with ten copies of each class on the shelf; ``per_class`` titles of each on offer."""
    months = months_until(ON)
    titles = per_class * SHAPE_CLASSES
    cls = ints([title // per_class for title in range(titles)])
    begin, end = int(months.edges[0]), int(months.edges[-1])
    shelf = [
        (room, k, k * per_class + n, begin, begin, end)
        for room in range(rooms)
        for k in range(SHAPE_CLASSES)
        for n in range(10)
    ]
    here, lent, shape = stays(shelf), stays(list(loans)), Shape(rooms, SHAPE_CLASSES)
    stock = np.zeros((rooms, SHAPE_CLASSES, BANDS))
    stock[:, :, -1] = 10.0
    return Problem(
        on=ON,
        history=observe(months, here, lent, shape, places=places(rooms, lent)),
        stock=stock,
        stays=here,
        lent=lent,
        titles=Titles(
            cls=cls,
            author=ints([-1] * titles),
            price=ints([1_500 + 100 * (title % 20) for title in range(titles)]),
            votes=np.zeros(titles),
            copies=ints([2] * titles),
            on_offer=np.ones(titles, dtype=np.bool_),
        ),
        idle=no_idle(),
        held=frozenset(
            (room, k * per_class + n) for room in range(rooms) for k in range(SHAPE_CLASSES) for n in range(10)
        ),
        asked={},
        space=ints([500] * rooms),
        eligible=np.ones(rooms, dtype=np.bool_),
    )


def places(rooms: int, lent: Stays) -> Places:
    first, last = np.zeros(rooms, dtype=np.int64), np.zeros(rooms, dtype=np.int64)
    for room in range(rooms):
        days = lent.start[lent.room == room]
        first[room], last[room] = days.min(initial=10**7) % 10**7, days.max(initial=0)
    return Places(ints([0] * rooms), ints([0] * rooms), first, last)


def no_idle() -> Idle:
    return Idle(*(ints([]) for _ in range(6)))


def with_idle(problem: Problem, rows: Sequence[tuple[int, int, int]]) -> Problem:
    """Rows of (item, title, room): idle copies of the oldest band."""
    arrived = ON.toordinal() - 900
    columns = [*zip(*rows, strict=True), [BANDS - 1] * len(rows), [arrived] * len(rows), [0] * len(rows)]
    return replace(problem, idle=Idle(*(ints(list(column)) for column in columns)))


def history_of(loans: FloatArray, months: Months, copies: float = 20.0) -> "tuple[FloatArray, FloatArray]":
    """Copy-days of a shelf that never changes, and full records, for loans given as R×K×T."""
    rooms, classes, count = loans.shape
    days = np.zeros((rooms, classes, count, BANDS))
    days[:, :, :, -1] = copies * months.days
    return days, np.ones((rooms, count))
