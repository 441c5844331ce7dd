"""Ages, cards, PINs and names."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.patrons.rules import (
    AgeBand,
    CardState,
    Category,
    age_band,
    card_fault,
    is_identity_number,
    masked_name,
    needs_guardian,
    normalise_phone,
    pin_fault,
)

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("born_in", "band"),
    [
        (2026, AgeBand.CHILD),
        (2013, AgeBand.CHILD),
        (2012, AgeBand.YOUTH),
        (2009, AgeBand.YOUTH),
        (2008, AgeBand.ADULT),
        (1967, AgeBand.ADULT),
        (1966, AgeBand.ELDER),
        (None, AgeBand.UNKNOWN),
    ],
)
def test_age_bands_follow_the_year_of_birth(born_in: int | None, band: AgeBand) -> None:
    assert age_band(born_in, TODAY) is band


def test_a_guardian_is_needed_while_somebody_may_still_be_thirteen() -> None:
    assert needs_guardian(Category.CHILD, 2013, TODAY)
    assert needs_guardian(Category.ADULT, 2012, TODAY)
    assert not needs_guardian(Category.CHILD, 2011, TODAY)


def test_a_child_of_unknown_age_needs_a_guardian_and_an_adult_does_not() -> None:
    assert needs_guardian(Category.CHILD, None, TODAY)
    assert not needs_guardian(Category.ADULT, None, TODAY)


def test_a_card_is_good_on_its_last_day_and_not_after() -> None:
    assert card_fault(CardState.ACTIVE, TODAY, TODAY) is None
    assert card_fault(CardState.ACTIVE, TODAY, date(2026, 11, 24)) == "card_expired"
    assert card_fault(CardState.ACTIVE, None, date(2099, 1, 1)) is None


def test_a_lost_card_is_lost_whatever_its_date() -> None:
    assert card_fault(CardState.LOST, None, TODAY) == "card_lost"
    assert card_fault(CardState.REPLACED, TODAY, TODAY) == "card_replaced"


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６", "12 456", "٣٤٥٦٧٨"])
def test_a_pin_is_six_plain_digits(pin: str) -> None:
    assert pin_fault(pin) == "pin_shape"


@pytest.mark.parametrize(
    "pin",
    ["000000", "999999", "123456", "654321", "890123", "121212", "123123", "112233", "147258", "210987"],
)
def test_pins_that_are_guessed_first_are_refused(pin: str) -> None:
    assert pin_fault(pin) == "pin_trivial"


def test_the_end_of_the_card_is_no_pin() -> None:
    assert pin_fault("003724", "200000003724") == "pin_trivial"
    assert pin_fault("003724", "200000009999") is None


@given(st.text(max_size=12))
def test_any_text_is_either_a_good_pin_or_has_a_reason(text: str) -> None:
    fault = pin_fault(text)
    assert fault in {None, "pin_shape", "pin_trivial"}
    assert fault is not None or (len(text) == 6 and text.isascii() and text.isdigit())


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张**"), ("张", "张**"), ("欧阳小麦", "欧阳**"), ("欧阳", "欧**"), ("Mary Li", "M**"), (" ", "**")],
)
def test_a_masked_name_shows_the_surname_and_nothing_of_the_length(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("138 0000 0000", "13800000000"),
        ("+86-13800000000", "13800000000"),
        ("0393-6220000", "03936220000"),
        ("6220000", "6220000"),
        ("12", None),
        ("电话", None),
    ],
)
def test_phones_are_kept_as_digits(typed: str, phone: str | None) -> None:
    assert normalise_phone(typed) == phone


def test_identity_numbers_are_known_by_their_check_character() -> None:
    assert is_identity_number("11010519491231002X")  # the example printed in GB 11643
    assert not is_identity_number("110105194912310021")
    assert not is_identity_number("11010519491231002x")
