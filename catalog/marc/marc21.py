"""MARC 21 bibliographic records as descriptions.

| field | says |
|-------|------|
| 001, 003, 040 | control number, the agency it belongs to, who catalogued |
| 008 | 40 characters of coded data: 07-10 date, 22 audience, 35-37 language |
| 020, 022, 024 | ISBN $a price $c, ISSN, the unified book number as `8_` |
| 245 | title $a, subtitle $b, responsibility $c, number $n and name $p of a part |
| 250, 260 or 264_1, 300, 490 | edition, place $a publisher $b date $c, extent, series |
| 520, 600–655, 084 $2 clc | summary, subjects, CLC number |
| 100, 110, 700, 710 | persons and bodies; $e a word, $4 a code |
| 880 | the same field in its own script, `$6 245-01/$1` |

ISBD punctuation belongs to the transcription (`Title :` `$b`, `Name,` `$d`) and is cut off. When an 880 in Chinese characters
stands beside a romanised field, the characters are the text and the romanisation is the pinyin.
"""

import re
from collections.abc import Iterator

from catalog.bibs.description import Audience, BibDescription, Creator
from catalog.bibs.rules import clean_class, clean_pinyin, creators_in, parse_price, parse_year, read_isbn
from catalog.marc.materials import material_of
from catalog.marc.record import Field, Record, indexed, without_marks
from library.kernel.text import is_han

PERSONS = ("100", "700")
BODIES = ("110", "111", "710", "711")
SUBJECTS = ("600", "610", "611", "630", "650", "651", "655")
_AUDIENCE = {
    "a": Audience.CHILDREN,
    "b": Audience.CHILDREN,
    "c": Audience.CHILDREN,
    "d": Audience.YOUTH,
    "j": Audience.CHILDREN,
}
_ROLES = {"aut": "著", "edt": "编", "trl": "译", "ill": "绘", "pht": "摄影", "com": "编", "cmp": "作曲"}
_LINK = re.compile(r"(\d{3})-(\d{2})")
_ISBD_END = re.compile(r"\s*[/:;=,]\s*$")
_NO_PLACE = re.compile(r"^\[?[Ss]\.\s?[ln]\.\]?$")


def describe(record: Record) -> BibDescription:
    """Return what a MARC 21 record says."""
    record = indexed(in_own_script(record))
    title = record.first("245") or Field("245")
    fixed = record.control("008")
    imprint = record.first("260") or _publication(record) or Field("264")
    creators = tuple(_creators(record)) or creators_in(without_isbd(title.first("c")))
    return BibDescription(
        title=without_isbd(title.first("a")) or without_isbd(" ".join(title.all("kp"))),
        subtitle=without_isbd(title.first("b")),
        part=without_isbd(" ".join(without_isbd(value) for value in title.all("np")) if title.first("a") else ""),
        creators=creators,
        publisher=_named(imprint.first("b")),
        place=_named(imprint.first("a")),
        year=parse_year(imprint.first("c")) or parse_year(fixed[7:11]),
        edition=without_isbd(record.text("250", "a")),
        series=" ; ".join(without_isbd(value) for value in (record.first("490", "440") or Field("490")).all("av")),
        extent=without_isbd(record.text("300", "a")),
        language=fixed[35:38].strip(" |^#") or record.text("041", "a")[:3],
        audience=_audience(record.leader, fixed),
        clc=_clc(record),
        isbns=tuple(dict.fromkeys(isbn for value in record.texts("020", "a") if (isbn := read_isbn(value)))),
        price_cents=next(
            (price for value in record.texts("020", "c") if (price := parse_price(value)) is not None), None
        ),
        summary="\n".join(without_marks(value) for value in record.texts("520", "a")),
        subjects=tuple(dict.fromkeys(_subjects(record))),
        material=material_of(record.leader, title.first("h")),
        pinyin=_romanised_title(record),
        issns=tuple(record.texts("022", "a")),
        unified_number=next((field.first("a") for field in record.all("024") if field.indicators[:1] == "8"), ""),
        control_number=record.control("001").strip(),
        agency=record.control("003").strip() or record.text("040", "a"),
    )


def in_own_script(record: Record) -> Record:
    """Return the record with each romanised field that has an 880 in Chinese characters replaced by it."""
    own: dict[tuple[str, str], Field] = {}
    for field in record.all("880"):
        link = _LINK.match(field.first("6"))
        if (
            link
            and link[2] != "00"
            and any(is_han(character) for value in field.subfields for character in value.value)
        ):
            own[link[1], link[2]] = field
    if not own:
        return record
    return Record(record.leader, tuple(_replaced(field, own) for field in record.fields))


def _replaced(field: Field, own: dict[tuple[str, str], Field]) -> Field:
    link = _LINK.match(field.first("6")) if field.value is None and field.tag != "880" else None
    other = own.get((field.tag, link[2])) if link else None
    return Field(field.tag, None, field.indicators, other.subfields) if other else field


def _romanised_title(record: Record) -> str:
    """Return the pinyin of a title in characters when an 880 holds it, as Chinese libraries write it."""
    for field in record.all("880"):
        link = _LINK.match(field.first("6"))
        text = field.first("a")
        if link and link[1] == "245" and text.isascii():
            return clean_pinyin(text)
    return ""


def _publication(record: Record) -> Field | None:
    fields = list(record.all("264"))
    return next((field for field in fields if field.indicators[1:] == "1"), fields[0] if fields else None)


def without_isbd(text: str) -> str:
    """Return text without the ISBD punctuation at its end; the stop of an abbreviation is lost with it."""
    plain = _ISBD_END.sub("", without_marks(text))
    return plain[:-1].rstrip() if plain.endswith(".") and plain[-2:-1].islower() else plain


def _named(text: str) -> str:
    plain = without_isbd(text)
    return "" if _NO_PLACE.match(plain) else plain.strip("[]")


def _audience(leader: str, fixed: str) -> Audience:
    """Return the audience of 008/22; serials and maps use the position for something else."""
    if leader[6:7] in {"a", "t"} and leader[7:8] in {"s", "b", "i"}:
        return Audience.GENERAL
    return _AUDIENCE.get(fixed[22:23], Audience.GENERAL) if leader[6:7] not in {"e", "f"} else Audience.GENERAL


def _clc(record: Record) -> str:
    for field in record.all("084"):
        if field.first("2").lower() in {"clc", "zhongtu"}:
            return clean_class(field.first("a"))
    return next((clc for value in record.texts("093", "a") if (clc := clean_class(value))), "")


def _creators(record: Record) -> Iterator[Creator]:
    for field in record.all(*PERSONS, *BODIES):
        name = without_isbd(field.first("a"))
        # A 7XX with $t names a related work, not somebody who made this one.
        if not name or field.first("t"):
            continue
        is_person = field.tag in PERSONS
        if not is_person and field.first("b"):
            name = f"{name}. {without_isbd(field.first('b'))}"
        role = without_isbd(field.first("e")) or _ROLES.get(field.first("4")[:3], "")
        yield Creator(name, role, "person" if is_person else "corporate")


def _subjects(record: Record) -> Iterator[str]:
    for field in record.all(*SUBJECTS):
        parts = [without_isbd(value) for value in field.all("abcdtvxyz")]
        if parts:
            yield "-".join(parts)
    for field in record.all("653"):
        yield from (without_isbd(value) for value in field.all("a"))
