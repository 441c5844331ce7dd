"""Rules of copies: how call numbers sort, what a scan can be.

A call number is a CLC class and a book number, `S512.1/12:2`. Classes sort letter by letter and then as decimal fractions, so
that K825.2 stands before K825.26 and both before K83; the marks of auxiliary numbers follow the plain number in the order
`- ( " = < > + :`; book numbers sort by value, 2 before 12.
"""

import re

from library.kernel.identifiers import normalise_isbn

_MARKS = '-("=<>+:'
_PARTS = re.compile(r"\d+|\D+")


def call_number_key(call_number: str) -> str:
    """Return a key by which call numbers stand in shelf order when compared as text; at most 120 characters."""
    clc, slash, book = call_number.strip().upper().partition("/")
    key = _class_key(clc.strip("[]"))
    return f"{key} {_number_key(book)}"[:120] if slash else key[:120]


def is_isbn(code: str) -> bool:
    """Tell whether a scan is the ISBN on a book's cover, which is the same on every copy and thus no copy's barcode."""
    return len(code) == 13 and code.startswith(("978", "979")) and normalise_isbn(code) is not None


def _class_key(clc: str) -> str:
    """Return the class with its dots left out and each mark replaced by a letter that follows the blank."""
    return "".join(f"!{_MARKS.index(mark)}" if mark in _MARKS else mark for mark in clc if mark not in ". )")


def _number_key(book: str) -> str:
    return "".join(part.zfill(8) if part.isdigit() else part for part in _PARTS.findall(book.replace(" ", "")))
