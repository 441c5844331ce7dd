"""Copies in 905, 852 and 952, and the ranges people type."""

import pytest

from catalog.marc.holdings import expand, holdings_of
from catalog.marc.record import Field, Flavour, Record, Subfield


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("0010201-10", "0010201", "0010210", 10),
        ("20295403-5408", "20295403", "20295408", 6),
        ("D040394-5", "D040394", "D040395", 2),
        ("N0000101－3", "N0000101", "N0000103", 3),
        ("D001669", "D001669", "D001669", 1),
    ],
)
def test_expands_ranges_by_replacing_the_tail(text: str, first: str, last: str, count: int) -> None:
    codes = expand(text)
    assert codes.understood
    assert (codes.barcodes[0], codes.barcodes[-1], len(codes.barcodes)) == (first, last, count)


@pytest.mark.parametrize("text", ["0010210-01", "12-3456", "1000-1999"])
def test_what_only_looks_like_a_range_stays_one_barcode_and_is_reported(text: str) -> None:
    codes = expand(text)
    assert not codes.understood
    assert len(codes.barcodes) == 1


def copies(tag: str, *parts: str, flavour: Flavour = Flavour.CNMARC) -> list[tuple[str, str, str]]:
    field = Field(tag, None, "  ", tuple(Subfield(part[0], part[1:]) for part in parts))
    found, _ = holdings_of(Record("x" * 24, (field,)), flavour)
    return [(copy.barcode, copy.library, copy.call_number) for copy in found]


def test_what_follows_barcodes_belongs_to_all_of_them() -> None:
    expected = [("D001669", "TSG", "S5/1"), ("D001705", "TSG", "S5/1")]
    assert copies("905", "aTSG", "bD001669", "bD001705", "dS5", "e1") == expected


def test_a_repeated_library_begins_a_new_group() -> None:
    found = copies("905", "a1", "bT1", "dK86", "e1", "sK86/1:0", "a2", "bT2", "dK87")
    assert found == [("T1", "1", "K86/1:0"), ("T2", "2", "K87")]


def test_a_later_run_without_a_class_keeps_the_one_before() -> None:
    assert copies("905", "aTSG", "bD1", "dS5", "bD2") == [("D1", "TSG", "S5"), ("D2", "TSG", "S5")]


def test_a_field_without_a_barcode_makes_no_copy() -> None:
    assert copies("905", "aBNU", "dF124", "e26") == []


def test_a_barcode_that_comes_twice_is_one_copy() -> None:
    assert len(copies("905", "bD1", "bD1")) == 1


@pytest.mark.parametrize(
    ("tag", "parts"),
    [("852", ("bBR1", "hG4362", "i.C6", "p11223344")), ("952", ("aBR1", "oG4362/.C6", "p11223344"))],
)
def test_reads_the_copies_of_marc_21(tag: str, parts: tuple[str, ...]) -> None:
    assert copies(tag, *parts, flavour=Flavour.MARC21) == [("11223344", "BR1", "G4362/.C6")]
