"""The bar code of printed sheets: symbols of the standard, and bars that never touch."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.kernel.code128 import QUIET, bars, symbols


def test_the_example_of_the_standard_has_its_check_symbol() -> None:
    # Start C 105, 12·1 + 34·2 + 56·3 = 248; (105 + 248) mod 103 = 44.
    assert symbols("123456") == [105, 12, 34, 56, 44, 106]


@given(st.integers(0, 10**12 - 1))
def test_twelve_digits_are_drawn_without_touching_bars_and_with_quiet_around(number: int) -> None:
    drawn, width = bars(f"{number:012}")
    # Start, six pairs and check of eleven modules each, the stop of thirteen.
    assert width == 8 * 11 + 13 + 2 * QUIET
    assert drawn[0][0] == QUIET
    assert drawn[-1][0] + drawn[-1][1] == width - QUIET
    assert all(left + wide < following for (left, wide), (following, _) in pairwise(drawn))


def test_every_symbol_is_its_own_and_has_an_even_number_of_dark_modules_out_of_eleven() -> None:
    seen = set()
    for pair in range(100):
        drawn, _width = bars(f"{pair:02}")
        second = tuple(bar for bar in drawn if QUIET + 11 <= bar[0] < QUIET + 22)
        assert (len(second), sum(wide for _left, wide in second) % 2) == (3, 0)
        seen.add(second)
    assert len(seen) == 100


@pytest.mark.parametrize("digits", ["123", "12a4", "１２"])
def test_what_is_no_pair_of_digits_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="pairs of digits"):
        symbols(digits)
