from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from circulation.desk.kinds import Mode
from circulation.desk.rules import (
    Holder,
    Scan,
    ScanKind,
    Step,
    classify,
    holds_identity_number,
    is_card_like,
    session_is_open,
    step_for,
    worth_showing,
)
from library.kernel.identifiers import CodeKind, new_code, normalise_scan

CARD = new_code(CodeKind.PATRON, 41)
ITEM = new_code(CodeKind.ITEM, 77)
IDENTITY = "11010119900307451X"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def misread(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        (CARD, ScanKind.CARD, CARD),
        (ITEM, ScanKind.ITEM, ITEM),
        (new_code(CodeKind.BOX, 5), ScanKind.BOX, new_code(CodeKind.BOX, 5)),
        (new_code(CodeKind.SHELF, 5), ScanKind.SHELF, new_code(CodeKind.SHELF, 5)),
        (new_code(CodeKind.COMMAND, 5), ScanKind.COMMAND, new_code(CodeKind.COMMAND, 5)),
        (f"https://books.example/q/{ITEM}", ScanKind.ITEM, ITEM),
        (f"HTTPS://BOOKS.EXAMPLE/Q/{CARD}", ScanKind.CARD, CARD),
        (f"]C1{ITEM}", ScanKind.ITEM, ITEM),
        (f" {ITEM[:4]} {ITEM[4:8]}-{ITEM[8:]} ", ScanKind.ITEM, ITEM),
        ("9787302511854", ScanKind.ISBN, "9787302511854"),
        ("978-7-302-51185-4", ScanKind.ISBN, "9787302511854"),
        ("978730251185402", ScanKind.ISBN, "9787302511854"),
        ("978730251185451990", ScanKind.ISBN, "9787302511854"),
        ("9787302511855", ScanKind.OTHER, "9787302511855"),
        ("13800138000", ScanKind.PHONE, "13800138000"),
        ("138 0013 8000", ScanKind.PHONE, "13800138000"),
        ("zxy", ScanKind.INITIALS, "ZXY"),
        ("zx", ScanKind.INITIALS, "ZX"),
        ("ganjubing", ScanKind.WORDS, "ganjubing"),
        ("柑橘 病虫害", ScanKind.WORDS, "柑橘 病虫害"),
        ("少儿0012", ScanKind.WORDS, "少儿0012"),
        ("t0091-7", ScanKind.OTHER, "T00917"),
        ("z", ScanKind.OTHER, "Z"),
        ("", ScanKind.OTHER, ""),
    ],
)
def test_a_scan_is_told_apart_by_its_shape(text: str, kind: ScanKind, code: str) -> None:
    scan = classify(text)

    assert (scan.kind, scan.code) == (kind, code)


def test_full_width_digits_of_a_chinese_keyboard_are_the_same_code() -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in ITEM)

    assert classify(wide).code == ITEM


@pytest.mark.parametrize("code", [CARD, ITEM, new_code(CodeKind.BOX, 9), new_code(CodeKind.COMMAND, 9)])
def test_a_code_with_a_wrong_check_digit_is_a_misread_and_never_a_search(code: str) -> None:
    assert classify(misread(code)).kind is ScanKind.MISREAD


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY,
        IDENTITY.lower(),
        "110101 19900307 451X",
        "110101-19900307-4518",
        f"张秀英{IDENTITY}",
        f"{IDENTITY}（本人）",
    ],
)
def test_an_identity_number_is_recognised_wherever_it_stands_and_its_digits_are_dropped(text: str) -> None:
    assert classify(text) == Scan(ScanKind.IDENTITY, "")
    assert holds_identity_number(text)


@given(st.text(max_size=20), st.from_regex(r"[1-9]\d{16}[\dX]", fullmatch=True), st.text(max_size=20))
def test_no_text_around_an_identity_number_hides_it(before: str, number: str, after: str) -> None:
    assume(not number.startswith(("978", "979")))
    assume(not any(character.isdigit() for character in normalise_scan(before)[-1:] + normalise_scan(after)[:1]))

    assert number not in str(classify(f"{before}|{number}|{after}"))


@pytest.mark.parametrize("text", ["1" * 17, "1" * 19, "978730251185451990", "13800138000", ""])
def test_other_long_numbers_are_no_identity_numbers(text: str) -> None:
    assert not holds_identity_number(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("T00917", "T00917"),
        (misread(ITEM), misread(ITEM)),
        ("13800138000", None),
        (IDENTITY[:15], None),
        ("张秀英", None),
        ("zxy", None),
        ("", None),
    ],
)
def test_an_unknown_code_is_kept_for_the_journal_unless_it_could_tell_of_a_person(text: str, shown: str | None) -> None:
    assert worth_showing(classify(text)) == shown


@pytest.mark.parametrize(
    ("holder", "has_reader", "mode", "step"),
    [
        (Holder.NOBODY, False, Mode.AUTO, Step.TAKE_BACK),
        (Holder.ANOTHER_READER, False, Mode.AUTO, Step.TAKE_BACK),
        (Holder.NOBODY, True, Mode.AUTO, Step.LEND),
        (Holder.ANOTHER_READER, True, Mode.AUTO, Step.TAKE_BACK_AND_LEND),
        (Holder.THIS_READER, True, Mode.AUTO, Step.ASK),
        (Holder.NOBODY, True, Mode.LEND, Step.LEND),
        (Holder.NOBODY, False, Mode.LEND, Step.WANT_READER),
        (Holder.THIS_READER, True, Mode.LEND, Step.ASK),
        *((holder, has, Mode.TAKE_BACK, Step.TAKE_BACK) for holder in Holder for has in (True, False)),
        *((holder, has, Mode.RENEW, Step.RENEW) for holder in Holder for has in (True, False)),
        *((holder, has, Mode.ON_SITE, Step.USE_HERE) for holder in Holder for has in (True, False)),
    ],
)
def test_a_copy_asks_for_what_the_table_says(holder: Holder, has_reader: bool, mode: Mode, step: Step) -> None:
    assert step_for(holder, has_reader=has_reader, mode=mode) is step


@pytest.mark.parametrize(
    ("text", "brings"),
    [(CARD, True), (misread(CARD), True), ("13800138000", True), (misread(ITEM), False), ("T00917", False)],
)
def test_what_was_meant_to_bring_a_reader_ends_the_visit_before(text: str, brings: bool) -> None:
    assert is_card_like(classify(text)) is brings


def test_a_reader_who_left_ten_minutes_ago_borrows_nothing_more() -> None:
    assert session_is_open(NOON, NOON + timedelta(minutes=9, seconds=59))
    assert not session_is_open(NOON, NOON + timedelta(minutes=10))


def test_a_scan_from_the_future_opens_no_session() -> None:
    assert not session_is_open(NOON, NOON - timedelta(seconds=1))
