"""CNMARC records made of descriptions: for books described on a form, and for edits that stand over a source record."""

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.bibs.description import Audience, BibDescription, Creator
from catalog.bibs.rules import with_edits
from catalog.marc.conversion import to_marc21
from catalog.marc.record import Field, Flavour, Record, Subfield, control_field, data_field

LEADER = "00000nam0 2200000   450 "
_LEADERS = {"serial": "00000nas0 2200000   450 ", "electronic": "00000nlm0 2200000   450 "}
_AUDIENCE = {Audience.CHILDREN: "a", Audience.YOUTH: "e", Audience.GENERAL: "m", Audience.ELDERS: "m"}

# Where each edited field stands: tag and subfield codes, an empty string for the whole field.
_PLACES: Mapping[Flavour, Mapping[str, tuple[tuple[str, ...], str]]] = {
    Flavour.CNMARC: {
        "title": (("200",), "a9A"),
        "subtitle": (("200",), "eE"),
        "part": (("200",), "hiv"),
        "creators": (("700", "701", "702", "710", "711", "712"), ""),
        "place": (("210",), "a"),
        "publisher": (("210",), "c"),
        "year": (("210",), "d"),
        "edition": (("205",), "a"),
        "series": (("225",), ""),
        "extent": (("215",), "a"),
        "language": (("101",), "a"),
        "audience": (("100",), ""),
        "clc": (("690",), ""),
        "isbns": (("010",), ""),
        "price_cents": (("010",), ""),
        "summary": (("330",), ""),
        "subjects": (("600", "601", "605", "606", "607", "610"), ""),
    },
    Flavour.MARC21: {
        "title": (("245",), "a6"),
        "subtitle": (("245",), "b"),
        "part": (("245",), "np"),
        "creators": (("100", "110", "111", "700", "710", "711"), ""),
        "place": (("260", "264"), ""),
        "publisher": (("260", "264"), ""),
        "year": (("260", "264"), ""),
        "edition": (("250",), "a"),
        "series": (("490",), ""),
        "extent": (("300",), "a"),
        "language": (("041",), ""),
        "audience": (("008",), ""),
        "clc": (("084",), ""),
        "isbns": (("020",), ""),
        "price_cents": (("020",), ""),
        "summary": (("520",), ""),
        "subjects": (("600", "610", "611", "630", "650", "651", "653", "655"), ""),
    },
}


def compose(description: BibDescription) -> Record:
    """Return a CNMARC record that says what the description says."""
    fields = [
        *_numbers(description),
        data_field("100", "  ", ("a", _coded(description))),
        data_field("101", "0 ", ("a", description.language)),
        data_field("200", "1 ", *_title(description)),
        data_field("205", "  ", ("a", description.edition)),
        data_field(
            "210", "  ", ("a", description.place), ("c", description.publisher), ("d", str(description.year or ""))
        ),
        data_field("215", "  ", ("a", description.extent)),
        data_field("225", "2 ", ("a", description.series)),
        data_field("330", "  ", ("a", description.summary)),
        *(data_field("606", "0 ", ("a", subject)) for subject in description.subjects),
        data_field("690", "  ", ("a", description.clc), ("v", "5" if description.clc else "")),
        *(_creator(creator) for creator in description.creators),
        data_field("801", " 0", ("a", "CN" if description.agency else ""), ("b", description.agency)),
    ]
    leader = _LEADERS.get(description.material, LEADER)
    return Record(leader, tuple(field for field in fields if field.value or field.subfields))


def with_edits_applied(record: Record, flavour: Flavour, described: BibDescription, edits: Mapping[str, Any]) -> Record:
    """Return a source record with the edited layer written into it, for export.

    `described` is what the record says by itself. Only the places of the edited values change.
    """
    if not edits:
        return record
    composed = compose(with_edits(described, edits))
    if flavour is Flavour.MARC21:
        composed = to_marc21(composed)
    for tags, codes in dict.fromkeys(_PLACES[flavour][name] for name in edits if name in _PLACES[flavour]):
        record = _replaced(record, composed, tags, codes)
    return record


def _replaced(record: Record, composed: Record, tags: Iterable[str], codes: str) -> Record:
    new = list(composed.all(*tags))
    old = next(record.all(*tags), None)
    if codes and old is not None:
        own = [subfield for subfield in (new[0].subfields if new else ()) if subfield.code in codes]
        kept = [subfield for subfield in old.subfields if subfield.code not in codes]
        at = next((place for place, subfield in enumerate(old.subfields) if subfield.code in codes), len(kept))
        field = Field(old.tag, None, old.indicators, (*kept[:at], *own, *kept[at:]))
        return Record(record.leader, tuple(field if one is old else one for one in record.fields))
    kept_fields = [field for field in record.fields if field.tag not in tags]
    return Record(record.leader, tuple(sorted((*kept_fields, *new), key=lambda field: field.tag)))


def _numbers(description: BibDescription) -> list[Field]:
    price = f"CNY{description.price_cents / 100:.2f}" if description.price_cents is not None else ""
    fields = [control_field("001", description.control_number)] if description.control_number else []
    isbns = description.isbns or (("",) if price else ())
    fields += [
        data_field("010", "  ", ("a", isbn), ("d", price if place == 0 else "")) for place, isbn in enumerate(isbns)
    ]
    fields += [data_field("011", "  ", ("a", issn)) for issn in description.issns]
    if description.unified_number:
        fields.append(data_field("091", "  ", ("a", description.unified_number)))
    return fields


def _coded(description: BibDescription) -> str:
    year = f"{description.year:04d}" if description.year else "    "
    return f"{'':8}d{year}    {_AUDIENCE[description.audience]:3}y0chiy50      ea"


def _title(description: BibDescription) -> list[tuple[str, str]]:
    said = "，".join(f"{creator.name}{creator.role}" for creator in description.creators)
    return [
        ("a", description.title),
        ("9", description.pinyin),
        ("e", description.subtitle),
        ("h", description.part),
        ("f", said),
    ]


def _creator(creator: Creator) -> Field:
    tag, indicators = ("701", " 0") if creator.kind == "person" else ("711", "02")
    subfields = (Subfield("a", creator.name), Subfield("9", creator.pinyin), Subfield("4", creator.role))
    return Field(tag, None, indicators, tuple(subfield for subfield in subfields if subfield.value))
