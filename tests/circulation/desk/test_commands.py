"""The commands of the desk: numbers that stay, codes that a scanner reads, and what each does without a script."""

import re
from itertools import groupby

import pytest

from circulation.desk.commands import COMMANDS, MODES, Command, command_of, mode_named
from circulation.desk.forms import read
from circulation.desk.kinds import Mode
from library.kernel.barcodes import QUIET_MODULES, code128
from library.kernel.identifiers import CodeKind, new_code, parse_code

# Printed on mats that lie on desks: a number here is never given to another command.
PRINTED = {
    "auto": 1,
    "lend": 2,
    "take_back": 3,
    "renew": 4,
    "on_site": 5,
    "finish": 11,
    "undo": 12,
    "print": 13,
    "boxes": 14,
    "stocktake": 15,
    **{f"pick-{number}": 20 + number for number in range(1, 7)},
}
# Bar and space widths of the 107 symbols (ISO/IEC 15417, table 1), the stop symbol last.
WIDTHS = re.findall(
    r"\d+",
    """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
    123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
    232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
    111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
    111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
    """,
)
START_C, STOP = 105, 106


def decoded(path: str) -> str:
    """Read a barcode as a scanner does: widths, check symbol, digits in pairs."""
    modules = ""
    for at, width in re.findall(r"M(\d+) 0h(\d+)v1h-\2z", path):
        modules = modules.ljust(int(at), "0") + "1" * int(width)
    widths = "".join(str(len(list(run))) for _bar, run in groupby(modules[QUIET_MODULES:]))
    symbols = [WIDTHS.index(widths[start : start + 6]) for start in range(0, len(widths) - 7, 6)]
    assert widths[-7:] == WIDTHS[STOP]
    assert symbols[0] == START_C
    *digits, check = symbols[1:]
    assert check == (START_C + sum(place * value for place, value in enumerate(digits, 1))) % 103
    return "".join(f"{value:02}" for value in digits)


def test_the_numbers_on_printed_mats_stay() -> None:
    assert {command.name: command.number for command in COMMANDS} == PRINTED


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_barcode_of_the_mat_reads_as_its_command(command: Command) -> None:
    code = command.code
    bars = code128(code)

    assert decoded(bars.path) == code
    assert bars.width == 121
    assert parse_code(code) is not None
    assert command_of(code) is command


def test_a_code_of_another_kind_is_no_command() -> None:
    assert command_of(new_code(CodeKind.ITEM, 1)) is None
    assert command_of(new_code(CodeKind.COMMAND, 999)) is None
    assert command_of("T1") is None


def test_a_mode_is_named_and_anything_else_is_the_desk_by_itself() -> None:
    assert [mode_named(command.name) for command in MODES] == list(Mode)
    assert mode_named("nonsense") is Mode.AUTO


def test_keys_are_given_once() -> None:
    keys = [command.key for command in COMMANDS if command.key]
    assert len(set(keys)) == len(keys)


def test_a_scanned_command_is_read_as_the_button_that_does_the_same() -> None:
    undo, pick = (read({"code": new_code(CodeKind.COMMAND, number), "after": "x"}) for number in (12, 22))

    assert (undo.wish, pick.pick, pick.target) == ("undo", 2, "x")


def test_numbers_and_texts_of_a_form_that_are_none_are_left_out() -> None:
    asked = read({"code": "T1", "item": "1x", "pick": "-1", "gap": "9" * 12, "mode": "?", "wish": "fly"})

    assert (asked.item_id, asked.pick, asked.gap_s, asked.mode) == (None, None, None, Mode.AUTO)
