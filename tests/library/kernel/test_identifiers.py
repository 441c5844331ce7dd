"""Printed codes and book numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.kernel.identifiers import (
    CodeKind,
    damm,
    looks_misread,
    new_code,
    normalise_isbn,
    normalise_scan,
    parse_code,
)

serials = st.integers(min_value=0, max_value=10**10 - 1)


@given(serials, st.sampled_from(list(CodeKind)))
def test_a_new_code_is_read_back(serial: int, kind: CodeKind) -> None:
    code = new_code(kind, serial)
    parsed = parse_code(code)
    assert len(code) == 12
    assert parsed is not None
    assert (parsed.kind, parsed.serial) == (kind, serial)


@given(serials, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(serial: int, place: int, shift: int) -> None:
    code = new_code(CodeKind.ITEM, serial)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert damm(wrong) != 0


@given(serials, st.integers(0, 10))
def test_swapped_neighbours_are_always_found(serial: int, place: int) -> None:
    code = new_code(CodeKind.ITEM, serial)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or damm(swapped) != 0


def test_the_published_example_of_damm_holds() -> None:
    assert damm("572") == 4


@pytest.mark.parametrize(
    ("scanned", "looked_up"),
    [
        ("３０００００００００１２", "300000000012"),
        ("]C1300000000012", "300000000012"),
        (" d001669 ", "D001669"),
        ("978-7-5999-0001-0", "9787599900010"),
        ("\x00\x1d3000", "3000"),
        ("x" * 1000, "X" * 64),
    ],
)
def test_a_scan_is_looked_up_in_one_form(scanned: str, looked_up: str) -> None:
    assert normalise_scan(scanned) == looked_up


@pytest.mark.parametrize("text", ["", "12345678901", "1" * 12, "３" * 12, "30000000001x"])
def test_other_shapes_are_not_our_codes(text: str) -> None:
    assert parse_code(text) is None


def test_a_misread_code_is_told_from_a_legacy_one() -> None:
    good = new_code(CodeKind.ITEM, 7)
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert looks_misread(bad)
    assert not looks_misread(good)
    assert not looks_misread("D001669")


@pytest.mark.parametrize(
    ("given_text", "isbn"),
    [
        ("7-302-12260-4", None),
        ("978-7-302-12260-9", "9787302122609"),
        ("7302122601", "9787302122609"),
        ("９７８７３０２１２２６０９", "9787302122609"),
        ("", None),
        ("978", None),
    ],
)
def test_isbns_are_kept_with_thirteen_digits(given_text: str, isbn: str | None) -> None:
    assert normalise_isbn(given_text) == isbn


def test_a_serial_has_at_most_ten_digits() -> None:
    with pytest.raises(ValueError, match="ten digits"):
        new_code(CodeKind.BOX, 10**10)
