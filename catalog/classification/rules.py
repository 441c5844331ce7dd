"""Notations of the Chinese Library Classification: reading them, ordering them, placing books in categories.

Pure. The order of marks behind a class number (form, place, period, language …) is a convention of
the library; `MARKS` is the usual one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MARKS: Final = '-("=<>+:'
CHILDREN: Final = "SE"
OTHER: Final = "QT"
LONGEST_KEY: Final = 120

_NOTATION: Final = re.compile(r"([A-KN-VXZ][A-Z]?)([\d.]*)((?:[-(\"=<>+:].*)?)")
_NUMBER_DIGITS: Final = 7
_END_OF_CLASS: Final = "0"


@dataclass(frozen=True, slots=True)
class Notation:
    """A class number in its parts: ``S435.111-64`` is letters ``S``, digits ``435111``, marks ``-64``."""

    letters: str
    digits: str
    marks: str = ""

    @property
    def top(self) -> str:
        """Return the main class, one letter."""
        return self.letters[0]

    @property
    def base(self) -> str:
        """Return the number without marks, with a dot behind every third digit as it is printed."""
        groups = [self.digits[start : start + 3] for start in range(0, len(self.digits), 3)]
        return self.letters + ".".join(groups)


def parse(text: str) -> Notation | None:
    """Read a class number as it stands in a record; `None` when it is none.

    Brackets around an alternative class, spaces and lower case are forgiven; what follows a slash
    (a book number) is not part of the class.
    """
    cleaned = text.strip().strip("[]").replace(" ", "").replace("[", "").replace("]", "").upper()
    found = _NOTATION.fullmatch(cleaned.partition("/")[0])
    if found is None:
        return None
    letters, digits, marks = found.groups()
    if len(letters) == 2 and letters[0] not in "TD":
        return None
    return Notation(letters, digits.replace(".", ""), marks)


def top_class(text: str) -> str:
    """Return the main class letter of a class number, empty when it is none."""
    notation = parse(text)
    return notation.top if notation else ""


def call_number_key(call_number: str) -> str:
    """Return a text by which call numbers sort as they stand on the shelf.

    The class number comes first: letters, then its digits as a decimal fraction whatever the dots,
    a bare number before one with marks and that before a longer number (K825 < K825-44 < K825.2 <
    K825.26 < K83). Then the book number, whole numbers by value (2 < 10). What is no class number
    sorts after everything, by its own text. The key is lower-case letters and digits only, so that
    every database and language sorts it the same way.
    """
    text = call_number.strip()
    if not text:
        return ""
    class_part, _, book_part = text.partition("/")
    notation = parse(class_part)
    if notation is None:
        return f"zz{_book_key(text)}"[:LONGEST_KEY]
    lowered = notation.letters.lower()
    letters = lowered[0] + "".join(f"z{letter}" for letter in lowered[1:])
    key = letters + _class_digits(notation.digits) + _marks_key(notation.marks) + _END_OF_CLASS
    return (key + _book_key(book_part))[:LONGEST_KEY]


def category(clc: str, audience: str, prefixes: Mapping[str, str]) -> str:
    """Return the reading-room category of a book.

    What is written for children is theirs whatever its class. Otherwise the longest prefix of
    `prefixes` (prefix → category) decides; a class none of them knows is "other".
    """
    if audience == "children":
        return CHILDREN
    notation = parse(clc)
    if notation is None:
        return OTHER
    plain = notation.letters + notation.digits
    for length in range(len(plain), 0, -1):
        found = prefixes.get(plain[:length])
        if found is not None:
            return found
    return OTHER


def _class_digits(digits: str) -> str:
    """Write digits as the letters a to j: in every collation letters stand behind the digits used for marks."""
    return "".join(chr(ord("a") + int(digit)) for digit in digits)


def _marks_key(marks: str) -> str:
    written = []
    for character in marks:
        if character in MARKS:
            written.append(str(MARKS.index(character) + 1))
        elif character.isdigit() and character.isascii():
            written.append(_class_digits(character))
        elif character.isascii() and character.isalpha():
            written.append(f"z{character.lower()}")
    return "".join(written)


def _book_key(text: str) -> str:
    """Order a book number with its volume, edition and copy: numbers by value, letters by alphabet."""
    parts = re.findall(r"[0-9]+|[^0-9]", text.lower())
    return "".join(_book_part(part) for part in parts)


def _book_part(part: str) -> str:
    if part.isascii() and part.isdigit():
        return part.lstrip("0").rjust(_NUMBER_DIGITS, "0")
    if part in MARKS:
        return str(MARKS.index(part) + 1)
    return part if part.isascii() and part.isalpha() else ""
