"""ISO 2709, the exchange format of MARC records, read as it is really written.

```
 leader (24)            directory                     fields
 00089nam0 2200049 450 | 001 0005 00000 | 200 0013 00005 | ^^ | 1234 ^^ | 1_ $a书名 ^^ | ^]
 │         │   │         tag length start
 │         │   └ 12-16 base address of the fields        ^^ = 0x1E, ends the directory and each field
 │         └ 10, 11 number of indicators, and of characters that begin a subfield ($ = 0x1F and a code)
 └ 00-04 length of the record, 99,999 at most            ^] = 0x1D, ends the record
```

Lengths and starts count bytes, from the base address. Three separators cannot occur inside a character of UTF-8, GB18030 or
MARC-8, so records are split at 0x1D whatever their leader says: a record with a wrong length costs nobody else. When the
directory does not fit the fields, its tags are paired in their order with the fields between the 0x1E, and the record is
flagged; only when even their number differs is it refused.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.marc.encodings import Decoder, decoder_for, mend
from catalog.marc.flavours import flavour_of_tags
from catalog.marc.reasons import Reason, Refusal, Repair
from catalog.marc.record import LEADER_LENGTH, Field, Flavour, Readable, Record, Subfield
from catalog.marc.repairs import UNKNOWN_TAG, repaired_code

RECORD_END = b"\x1d"
FIELD_END = b"\x1e"
SUBFIELD = "\x1f"
MOST_BYTES = 99_999
_LARGEST_READ = 10 * MOST_BYTES  # some programs write records of several hundred kB with the length 99999
_CHUNK = 1 << 16
_ENTRY = 12
_NOTHING = b" \t\r\n\x00\x1a\xef\xbb\xbf"  # line ends, Ctrl-Z of old DOS programs and a byte order mark between records
_TAG = re.compile(rb"[0-9A-Za-z]{3}")
_CONTROL_TAGS = re.compile("00[1-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class RawRecord:
    """The bytes between two record ends; `offset` is where they begin in the file, in bytes."""

    offset: int
    raw: bytes
    ended: bool = True


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """A record with what had to be repaired to read it."""

    record: Record
    encoding: str
    repairs: tuple[Repair, ...] = ()


def split(stream: Readable) -> Iterator[RawRecord]:
    """Yield the records of a stream; whitespace, Ctrl-Z and byte order marks between them belong to none.

    Memory holds one record. One that grows beyond 1 MB without an end is cut there and yielded as not ended.
    """
    pending, offset = b"", 0
    while chunk := stream.read(_CHUNK):
        *whole, pending = (pending + chunk).split(RECORD_END)
        for raw in whole:
            yield from _trimmed(raw, offset, ended=True)
            offset += len(raw) + 1
        if len(pending) > _LARGEST_READ:
            yield from _trimmed(pending, offset, ended=False)
            offset += len(pending)
            pending = b""
    yield from _trimmed(pending, offset, ended=False)


def parse(raw: bytes, *, ended: bool = True) -> ParsedRecord:
    """Return the record in these bytes (without the record end), in the encoding the bytes show.

    Raises `Refusal` with `record_too_large`, `damaged_leader`, `damaged_directory`, `no_fields` or `unreadable_text`.
    """
    if len(raw) >= _LARGEST_READ:
        raise Refusal(Reason.TOO_LARGE, str(len(raw)))
    leader, repairs = _leader(raw)
    if not ended:
        repairs.append(Repair.NOT_ENDED)
    if raw[:5] != b"%05d" % (len(raw) + 1):
        repairs.append(Repair.WRONG_LENGTH)
    tags, bodies = _fields(raw, repairs)
    decoder = _decoder(raw, leader, tags, bodies)
    fields = tuple(_field(tag, body, decoder, repairs) for tag, body in zip(tags, bodies, strict=True))
    return ParsedRecord(Record(leader, fields), decoder.encoding, tuple(dict.fromkeys((*decoder.repairs, *repairs))))


def _trimmed(raw: bytes, offset: int, *, ended: bool) -> Iterator[RawRecord]:
    record = raw.lstrip(_NOTHING)
    if record:
        yield RawRecord(offset + len(raw) - len(record), record, ended)


def _leader(raw: bytes) -> tuple[str, list[Repair]]:
    head = raw[:LEADER_LENGTH]
    if len(head) < LEADER_LENGTH or FIELD_END in head:
        raise Refusal(Reason.DAMAGED_LEADER, head.decode("ascii", "backslashreplace"))
    leader = "".join(chr(byte) if 0x20 <= byte < 0x7F else " " for byte in head)
    return leader, [] if leader.encode() == head else [Repair.LEADER_REPAIRED]


def _fields(raw: bytes, repairs: list[Repair]) -> tuple[list[str], list[bytes]]:
    """Return tags and bodies of the fields; what had to be repaired is added to `repairs`."""
    end = raw.find(FIELD_END, LEADER_LENGTH)
    if end < 0:
        raise Refusal(Reason.DAMAGED_DIRECTORY)
    directory = raw[LEADER_LENGTH:end]
    entries = [directory[at : at + _ENTRY] for at in range(0, len(directory), _ENTRY)]
    if not entries:
        raise Refusal(Reason.NO_FIELDS)
    tags = _tags(entries, repairs)
    bodies = _by_directory(raw, entries)
    if bodies is not None:
        return tags, bodies
    repairs.append(Repair.PAIRED_IN_ORDER)
    bodies = raw[end + 1 :].split(FIELD_END)
    if bodies and not bodies[-1].strip(_NOTHING):
        bodies.pop()
    if len(bodies) != len(tags):
        raise Refusal(Reason.DAMAGED_DIRECTORY, f"{len(tags)} / {len(bodies)}")
    return tags, bodies


def _by_directory(raw: bytes, entries: Iterable[bytes]) -> list[bytes] | None:
    """Return the fields where the directory says they are, or None when one is not there."""
    try:
        base = int(raw[12:17])
        room = len(raw)
        bodies = []
        for entry in entries:
            start = base + int(entry[7:12])
            stop = start + int(entry[3:7])
            # Entries that share a field would let a record of 1 MB stand for 800 MB of text.
            room -= stop - start
            if len(entry) != _ENTRY or room < 0:
                return None
            if raw[stop - 1 : stop] != FIELD_END or raw[start - 1 : start] != FIELD_END:
                return None
            bodies.append(raw[start : stop - 1])
    except ValueError:
        return None
    return None if any(FIELD_END in body for body in bodies) else bodies


def _tags(entries: list[bytes], repairs: list[Repair]) -> list[str]:
    """Return the tags of a directory; with one spoilt tag in four the directory is not trusted at all."""
    tags = [entry[:3].decode("ascii") if _TAG.match(entry) else "" for entry in entries]
    if "" not in tags:
        return tags
    if 4 * tags.count("") > len(tags):
        raise Refusal(Reason.DAMAGED_DIRECTORY, entries[tags.index("")].decode("ascii", "backslashreplace"))
    repairs.append(Repair.TAG_REPAIRED)
    return [tag or UNKNOWN_TAG for tag in tags]


def _decoder(raw: bytes, leader: str, tags: list[str], bodies: list[bytes]) -> Decoder:
    flavour, _ = flavour_of_tags(leader, [(tag, body[:64]) for tag, body in zip(tags, bodies, strict=True)])
    language = ""
    if flavour is Flavour.MARC21 and not raw.isascii():
        fixed = next((body for tag, body in zip(tags, bodies, strict=True) if tag == "008"), b"")
        language = fixed[35:38].decode("ascii", "replace")
    return decoder_for(raw[LEADER_LENGTH:], leader_flag=leader[9], flavour=flavour, language=language)


def _field(tag: str, body: bytes, decoder: Decoder, repairs: list[Repair]) -> Field:
    text, mended = mend(decoder.decode(body))
    if mended:
        repairs.append(Repair.UNMAPPED_CHARACTERS)
    if SUBFIELD not in text and (_CONTROL_TAGS.match(tag) or not tag.isdigit()):
        return Field(tag, text)
    indicators, *parts = text.split(SUBFIELD)
    subfields = []
    for part in parts:
        code, value = part[:1], part[1:]
        if not ("!" <= code <= "~"):
            if not part:
                continue
            code, value = repaired_code(part)
            repairs.append(Repair.CODE_REPAIRED)
        subfields.append(Subfield(code, value))
    return Field(tag, None, (indicators + "  ")[:2], tuple(subfields))
