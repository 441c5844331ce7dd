from datetime import UTC, datetime, timedelta

import pytest

from circulation.desk.rules import Holder, ScanKind, Step, classify, session_is_open, step_for
from library.kernel.identifiers import CodeKind, new_code

CARD = new_code(CodeKind.PATRON, 41)
ITEM = new_code(CodeKind.ITEM, 77)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        (CARD, ScanKind.CARD, CARD),
        (ITEM, ScanKind.ITEM, ITEM),
        (new_code(CodeKind.BOX, 5), ScanKind.BOX, new_code(CodeKind.BOX, 5)),
        (new_code(CodeKind.SHELF, 5), ScanKind.SHELF, new_code(CodeKind.SHELF, 5)),
        (new_code(CodeKind.COMMAND, 5), ScanKind.COMMAND, new_code(CodeKind.COMMAND, 5)),
        (f"https://books.example/q/{ITEM}", ScanKind.ITEM, ITEM),
        (f"]C1{ITEM}", ScanKind.ITEM, ITEM),
        (f" {ITEM[:4]} {ITEM[4:8]}-{ITEM[8:]} ", ScanKind.ITEM, ITEM),
        ("9787302511854", ScanKind.ISBN, "9787302511854"),
        ("978-7-302-51185-4", ScanKind.ISBN, "9787302511854"),
        ("13800138000", ScanKind.PHONE, "13800138000"),
        ("t0091-7", ScanKind.OTHER, "T00917"),
        ("", ScanKind.OTHER, ""),
    ],
)
def test_a_scan_is_told_apart_by_its_shape(text: str, kind: ScanKind, code: str) -> None:
    scan = classify(text)

    assert (scan.kind, scan.code) == (kind, code)


def test_full_width_digits_of_a_chinese_keyboard_are_the_same_code() -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in ITEM)

    assert classify(wide).code == ITEM


def test_a_code_with_a_wrong_check_digit_is_a_misread_and_not_a_book() -> None:
    wrong = ITEM[:-1] + str((int(ITEM[-1]) + 1) % 10)

    assert classify(wrong).kind is ScanKind.MISREAD


def test_an_identity_number_is_recognised_and_its_digits_are_dropped() -> None:
    scan = classify("11010119900307451X")

    assert scan.kind is ScanKind.IDENTITY
    assert scan.code == ""


@pytest.mark.parametrize(
    ("holder", "has_reader", "step"),
    [
        (Holder.NOBODY, False, Step.TAKE_BACK),
        (Holder.ANOTHER_READER, False, Step.TAKE_BACK),
        (Holder.NOBODY, True, Step.LEND),
        (Holder.ANOTHER_READER, True, Step.TAKE_BACK_AND_LEND),
        (Holder.THIS_READER, True, Step.ASK),
    ],
)
def test_a_copy_asks_for_what_the_table_says(holder: Holder, has_reader: bool, step: Step) -> None:
    assert step_for(holder, has_reader=has_reader) is step


def test_a_reader_who_left_ten_minutes_ago_borrows_nothing_more() -> None:
    assert session_is_open(NOON, NOON + timedelta(minutes=9, seconds=59))
    assert not session_is_open(NOON, NOON + timedelta(minutes=10))


def test_a_scan_from_the_future_opens_no_session() -> None:
    assert not session_is_open(NOON, NOON - timedelta(seconds=1))
