"""Printed codes and book numbers: parse, check, make.

A new printed code has 12 digits: one digit for its type, ten for a serial, and a check digit. The check digit is Damm's
(H. Michael Damm, 2004): it finds every single wrong digit and every swap of neighbours. All digits, so that a keyboard in
Chinese input mode cannot turn a scan into characters. Legacy codes of any other shape are accepted as they are.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

# The quasigroup of order 10 of Damm's thesis; row = interim digit, column = next digit.
_DAMM = tuple(
    tuple(map(int, line))
    for line in (
        "0317598642",
        "7092154863",
        "4206871359",
        "1750983426",
        "6123045978",
        "3674209581",
        "5869720134",
        "8945362017",
        "9438617205",
        "2581436790",
    )
)
_AIM_PREFIX = re.compile(r"^\][A-Za-z]\d")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")
_MAX_CODE = 64
_NOT_IN_ISBN = re.compile(r"[^0-9Xx]")


class CodeKind(StrEnum):
    """What the first digit of a printed code says."""

    PATRON = "2"
    ITEM = "3"
    BOX = "5"
    SHELF = "6"
    SHEET = "7"
    COMMAND = "9"


@dataclass(frozen=True)
class PrintedCode:
    kind: CodeKind
    serial: int


def damm(digits: str) -> int:
    """Return Damm's check digit of a string of digits; of a string with its check digit appended, 0."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def new_code(kind: CodeKind, serial: int) -> str:
    """Return the 12-digit code of the `serial`-th thing of its kind (0 ≤ serial < 10¹⁰)."""
    if not 0 <= serial < 10**10:
        msg = f"a serial has at most ten digits: {serial}"
        raise ValueError(msg)
    body = f"{kind}{serial:010d}"
    return f"{body}{damm(body)}"


def parse_code(text: str) -> PrintedCode | None:
    """Return the kind and serial of a valid 12-digit code, else None."""
    if len(text) != 12 or not text.isascii() or not text.isdigit() or text[0] not in set(CodeKind):
        return None
    if damm(text) != 0:
        return None
    return PrintedCode(CodeKind(text[0]), int(text[1:11]))


def looks_misread(text: str) -> bool:
    """Tell whether a text has the shape of one of our codes but not its check digit."""
    return len(text) == 12 and text.isascii() and text.isdigit() and text[0] in set(CodeKind) and damm(text) != 0


def normalise_scan(text: str) -> str:
    """Return a scan as it is looked up: half-width, upper case, without the AIM prefix, blanks, hyphens and controls.

    At most 64 characters are kept: no printed code is longer, and a paste of a whole page must not reach the database.
    """
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    folded = _AIM_PREFIX.sub("", folded)
    folded = _SEPARATORS.sub("", folded)
    if not folded.isprintable():
        folded = "".join(character for character in folded if character.isprintable())
    return folded[:_MAX_CODE]


def normalise_isbn(text: str) -> str | None:
    """Return the 13-digit ISBN without hyphens, or None when the text is not a valid ISBN-10 or ISBN-13.

    Computed here (ISO 2108): python-stdnum cleans a number four times over, a fifteenth of the time of an import.
    """
    compact = _NOT_IN_ISBN.sub("", unicodedata.normalize("NFKC", text)).upper()
    if "X" in compact[:-1]:
        return None
    if len(compact) == 10:
        weighted = sum(weight * _isbn_digit(digit) for weight, digit in zip(range(10, 0, -1), compact, strict=True))
        return None if weighted % 11 else f"978{compact[:9]}{_ean_check('978' + compact[:9])}"
    is_sound = len(compact) == 13 and compact.startswith(("978", "979")) and compact[12] == _ean_check(compact[:12])
    return compact if is_sound else None


def _isbn_digit(digit: str) -> int:
    return 10 if digit == "X" else int(digit)


def _ean_check(digits: str) -> str:
    """Return the check digit of twelve digits: weights 1 and 3 in turn."""
    return str(-(sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10)
