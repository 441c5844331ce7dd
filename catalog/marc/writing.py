"""Records out: ISO 2709, MARCXML and MARC-in-JSON.

ISO 2709 counts bytes, so the carrier's encoding comes first: UTF-8, or GB18030 for the older systems of the trade, which
holds all of Unicode; GBK and GB 2312, which some of them still want, do not, and what they lack is written as `{U+XXXX}` and
reported. The flags that name the encoding are set to the truth: leader/09 in MARC 21, 100$a/26-33 in CNMARC.
"""

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from catalog.marc.iso2709 import MOST_BYTES
from catalog.marc.reasons import Reason, Refusal
from catalog.marc.record import LEADER_LENGTH, Field, Flavour, Record, Subfield

CARRIER_ENCODINGS = ("utf-8", "gb18030", "gbk", "gb2312")
NAMESPACE = "http://www.loc.gov/MARC21/slim"
_MOST_FIELD_BYTES = 9_999
_XML_UNSAFE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF])
_CHARSETS = {"utf-8": "50      "}
_GB_CHARSET = "0120    "
_CODED_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Written:
    """A record as bytes; `unmapped` are the characters its encoding lacks."""

    raw: bytes
    unmapped: tuple[str, ...] = ()


def to_iso2709(record: Record, encoding: str = "utf-8") -> Written:
    """Return a record in ISO 2709.

    Raises `Refusal` `record_too_large` beyond 99,999 bytes, or 9,999 in a field: the directory has no room for more.
    """
    unmapped: list[str] = []
    bodies = [_encoded(_body(field), encoding, unmapped) for field in record.fields]
    directory, start = [], 0
    for field, body in zip(record.fields, bodies, strict=True):
        if len(body) > _MOST_FIELD_BYTES:
            raise Refusal(Reason.TOO_LARGE, field.tag)
        directory.append(f"{field.tag}{len(body):04d}{start:05d}")
        start += len(body)
    base = LEADER_LENGTH + 12 * len(bodies) + 1
    length = base + start + 1
    if length > MOST_BYTES:
        raise Refusal(Reason.TOO_LARGE, str(length))
    leader = f"{length:05d}{record.leader[5:10]}22{base:05d}{record.leader[17:20]}{record.leader[20:24]}"
    head = (leader + "".join(directory)).encode("ascii")
    return Written(head + b"\x1e" + b"".join(bodies) + b"\x1d", tuple(dict.fromkeys(unmapped)))


def to_marcxml(record: Record) -> str:
    """Return a record as one MARCXML element, which stands inside a collection."""
    return f"<record><leader>{escape(record.leader)}</leader>{''.join(map(_xml_field, record.fields))}</record>"


def marcxml_opening() -> str:
    """Return what stands before the records of a MARCXML document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="{NAMESPACE}">\n'


def marcxml_closing() -> str:
    """Return what stands behind the records of a MARCXML document."""
    return "</collection>\n"


def to_json(record: Record) -> dict[str, Any]:
    """Return a record as MARC-in-JSON (Ross Singer's form, read by pymarc, ruby-marc and MARC::File::MiJ)."""
    fields: list[dict[str, Any]] = []
    for field in record.fields:
        if field.value is not None:
            fields.append({field.tag: field.value})
            continue
        subfields = [{code: value} for code, value in field.subfields]
        fields.append({field.tag: {"ind1": field.indicators[0], "ind2": field.indicators[1], "subfields": subfields}})
    return {"leader": record.leader, "fields": fields}


def to_json_text(record: Record) -> str:
    """Return MARC-in-JSON as one line of text."""
    return json.dumps(to_json(record), ensure_ascii=False, separators=(",", ":"))


def for_carrier(record: Record, flavour: Flavour, encoding: str = "utf-8") -> Record:
    """Return the record with the flags that name its encoding, and the fixed parts of the leader, set to the truth."""
    old = record.leader.ljust(LEADER_LENGTH)[:LEADER_LENGTH]
    is_cnmarc = flavour is Flavour.CNMARC
    flag = "a" if not is_cnmarc and encoding == "utf-8" else " "
    leader = f"{old[:9]}{flag}22{old[12:20]}{'450 ' if is_cnmarc else '4500'}"
    if not is_cnmarc:
        return Record(leader, record.fields)
    charset = _CHARSETS.get(encoding, _GB_CHARSET)
    return Record(
        leader, tuple(_with_charset(field, charset) if field.tag == "100" else field for field in record.fields)
    )


def _with_charset(field: Field, charset: str) -> Field:
    subfields = tuple(
        Subfield(code, value[:26] + charset + value[34:])
        if code == "a" and len(value) == _CODED_LENGTH
        else Subfield(code, value)
        for code, value in field.subfields
    )
    return Field(field.tag, None, field.indicators, subfields)


def _body(field: Field) -> str:
    if field.value is not None:
        return field.value + "\x1e"
    return field.indicators + "".join(f"\x1f{code}{value}" for code, value in field.subfields) + "\x1e"


def _encoded(text: str, encoding: str, unmapped: list[str]) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        pieces = []
        for character in text:
            try:
                pieces.append(character.encode(encoding))
            except UnicodeEncodeError:
                unmapped.append(character)
                pieces.append(f"{{U+{ord(character):04X}}}".encode("ascii"))
        return b"".join(pieces)


def _xml_text(text: str) -> str:
    return escape(text.translate(_XML_UNSAFE))


def _xml_field(field: Field) -> str:
    if field.value is not None:
        return f"<controlfield tag={quoteattr(field.tag)}>{_xml_text(field.value)}</controlfield>"
    subfields = "".join(
        f"<subfield code={quoteattr(code)}>{_xml_text(value)}</subfield>" for code, value in field.subfields
    )
    one, two = (quoteattr(indicator) for indicator in field.indicators)
    return f"<datafield tag={quoteattr(field.tag)} ind1={one} ind2={two}>{subfields}</datafield>"
