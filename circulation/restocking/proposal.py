"""From observations to a proposed plan: forecast, moves, purchases, and the evidence behind each line. Pure.

Moves come first because they cost no money: a book that stands idle ten kilometres away is not bought again, and the
purchases then see the shelves as the moves leave them.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from circulation.restocking import titles as title_records
from circulation.restocking.allocation import Market, Pick, Purchases, buy
from circulation.restocking.demand import Demand, estimate
from circulation.restocking.history import FloatArray, History, IntArray, Stays
from circulation.restocking.moves import IdleCopy, Move, Situation, move_idle
from circulation.restocking.rules import CHILDREN, CLASS_INDEX, CLASSES, Limits

REQUEST_LOANS: Final = 0.8
"""Loans expected from a reader who is waiting for exactly this title: most come, some have moved on."""
_OFFERED_PER_CLASS: Final = 120


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles of the county (J): class, author group (−1 unknown), price in fen, open requests, copies, and whether it
    can be bought.
    """

    cls: IntArray
    author: IntArray
    price: IntArray
    votes: FloatArray
    copies: IntArray
    on_offer: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Idle:
    """Copies that stood unread for four quarters and may leave: all arrays over copies. ``last_lent`` is an ordinal, 0
    for never.
    """

    item: IntArray
    title: IntArray
    room: IntArray
    band: IntArray
    arrived: IntArray
    last_lent: IntArray


@dataclass(frozen=True, slots=True)
class Problem:
    """All a plan is computed from. ``held`` and ``asked`` are keyed by (room, title) positions, ``eligible`` marks the
    rooms to serve.
    """

    on: date
    history: History
    stock: FloatArray
    stays: Stays
    lent: Stays
    titles: Titles
    idle: Idle
    held: Set[tuple[int, int]]
    asked: Mapping[tuple[int, int], int]
    space: IntArray
    eligible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The forecast and what it leads to; positions refer to the problem's rooms and titles."""

    demand: Demand
    records: title_records.Records
    moves: list[Move]
    purchases: Purchases
    offered: IntArray
    mass: FloatArray

    @property
    def spent(self) -> int:
        """Fen."""
        return self.purchases.spent


def judge_titles(problem: Problem, demand: Demand) -> title_records.Records:
    """Quality of every title from the closed months, so that today's loans in one room do not move another room's
    line.
    """
    months, count = problem.history.months, len(problem.titles.cls)
    rate = title_records.per_copy_day(problem.history, demand.shared, demand.annual)
    fresh = demand.shared.freshness
    there = title_records.expected_loans(months, problem.stays, rate, fresh, count)
    away = title_records.expected_loans(months, problem.lent, rate, fresh, count)
    children = (problem.titles.cls == CLASS_INDEX[CHILDREN]).astype(np.int64)
    lent = title_records.closed_loans(months, problem.lent, count)
    return title_records.judge(
        lent, np.maximum(there - away, 0.0), problem.titles.author, problem.titles.votes, children
    )


def propose(problem: Problem, budget: int, limits: Limits) -> Proposal:
    """Compute a plan for at most ``budget`` fen. The same problem always gives the same plan."""
    demand = estimate(problem.history, problem.stock)
    records = judge_titles(problem, demand)
    space = np.where(problem.eligible, problem.space, 0)
    moved = move_idle(_idle_copies(problem, demand, records), _situation(problem, demand, space), limits)
    offered = _offered(problem, records.quality)
    market = _market(problem, demand, records.quality, offered, moved)
    return Proposal(demand, records, moved[0], buy(market, limits, budget), offered, moved[1])


def _idle_copies(problem: Problem, demand: Demand, records: title_records.Records) -> list[IdleCopy]:
    idle = problem.idle
    quality = records.quality[idle.title]
    appeal = quality * demand.shared.freshness[idle.band]
    cls = problem.titles.cls[idle.title]
    columns = (idle.item, idle.title, cls, idle.room, quality, appeal)
    return [IdleCopy(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _situation(problem: Problem, demand: Demand, space: IntArray) -> Situation:
    asked = {pair: REQUEST_LOANS * count for pair, count in problem.asked.items() if problem.eligible[pair[0]]}
    copies = dict(enumerate(problem.titles.copies.tolist()))
    return Situation(demand.annual, demand.mass, space, problem.held, copies, asked, demand.shared.saturation)


def _offered(problem: Problem, quality: FloatArray) -> IntArray:
    """Titles worth considering, by class: the best of each class and everything a reader asked for. Positions, sorted
    by class.
    """
    asked = np.zeros(len(quality), dtype=np.bool_)
    asked[[title for _, title in problem.asked]] = True
    chosen: list[IntArray] = []
    for cls in range(len(CLASSES)):
        members = np.flatnonzero(problem.titles.on_offer & (problem.titles.cls == cls))
        ranked = members[np.argsort(-quality[members], kind="stable")]
        keep = np.concatenate(
            [ranked[:_OFFERED_PER_CLASS], ranked[_OFFERED_PER_CLASS:][asked[ranked[_OFFERED_PER_CLASS:]]]]
        )
        chosen.append(np.sort(keep))
    return np.concatenate(chosen).astype(np.int64)


def _market(
    problem: Problem, demand: Demand, quality: FloatArray, offered: IntArray, moved: tuple[list[Move], FloatArray]
) -> Market:
    moves, mass = moved
    position = {int(title): at for at, title in enumerate(offered)}
    blocked = np.zeros((len(problem.space), len(offered)), dtype=np.bool_)
    asked = np.zeros(blocked.shape)
    sent = {(move.room, move.copy.bib) for move in moves}
    for room, title in (*problem.held, *sent):
        if title in position:
            blocked[room, position[title]] = True
    for (room, title), count in problem.asked.items():
        if title in position:
            asked[room, position[title]] = REQUEST_LOANS * count
    return Market(
        cls=problem.titles.cls[offered],
        quality=quality[offered],
        price=problem.titles.price[offered],
        annual=demand.annual,
        mass=mass,
        blocked=blocked,
        asked=asked,
        space=_space_after(problem, moves),
        half=demand.shared.saturation,
    )


def _space_after(problem: Problem, moves: Sequence[Move]) -> IntArray:
    left = problem.space.copy()
    for move in moves:
        left[move.room] -= 1
        left[move.copy.room] += 1
    return np.where(problem.eligible, np.maximum(left, 0), 0)


def interval(demand: Demand, room: int, cls: int, gain: float) -> tuple[float, float]:
    """Return the 80 % interval of a net gain: it scales with the number of readers looking for the class."""
    mean = float(demand.annual[room, cls])
    return gain * float(demand.low[room, cls]) / mean, gain * float(demand.high[room, cls]) / mean


def title_of(proposal: Proposal, pick: Pick) -> int:
    """Return the position of a picked title among all titles."""
    return int(proposal.offered[pick.title])
