"""Expected loans of every room × class: Gamma–Poisson rates pooled room → township → county. Pure, numpy.

The model (reference: Burrell 1988 and Morse 1979 for gamma–Poisson loans and censored demand):

    E[L_rkt] = V_rk · S_gt · y_t · D_rkt / (A0 + D_rkt)

V is the yearly number of readers looking for class k in room r, S the season of month t (one for children, one for the
rest, pooled over rooms), y the month's share of a year in which the room kept records, D the effective copies on the
shelf (copy-days weighted by freshness) and A0 the stock that satisfies half of them.

What all rooms share (A0, seasons, freshness, township rates) is learned from closed months; what a room lent up to the
planning day speaks for that room alone. So one busy week in a village raises its own forecast and not its neighbour's,
and plans made within a month can be compared. The cost: a county in its first month plans from national figures, and
says so.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from circulation.restocking.history import FloatArray, History, IntArray
from circulation.restocking.rules import (
    CHILDREN,
    CLASSES,
    COUNTY_EVIDENCE_ONLY,
    NOT_ENOUGH_DATA,
    OWN_EVIDENCE,
    TOWNSHIP_EVIDENCE,
)

KAPPA: Final = 4.0
"""Pseudo-loans of the prior of one cell; 4 had the best marginal likelihood in every simulated county."""
ACTIVITY_LOANS: Final = 3.0
GROUP_LOANS: Final = 20.0
SEASON_LOANS: Final = 50.0
FRESHNESS_LOANS: Final = 20.0
SATURATION_GRID: Final = (9.0, 12.0, 16.0, 24.0, 32.0)
"""Half-saturation stock tried, in effective copies. The likelihood is nearly flat, so the range is bounded, not
free."""
FRESHNESS_PRIOR: Final = (1.0, 0.66, 0.43, 0.30)
"""Appeal by age band relative to new arrivals, from 0.22 + 0.78·exp(−age/0.8 years) at the middle of each band."""

# 8 loans a room and month is the low figure reported for reading rooms, 35 % of them children's (data: sim_params).
_YEARLY_LOANS_DEFAULT: Final = 96.0
_CHILDREN_SHARE_DEFAULT: Final = 0.35
_YEAR_DAYS: Final = 365.25
_PASSES: Final = 3
_Z80: Final = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Shared:
    """What all rooms share. ``rate`` and ``weight`` are G×K: readers a year in a typical room of the township, and the
    share of that figure which rests on the township's own loans. ``season`` is 2×12 (general, children), ``freshness``
    B.
    """

    saturation: float
    season: FloatArray
    freshness: FloatArray
    rate: FloatArray
    weight: FloatArray


@dataclass(frozen=True, slots=True)
class Demand:
    """Posterior of V (R×K, readers a year) with its 80 % interval, and what it rests on.

    ``prior`` is the pooled mean a cell is drawn to, ``own_weight`` the share its own records have in V (in loans or in
    exposure, whichever says more: a year of recorded silence is evidence too), ``exposure`` the years of saturated
    shelf behind them, ``loans`` the loans counted, ``mass`` the effective copies on the shelf now.
    """

    shared: Shared
    annual: FloatArray
    low: FloatArray
    high: FloatArray
    prior: FloatArray
    own_weight: FloatArray
    exposure: FloatArray
    loans: FloatArray
    mass: FloatArray
    evidence: NDArray[np.object_]
    enough: NDArray[np.bool_]

    @property
    def expected(self) -> FloatArray:
        """Loans in the next year if the shelf stays as it is (R×K)."""
        return self.annual * saturation(self.mass, self.shared.saturation)

    def room_state(self, room: int) -> str | None:
        """``not_enough_data`` when the room kept no reliable records, else None: silence is never zero demand."""
        return None if self.enough[room] else NOT_ENOUGH_DATA


def saturation(mass: FloatArray, half: float) -> FloatArray:
    """Share of the readers looking for a class who find something on a shelf of ``mass`` effective copies."""
    return mass / (half + mass)


def gamma_interval(shape: FloatArray, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """10 % and 90 % quantiles of Gamma(shape, rate) by Wilson–Hilferty; within 1 % for the shapes ≥ κ that occur
    here.
    """
    centre, spread = 1.0 - 1.0 / (9.0 * shape), _Z80 / (3.0 * np.sqrt(shape))
    scale = shape / rate
    return scale * np.maximum(centre - spread, 0.0) ** 3, scale * (centre + spread) ** 3


def season_group(classes: tuple[str, ...] = CLASSES) -> IntArray:
    """Which season curve a class follows: 1 for children's books, 0 for the others (K)."""
    return np.array([int(code == CHILDREN) for code in classes], dtype=np.int64)


def national_rate(classes: tuple[str, ...] = CLASSES) -> FloatArray:
    """Readers a year per class in a room nobody knows anything about (K)."""
    others = (1.0 - _CHILDREN_SHARE_DEFAULT) / (len(classes) - 1)
    shares = [_CHILDREN_SHARE_DEFAULT if code == CHILDREN else others for code in classes]
    return _YEARLY_LOANS_DEFAULT * np.array(shares)


def mass_on_shelf(history: History, freshness: FloatArray) -> FloatArray:
    """Mean effective copies on the shelf (R×K×T)."""
    return np.asarray(history.days @ freshness) / history.months.days


def _opportunity(history: History, shared: Shared) -> FloatArray:
    """Saturated shelf-years: what one yearly reader would have borrowed (R×K×T)."""
    years = history.recorded * history.months.days / _YEAR_DAYS
    season = shared.season[season_group()][:, history.months.of_year]
    shelf = saturation(mass_on_shelf(history, shared.freshness), shared.saturation)
    return np.asarray(season[None] * years[:, None, :] * shelf)


def _group_sums(values: FloatArray, group: IntArray, count: int) -> FloatArray:
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, group, values)
    return sums


def _group_rates(loans: FloatArray, chance: FloatArray, history: History) -> tuple[FloatArray, FloatArray]:
    """Township rates shrunk to the county's rate for that kind of branch, itself shrunk to the national figure (G×K
    each).
    """
    kinds, groups = int(history.tier.max(initial=-1)) + 1, int(history.township.max(initial=-1)) + 1
    county = (_group_sums(loans, history.tier, kinds) + GROUP_LOANS) / (
        _group_sums(chance, history.tier, kinds) + GROUP_LOANS / national_rate()
    )
    kind_of_group = np.zeros(groups, dtype=np.int64)
    kind_of_group[history.township] = history.tier
    above = county[kind_of_group]
    lent, seen = _group_sums(loans, history.township, groups), _group_sums(chance, history.township, groups)
    return (lent + GROUP_LOANS) / (seen + GROUP_LOANS / above), lent / (lent + GROUP_LOANS)


def _prior(loans: FloatArray, chance: FloatArray, rate: FloatArray) -> FloatArray:
    """Pooled mean of each cell: township taste × how busy the whole room is (R×K)."""
    busy = (loans.sum(axis=1) + ACTIVITY_LOANS) / ((rate * chance).sum(axis=1) + ACTIVITY_LOANS)
    return np.asarray(busy[:, None] * rate)


def _posterior(loans: FloatArray, chance: FloatArray, prior: FloatArray) -> tuple[FloatArray, FloatArray]:
    return loans + KAPPA, chance + KAPPA / prior


def _seasons(loans: FloatArray, mean: FloatArray, history: History, season: FloatArray) -> FloatArray:
    """Season factors re-estimated over all rooms, drawn to 1 and scaled so that the twelve average 1 (2×12)."""
    fresh = season.copy()
    for group in range(2):
        rows = season_group() == group
        lent = np.bincount(history.months.of_year, loans[:, rows].sum(axis=(0, 1)), minlength=12)
        flat = mean[:, rows].sum(axis=(0, 1)) / season[group][history.months.of_year]
        fresh[group] = (lent + SEASON_LOANS) / (np.bincount(history.months.of_year, flat, minlength=12) + SEASON_LOANS)
        fresh[group] /= fresh[group].mean()
    return fresh


def _freshness(history: History, mean: FloatArray, shared: Shared) -> FloatArray:
    """Appeal by age band: loans over expectation, drawn to the prior curve, 1 at arrival and never rising (B)."""
    mass = mass_on_shelf(history, shared.freshness) * history.months.days
    per_copy_day = np.divide(mean, mass, out=np.zeros_like(mean), where=mass > 0)
    flat = np.einsum("rkt,rktb->b", per_copy_day, history.days)
    lent = np.einsum("rktb,rt->b", history.loans, (history.recorded > 0).astype(np.float64))
    prior = np.array(FRESHNESS_PRIOR)
    fresh = (lent + FRESHNESS_LOANS * prior) / (flat + FRESHNESS_LOANS)
    return np.minimum.accumulate(fresh / fresh[0])


def _closed(history: History) -> History:
    keep = history.months.closed
    recorded = np.where(keep[None, :], history.recorded, 0.0)
    loans = history.loans * (recorded > 0)[:, None, :, None]
    return History(history.months, loans, history.days, recorded, history.tier, history.township)


def _likelihood(loans: FloatArray, chance: FloatArray, prior: FloatArray) -> float:
    """Negative-binomial marginal log likelihood of the cells, up to terms that do not depend on A0."""
    mean = prior * chance
    seen = mean > 0
    odds = mean[seen] / (mean[seen] + KAPPA)
    return float(np.sum(loans[seen] * np.log(odds) + KAPPA * np.log1p(-odds)))


def _fit(history: History, half: float) -> tuple[Shared, float]:
    rate, weight = national_rate(), np.zeros(len(CLASSES))
    shared = Shared(half, np.ones((2, 12)), np.array(FRESHNESS_PRIOR), rate[None], weight[None])
    monthly = history.loans.sum(axis=3)
    loans = monthly.sum(axis=2)
    score = 0.0
    for _ in range(_PASSES):
        chance = _opportunity(history, shared)
        total = chance.sum(axis=2)
        rate, weight = _group_rates(loans, total, history)
        prior = _prior(loans, total, rate[history.township])
        shape, scale = _posterior(loans, total, prior)
        mean = (shape / scale)[:, :, None] * chance
        score = _likelihood(loans, total, prior)
        shared = Shared(
            half, _seasons(monthly, mean, history, shared.season), _freshness(history, mean, shared), rate, weight
        )
    return shared, score


def learn_shared(history: History) -> Shared:
    """Saturation, seasons, freshness and township rates from the closed months; the first best A0 of the grid wins a
    tie.
    """
    closed = _closed(history)
    fits = [_fit(closed, half) for half in SATURATION_GRID]
    shared = max(fits, key=lambda fit: fit[1])[0]
    chance = _opportunity(closed, shared).sum(axis=2)
    rate, weight = _group_rates(closed.loans.sum(axis=(2, 3)), chance, closed)
    return Shared(shared.saturation, shared.season, shared.freshness, rate, weight)


def estimate(history: History, stock: FloatArray, shared: Shared | None = None) -> Demand:
    """Forecast every cell. ``stock`` counts the copies now belonging to each shelf by age band (R×K×B)."""
    shared = learn_shared(history) if shared is None else shared
    trusted = history.loans * (history.recorded > 0)[:, None, :, None]
    loans, chance = trusted.sum(axis=(2, 3)), _opportunity(history, shared).sum(axis=2)
    prior = _prior(loans, chance, shared.rate[history.township])
    shape, scale = _posterior(loans, chance, prior)
    low, high = gamma_interval(shape, scale)
    own = np.maximum(chance / scale, loans / shape)
    return Demand(
        shared=shared,
        annual=shape / scale,
        low=low,
        high=high,
        prior=prior,
        own_weight=own,
        exposure=chance,
        loans=loans,
        mass=np.asarray(stock @ shared.freshness),
        evidence=_evidence(own, loans, shared.weight[history.township]),
        enough=history.recorded.sum(axis=1) > 0,
    )


def _evidence(own: FloatArray, loans: FloatArray, township: FloatArray) -> NDArray[np.object_]:
    """Whose loans a figure mostly rests on (R×K codes): the room's own, its township's, or only the county's."""
    codes = np.full(own.shape, COUNTY_EVIDENCE_ONLY, dtype=object)
    codes[township >= 0.5] = TOWNSHIP_EVIDENCE
    codes[(own >= 0.5) & (loans.sum(axis=1, keepdims=True) > 0)] = OWN_EVIDENCE
    return codes
