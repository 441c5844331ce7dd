"""Call numbers stand in the order of the shelf, and books in the category readers look under."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.classification.rules import Notation, call_number_key, category, parse, top_class
from catalog.classification.tree import category_of

SHELF = [
    "A1/3",
    "D9/1",
    "DF3/1",
    "I247.5/2",
    "I247.5/10",
    "I247.5/10=2",
    "I247.5/10:2",
    "I247.5/L85",
    "K825/1",
    "K825-44/1",
    "K825(2)/1",
    "K825.2/1",
    "K825.26/1",
    "K83/1",
    "S435.11/7",
    "S435.111/2",
    "T-9/1",
    "TB1/1",
    "TP3/1",
    "TS97/1",
    "Z228/1",
    "少儿架 12",
]


def test_the_shelf_is_in_order() -> None:
    mixed = list(SHELF)
    random.Random(3).shuffle(mixed)
    assert sorted(mixed, key=call_number_key) == SHELF


def test_no_two_places_on_the_shelf_share_a_key() -> None:
    assert len(set(map(call_number_key, SHELF))) == len(SHELF)


@pytest.mark.parametrize(
    ("one", "other"), [("S435.111/2", "s435111/2"), ("I247.5/02", "I247.5/2"), ("[S-9]/1", "S-9/1")]
)
def test_spellings_of_one_place_share_a_key(one: str, other: str) -> None:
    assert call_number_key(one) == call_number_key(other)


def test_no_call_number_has_no_key() -> None:
    assert call_number_key("  ") == ""


@given(st.text(max_size=300))
def test_a_key_is_short_and_sorts_alike_everywhere(text: str) -> None:
    key = call_number_key(text)
    assert len(key) <= 120
    assert key == "" or (key.isascii() and key.isalnum() and key == key.lower())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S435.111-64", Notation("S", "435111", "-64")),
        ("tp311.56", Notation("TP", "31156")),
        ("I247.5/12", Notation("I", "2475")),
        ("[S-9]", Notation("S", "", "-9")),
        ("D923(2)", Notation("D", "923", "(2)")),
        ("Z", Notation("Z", "")),
    ],
)
def test_a_class_number_is_read(text: str, expected: Notation) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "123", "L12", "IX5", "书", "W2", "K8a25"])
def test_what_is_no_class_number_is_refused(text: str) -> None:
    assert parse(text) is None
    assert top_class(text) == ""


def test_a_number_is_printed_with_its_dots() -> None:
    notation = parse("S4351114")
    assert notation is not None
    assert notation.base == "S435.111.4"


@pytest.mark.parametrize(
    ("clc", "audience", "expected"),
    [
        ("F323", "general", "KJ"),
        ("F713.36", "general", "ZJ"),
        ("TS972.1", "general", "SH"),
        ("TS272", "general", "KJ"),
        ("I287.5", "general", "SE"),
        ("I247.5", "general", "WH"),
        ("I247.5", "children", "SE"),
        ("S511", "children", "SE"),
        ("B844", "general", "SH"),
        ("B022", "general", "ZJ"),
        ("B222", "general", "WH"),
        ("G624.5", "general", "SE"),
        ("G78", "general", "SH"),
        ("Z228.1", "general", "SE"),
        ("V2", "general", "QT"),
        ("", "general", "QT"),
    ],
)
def test_a_book_stands_in_one_of_six_categories(clc: str, audience: str, expected: str) -> None:
    assert category_of(clc, audience).code == expected


def test_without_any_prefix_everything_is_other() -> None:
    assert category("S511", "general", {}) == "QT"
