"""What a scan at the desk is, and what it asks for. Pure functions of values.

One field takes everything. A code of ours says by its first digit what it is and by its last that it was read right; any
other text is looked up as a card and as a barcode of another shape. Some things that look like codes are recognised only to
be refused with a sentence: an ISBN names a book and not a copy, an identity number must not be stored.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from library.kernel.identifiers import CodeKind, looks_misread, normalise_isbn, normalise_scan, parse_code

SESSION_IDLE = timedelta(minutes=10)

_QR_ADDRESS = re.compile(r"/Q/(\d{12})/?$")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_IDENTITY = re.compile(r"\d{17}[\dX]")


class ScanKind(StrEnum):
    CARD = "card"
    ITEM = "item"
    BOX = "box"
    SHELF = "shelf"
    COMMAND = "command"
    MISREAD = "misread"
    ISBN = "isbn"
    PHONE = "phone"
    IDENTITY = "identity"
    OTHER = "other"


_PRINTED = {
    CodeKind.PATRON: ScanKind.CARD,
    CodeKind.ITEM: ScanKind.ITEM,
    CodeKind.BOX: ScanKind.BOX,
    CodeKind.SHELF: ScanKind.SHELF,
    CodeKind.COMMAND: ScanKind.COMMAND,
}


class Step(StrEnum):
    """What to do with a copy."""

    TAKE_BACK = "take_back"
    LEND = "lend"
    TAKE_BACK_AND_LEND = "take_back_and_lend"
    ASK = "ask"


class Holder(StrEnum):
    """In whose hands the copy is, as far as the database knows."""

    NOBODY = "nobody"
    THIS_READER = "this_reader"
    ANOTHER_READER = "another_reader"


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as it is looked up; an identity number is recognised and dropped, `code` is then empty."""

    kind: ScanKind
    code: str


def classify(text: str) -> Scan:
    """Return what a scanned or typed text is. The address of a printed QR counts as the code in it."""
    code = normalise_scan(text)
    address = _QR_ADDRESS.search(normalise_address(text))
    if address:
        code = address[1]
    printed = parse_code(code)
    if printed is not None:
        return Scan(_PRINTED[printed.kind], code)
    if looks_misread(code):
        return Scan(ScanKind.MISREAD, code)
    if _IDENTITY.fullmatch(code):
        return Scan(ScanKind.IDENTITY, "")
    if code.startswith(("978", "979")) and normalise_isbn(code):
        return Scan(ScanKind.ISBN, code)
    if _MOBILE.fullmatch(code):
        return Scan(ScanKind.PHONE, code)
    return Scan(ScanKind.OTHER, code)


def normalise_address(text: str) -> str:
    """Return a scanned address in upper case, without blanks; a scanner in Chinese mode may have sent wide characters."""
    return normalise_scan(text.strip()[-40:])


def step_for(holder: Holder, *, has_reader: bool) -> Step:
    """Return what a scanned copy asks for.

    Without a reader at the desk a copy comes back, whoever had it. With one, it is lent; a copy that another reader still has
    on paper lies on this desk, so it came back and goes out again. The reader's own copy is the one case to ask about.
    """
    if not has_reader:
        return Step.TAKE_BACK
    if holder is Holder.THIS_READER:
        return Step.ASK
    return Step.TAKE_BACK_AND_LEND if holder is Holder.ANOTHER_READER else Step.LEND


def session_is_open(last_scan_at: datetime, now: datetime) -> bool:
    """Tell whether the reader of the last scan still stands at the desk: after ten minutes they have left."""
    return timedelta(0) <= now - last_scan_at < SESSION_IDLE
