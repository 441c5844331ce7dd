"""Any record that we can hold survives every form it is written in."""

import io

from hypothesis import given
from hypothesis import strategies as st

from catalog.marc import iso2709, marcxml
from catalog.marc.reading import Found, read
from catalog.marc.record import Field, Flavour, Record, Subfield
from catalog.marc.writing import for_carrier, marcxml_closing, marcxml_opening, to_iso2709, to_marcxml
from tests.catalog.marc.files import FOLDER

_letters = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\ufffd\ufffe\uffff\u3013"
)
_text = st.text(_letters, min_size=1, max_size=40)
_chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=20)
_codes = st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789")
_subfields = st.lists(st.builds(Subfield, _codes, _text), min_size=1, max_size=5).map(tuple)
_data = st.builds(
    lambda tag, indicators, subfields: Field(f"{tag:03d}", None, indicators, subfields),
    st.integers(300, 899),
    st.text("0123456789 ", min_size=2, max_size=2),
    _subfields,
)


@st.composite
def cnmarc_records(draw: st.DrawFn) -> Record:
    """A CNMARC record with a Chinese title and any further fields."""
    title = Field("200", None, "1 ", (Subfield("a", draw(_chinese)), Subfield("f", draw(_text))))
    coded = Field("100", None, "  ", (Subfield("a", "20240301d2023    m  y0chiy50      ea"),))
    rest = sorted(draw(st.lists(_data, max_size=8)), key=lambda field: field.tag)
    return Record("00000nam0 2200000   450 ", (Field("001", "12345"), coded, title, *rest))


@given(cnmarc_records())
def test_iso_2709_in_utf_8_gives_back_what_went_in(record: Record) -> None:
    (one,) = read(io.BytesIO(to_iso2709(record).raw))
    assert isinstance(one, Found)
    assert one.record.fields == record.fields
    assert one.repairs == ()


@given(cnmarc_records())
def test_iso_2709_in_gb18030_gives_back_what_went_in(record: Record) -> None:
    written = to_iso2709(for_carrier(record, Flavour.CNMARC, "gb18030"), "gb18030")
    assert written.unmapped == ()
    parsed = iso2709.parse(written.raw[:-1])
    # Bytes of GB18030 that happen to be valid UTF-8 are a known limit; a Chinese title makes it improbable, not impossible.
    if parsed.encoding == "gb18030":
        assert parsed.record.fields[2:] == record.fields[2:]


@given(cnmarc_records())
def test_marcxml_gives_back_what_went_in(record: Record) -> None:
    parsed = marcxml.parse(to_marcxml(record).encode(), "utf-8")
    assert parsed is not None
    assert parsed.record.fields == record.fields


@given(st.lists(cnmarc_records(), min_size=1, max_size=4))
def test_a_collection_is_cut_into_its_records(records: list[Record]) -> None:
    document = marcxml_opening() + "".join(map(to_marcxml, records)) + marcxml_closing()
    assert len(list(marcxml.split(io.BytesIO(document.encode())))) == len(records)


@given(cnmarc_records())
def test_the_stored_form_gives_back_what_went_in(record: Record) -> None:
    assert Record.from_json(record.as_json()) == record


@given(st.binary(max_size=400))
def test_any_bytes_are_answered_without_an_exception(raw: bytes) -> None:
    list(read(io.BytesIO(raw)))


_GOOD = (FOLDER / "cnmarc_bnu_gbk.iso").read_bytes()[:2282]
_XML = (FOLDER / "three-records-second-bad.xml").read_bytes()


@given(st.integers(0, len(_GOOD) - 1), st.binary(max_size=6))
def test_a_record_damaged_anywhere_is_answered_without_an_exception(at: int, noise: bytes) -> None:
    list(read(io.BytesIO(_GOOD[:at] + noise + _GOOD[at + 3 :])))


@given(st.integers(0, len(_XML) - 1), st.binary(max_size=6))
def test_xml_damaged_anywhere_is_answered_without_an_exception(at: int, noise: bytes) -> None:
    list(read(io.BytesIO(_XML[:at] + noise + _XML[at + 3 :])))


def test_a_narrow_encoding_shows_and_reports_what_it_lacks() -> None:
    record = Record("00000nam0 2200000   450 ", (Field("200", None, "1 ", (Subfield("a", "张祎€𠮷"),)),))
    written = to_iso2709(record, "gb2312")
    assert written.unmapped == ("祎", "€", "𠮷")
    assert b"{U+20BB7}" in written.raw
