"""MARC-8, the character set of older MARC 21 records.

MARC-8 is an ISO 2022 code: the lower half of the byte range (G0) begins as ASCII and the upper half (G1) as ANSEL, and escape
sequences put other sets in their place (Hebrew, Cyrillic, Arabic, Greek, and EACC, in which a character of Chinese,
Japanese or Korean takes three bytes). In ANSEL a diacritic stands *before* its letter, in Unicode behind it. A field
always begins in the initial state. A character that MARC-8 lacks may be written as `&#x4E00;`.

The tables are those of pymarc; the loop is ours, because pymarc writes a blank for what it cannot map and drops broken
escapes, so that the loss is not seen. Here each such place becomes 〓.

Specification: https://www.loc.gov/marc/specifications/speccharmarc8.html
"""

import re
import unicodedata
from collections.abc import Mapping

from pymarc import marc8_mapping

ESCAPE = b"\x1b"
_ESC = 0x1B
_GETA = "\u3013"
_ASCII = 0x42
_ANSEL = 0x45
_EACC = 0x31
_SETS: Mapping[int, Mapping[int, tuple[int, int]]] = marc8_mapping.CODESETS
_ODD: Mapping[int, int] = marc8_mapping.ODD_MAP
_SHORT = {0x67: 0x67, 0x62: 0x62, 0x70: 0x70, 0x73: _ASCII}  # Greek symbols, sub- and superscripts, back to ASCII
_LONG = re.compile(rb"\x1b(?:(?P<upper>\$?[)-])|(?P<lower>\$[,(]?|[(,]))!?(?P<set>[\x21-\x7e])")
_REFERENCE = re.compile(r"&#x([0-9A-Fa-f]{1,6});")
# Control characters that no catalogue writes; the non-sorting marks and those that structure a record are not among them.
STRAY_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c\x80-\x87\x8a-\x97\x99-\x9b\x9d-\x9f]")
# Marks that structure the record, and the non-sorting marks, pass through.
_PASSED = frozenset({0x0A, 0x0D, 0x1D, 0x1E, 0x1F, 0x88, 0x89, 0x98, 0x9C})


def to_text(raw: bytes) -> str:
    """Return the text of bytes in MARC-8, NFC; what has no mapping becomes 〓 (U+3013)."""
    if raw.isascii() and ESCAPE not in raw:
        text = raw.decode("ascii")
    else:
        text = unicodedata.normalize("NFC", "".join(_Decoding(raw).run()))
    if "&#x" in text:
        text = _REFERENCE.sub(_referenced, text)
    return STRAY_CONTROLS.sub(_GETA, text)


def _referenced(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    usable = 0x20 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF and number != 0xFFFD
    return chr(number) if usable else _GETA


class _Decoding:
    """The state of one run: position, the two active sets, diacritics that wait for their letter."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.position = 0
        self.lower = _ASCII
        self.upper = _ANSEL
        self.waiting: list[str] = []
        self.text: list[str] = []

    def run(self) -> list[str]:
        while self.position < len(self.raw):
            byte = self.raw[self.position]
            if byte == _ESC:
                self._escape()
            elif byte in _PASSED:
                self._structure(byte)
            elif self.lower == _EACC and byte > 0x20 and byte < 0x80:
                self._three_bytes()
            else:
                self._one_byte(byte)
        self._settle()
        return self.text

    def _escape(self) -> None:
        short = _SHORT.get(self.raw[self.position + 1]) if self.position + 1 < len(self.raw) else None
        if short is not None and short in _SETS:
            self.lower = short
            self.position += 2
            return
        match = _LONG.match(self.raw, self.position)
        number = match["set"][0] if match else -1
        if match is None or number not in _SETS:
            self._put(_GETA)
            self.position += 1
            return
        if match["lower"]:
            self.lower = number
        else:
            self.upper = number
        self.position = match.end()

    def _structure(self, byte: int) -> None:
        self._settle()
        self.text.append(chr(byte))
        self.position += 1
        if byte in {0x1E, 0x1F}:
            self.lower, self.upper = _ASCII, _ANSEL

    def _three_bytes(self) -> None:
        chunk = self.raw[self.position : self.position + 3]
        if len(chunk) < 3 or any(not 0x20 < byte < 0x80 for byte in chunk):
            self._put(_GETA)
            self.position += 1
            return
        number = int.from_bytes(chunk, "big")
        found = _SETS[_EACC].get(number)
        self._put(chr(found[0]) if found else chr(_ODD[number]) if number in _ODD else _GETA)
        self.position += 3

    def _one_byte(self, byte: int) -> None:
        self.position += 1
        if byte in {0x09, 0x20}:
            self._put(" ")
            return
        found = _SETS.get(self.upper if byte >= 0x80 else self.lower, {}).get(byte)
        if found is None:
            self._put(chr(_ODD[byte]) if byte in _ODD else _GETA)
        elif found[1]:
            self.waiting.append(chr(found[0]))
        else:
            self._put(chr(found[0]))

    def _put(self, character: str) -> None:
        self.text.append(character)
        if self.waiting:
            self.text.extend(self.waiting)
            self.waiting.clear()

    def _settle(self) -> None:
        """Show diacritics that found no letter."""
        self.text.extend(_GETA for _ in self.waiting)
        self.waiting.clear()
