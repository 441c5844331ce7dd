"""What a scan at the desk is, and what it asks for. Pure functions of values.

One field takes everything. A code of ours says by its first digit what it is and by its last that it was read right; any
other text is first looked up as a barcode and as a card of another shape, and only then by its kind: an ISBN, a phone
number, the pinyin initials of a reader, words of a title. An identity number is recognised only to be refused; it is
dropped here, before anything can keep it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from circulation.desk.kinds import Mode
from library.kernel.identifiers import CodeKind, looks_misread, normalise_isbn, normalise_scan, parse_code
from library.kernel.text import is_han

SESSION_IDLE = timedelta(minutes=10)
LONGEST_WORDS = 80
# An unknown code is shown again in the journal; a longer one could be part of an identity number.
LONGEST_SHOWN = 14
SHORTEST_LABEL = 3

_QR_ADDRESS = re.compile(r"/Q/(\d{12})/?$")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# GB 11643-1999, wherever it stands in a text; an EAN-13 with a five-digit supplement has as many digits.
_IDENTITY = re.compile(r"(?<!\d)(?!97[89])\d{17}[\dX](?!\d)")
_ISBN_SUPPLEMENTS = frozenset({13, 15, 18})
_INITIALS = re.compile(r"[A-Z]{2,6}")
_WORDS = re.compile(r"[A-Z]{2,}")


class ScanKind(StrEnum):
    CARD = "card"
    ITEM = "item"
    BOX = "box"
    SHELF = "shelf"
    SHEET = "sheet"
    COMMAND = "command"
    MISREAD = "misread"
    ISBN = "isbn"
    PHONE = "phone"
    IDENTITY = "identity"
    INITIALS = "initials"
    WORDS = "words"
    OTHER = "other"


_PRINTED = {
    CodeKind.PATRON: ScanKind.CARD,
    CodeKind.ITEM: ScanKind.ITEM,
    CodeKind.BOX: ScanKind.BOX,
    CodeKind.SHELF: ScanKind.SHELF,
    CodeKind.SHEET: ScanKind.SHEET,
    CodeKind.COMMAND: ScanKind.COMMAND,
}


class Step(StrEnum):
    """What to do with a copy."""

    TAKE_BACK = "take_back"
    LEND = "lend"
    TAKE_BACK_AND_LEND = "take_back_and_lend"
    RENEW = "renew"
    RENEW_OWN = "renew_own"
    USE_HERE = "use_here"
    ASK = "ask"
    WANT_READER = "want_reader"


class Holder(StrEnum):
    """In whose hands the copy is, as far as the database knows."""

    NOBODY = "nobody"
    THIS_READER = "this_reader"
    ANOTHER_READER = "another_reader"


_STEPS = {Mode.TAKE_BACK: Step.TAKE_BACK, Mode.RENEW: Step.RENEW, Mode.ON_SITE: Step.USE_HERE}


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as it is looked up; an identity number is recognised and dropped, `code` is then empty."""

    kind: ScanKind
    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands at the desk: the reader, and the operation that opened the visit.

    `is_unsettled`: a card was scanned that opened nobody, or it is not known any more who stood here. What is scanned then
    is neither lent nor taken back, because the keeper believes that a reader stands there.
    """

    reader_id: int | None = None
    visit: str | None = None
    is_unsettled: bool = False


NOBODY = Standing()
UNSETTLED = Standing(is_unsettled=True)


def classify(text: str) -> Scan:
    """Return what a scanned or typed text is. The address of a printed QR counts as the code in it."""
    code = normalise_scan(text)
    address = _QR_ADDRESS.search(normalise_scan(text.strip()[-40:]))
    if address:
        code = address[1]
    printed = parse_code(code)
    if printed is not None:
        return Scan(_PRINTED[printed.kind], code)
    if looks_misread(code):
        return Scan(ScanKind.MISREAD, code)
    return Scan(ScanKind.IDENTITY, "") if holds_identity_number(text) else _of_another_shape(text, code)


def _of_another_shape(text: str, code: str) -> Scan:
    if len(code) in _ISBN_SUPPLEMENTS and code.startswith(("978", "979")) and normalise_isbn(code[:13]):
        return Scan(ScanKind.ISBN, code[:13])
    if _MOBILE.fullmatch(code):
        return Scan(ScanKind.PHONE, code)
    if _INITIALS.fullmatch(code):
        return Scan(ScanKind.INITIALS, code)
    if any(map(is_han, code)) or _WORDS.fullmatch(code):
        return Scan(ScanKind.WORDS, _words(text))
    return Scan(ScanKind.OTHER, code)


def holds_identity_number(text: str) -> bool:
    """Tell whether a resident identity number stands anywhere in a text, however it is spaced or hyphened."""
    return _IDENTITY.search(normalise_scan(text[:200])) is not None


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())[:LONGEST_WORDS]


def worth_showing(scan: Scan) -> str | None:
    """Return an unknown code as the journal may show it again; None for what could tell of a person."""
    is_code = scan.kind in {ScanKind.OTHER, ScanKind.ITEM, ScanKind.MISREAD} and scan.code.isascii()
    return scan.code if is_code and 0 < len(scan.code) <= LONGEST_SHOWN else None


def may_be_label(scan: Scan) -> bool:
    """Tell whether an unknown code may be the label of a book: a code of ours for copies, or a legacy one."""
    code = worth_showing(scan)
    if code is None or scan.kind is ScanKind.MISREAD:
        return False
    return len(code) >= SHORTEST_LABEL and code.isalnum() and any(map(str.isdigit, code))


def step_for(holder: Holder, *, has_reader: bool, mode: Mode = Mode.AUTO) -> Step:
    """Return what a scanned copy asks for.

    A mode the keeper has chosen decides. Else, without a reader at the desk a copy comes back, whoever had it. With one, it
    is lent; a copy that another reader still has on paper lies on this desk, so it came back and goes out again. The
    reader's own copy is the one case to ask about.
    """
    if mode in _STEPS:
        return _STEPS[mode]
    if not has_reader:
        return Step.WANT_READER if mode is Mode.LEND else Step.TAKE_BACK
    if holder is Holder.THIS_READER:
        return Step.ASK
    return Step.TAKE_BACK_AND_LEND if holder is Holder.ANOTHER_READER else Step.LEND


def wants_settled_reader(mode: Mode) -> bool:
    """Tell whether a copy scanned in this mode is meant for whoever stands at the desk."""
    return mode not in _STEPS


def is_card_like(scan: Scan) -> bool:
    """Tell whether a scan was meant to bring a reader to the desk, so that whoever stood there before has left."""
    is_misread_card = scan.kind is ScanKind.MISREAD and scan.code.startswith(CodeKind.PATRON)
    return is_misread_card or scan.kind in {ScanKind.CARD, ScanKind.PHONE}


def session_is_open(last_scan_at: datetime, now: datetime) -> bool:
    """Tell whether the reader of the last scan still stands at the desk: after ten minutes they have left."""
    return timedelta(0) <= now - last_scan_at < SESSION_IDLE
