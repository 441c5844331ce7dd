"""MARCXML and its relatives, read record by record.

```xml
<record xmlns="http://www.loc.gov/MARC21/slim">
  <leader>00000nam0 2200000   450 </leader>
  <controlfield tag="001">1234</controlfield>
  <datafield tag="200" ind1="1" ind2=" "><subfield code="a">书名</subfield></datafield>
</record>
```

The same elements come in the namespaces MARC21/slim, marcxchange (ISO 25577), `http://www.nlc.cn/`, or none, under a
collection, alone, one after the other without a root, or inside `searchRetrieveResponse` of SRU, whose own `record`
holds the record. So the reader cuts the innermost `record` elements out of the bytes and parses each one by itself:
namespaces do not matter, memory holds one record, and a damaged record costs nobody else. `<` is never part of a
character in UTF-8 or GB18030, so the cut needs no decoding. Dublin Core, MODS and ISO 20775 holdings also come as `record`
in SRU; a `record` without a leader or a field is not MARC, and a file without any MARC record is refused whole.

No document type, entity or external reference is ever read (defusedxml, and only the cut-out element reaches it).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from catalog.marc.encodings import GETA, has_stray_controls, mend
from catalog.marc.iso2709 import ParsedRecord
from catalog.marc.marc8 import STRAY_CONTROLS
from catalog.marc.reasons import Reason, Refusal, Repair
from catalog.marc.record import Field, Readable, Record, Subfield
from catalog.marc.repairs import UNKNOWN_TAG, repaired_code, repaired_leader

_CHUNK = 1 << 16
_LARGEST = 4 << 20
_OPEN = re.compile(rb"<(?:[\w.-]+:)?record(?=[\s>/])")
_CLOSE = re.compile(rb"</(?:[\w.-]+:)?record\s*>")
_EDGE = re.compile(rb"<(/?)(?:[\w.-]+:)?record(?=[\s>/])[^>]*>")
_PREFIX = re.compile(rb"<([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w-]+)[\"']")
_TAG = re.compile(r"[0-9A-Za-z]{1,3}")
# What a declaration may name: everything else either is no character set or has no `<` of one byte, so it cannot be true.
_KNOWN_ENCODINGS = frozenset({"gb18030", "gbk", "gb2312", "big5", "iso-8859-1", "windows-1251", "windows-1252"})


@dataclass(frozen=True, slots=True)
class RawElement:
    """The bytes of one innermost `record` element; `ordinal` counts them from 0 in their file."""

    ordinal: int
    raw: bytes
    ended: bool = True


def declared_encoding(head: bytes) -> str:
    """Return the encoding an XML declaration names, in lower case, `utf-8` when there is none."""
    match = _DECLARED.search(head[:200])
    return match[1].decode("ascii").lower() if match else "utf-8"


def split(stream: Readable) -> Iterator[RawElement]:
    """Yield the innermost `record` elements of a stream; the envelope around them is not kept."""
    pending, ordinal = b"", 0
    while True:
        chunk = stream.read(_CHUNK)
        pending += chunk
        found, pending = _cut(pending)
        for raw in found:
            yield RawElement(ordinal, raw)
            ordinal += 1
        if not chunk:
            break
        if len(pending) > _LARGEST:
            yield RawElement(ordinal, pending[:_CHUNK], ended=False)
            ordinal += 1
            pending = pending[-_CHUNK:]
    if _OPEN.match(pending):
        yield RawElement(ordinal, pending, ended=False)


def parse(raw: bytes, encoding: str, *, ended: bool = True) -> ParsedRecord | None:
    """Return the record of one element; None when the element is not MARC at all.

    Raises `Refusal` with `damaged_xml`, `unreadable_text` or `no_fields`.
    """
    if not ended:
        raise Refusal(Reason.DAMAGED_XML, "</record>")
    text, used = _text(raw, encoding)
    root = _element(text)
    children = [(_local(child), child) for child in root]
    if not any(name in {"leader", "controlfield", "datafield"} for name, _ in children):
        return None
    repairs = [Repair.ENCODING_LIES] if used != encoding else []
    leaders = [child.text or "" for name, child in children if name == "leader"]
    leader = repaired_leader(leaders[0] if leaders else "")
    if not leaders or leader != leaders[0]:
        repairs.append(Repair.LEADER_REPAIRED)
    fields = [field for name, child in children if (field := _field(name, child, repairs)) is not None]
    if not fields:
        raise Refusal(Reason.NO_FIELDS)
    return ParsedRecord(Record(leader, tuple(fields)), used, tuple(dict.fromkeys(repairs)))


def _cut(pending: bytes) -> tuple[list[bytes], bytes]:
    """Return the closed innermost elements, and the rest that begins with an element still open."""
    found: list[bytes] = []
    start = -1
    done = 0
    for edge in _EDGE.finditer(pending):
        if edge[0].endswith(b"/>"):
            continue
        if not edge[1]:
            if start >= 0 and _holds_marc(pending[start : edge.start()]):
                # The element before never closed: it is cut here, so that it costs nobody else.
                found.append(pending[start : edge.start()])
            start = edge.start()
        elif start >= 0:
            found.append(pending[start : edge.end()])
            start = -1
        done = edge.end()
    if start >= 0:
        return found, pending[start:]
    tail = pending.rfind(b"<", done)
    return found, pending[tail:] if tail >= 0 else b""


def _holds_marc(part: bytes) -> bool:
    return b"leader>" in part or b"datafield" in part


def _text(raw: bytes, declared: str) -> tuple[str, str]:
    """Return the text and the encoding that fits, all strict: UTF-8, else the declared one, else GB18030.

    UTF-8 first, because other text is UTF-8 only by a rare accident, while UTF-8 is often read as GBK without an error.
    """
    other = (declared,) if declared in _KNOWN_ENCODINGS else ()
    for encoding in dict.fromkeys(("utf-8", *other, "gb18030")):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not has_stray_controls(text):
            return text, encoding
    raise Refusal(Reason.UNREADABLE_TEXT, declared)


def _element(text: str) -> Element:
    prefixes = {(a or b).decode() for a, b in _PREFIX.findall(text.encode())} - {"xmlns", "xml"}
    declarations = "".join(f' xmlns:{prefix}="urn:x"' for prefix in sorted(prefixes))
    try:
        root: Element = fromstring(f"<cut{declarations}>{text}</cut>")
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refusal(Reason.DAMAGED_XML, str(error)) from error
    if len(root) != 1:
        raise Refusal(Reason.DAMAGED_XML, "<record>")
    return root[0]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _field(name: str, element: Element, repairs: list[Repair]) -> Field | None:
    if name not in {"controlfield", "datafield"}:
        return None
    tag = (element.get("tag") or "").strip()
    if not _TAG.fullmatch(tag):
        repairs.append(Repair.TAG_REPAIRED)
        tag = UNKNOWN_TAG
    if len(tag) < 3:
        tag = tag.zfill(3)
        repairs.append(Repair.TAG_REPAIRED)
    subfields = tuple(_subfields(element, repairs))
    if name == "controlfield" and not subfields:
        return Field(tag, _mended(element.text or "", repairs))
    indicators = "".join((element.get(key) or " ")[:1] for key in ("ind1", "ind2"))
    return Field(tag, None, indicators, subfields)


def _subfields(element: Element, repairs: list[Repair]) -> Iterator[Subfield]:
    for child in element:
        if _local(child) != "subfield":
            continue
        code, value = child.get("code") or "", _mended(child.text or "", repairs)
        if not ("!" <= code <= "~" and len(code) == 1):
            code, value = repaired_code(code[:1] + value) if code else ("a", value)
            repairs.append(Repair.CODE_REPAIRED)
        yield Subfield(code, value)


def _mended(text: str, repairs: list[Repair]) -> str:
    mended, was_spoilt = mend(text)
    if not text.isascii() and has_stray_controls(mended):  # written as a reference, `&#x85;`
        mended, was_spoilt = STRAY_CONTROLS.sub(GETA, mended), True
    if was_spoilt:
        repairs.append(Repair.UNMAPPED_CHARACTERS)
    return mended
