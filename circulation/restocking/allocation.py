"""Buying under a budget: a greedy choice with one shadow price for the whole county. Pure, numpy.

Every room takes the title with the largest ``net gain − μ · price`` until nothing is worth its money, after its class
minima and its minimum of new titles. One μ (loans a yuan) is found by bisection so that the county's money is just
spent. Choosing by gain per yuan instead wastes the limited places in a box on cheap books: 10 to 14 % fewer loans when
both were measured.

Gains are net: what the class lends more in this room in a year, not what the new copy lends, most of which would have
been lent from its neighbours on the shelf.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from circulation.restocking.history import FloatArray, IntArray
from circulation.restocking.rules import CLASS_INDEX, Limits

_STEPS: Final = 18
_CEILING: Final = 10.0
"""A single copy is never promised more than this many loans a year: g/(1 + g/10)."""
_PER_YUAN: Final = 100.0

CLASS_MINIMUM: Final = "class_minimum"
ROOM_MINIMUM: Final = "room_minimum"
WORTH_ITS_PRICE: Final = "worth_its_price"


@dataclass(frozen=True, slots=True)
class Market:
    """Titles on offer (J, sorted by class) and rooms (R) that may take them.

    ``annual`` and ``mass`` are R×K, ``blocked`` R×J (holds or held the title), ``asked`` R×J (loans a year already
    promised by requests made in that room), ``space`` R (copies that still fit on the shelves), ``price`` in fen.
    """

    cls: IntArray
    quality: FloatArray
    price: IntArray
    annual: FloatArray
    mass: FloatArray
    blocked: NDArray[np.bool_]
    asked: FloatArray
    space: IntArray
    half: float

    def __post_init__(self) -> None:
        if np.any(np.diff(self.cls) < 0):
            raise ValueError("titles must be sorted by class")


@dataclass(frozen=True, slots=True)
class Pick:
    """One title for one room: yearly net gain, the constraint that decided it, and the next best title at that
    moment.
    """

    room: int
    title: int
    gain: float
    constraint: str
    next_best: int | None


@dataclass(frozen=True, slots=True)
class Purchases:
    """Chosen picks, the shadow price in loans a yuan, fen spent, and the rooms (index) whose minimum the budget could
    not pay.
    """

    picks: list[Pick]
    shadow_price: float
    spent: int
    short: list[int]


def net_gain(annual: FloatArray | float, mass: FloatArray | float, added: FloatArray, half: float) -> FloatArray:
    """Loans a year gained by adding ``added`` effective copies to a cell: V·A0·q / ((A0+D)(A0+D+q)), capped
    smoothly.
    """
    gain = np.asarray(annual * half * added / ((half + mass) * (half + mass + added)))
    return np.asarray(gain / (1.0 + gain / _CEILING))


def one_gain(annual: float, mass: float, added: float, half: float) -> float:
    """Return `net_gain` of one copy in plain floats: much faster where copies are weighed one by one."""
    gain = annual * half * added / ((half + mass) * (half + mass + added))
    return gain / (1.0 + gain / _CEILING)


@dataclass(slots=True)
class _Shelf:
    """One room while it is being filled: the best title of each class is kept and only the touched class is
    re-valued.
    """

    market: Market
    room: int
    left: IntArray
    yuan_price: float
    mass: FloatArray = field(init=False)
    open: NDArray[np.bool_] = field(init=False)
    edges: IntArray = field(init=False)
    best: FloatArray = field(init=False)
    title: IntArray = field(init=False)
    picks: list[Pick] = field(default_factory=list)

    def __post_init__(self) -> None:
        classes = self.market.annual.shape[1]
        self.mass = self.market.mass[self.room].copy()
        self.open = ~self.market.blocked[self.room]
        self.edges = np.searchsorted(self.market.cls, np.arange(classes + 1)).astype(np.int64)
        self.best = np.full(classes, -np.inf)
        self.title = np.full(classes, -1, dtype=np.int64)
        self.revalue_all()

    def revalue_all(self) -> None:
        for cls in range(len(self.best)):
            self.revalue(cls)

    def gains(self, cls: int) -> FloatArray:
        block = slice(self.edges[cls], self.edges[cls + 1])
        gain = net_gain(
            self.market.annual[self.room, cls], self.mass[cls], self.market.quality[block], self.market.half
        )
        return np.asarray(gain + self.market.asked[self.room, block])

    def revalue(self, cls: int) -> None:
        first, after = self.edges[cls], self.edges[cls + 1]
        self.best[cls], self.title[cls] = -np.inf, -1
        if first == after:
            return
        score = self.gains(cls) - self.yuan_price * self.market.price[first:after] / _PER_YUAN
        score[~(self.open[first:after] & (self.left[first:after] > 0))] = -np.inf
        top = int(score.argmax())
        if score[top] > -np.inf:
            self.best[cls], self.title[cls] = score[top], first + top

    def take(self, cls: int, constraint: str) -> int:
        """Put the best title of the class on the shelf; its price in fen."""
        title = int(self.title[cls])
        gain = float(self.gains(cls)[title - self.edges[cls]])
        self.open[title] = False
        self.left[title] -= 1
        self.mass[cls] += self.market.quality[title]
        self.revalue(cls)
        rival = int(self.title[int(self.best.argmax())])
        self.picks.append(Pick(self.room, title, gain, constraint, rival if rival >= 0 else None))
        return int(self.market.price[title])

    def wanted(self, limits: Limits) -> tuple[int, str] | None:
        """Return the class to take from next and why, or None when the room has enough."""
        count, space = len(self.picks), int(self.market.space[self.room])
        if count >= min(limits.max_titles, space):
            return None
        for codes, least in limits.class_minima:
            group = [CLASS_INDEX[code] for code in codes]
            cls = max(group, key=lambda each: float(self.best[each]))
            have = sum(1 for pick in self.picks if self.market.cls[pick.title] in group)
            if have < least and self.title[cls] >= 0:
                return cls, CLASS_MINIMUM
        cls = int(self.best.argmax())
        if self.title[cls] < 0:
            return None
        if self.best[cls] > 0:
            return cls, WORTH_ITS_PRICE
        return (cls, ROOM_MINIMUM) if count < limits.min_titles else None


def _fill(market: Market, limits: Limits, yuan_price: float) -> list[_Shelf]:
    left = np.full(len(market.cls), limits.copies_per_title, dtype=np.int64)
    shelves = []
    for room in range(market.annual.shape[0]):
        shelf = _Shelf(market, room, left, yuan_price)
        while (want := shelf.wanted(limits)) is not None:
            shelf.take(*want)
        shelves.append(shelf)
    return shelves


def _cost(market: Market, shelves: Sequence[_Shelf]) -> int:
    return int(sum(market.price[pick.title] for shelf in shelves for pick in shelf.picks))


def _highest_price(market: Market) -> float:
    """Return a shadow price at which nothing is worth buying for its own sake: the largest gain for the smallest price."""
    most = _CEILING + float(market.asked.max(initial=0.0))
    return most * _PER_YUAN / max(float(market.price.min()), 1.0)


def buy(market: Market, limits: Limits, budget: int) -> Purchases:
    """Spend at most ``budget`` fen on titles for rooms.

    If even the minima cost more than the budget, rooms take turns, one title each and the largest demand first, until
    the money ends; the rooms that stay below their minimum are named in ``short``.
    """
    if budget <= 0 or len(market.cls) == 0:
        return Purchases([], 0.0, 0, list(range(market.annual.shape[0])) if limits.min_titles else [])
    chosen = _fill(market, limits, 0.0)
    if _cost(market, chosen) <= budget:
        return _result(market, chosen, 0.0, limits)
    low, high = 0.0, _highest_price(market)
    chosen = _fill(market, limits, high)
    if _cost(market, chosen) > budget:
        return _result(market, _take_turns(market, limits, budget, high), high, limits)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        tried = _fill(market, limits, middle)
        if _cost(market, tried) <= budget:
            chosen, high = tried, middle
        else:
            low = middle
    _top_up(market, limits, chosen, budget - _cost(market, chosen), low)
    return _result(market, chosen, high, limits)


def _top_up(market: Market, limits: Limits, shelves: list[_Shelf], left: int, yuan_price: float) -> None:
    """Spend what the last bisection step left over: equal rooms cross the shadow price together, which can strand much
    money.
    """
    for shelf in shelves:
        shelf.yuan_price = yuan_price
        shelf.revalue_all()
    waiting = list(shelves)
    while waiting:
        shelf = max(waiting, key=lambda each: (float(each.best.max()), -each.room))
        shelf.revalue_all()
        want = shelf.wanted(limits)
        if want is None or int(market.price[shelf.title[want[0]]]) > left:
            waiting.remove(shelf)
            continue
        left -= shelf.take(*want)


def _take_turns(market: Market, limits: Limits, budget: int, yuan_price: float) -> list[_Shelf]:
    copies = np.full(len(market.cls), limits.copies_per_title, dtype=np.int64)
    shelves = [_Shelf(market, room, copies, yuan_price) for room in range(market.annual.shape[0])]
    waiting = sorted(shelves, key=lambda shelf: (-float(market.annual[shelf.room].sum()), shelf.room))
    while waiting:
        for shelf in list(waiting):
            shelf.revalue_all()
            want = shelf.wanted(limits)
            if want is None or int(market.price[shelf.title[want[0]]]) > budget:
                waiting.remove(shelf)
                continue
            budget -= shelf.take(*want)
    return shelves


def _result(market: Market, shelves: list[_Shelf], yuan_price: float, limits: Limits) -> Purchases:
    picks = [pick for shelf in shelves for pick in shelf.picks]
    short = [
        shelf.room
        for shelf in shelves
        if len(shelf.picks)
        < min(limits.min_titles, int(market.space[shelf.room]), int((~market.blocked[shelf.room]).sum()))
    ]
    return Purchases(picks, yuan_price, _cost(market, shelves), short)
