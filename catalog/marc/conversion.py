"""CNMARC to MARC 21 and back.

Most fields correspond one to one and stand in a table that is read in both directions. The rest needs words: the coded
data (100$a and 008), the title, the persons (in MARC 21 the first one stands apart in 100), the agencies, pinyin (a subfield
in CNMARC, an 880 in MARC 21) and the copies. What has no counterpart is left behind; the source record keeps it. ISBD
punctuation is left out, which leader/18 `c` says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from catalog.marc.coded import to_008, to_100
from catalog.marc.marc21 import in_own_script, without_isbd
from catalog.marc.record import Field, Flavour, Record, Subfield, control_field, data_field


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two fields that correspond, with the indicators each gets when made from the other, and the pairs of codes."""

    cnmarc: str
    marc21: str
    codes: str
    cnmarc_indicators: str = "  "
    marc21_indicators: str = "  "
    marc21_source: str = ""


_PAIRS = (
    _Pair("010", "020", "aa bq dc zz"),
    _Pair("011", "022", "aa"),
    _Pair("091", "024", "aa", marc21_indicators="8 "),
    _Pair("205", "250", "aa bb"),
    _Pair("210", "264", "aa cb dc", marc21_indicators=" 1"),
    _Pair("210", "260", "aa cb dc"),
    _Pair("215", "300", "aa cb dc ee"),
    _Pair("225", "490", "aa vv", "2 ", "0 "),
    _Pair("225", "440", "aa vv", "2 ", " 0"),
    _Pair("300", "500", "aa"),
    _Pair("320", "504", "aa"),
    _Pair("327", "505", "aa", "1 ", "0 "),
    _Pair("330", "520", "aa"),
    _Pair("333", "521", "aa"),
    _Pair("517", "246", "aa", "1 ", "30"),
    _Pair("600", "600", "aa xx yz zy jv", " 0", "07", "cct"),
    _Pair("601", "610", "aa xx yz zy jv", "02", "27", "cct"),
    _Pair("606", "650", "aa xx yz zy jv", "0 ", " 7", "cct"),
    _Pair("607", "651", "aa xx yz zy jv", "  ", " 7", "cct"),
    _Pair("610", "653", "aa", "0 "),
    _Pair("690", "084", "aa", marc21_source="clc"),
    _Pair("830", "590", "aa"),
    _Pair("856", "856", "uu", "4 ", "40"),
)
_TO_MARC21: Mapping[str, _Pair] = {pair.cnmarc: pair for pair in reversed(_PAIRS)}
_TO_CNMARC: Mapping[str, _Pair] = {pair.marc21: pair for pair in _PAIRS}
_CLC_SOURCES = frozenset({"", "clc", "zhongtu"})


def converted(record: Record, source: Flavour, target: Flavour) -> Record:
    """Return a bibliographic record in the wanted flavour."""
    if source is target:
        return record
    return to_marc21(record) if target is Flavour.MARC21 else to_cnmarc(record)


def to_marc21(record: Record) -> Record:
    """Return a CNMARC record as MARC 21."""
    kind = "m" if record.leader[6:7] == "l" else record.leader[6:7]
    leader = f"00000{record.leader[5:6]}{kind}{record.leader[7:8]} a2200000 c 4500"
    fields = [field for old in record.fields for field in _one_to_marc21(old, record)]
    fields.append(control_field("008", to_008(record)))
    return Record(leader, _in_order(_with_main_entry(fields)))


def to_cnmarc(record: Record) -> Record:
    """Return a MARC 21 record as CNMARC; a title in Chinese characters comes from its 880."""
    kind = "l" if record.leader[6:7] == "m" else record.leader[6:7]
    leader = f"00000{record.leader[5:6]}{kind}{record.leader[7:8]}0 2200000   450 "
    own = in_own_script(record)
    fields = [field for old in own.fields for field in _one_to_cnmarc(old, own)]
    fields += to_100(own)
    return Record(leader, _in_order(fields))


def _in_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(sorted((field for field in fields if field.value or field.subfields), key=lambda field: field.tag))


def _recoded(field: Field, tag: str, indicators: str, codes: Mapping[str, str], *more: tuple[str, str]) -> Field:
    kept = [(codes[code], value) for code, value in field.subfields if code in codes]
    return data_field(tag, indicators, *kept, *(more if kept else ()))


def _codes(pair: _Pair, *, back: bool = False) -> dict[str, str]:
    return {two[back]: two[not back] for two in pair.codes.split()}


# --- to MARC 21 ------------------------------------------------------------------------------------------------------


def _one_to_marc21(field: Field, record: Record) -> list[Field]:
    special = _SPECIAL_TO_MARC21.get(field.tag)
    if special:
        return special(field, record)
    pair = _TO_MARC21.get(field.tag)
    if pair is None:
        return []
    source = [("2", pair.marc21_source)] if pair.marc21_source else []
    return [_recoded(field, pair.marc21, pair.marc21_indicators, _codes(pair), *source)]


def _title_to_marc21(field: Field, record: Record) -> list[Field]:
    del record
    pinyin = field.first("9") or field.first("A")
    kept = {"a": "a", "b": "h", "e": "b", "h": "n", "i": "p", "v": "n"}
    said = "; ".join(field.all("fg"))
    link = [("6", "880-01")] if pinyin else []
    title = data_field("245", "10", *link, *[(kept[c], v) for c, v in field.subfields if c in kept], ("c", said))
    return [title, data_field("880", "10", ("6", "245-01"), ("a", pinyin))] if pinyin else [title]


def _person_to_marc21(field: Field, record: Record) -> list[Field]:
    del record
    role = [("e", field.first("4"))] if field.first("4") and not field.first("4").isdigit() else []
    name = ", ".join(field.all("a") + [rest.lstrip(", ") for rest in field.all("b")])
    return [
        data_field(
            "700",
            "1 " if field.first("b") else "0 ",
            ("a", name),
            ("c", field.first("c")),
            ("d", field.first("f")),
            *role,
        )
    ]


def _body_to_marc21(field: Field, record: Record) -> list[Field]:
    del record
    role = [("e", field.first("4"))] if not field.first("4").isdigit() else []
    return [data_field("710", "2 ", *((code, value) for code, value in field.subfields if code in "ab"), *role)]


def _agency_to_marc21(field: Field, record: Record) -> list[Field]:
    if field is not record.first("801"):
        return []
    agency = field.first("b")
    return [*([control_field("003", agency)] if agency else []), data_field("040", "  ", ("a", agency), ("b", "chi"))]


def _copies_to_marc21(field: Field, record: Record) -> list[Field]:
    del record
    codes = {"a": "b", "d": "h", "e": "i", "s": "j", "b": "p"}
    return [_recoded(field, "852", "  ", codes)]


def _language_to_marc21(field: Field, record: Record) -> list[Field]:
    del record
    translated = "1 " if field.first("c") else "0 "
    return [_recoded(field, "041", translated, {"a": "a", "b": "k", "c": "h", "d": "b"})]


def _as_it_is(field: Field, record: Record) -> list[Field]:
    del record
    return [field]


def _with_main_entry(fields: list[Field]) -> list[Field]:
    """Return the fields with the first person, or else the first body, in 100 or 110."""
    for tag, main in (("700", "100"), ("710", "110")):
        place = next((place for place, field in enumerate(fields) if field.tag == tag), None)
        if place is not None:
            first = fields[place]
            return [*fields[:place], Field(main, None, first.indicators, first.subfields), *fields[place + 1 :]]
    return fields


_Special = Callable[[Field, Record], list[Field]]
_SPECIAL_TO_MARC21: Mapping[str, _Special] = {
    "001": _as_it_is,
    "005": _as_it_is,
    "035": _as_it_is,
    "101": _language_to_marc21,
    "200": _title_to_marc21,
    **dict.fromkeys(("700", "701", "702"), _person_to_marc21),
    **dict.fromkeys(("710", "711", "712"), _body_to_marc21),
    "801": _agency_to_marc21,
    "905": _copies_to_marc21,
}


# --- to CNMARC -------------------------------------------------------------------------------------------------------


def _one_to_cnmarc(field: Field, record: Record) -> list[Field]:
    special = _SPECIAL_TO_CNMARC.get(field.tag)
    if special:
        return special(field, record)
    pair = _TO_CNMARC.get(field.tag)
    if pair is None or (field.tag == "084" and field.first("2").lower() not in _CLC_SOURCES):
        return []
    if field.tag == "024" and field.indicators[:1] != "8":
        return []
    recoded = _recoded(field, pair.cnmarc, pair.cnmarc_indicators, _codes(pair, back=True))
    return [
        Field(recoded.tag, None, recoded.indicators, tuple(Subfield(c, without_isbd(v)) for c, v in recoded.subfields))
    ]


def _title_to_cnmarc(field: Field, record: Record) -> list[Field]:
    kept = {"a": "a", "h": "b", "b": "e", "n": "h", "p": "i", "c": "f"}
    pinyin = next((other.first("a") for other in record.all("880") if other.first("6").startswith("245-")), "")
    pairs = [(kept[code], without_isbd(value)) for code, value in field.subfields if code in kept]
    return [data_field("200", "1 ", *pairs[:1], ("9", pinyin if pinyin.isascii() else ""), *pairs[1:])]


def _person_to_cnmarc(field: Field, record: Record) -> list[Field]:
    del record
    if field.first("t"):
        return []
    role = field.first("e").rstrip(".")
    return [data_field("701", " 0", ("a", without_isbd(field.first("a"))), ("f", field.first("d")), ("4", role))]


def _body_to_cnmarc(field: Field, record: Record) -> list[Field]:
    del record
    if field.first("t"):
        return []
    names = [(code, without_isbd(value)) for code, value in field.subfields if code in "ab"]
    return [data_field("711", "02", *names, ("4", field.first("e").rstrip(".")))]


def _agency_to_cnmarc(field: Field, record: Record) -> list[Field]:
    agency = record.control("003").strip() or field.first("a")
    return [data_field("801", " 0", ("a", "CN"), ("b", agency))] if agency else []


def _copies_to_cnmarc(field: Field, record: Record) -> list[Field]:
    del record
    codes = {"b": "a", "h": "d", "i": "e", "j": "s", "p": "b"}
    return [_recoded(field, "905", "  ", codes)]


def _language_to_cnmarc(field: Field, record: Record) -> list[Field]:
    del record
    translated = "1 " if field.first("h") else "0 "
    return [_recoded(field, "101", translated, {"a": "a", "k": "b", "h": "c", "b": "d"})]


_SPECIAL_TO_CNMARC: Mapping[str, _Special] = {
    "001": _as_it_is,
    "005": _as_it_is,
    "035": _as_it_is,
    "041": _language_to_cnmarc,
    "245": _title_to_cnmarc,
    **dict.fromkeys(("100", "700"), _person_to_cnmarc),
    **dict.fromkeys(("110", "111", "710", "711"), _body_to_cnmarc),
    "040": _agency_to_cnmarc,
    "852": _copies_to_cnmarc,
}
