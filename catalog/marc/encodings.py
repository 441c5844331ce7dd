"""Which characters the bytes of one ISO 2709 record are.

A CNMARC leader has no encoding flag, 100$a/26-29 is wrong in half of the files that are sold, and leader/09 of MARC 21
(blank MARC-8, `a` UTF-8) lies as well. So the bytes decide, record by record, and the flags only break ties:

1. ASCII is ASCII, unless an escape sequence shows MARC-8.
2. Strict UTF-8. Text in another encoding is valid UTF-8 only by a rare accident.
3. Strict GB18030, for CNMARC; for MARC 21 only when the byte pairs look Chinese, because the accents of MARC-8 (`E2 65` is é)
   are valid GB18030 for rare characters.
4. MARC-8, for MARC 21, see `catalog.marc.marc8`.
5. Windows-1252, when the record names a western language and its letters do not compose as MARC-8.
6. A Russian code page, when the record calls its language Russian and the result is Cyrillic text.
7. Otherwise the record is refused: a question mark in a title is worse than a line in the list of errors.

Text that another program has already spoilt is not accepted quietly: U+FFFD becomes 〓 (U+3013, the mark the Library of
Congress sets for a character that has no mapping) and the record carries a warning; C1 controls, the trace of a
wrongly guessed Latin-1, make a decoding fail.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from catalog.marc import marc8
from catalog.marc.reasons import Reason, Refusal, Repair
from catalog.marc.record import Flavour

REPLACEMENT = "\ufffd"
GETA = "\u3013"
_ESCAPE = "\x1b"
_HIGH_PAIRS = re.compile(rb"[\x81-\xfe].", re.DOTALL)
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфОЕАИНТСРВЛКМДПУЯГЗБЧЙХЖШЮЦЩЭФ")
_RUSSIAN_PAGES = ("cp1251", "cp866", "koi8_r")
_MOST_UNMAPPED = 0.05
_FEW_UNMAPPED = 8
# Languages whose every accented letter has one code in Unicode, so that an accent that stays apart is a wrong guess.
_WESTERN = frozenset(["cat", "dan", "dut", "fin", "fre", "ger", "glg", "ice", "ita", "nor", "por", "spa", "swe"])


@dataclass(frozen=True, slots=True)
class Decoder:
    """How to read the fields of one record."""

    encoding: str
    decode: Callable[[bytes], str]
    repairs: tuple[Repair, ...] = ()


def decoder_for(raw: bytes, *, leader_flag: str, flavour: Flavour, language: str = "") -> Decoder:
    """Return how the bytes of a record are read.

    `raw` are all bytes of the record, `leader_flag` is leader/09, `language` an ISO 639-2 code when the record tells it.
    Raises `Refusal` when no encoding fits.
    """
    if raw.isascii():
        return _ascii(raw)
    for candidate in (_utf8, _gb18030, _marc8, _western, _russian):
        decoder = candidate(raw, leader_flag, flavour, language)
        if decoder is not None:
            return decoder
    raise Refusal(Reason.UNREADABLE_TEXT, _first_bad_byte(raw))


def mend(text: str) -> tuple[str, bool]:
    """Return text with each U+FFFD and each escape of another code shown as 〓, and whether there was one."""
    is_spoilt = REPLACEMENT in text or _ESCAPE in text
    return (text.replace(REPLACEMENT, GETA).replace(_ESCAPE, GETA), True) if is_spoilt else (text, False)


def has_stray_controls(text: str) -> bool:
    """Tell whether text holds control characters that no catalogue writes; the non-sorting marks are not among them."""
    return marc8.STRAY_CONTROLS.search(text) is not None


def _ascii(raw: bytes) -> Decoder:
    if marc8.ESCAPE in raw:
        return _as_marc8(raw, lies=False)
    if b"&#x" in raw:
        return Decoder("marc-8", marc8.to_text, _unmapped(raw))
    if has_stray_controls(raw.decode("ascii")):
        return Decoder("ascii", _ascii_without_controls, (Repair.UNMAPPED_CHARACTERS,))
    return Decoder("ascii", _plain("ascii"))


def _utf8(raw: bytes, leader_flag: str, flavour: Flavour, language: str) -> Decoder | None:
    del language
    text = _strict(raw, "utf-8")
    if text is None:
        return None
    lies = flavour is Flavour.MARC21 and leader_flag != "a"
    repairs = [Repair.ENCODING_LIES] if lies else []
    if REPLACEMENT in text:
        repairs.append(Repair.UNMAPPED_CHARACTERS)
    return Decoder("utf-8", _plain("utf-8"), tuple(repairs))


def _gb18030(raw: bytes, leader_flag: str, flavour: Flavour, language: str) -> Decoder | None:
    del language
    if flavour is Flavour.MARC21 and not looks_chinese(raw):
        return None
    text = _strict(raw, "gb18030")
    if text is None or REPLACEMENT in text:
        return None
    lies = flavour is Flavour.MARC21 or leader_flag == "a"
    return Decoder("gb18030", _plain("gb18030"), (Repair.ENCODING_LIES,) if lies else ())


def _marc8(raw: bytes, leader_flag: str, flavour: Flavour, language: str) -> Decoder | None:
    if flavour is not Flavour.MARC21:
        return None
    try:
        return _as_marc8(raw, lies=leader_flag == "a", language=language)
    except Refusal:
        return None


def _as_marc8(raw: bytes, *, lies: bool, language: str = "") -> Decoder:
    """Judge a whole record as MARC-8: one that calls itself UTF-8 must convert without a flaw, another nearly.

    A broken escape sequence counts for MARC-8, not against it.
    """
    text = marc8.to_text(raw)
    unmapped = text.count(GETA)
    flaws = unmapped - raw.count(marc8.ESCAPE)
    most = 0 if lies else _FEW_UNMAPPED + _MOST_UNMAPPED * sum(byte >= 0x80 for byte in raw)
    if flaws > most or (language in _WESTERN and _accents_stay_apart(text, raw)):
        raise Refusal(Reason.UNREADABLE_TEXT, "MARC-8")
    repairs = (Repair.ENCODING_LIES,) if lies else ()
    return Decoder("marc-8", marc8.to_text, repairs + ((Repair.UNMAPPED_CHARACTERS,) if unmapped else ()))


def _accents_stay_apart(text: str, raw: bytes) -> bool:
    apart = sum(unicodedata.combining(character) != 0 for character in text)
    return 2 * apart > sum(0xE0 <= byte <= 0xFE for byte in raw)


def _western(raw: bytes, leader_flag: str, flavour: Flavour, language: str) -> Decoder | None:
    del leader_flag
    if flavour is not Flavour.MARC21 or language not in _WESTERN:
        return None
    text = _strict(raw, "cp1252")
    if text is None or any(not character.isalpha() for character in text if "\xc0" <= character <= "\xff"):
        return None
    return Decoder("cp1252", _plain("cp1252"), (Repair.ENCODING_LIES,))


def _unmapped(raw: bytes) -> tuple[Repair, ...]:
    return (Repair.UNMAPPED_CHARACTERS,) if GETA in marc8.to_text(raw) else ()


def _russian(raw: bytes, leader_flag: str, flavour: Flavour, language: str) -> Decoder | None:
    del leader_flag, flavour
    if language != "rus":
        return None
    scores = {page: _russian_score(raw, page) for page in _RUSSIAN_PAGES}
    page = max(_RUSSIAN_PAGES, key=scores.__getitem__)
    if scores[page] < 0.9:
        return None
    return Decoder(page, _plain(page), (Repair.ENCODING_LIES,))


def _russian_score(raw: bytes, page: str) -> float:
    """Return the share of bytes ≥ 0x80 that become Russian letters with capitals only where words begin."""
    text = _strict(raw, page)
    if text is None:
        return 0.0
    high = sum(byte >= 0x80 for byte in raw)
    letters = sum(character in _COMMON_CYRILLIC for character in text)
    odd_capitals = len(re.findall("[а-я][А-Я]", text))
    return (letters - 2 * odd_capitals) / high if high else 0.0


def looks_chinese(raw: bytes) -> bool:
    """Tell whether the bytes ≥ 0x81 come in pairs of GB 2312 characters, as in Chinese and never in accented Latin text."""
    pairs = _HIGH_PAIRS.findall(raw)
    chinese = sum(0xB0 <= first <= 0xF7 and second >= 0xA1 for first, second in pairs)
    return bool(pairs) and chinese >= 0.5 * len(pairs)


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if has_stray_controls(text) else text


def _plain(encoding: str) -> Callable[[bytes], str]:
    def decode(field: bytes) -> str:
        return field.decode(encoding)

    return decode


def _ascii_without_controls(field: bytes) -> str:
    return marc8.STRAY_CONTROLS.sub(GETA, field.decode("ascii"))


def _first_bad_byte(raw: bytes) -> str:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"0x{raw[error.start]:02X} @{error.start}"
    return ""
