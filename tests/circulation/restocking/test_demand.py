"""The forecast: pooling, exposure, seasons, and whose evidence a figure rests on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circulation.restocking import demand
from circulation.restocking.history import BANDS, FloatArray, History, Months, months_until
from circulation.restocking.rules import (
    CHILDREN,
    CLASS_INDEX,
    CLASSES,
    COUNTY_EVIDENCE_ONLY,
    NOT_ENOUGH_DATA,
    OWN_EVIDENCE,
    TOWNSHIP_EVIDENCE,
)
from tests.circulation.restocking.made_county import ON, history_of, ints

CHILD = CLASS_INDEX[CHILDREN]
MONTHS: Months = months_until(ON)


def recorded(loans: FloatArray, township: list[int] | None = None, copies: float = 20.0) -> History:
    """Loans (R×K×T) of rooms that kept records all the time."""
    days, share = history_of(loans, MONTHS, copies)
    by_band = np.zeros(days.shape)
    by_band[:, :, :, -1] = loans
    rooms = len(loans)
    return History(MONTHS, by_band, days, share, ints([0] * rooms), ints(township or [0] * rooms))


def stock(rooms: int, copies: float = 20.0) -> FloatArray:
    standing = np.zeros((rooms, len(CLASSES), BANDS))
    standing[:, :, -1] = copies
    return standing


def silent(rooms: int) -> History:
    history = recorded(np.zeros((rooms, len(CLASSES), MONTHS.count)))
    return replace(history, recorded=np.zeros_like(history.recorded))


def test_an_empty_history_plans_from_national_figures_and_says_so() -> None:
    found = demand.estimate(silent(3), stock(3))
    assert set(found.evidence.ravel()) == {COUNTY_EVIDENCE_ONLY}
    assert np.allclose(found.annual, demand.national_rate()[None, :])
    assert [found.room_state(room) for room in range(3)] == [NOT_ENOUGH_DATA] * 3


def test_a_room_without_records_is_not_zero_demand() -> None:
    loans = np.full((3, len(CLASSES), MONTHS.count), 1.0)
    loans[2] = 0
    history = recorded(loans)
    history.recorded[2] = 0
    found = demand.estimate(history, stock(3))
    assert found.room_state(2) == NOT_ENOUGH_DATA
    assert found.room_state(0) is None
    assert np.all(found.expected[2] > 0.5 * found.expected[0])
    assert set(found.evidence[2]) == {TOWNSHIP_EVIDENCE}


def test_a_room_that_kept_records_of_nothing_is_low_demand() -> None:
    loans = np.full((3, len(CLASSES), MONTHS.count), 1.0)
    loans[2] = 0
    found = demand.estimate(recorded(loans), stock(3))
    assert np.all(found.expected[2] < 0.1 * found.expected[0])


def test_the_forecast_recovers_rates_that_made_the_loans() -> None:
    rng = np.random.default_rng(7)
    wanted = rng.gamma(2.0, 12.0, (40, len(CLASSES)))
    freshness = np.array(demand.FRESHNESS_PRIOR)
    share = demand.saturation(np.array(20.0 * freshness[-1]), 12.0)
    loans = rng.poisson(wanted[:, :, None] * share * MONTHS.days / 365.25).astype(np.float64)
    found = demand.estimate(recorded(loans), stock(40))
    assert found.expected.sum() == pytest.approx((wanted * share).sum(), rel=0.05)
    assert np.corrcoef(found.expected.ravel(), wanted.ravel())[0, 1] > 0.9


def test_the_interval_holds_four_cells_in_five() -> None:
    rng = np.random.default_rng(11)
    wanted = rng.gamma(demand.KAPPA, 30.0 / demand.KAPPA, (60, len(CLASSES)))
    history = recorded(np.zeros((60, len(CLASSES), MONTHS.count)))
    flat = demand.Shared(
        12.0, np.ones((2, 12)), np.array(demand.FRESHNESS_PRIOR), np.full((1, len(CLASSES)), 30.0), np.ones((1, 24))
    )
    chance = demand.saturation(np.array(20.0 * flat.freshness[-1]), 12.0) * MONTHS.days / 365.25
    history.loans[:, :, :, -1] = rng.poisson(wanted[:, :, None] * chance)
    found = demand.estimate(history, stock(60), flat)
    assert 0.75 < np.mean((found.low <= wanted) & (wanted <= found.high)) < 0.85


def test_copies_out_on_loan_raise_the_estimate_of_what_was_wanted() -> None:
    loans = np.full((2, len(CLASSES), MONTHS.count), 1.0)
    history = recorded(loans)
    history.days[0] *= 0.5
    found = demand.estimate(history, stock(2))
    assert np.all(found.annual[0] > found.annual[1])


def test_children_and_grown_ups_have_seasons_of_their_own() -> None:
    loans = np.full((30, len(CLASSES), MONTHS.count), 1.0)
    loans[:, CHILD, MONTHS.of_year == 6] = 5.0
    shared = demand.learn_shared(recorded(loans))
    assert shared.season[1, 6] > 1.5
    assert 0.9 < shared.season[0, 6] < 1.1
    assert np.allclose(shared.season.mean(axis=1), 1.0)


def test_a_busy_township_lends_its_strength_to_its_own_rooms_only() -> None:
    loans = np.zeros((6, len(CLASSES), MONTHS.count))
    loans[:2, CHILD] = 4.0
    loans[3:5, CHILD] = 0.2
    history = recorded(loans, township=[0, 0, 0, 1, 1, 1])
    history.recorded[[2, 5]] = 0
    found = demand.estimate(history, stock(6))
    assert found.annual[2, CHILD] > 3 * found.annual[5, CHILD]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2), st.integers(0, len(CLASSES) - 1), st.integers(0, 23), st.integers(1, 60), st.integers(0, 99))
def test_more_loans_never_lower_the_forecast_of_their_cell(
    room: int, cls: int, month: int, more: int, seed: int
) -> None:
    loans = np.random.default_rng(seed).poisson(0.6, (3, len(CLASSES), MONTHS.count)).astype(np.float64)
    before = recorded(loans)
    shared = demand.learn_shared(before)
    loans = loans.copy()
    loans[room, cls, month] += more
    after = demand.estimate(recorded(loans), stock(3), shared)
    earlier = demand.estimate(before, stock(3), shared)
    assert after.expected[room, cls] > earlier.expected[room, cls]
    others = np.arange(3) != room
    assert np.array_equal(after.expected[others], earlier.expected[others])


def test_a_mature_record_counts_as_the_rooms_own_evidence() -> None:
    found = demand.estimate(recorded(np.full((3, len(CLASSES), MONTHS.count), 2.0)), stock(3))
    assert set(found.evidence.ravel()) == {OWN_EVIDENCE}


def test_saturation_and_freshness_stay_within_their_bounds() -> None:
    loans = np.random.default_rng(3).poisson(1.0, (20, len(CLASSES), MONTHS.count)).astype(np.float64)
    shared = demand.learn_shared(recorded(loans))
    assert shared.saturation in demand.SATURATION_GRID
    assert shared.freshness[0] == 1.0
    assert np.all(np.diff(shared.freshness) <= 0)
