"""An invented county whose true demand is known, to see what a plan is worth. Pure, numpy.

Two laws of demand, because a planner judged by a simulator of its own family flatters itself: under ``choice`` readers
look for a class and choose among what stands there, so a new book mostly takes loans from its neighbours; under
``independent`` every title has readers of its own and no neighbour matters. Every figure here is an assumption, no
county's data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from circulation.restocking.history import (
    BANDS,
    FloatArray,
    IntArray,
    Months,
    Places,
    Shape,
    Stays,
    age_band,
    months_until,
    observe,
)
from circulation.restocking.proposal import Idle, Problem, Proposal, Titles, title_of
from circulation.restocking.rules import CHILDREN, CLASS_INDEX, CLASSES

CHOICE: Final = "choice"
INDEPENDENT: Final = "independent"
LAWS: Final = (CHOICE, INDEPENDENT)
_HALF: Final = 12.0
_HELD: Final = 20
_PUBLIC: Final = 60.0
"""Readers of a room who may ever want one title, under the independent law."""
_CHILDREN_TIMES: Final = 8.0
_YEAR: Final = 365.25


@dataclass(frozen=True)
class World:
    """Rooms with true yearly demand by class (R×K), titles with class, appeal and price, and who holds what (R×J)."""

    law: str
    on: date
    demand: FloatArray
    township: IntArray
    cls: IntArray
    appeal: FloatArray
    price: IntArray
    held: NDArray[np.bool_]
    sampled: FloatArray
    """Loans of the last two years by room, title and month (R×J×T)."""

    def rates(self, held: NDArray[np.bool_]) -> FloatArray:
        """Return expected loans a year of every title in every room (R×J), zero where it is not held."""
        weight = held * self.appeal[None, :]
        wanted = self.demand[:, self.cls]
        if self.law == CHOICE:
            mass = np.zeros(self.demand.shape)
            np.add.at(mass.T, self.cls, weight.T)
            return np.asarray(wanted * weight / (_HALF + mass[:, self.cls]))
        alone = wanted * weight / (_HALF + _HELD)
        return np.asarray(_PUBLIC * (1.0 - np.exp(-alone / _PUBLIC)))

    def loans(self, held: NDArray[np.bool_]) -> float:
        """Return the county's expected loans a year."""
        return float(self.rates(held).sum())


def make_world(seed: int, law: str, *, rooms: int = 60, per_class: int = 60, on: date = date(2026, 11, 23)) -> World:
    """Make a county of equal shelves, differing tastes, busy rooms, and one room in seven that hardly lends."""
    rng = np.random.default_rng(seed)
    classes = len(CLASSES)
    share = np.ones(classes)
    share[CLASS_INDEX[CHILDREN]] = _CHILDREN_TIMES
    township = np.arange(rooms) // 5
    activity = rng.lognormal(0.0, 0.7, rooms) * np.where(rng.random(rooms) < 0.15, 0.1, 1.0)
    taste = rng.lognormal(0.0, 0.3, (township.max() + 1, classes))[township] * rng.lognormal(
        0.0, 0.45, (rooms, classes)
    )
    cls = np.repeat(np.arange(classes), per_class)
    world = World(
        law=law,
        on=on,
        demand=6.0 * activity[:, None] * taste * share[None, :],
        township=township.astype(np.int64),
        cls=cls.astype(np.int64),
        appeal=rng.lognormal(-0.2, 0.65, len(cls)),
        price=rng.integers(1_500, 5_800, len(cls)),
        held=_shelves(rng, rooms, per_class),
        sampled=np.zeros((0, 0, 0)),
    )
    months = months_until(on)
    season = 1.0 + 0.5 * np.cos((months.of_year - 6) / 6 * np.pi)
    mean = world.rates(world.held)[:, :, None] * (season * months.days / _YEAR)[None, None, :]
    return replace(world, sampled=rng.poisson(mean).astype(np.float64))


def _shelves(rng: np.random.Generator, rooms: int, per_class: int) -> NDArray[np.bool_]:
    """Hold the same core list in every room, as real rooms do, and a few titles of its own."""
    held = np.zeros((rooms, len(CLASSES) * per_class), dtype=np.bool_)
    core = _HELD * 3 // 5
    for first in range(0, held.shape[1], per_class):
        held[:, first : first + core] = True
        for room in range(rooms):
            own = rng.choice(np.arange(first + core, first + 2 * per_class // 3), _HELD - core, replace=False)
            held[room, own] = True
    return held


def problem(world: World) -> Problem:
    """Return what the planner may see of the world: loans and shelves, not the demand behind them."""
    months = months_until(world.on)
    rooms, titles = world.held.shape
    shelf, lent = _stays(world, months), _lent(world, months)
    first = np.full(rooms, int(months.edges[0]), dtype=np.int64)
    last = np.full(rooms, world.on.toordinal(), dtype=np.int64)
    quiet = world.sampled.sum(axis=(1, 2)) == 0
    places = Places(np.full(rooms, 2), world.township, np.where(quiet, 0, first), np.where(quiet, 0, last))
    shape = Shape(rooms, len(CLASSES))
    stock = np.zeros((rooms, len(CLASSES), BANDS))
    band = int(age_band(np.array([world.on.toordinal() - int(months.edges[0])]))[0])
    np.add.at(stock[:, :, band].T, world.cls, world.held.T)
    return Problem(
        on=world.on,
        history=observe(months, shelf, lent, shape, places=places),
        stock=stock,
        stays=shelf,
        lent=lent,
        titles=Titles(
            cls=world.cls,
            author=np.full(titles, -1),
            price=world.price,
            votes=np.zeros(titles),
            copies=world.held.sum(axis=0).astype(np.int64),
            on_offer=np.ones(titles, dtype=np.bool_),
        ),
        idle=_idle(world, months),
        held=frozenset(zip(*(axis.tolist() for axis in np.nonzero(world.held)), strict=True)),
        asked={},
        space=np.full(rooms, 10_000),
        eligible=np.ones(rooms, dtype=np.bool_),
    )


def _stays(world: World, months: Months) -> Stays:
    room, title = np.nonzero(world.held)
    begin = np.full(len(room), int(months.edges[0]), dtype=np.int64)
    return Stays(room, world.cls[title], title, begin, begin, np.full(len(room), int(months.edges[-1]), dtype=np.int64))


def _lent(world: World, months: Months) -> Stays:
    """Give each loan the middle of its month and a day's length: exposure is not what is tested here."""
    room, title, month = np.nonzero(world.sampled)
    times = world.sampled[room, title, month].astype(np.int64)
    room, title, month = (np.repeat(axis, times) for axis in (room, title, month))
    day = (months.edges[month] + months.edges[month + 1]) // 2
    return Stays(room, world.cls[title], title, np.full(len(room), int(months.edges[0])), day, day + 1)


def _idle(world: World, months: Months) -> Idle:
    room, title = np.nonzero(world.held & (world.sampled[:, :, -12:].sum(axis=2) == 0))
    arrived = np.full(len(room), int(months.edges[0]), dtype=np.int64)
    band = age_band(world.on.toordinal() - arrived)
    return Idle(np.arange(len(room)), title, room, band, arrived, np.zeros(len(room), dtype=np.int64))


def with_plan(world: World, plan: Proposal, *, moves: bool = True) -> NDArray[np.bool_]:
    """Return who holds what once a plan has been carried out."""
    held = world.held.copy()
    for move in plan.moves if moves else ():
        held[move.copy.room, move.copy.bib] = False
        held[move.room, move.copy.bib] = True
    for pick in plan.purchases.picks:
        held[pick.room, title_of(plan, pick)] = True
    return held


def random_titles(world: World, budget: int, seed: int) -> NDArray[np.bool_]:
    """Return who holds what after the money was spent on any titles, room by room in turn."""
    order = np.random.default_rng(seed).permutation(len(world.cls))
    return _in_turn(world, budget, lambda _room: iter(order.tolist()))


def popular_titles(world: World, budget: int) -> NDArray[np.bool_]:
    """Return who holds what after every room was sent the county's most lent titles it did not have."""
    order = np.argsort(-world.sampled.sum(axis=(0, 2)), kind="stable").tolist()
    return _in_turn(world, budget, lambda _room: iter(order))


def by_class_share(world: World, budget: int, seed: int) -> NDArray[np.bool_]:
    """Return who holds what after each class was bought by its share of the county's loans, the most lent titles first."""
    lent = world.sampled.sum(axis=(0, 2))
    by_class = np.bincount(world.cls, weights=lent, minlength=len(CLASSES))
    rng = np.random.default_rng(seed)
    ranked = [
        np.flatnonzero(world.cls == cls)[np.argsort(-lent[world.cls == cls], kind="stable")]
        for cls in range(len(CLASSES))
    ]

    def wanted(room: int) -> Iterator[int]:
        waiting = [iter([title for title in titles.tolist() if not world.held[room, title]]) for titles in ranked]
        for cls in rng.choice(len(CLASSES), 4 * len(CLASSES), p=by_class / by_class.sum()):
            if (title := next(waiting[cls], None)) is not None:
                yield title

    return _in_turn(world, budget, wanted)


def _in_turn(world: World, budget: int, wanted: Callable[[int], Iterator[int]]) -> NDArray[np.bool_]:
    held = world.held.copy()
    queues = {room: wanted(room) for room in range(len(held))}
    while queues:
        for room in list(queues):
            title = next((each for each in queues[room] if not held[room, each]), None)
            if title is None or world.price[title] > budget:
                del queues[room]
                continue
            held[room, title] = True
            budget -= int(world.price[title])
    return held
