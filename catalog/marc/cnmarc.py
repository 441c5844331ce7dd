"""CNMARC (GB/T 33286-2016, WH/T 0503-96) and its parent UNIMARC, as descriptions and back.

| field | says |
|-------|------|
| 001, 801 | control number, and the agencies that made the record |
| 010 | ISBN $a, binding $b, price $d; 091 the unified book number before 1987 |
| 100 | 36 characters of coded data: 8-16 date, 17-19 audience |
| 200 | title $a, subtitle $e, responsibility $f $g, number $h and name $i of a part |
| 205, 210, 215, 225 | edition, place $a publisher $c date $d, extent, series |
| 330, 606, 610, 690 | summary, subjects, keywords, CLC number (the first 690 decides the call number) |
| 701, 702, 711, 712 | persons and bodies; $4 is a word (著, 主编, 译), in UNIMARC a number |

Pinyin stands beside the text it spells: in `$9` (National Library) or in the capital of its code, `$A` for `$a`
(CALIS), and in old data before it. 4XX fields embed whole fields behind `$1`.
"""

import re
from collections.abc import Iterator

from catalog.bibs.description import Audience, BibDescription, Creator
from catalog.bibs.rules import clean_class, clean_pinyin, creators_in, parse_price, parse_year, read_isbn
from catalog.marc.materials import material_of
from catalog.marc.record import Field, Record, indexed, without_marks

PERSONS = ("700", "701", "702")
BODIES = ("710", "711", "712")
SUBJECTS = ("600", "601", "605", "606", "607")
_AUDIENCE = {
    "a": Audience.CHILDREN,
    "b": Audience.CHILDREN,
    "c": Audience.CHILDREN,
    "d": Audience.CHILDREN,
    "e": Audience.YOUTH,
}
_ROLES = {
    "020": "注释",
    "040": "绘",
    "065": "编",
    "070": "著",
    "080": "序",
    "220": "汇编",
    "340": "主编",
    "440": "绘",
    "600": "摄影",
    "650": "出版",
    "730": "译",
}
_WRAPPED = re.compile(r"《([^《》]*)》")


def describe(record: Record) -> BibDescription:
    """Return what a CNMARC record says."""
    record = indexed(record)
    title = record.first("200") or Field("200")
    coded = record.text("100", "a")
    date = record.text("210", "d")
    creators = tuple(_creators(record)) or tuple(
        creator for statement in title.all("fg") for creator in creators_in(without_marks(statement))
    )
    return BibDescription(
        title=_title(title.first("a")) or _title(record.text("461", "a") or record.text("225", "a")),
        subtitle=" : ".join(without_marks(value) for value in title.all("e")),
        part=_part(title),
        creators=creators,
        publisher=_named(record.text("210", "c")),
        place=_named(record.text("210", "a")),
        year=parse_year(date) or parse_year(coded[9:13]),
        edition=without_marks(record.text("205", "a")),
        series=_series(record.first("225")),
        extent=without_marks(record.text("215", "a")),
        language=record.text("101", "a")[:3],
        audience=_audience(coded[17:20]),
        clc=next((clc for value in record.texts("690", "a") if (clc := clean_class(value))), ""),
        isbns=tuple(dict.fromkeys(isbn for value in record.texts("010", "a") if (isbn := read_isbn(value)))),
        price_cents=next(
            (price for value in record.texts("010", "d") if (price := parse_price(value)) is not None), None
        ),
        summary="\n".join(without_marks(value) for value in record.texts("330", "a")),
        subjects=tuple(dict.fromkeys(_subjects(record))),
        material=material_of(record.leader, title.first("b")),
        pinyin=clean_pinyin(title.first("9") or title.first("A")),
        issns=tuple(record.texts("011", "a")),
        unified_number=record.text("091", "a"),
        control_number=record.control("001").strip(),
        agency=agency_of(record),
    )


def agency_of(record: Record) -> str:
    """Return the code of the agency that made the record, from 801 with second indicator 0, else the first 801."""
    fields = list(record.all("801"))
    original = next((field for field in fields if field.indicators[1:] == "0"), None)
    chosen = original or (fields[0] if fields else None)
    return chosen.first("b") if chosen else ""


def _title(text: str) -> str:
    plain = without_marks(text)
    wrapped = _WRAPPED.fullmatch(plain)
    return wrapped[1] if wrapped else plain


def _named(text: str) -> str:
    """Return a place or publisher, empty when the record says that it is unknown."""
    plain = without_marks(text)
    return "" if "不详" in plain else plain.strip("[]［］")


def _part(field: Field) -> str:
    return " ".join(without_marks(value) for value in field.all("hiv"))


def _series(field: Field | None) -> str:
    if field is None:
        return ""
    name = ". ".join(without_marks(value) for value in field.all("ai"))
    number = field.first("v") or field.first("h")
    return f"{name} ; {number}" if number else name


def _audience(codes: str) -> Audience:
    """Return the audience of 100$a/17-19; with a code for adults among them, everybody."""
    if "k" in codes or "m" in codes:
        return Audience.GENERAL
    return next((_AUDIENCE[code] for code in codes if code in _AUDIENCE), Audience.GENERAL)


def _creators(record: Record) -> Iterator[Creator]:
    for field in record.all(*PERSONS, *BODIES):
        name = without_marks(field.first("a"))
        if not name:
            continue
        rest = without_marks(field.first("b")).lstrip(", ")
        is_person = field.tag in PERSONS
        if rest:
            name = f"{name}, {rest}" if is_person else f"{name}. {rest}"
        role = field.first("4")
        yield Creator(
            name.rstrip(","),
            _ROLES.get(role, "" if role.isdigit() else role),
            "person" if is_person else "corporate",
            clean_pinyin(field.first("9") or field.first("A")),
        )


def _subjects(record: Record) -> Iterator[str]:
    for field in record.all(*SUBJECTS):
        parts = [without_marks(value) for value in field.all("abxyzj")]
        if parts:
            yield "-".join(parts)
    for field in record.all("610"):
        yield from (without_marks(value) for value in field.all("a"))
