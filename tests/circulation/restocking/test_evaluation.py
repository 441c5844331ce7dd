"""The backtest: split by time, scored where books stood, and honest about what it cannot know."""

from dataclasses import replace

import numpy as np
import pytest

from circulation.restocking.demand import FRESHNESS_PRIOR, saturation
from circulation.restocking.evaluation import AHEAD, MODEL, backtest, cut
from circulation.restocking.history import BANDS, History, months_until
from circulation.restocking.rules import CLASSES
from tests.circulation.restocking.made_county import ON, history_of, ints

MONTHS = months_until(ON)


def seasonal(rooms: int = 40, seed: int = 3) -> History:
    """Loans from known rates with a strong summer, on shelves that never change."""
    rng = np.random.default_rng(seed)
    wanted = rng.gamma(1.5, 8.0, (rooms, len(CLASSES)))
    season = 1.0 + 0.6 * np.cos((MONTHS.of_year - 6) / 6 * np.pi)
    share = saturation(np.array(20.0 * FRESHNESS_PRIOR[-1]), 12.0)
    mean = wanted[:, :, None] * season * MONTHS.days / 365.25 * share
    loans = np.zeros((rooms, len(CLASSES), MONTHS.count, BANDS))
    loans[:, :, :, -1] = rng.poisson(mean)
    days, share_recorded = history_of(loans.sum(axis=3), MONTHS)
    return History(MONTHS, loans, days, share_recorded, ints([0] * rooms), ints([room // 8 for room in range(rooms)]))


def test_the_pooled_seasonal_forecast_beats_every_rule_of_thumb() -> None:
    found = backtest(seasonal())
    assert len(found) == 4
    latest = found[-1]
    best = latest.scores[MODEL]
    assert len(latest.scores) == 5
    assert all(best.deviance < score.deviance for name, score in latest.scores.items() if name != MODEL)
    assert abs(best.bias) < 0.15


def test_the_future_does_not_reach_the_forecast() -> None:
    history = seasonal()
    changed = history.loans.copy()
    changed[:, :, -1 - AHEAD :] = 0
    origin = backtest(history)[-1].month
    before = cut(history, 0, origin)
    after = cut(replace(history, loans=changed), 0, origin)
    assert origin == MONTHS.count - 1 - AHEAD
    assert np.array_equal(before.loans, after.loans)


def test_too_little_history_is_no_test() -> None:
    history = seasonal(rooms=2)
    silent = history.recorded.copy()
    silent[:, :-4] = 0
    assert backtest(replace(history, recorded=silent)) == []


def test_cells_without_books_have_no_score() -> None:
    history = seasonal(rooms=4)
    days = history.days.copy()
    days[:, 5] = 0
    assert backtest(replace(history, days=days))[-1].cells == pytest.approx(4 * (len(CLASSES) - 1))
