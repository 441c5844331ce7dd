"""A MARC record as a value: leader, and fields in the order of the record.

MARC knows two kinds of fields. A control field (tags 001 to 009, in some systems letters) is one string. A data field has two
indicators and subfields, each a one-character code and a string. Tags, codes and fields may repeat, and their order has a
meaning (the first 690 of a CNMARC record decides the call number), so nothing here is a mapping.

What is stored of an imported record is this value as JSON, see `Record.as_json`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self

LEADER_LENGTH = 24
_CODED_LENGTH = 36  # of 100$a in CNMARC
BIBLIOGRAPHIC_TYPES = frozenset("abcdefgijklmnoprt")
AUTHORITY_TYPES = frozenset("z")
HOLDINGS_TYPES = frozenset("uvxy")
# ISO 6630 marks around words that do not sort: 0x88/0x89 in UNIMARC, 0x98/0x9C in MARC 21. They are structure, not text.
NON_SORTING = dict.fromkeys((0x88, 0x89, 0x98, 0x9C))


class Readable(Protocol):
    """An open file of bytes, as far as reading records needs one."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


class Flavour(StrEnum):
    """The two tag tables a county meets; every UNIMARC record counts as CNMARC."""

    CNMARC = "cnmarc"
    MARC21 = "marc21"


class Kind(StrEnum):
    """What leader/06 says a record describes."""

    BIBLIOGRAPHIC = "bibliographic"
    AUTHORITY = "authority"
    HOLDINGS = "holdings"
    UNKNOWN = "unknown"


class Subfield(NamedTuple):
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field; a control field has `value` and no subfields, a data field two `indicators` and no value."""

    tag: str
    value: str | None = None
    indicators: str = "  "
    subfields: tuple[Subfield, ...] = ()

    def all(self, codes: str) -> list[str]:
        """Return the non-empty values of every subfield whose code is in `codes`, in order."""
        return [text for code, value in self.subfields if code in codes and (text := value.strip())]

    def first(self, codes: str) -> str:
        """Return the first non-empty value of the subfields `codes`, or an empty string."""
        for code, value in self.subfields:
            if code in codes and (text := value.strip()):
                return text
        return ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `leader` has 24 characters."""

    leader: str
    fields: tuple[Field, ...]

    @property
    def kind(self) -> Kind:
        """Return what the record describes, from leader/06."""
        mark = self.leader[6:7]
        if mark in BIBLIOGRAPHIC_TYPES and mark:
            return Kind.BIBLIOGRAPHIC
        if mark in AUTHORITY_TYPES and mark:
            return Kind.AUTHORITY
        if mark in HOLDINGS_TYPES and mark:
            return Kind.HOLDINGS
        return Kind.UNKNOWN

    def all(self, *tags: str) -> Iterator[Field]:
        """Yield the fields with one of these tags in the order of the record."""
        return (one for one in self.fields if one.tag in tags)

    def first(self, *tags: str) -> Field | None:
        """Return the first field with one of these tags."""
        return next(self.all(*tags), None)

    def control(self, tag: str) -> str:
        """Return the value of the first control field with this tag, or an empty string; blanks are kept."""
        field = self.first(tag)
        return field.value or "" if field else ""

    def text(self, tag: str, codes: str) -> str:
        """Return the first non-empty subfield `codes` of any field with this tag, or an empty string."""
        return next(self.texts(tag, codes), "")

    def texts(self, tag: str, codes: str) -> Iterator[str]:
        """Yield every non-empty subfield `codes` of the fields with this tag."""
        return (value for field in self.all(tag) for value in field.all(codes))

    def without(self, *tags: str) -> Self:
        """Return the record without the fields of these tags."""
        return type(self)(self.leader, tuple(field for field in self.fields if field.tag not in tags))

    def as_json(self) -> dict[str, Any]:
        """Return `{"leader": …, "fields": [[tag, value] | [tag, indicators, [[code, value], …]], …]}`, the stored form."""
        return {
            "leader": self.leader,
            "fields": [
                [field.tag, field.value]
                if field.value is not None
                else [field.tag, field.indicators, [[code, value] for code, value in field.subfields]]
                for field in self.fields
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the record of a stored form made by `as_json`."""
        return cls(stored["leader"], tuple(_field_from_json(entry) for entry in stored["fields"]))

    def checksum(self) -> str:
        """Return a SHA-256 of the content, without what only tells of the carrier.

        Lengths and encoding flags of the leader, and the character sets in 100$a/26-33 of CNMARC, differ when the same record
        arrives in UTF-8 from one seller and in GB18030 from another.
        """
        return checksum_of(self.as_json())


@dataclass(frozen=True, slots=True)
class IndexedRecord(Record):
    """A record that finds its fields by tag without looking at all of them; a description asks for some thirty tags."""

    by_tag: Mapping[str, Sequence[Field]] = field(default_factory=dict, compare=False, repr=False)

    def all(self, *tags: str) -> Iterator[Field]:
        """See `Record.all`."""
        if len(tags) == 1:
            return iter(self.by_tag.get(tags[0], ()))
        if not any(tag in self.by_tag for tag in tags):
            return iter(())
        return (one for one in self.fields if one.tag in tags)


def indexed(record: Record) -> IndexedRecord:
    """Return the record with an index of its tags."""
    by_tag: dict[str, list[Field]] = {}
    for one in record.fields:
        by_tag.setdefault(one.tag, []).append(one)
    return IndexedRecord(record.leader, record.fields, by_tag)


def checksum_of(stored: Mapping[str, Any]) -> str:
    """Return the checksum of a record in its stored form, see `Record.checksum`."""
    leader = stored["leader"]
    fields = [_for_checksum(entry) if entry[0] == "100" else entry for entry in stored["fields"]]
    text = json.dumps([leader[5:9] + leader[17:20], fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def control_field(tag: str, value: str) -> Field:
    """Return a control field."""
    return Field(tag, value)


def data_field(tag: str, indicators: str, *subfields: tuple[str, str]) -> Field:
    """Return a data field without the subfields that are empty."""
    return Field(tag, None, indicators, tuple(Subfield(code, value) for code, value in subfields if value))


def without_marks(text: str) -> str:
    """Return text without the non-sorting marks and with single blanks."""
    if text.isascii() and "  " not in text:
        return text.strip()
    return " ".join(text.translate(NON_SORTING).split())


def _for_checksum(entry: list[Any]) -> list[Any]:
    if len(entry) == 2:
        return entry
    return [*entry[:2], [[code, _without_charset(value)] for code, value in entry[2]]]


def _without_charset(coded: str) -> str:
    return coded[:26] + coded[34:] if len(coded) == _CODED_LENGTH and coded[:8].isdigit() else coded


def _field_from_json(entry: Sequence[Any]) -> Field:
    if len(entry) == 2:
        return Field(entry[0], entry[1])
    tag, indicators, subfields = entry
    return Field(tag, None, indicators, tuple(Subfield(code, value) for code, value in subfields))
