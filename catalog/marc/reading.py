"""Any MARC file, told apart by its bytes and read record by record.

`read(stream)` yields one `Found` or one `Refused` for every record, in order, and never raises for what is in the file.
A file that is not MARC (Dublin Core, MODS, holdings, JSON, text, pictures …) yields a single `Refused` with `whole_file`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from catalog.marc import iso2709, marcxml
from catalog.marc.flavours import flavour_of
from catalog.marc.iso2709 import ParsedRecord
from catalog.marc.reasons import Reason, Refusal, Repair
from catalog.marc.record import Flavour, Kind, Readable, Record

_HEAD = 1 << 16
_TEXT_BYTES = bytes({*b"\x00\t\n\r\x1a\x1b\x1d\x1e\x1f", *range(0x20, 0x100)})
_MOST_CONTROLS = 0.02


class _Continued:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head or self._rest.read(size)


class Form(StrEnum):
    """The carriers this issue reads."""

    ISO2709 = "iso2709"
    MARCXML = "marcxml"


@dataclass(frozen=True, slots=True)
class Found:
    """A record that can be taken over.

    `offset` is in bytes for ISO 2709 and the record's ordinal (from 0) for XML.
    """

    offset: int
    record: Record
    flavour: Flavour
    kind: Kind
    encoding: str
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record, or a whole file, that cannot be taken over, and why."""

    offset: int
    reason: Reason
    detail: str = ""
    whole_file: bool = False


def read(stream: Readable) -> Iterator[Found | Refused]:
    """Yield what a file holds; the stream is read from its present position to its end, once."""
    head = stream.read(_HEAD)
    if not head.strip(b" \t\r\n\x00\x1a"):
        yield Refused(0, Reason.EMPTY_FILE, whole_file=True)
        return
    whole = _Continued(head, stream)
    form = form_of(head)
    if form is Form.ISO2709:
        yield from _iso2709(whole)
    elif form is Form.MARCXML:
        yield from _marcxml(whole, marcxml.declared_encoding(head))
    else:
        yield Refused(0, Reason.NOT_MARC, whole_file=True)


def form_of(head: bytes) -> Form | None:
    """Return which carrier the first bytes of a file (64 kB or all of it) show, or None."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<":
        return Form.MARCXML
    if start[:1] not in {b"{", b"["} and iso2709.FIELD_END in head and not _is_binary(head):
        return Form.ISO2709
    return None


def _is_binary(head: bytes) -> bool:
    """Tell whether the bytes are a picture, an archive or a program: there every tenth is a control, in text none."""
    return len(head.translate(None, delete=_TEXT_BYTES)) > _MOST_CONTROLS * len(head)


def _iso2709(stream: Readable) -> Iterator[Found | Refused]:
    for piece in iso2709.split(stream):
        try:
            parsed = iso2709.parse(piece.raw, ended=piece.ended)
        except Refusal as refusal:
            yield Refused(piece.offset, refusal.reason, refusal.detail)
        else:
            yield _judged(piece.offset, parsed)


def _marcxml(stream: Readable, encoding: str) -> Iterator[Found | Refused]:
    """Yield the records of an XML file; if it turns out to hold no MARC, one refusal of the file."""
    seen_marc = False
    for piece in marcxml.split(stream):
        try:
            parsed = marcxml.parse(piece.raw, encoding, ended=piece.ended)
        except Refusal as refusal:
            seen_marc = True
            yield Refused(piece.ordinal, refusal.reason, refusal.detail)
            continue
        if parsed is not None:
            seen_marc = True
            yield _judged(piece.ordinal, parsed)
    if not seen_marc:
        yield Refused(0, Reason.NOT_MARC, whole_file=True)


def _judged(offset: int, parsed: ParsedRecord) -> Found | Refused:
    record = parsed.record
    kind = record.kind
    if kind is Kind.UNKNOWN:
        return Refused(offset, Reason.UNKNOWN_TYPE, record.leader[6:7])
    flavour, doubtful = flavour_of(record)
    repairs = (*parsed.repairs, Repair.DOUBTFUL_FLAVOUR) if doubtful and kind is Kind.BIBLIOGRAPHIC else parsed.repairs
    return Found(offset, record, flavour, kind, parsed.encoding, repairs)
