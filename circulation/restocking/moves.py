"""Moving idle copies to where they will be read. Pure, numpy and a heap.

A copy is worth moving when the destination gains more loans a year than its own shelf loses, after the cost of carrying
it. The best move is taken first and the two shelves are re-valued (lazy greedy): copies that looked good together
become less so one by one. Without one place per title and room the same title was sent to a room twice in most moves
when measured, so pairs are remembered.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from circulation.restocking.allocation import one_gain
from circulation.restocking.history import FloatArray, IntArray
from circulation.restocking.rules import Limits

_ROOMS_PER_TITLE: Final = 12


@dataclass(frozen=True, slots=True)
class IdleCopy:
    """A copy nobody borrowed in the last four quarters; ``appeal`` is its effective mass where it stands, ``quality``
    when new.
    """

    item: int
    bib: int
    cls: int
    room: int
    quality: float
    appeal: float


@dataclass(frozen=True, slots=True)
class Situation:
    """Rooms as the mover sees them: R×K demand and mass, free places, pairs (room, bib) that hold or held the title,
    copies of each title in the county, and loans a year already asked for by (room, bib).
    """

    annual: FloatArray
    mass: FloatArray
    space: IntArray
    held: Set[tuple[int, int]]
    copies: Mapping[int, int]
    asked: Mapping[tuple[int, int], float]
    half: float


@dataclass(frozen=True, slots=True)
class Move:
    """Send ``copy`` to ``room``: yearly loans gained there, lost here, and the copy's cell position afterwards."""

    copy: IdleCopy
    room: int
    gain: float
    keep: float

    @property
    def net(self) -> float:
        return self.gain - self.keep


@dataclass(slots=True)
class _Board:
    situation: Situation
    limits: Limits
    annual: list[list[float]] = field(init=False)
    mass: list[list[float]] = field(init=False)
    space: list[int] = field(init=False)
    inbound: list[int] = field(init=False)
    outbound: list[int] = field(init=False)
    sent: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        rooms = len(self.situation.mass)
        self.annual, self.mass = self.situation.annual.tolist(), self.situation.mass.tolist()
        self.space, self.inbound, self.outbound = self.situation.space.tolist(), [0] * rooms, [0] * rooms

    def keep(self, copy: IdleCopy) -> float:
        """Yearly loans its shelf would lose: the same net gain, read backwards."""
        rest = max(self.mass[copy.room][copy.cls] - copy.appeal, 0.0)
        return one_gain(self.annual[copy.room][copy.cls], rest, copy.appeal, self.situation.half)

    def gain(self, copy: IdleCopy, room: int) -> float:
        asked = self.situation.asked.get((room, copy.bib), 0.0)
        annual, mass = self.annual[room][copy.cls], self.mass[room][copy.cls]
        return asked + one_gain(annual, mass, copy.quality, self.situation.half)

    def may_send(self, copy: IdleCopy, room: int) -> bool:
        return (
            room != copy.room
            and (room, copy.bib) not in self.sent
            and self.inbound[room] < min(self.limits.box_in, self.space[room] + self.outbound[room])
            and self.outbound[copy.room] < self.limits.box_out
        )

    def best(self, copies: Sequence[IdleCopy], room: int) -> Move | None:
        """Return the copy of a title that its own shelf misses least, if sending it pays."""
        free = [copy for copy in copies if self.may_send(copy, room)]
        if not free:
            return None
        copy = min(free, key=lambda each: (self.keep(each), each.item))
        move = Move(copy, room, self.gain(copy, room), self.keep(copy))
        return move if move.net > self.limits.move_cost else None

    def carry_out(self, move: Move) -> None:
        copy = move.copy
        self.mass[copy.room][copy.cls] = max(self.mass[copy.room][copy.cls] - copy.appeal, 0.0)
        self.mass[move.room][copy.cls] += copy.quality
        self.outbound[copy.room] += 1
        self.inbound[move.room] += 1
        self.sent.add((move.room, copy.bib))


def _arcs(by_title: Mapping[int, Sequence[IdleCopy]], situation: Situation) -> Iterator[tuple[int, int]]:
    """Title and room pairs worth looking at: rooms that asked for it, and the dozen where its class is most wanting."""
    wanting = situation.annual / (situation.half + situation.mass) ** 2
    order = np.argsort(-wanting, axis=0, kind="stable")
    asked: dict[int, list[int]] = {}
    for room, bib in situation.asked:
        asked.setdefault(bib, []).append(room)
    for bib, copies in by_title.items():
        found = 0
        for room in dict.fromkeys([*sorted(asked.get(bib, ())), *order[:, copies[0].cls].tolist()]):
            if (room, bib) in situation.held:
                continue
            yield bib, room
            found += 1
            if found == _ROOMS_PER_TITLE:
                break


def move_idle(copies: Sequence[IdleCopy], situation: Situation, limits: Limits) -> tuple[list[Move], FloatArray]:
    """Return the moves that pay, best first, and the effective stock (R×K) once they are done. The last copy in the
    county stays.
    """
    by_title: dict[int, list[IdleCopy]] = {}
    for copy in sorted(copies, key=lambda each: each.item):
        if situation.copies.get(copy.bib, 0) > 1:
            by_title.setdefault(copy.bib, []).append(copy)
    board = _Board(situation, limits)
    heap = [
        (-move.net, bib, room) for bib, room in _arcs(by_title, situation) if (move := board.best(by_title[bib], room))
    ]
    heapq.heapify(heap)
    done: list[Move] = []
    while heap and len(done) < limits.moves:
        _, bib, room = heapq.heappop(heap)
        move = board.best(by_title[bib], room)
        if move is None:
            continue
        if heap and -move.net > heap[0][0]:
            heapq.heappush(heap, (-move.net, bib, room))
            continue
        board.carry_out(move)
        by_title[bib].remove(move.copy)
        done.append(move)
    return done, np.array(board.mass).reshape(situation.mass.shape)
