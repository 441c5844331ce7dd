"""Was the forecast right? A backtest on the county's own loans, split by time only. Pure, numpy.

At each origin the model sees the months before it and forecasts the next three; seasons, freshness, saturation and
pooling are learned from those months alone. Only cells with books on the shelf and records being kept are scored: what
was not there could not be lent, and has no demand label. This measures the forecast, not the plan: what a plan is worth
needs a field test or a simulation, because loans of moved books are not a gain.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from circulation.restocking.demand import estimate, mass_on_shelf, saturation, season_group
from circulation.restocking.history import FloatArray, History, Months

AHEAD: Final = 3
"""Months forecast: the next quarter."""
LEAST_HISTORY: Final = 6
_FLOOR: Final = 0.02
"""Least forecast of a cell in loans: the deviance of a forecast of zero is infinite, and no library means zero."""

MODEL: Final = "planner"
Forecast = Callable[[History, History], FloatArray]


@dataclass(frozen=True, slots=True)
class Score:
    """WAPE is Σ|y−ŷ|/Σy, deviance the Poisson deviance per cell, bias Σŷ/Σy − 1."""

    wape: float
    deviance: float
    bias: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Scores by forecast for the quarter that follows the first ``month`` months of the window."""

    month: int
    cells: int
    loans: float
    scores: Mapping[str, Score]


def backtest(history: History, origins: int = 4) -> list[Origin]:
    """Return the latest ``origins`` whole quarters that have half a year of records before them, the oldest first."""
    last = history.months.count - 1 - AHEAD
    chosen = [at for at in range(last, LEAST_HISTORY - 1, -AHEAD) if _recorded_before(history, at) >= LEAST_HISTORY]
    return [_score(history, at) for at in sorted(chosen[:origins])]


def _recorded_before(history: History, at: int) -> int:
    return int((history.recorded[:, :at].sum(axis=0) > 0).sum())


def cut(history: History, first: int, after: int) -> History:
    """Return a part of the window, from month ``first`` up to and without ``after``."""
    months = Months(history.months.edges[first : after + 1], history.months.of_year[first:after])
    return History(
        months,
        history.loans[:, :, first:after],
        history.days[:, :, first:after],
        history.recorded[:, first:after],
        history.tier,
        history.township,
    )


def _score(history: History, at: int) -> Origin:
    past, future = cut(history, 0, at), cut(history, at, at + AHEAD)
    actual = future.loans.sum(axis=(2, 3))
    scored = _scored(future)
    scores = {name: _compare(actual[scored], forecast(past, future)[scored]) for name, forecast in _forecasts(past)}
    return Origin(at, int(scored.sum()), float(actual[scored].sum()), scores)


def _scored(future: History) -> NDArray[np.bool_]:
    stocked = future.days.sum(axis=(2, 3)) > 0
    return np.asarray(stocked & (future.recorded.mean(axis=1) > 0.5)[:, None])


def _compare(actual: FloatArray, forecast: FloatArray) -> Score:
    guess = np.maximum(forecast, _FLOOR)
    surprise = np.where(actual > 0, actual * np.log(np.maximum(actual, 1e-12) / guess), 0.0) - (actual - guess)
    total = max(float(actual.sum()), 1.0)
    return Score(
        wape=round(float(np.abs(actual - guess).sum()) / total, 4),
        deviance=round(float(2.0 * surprise.mean()) if len(actual) else 0.0, 4),
        bias=round(float(guess.sum()) / total - 1.0, 4),
    )


def _forecasts(past: History) -> Iterator[tuple[str, Forecast]]:
    yield MODEL, _model
    yield "last_quarter", _last_quarter
    yield "mean_of_the_year", _mean_of_the_year
    yield "county_rate_per_copy", _county_rate
    if past.months.count >= 12 and past.recorded[:, -12:].sum() > 0 and past.loans[:, :, -12:-9].sum() > 0:
        yield "same_quarter_last_year", _same_quarter


def _model(past: History, future: History) -> FloatArray:
    """Forecast with the shelf as it stood when the past ended: what came later was not known."""
    stock = past.days[:, :, -1] / past.months.days[-1]
    found = estimate(past, stock)
    shelf = saturation(mass_on_shelf(past, found.shared.freshness)[:, :, -1], found.shared.saturation)
    season = found.shared.season[season_group()][:, future.months.of_year]
    years = future.months.days / 365.25
    return np.asarray(found.annual * shelf * (season * years).sum(axis=1)[None, :])


def _last_quarter(past: History, future: History) -> FloatArray:
    del future
    return np.asarray(past.loans[:, :, -AHEAD:].sum(axis=(2, 3)))


def _same_quarter(past: History, future: History) -> FloatArray:
    del future
    return np.asarray(past.loans[:, :, -12 : -12 + AHEAD].sum(axis=(2, 3)))


def _mean_of_the_year(past: History, future: History) -> FloatArray:
    months = past.recorded[:, -12:].sum(axis=1)
    monthly = past.loans[:, :, -12:].sum(axis=(2, 3)) / np.maximum(months, 1.0)[:, None]
    return np.asarray(monthly * future.months.count)


def _county_rate(past: History, future: History) -> FloatArray:
    """Forecast every copy of a class to lend alike: what a county does that knows only its classes."""
    copies = past.days[:, :, -12:].sum(axis=3) * past.recorded[:, None, -12:]
    lent = past.loans[:, :, -12:].sum(axis=(2, 3))
    rate = lent.sum(axis=0) / np.maximum(copies.sum(axis=(0, 2)), 1.0)
    standing = past.days[:, :, -1].sum(axis=2) / past.months.days[-1]
    return np.asarray(standing * rate[None, :] * future.months.days.sum())
