"""Real and damaged files: what is taken, with which repairs, and what is refused and where."""

import io

import pytest

from catalog.marc.description import describe
from catalog.marc.reading import Found, Refused, read
from catalog.marc.reasons import Reason, Repair
from catalog.marc.record import Flavour, Kind
from tests.catalog.marc.files import FOLDER, found, outcomes, refused


def text_of(one: Found) -> str:
    return " ".join(field.value or " ".join(part.value for part in field.subfields) for field in one.record.fields)


@pytest.mark.parametrize(
    ("name", "encoding", "part"),
    [
        ("cnmarc_bnu_utf8.iso", "utf-8", "中国发展报告"),
        ("cnmarc_bnu_gbk.iso", "gb18030", "中国发展报告"),
        ("marc8.dat", "marc-8", "De la solitude à la communauté."),
        ("marc8_accented_chars.marc", "marc-8", "Serreau, Geneviève."),
        ("1251.dat", "cp1251", "Основы гидравлического расчета"),
        ("testunimarc.dat", "utf-8", "Isaac Asimov"),
        ("random_tag_order.dat", "ascii", ""),
    ],
)
def test_tells_the_encoding_of_a_record_by_its_bytes(name: str, encoding: str, part: str) -> None:
    first = found(name)[0]
    assert first.encoding == encoding
    assert part in text_of(first)


def test_a_flag_that_lies_is_reported_and_not_believed() -> None:
    assert Repair.ENCODING_LIES in found("marc8_accented_chars.marc")[0].repairs


@pytest.mark.parametrize(
    ("name", "repair"),
    [
        ("bad_eacc_encoding.dat", Repair.UNMAPPED_CHARACTERS),
        ("bad_marc8_escape.dat", Repair.UNMAPPED_CHARACTERS),
        ("utf8_invalid.mrc", Repair.UNMAPPED_CHARACTERS),
        ("utf8_invalid.mrc", Repair.CODE_REPAIRED),
        ("bad_subfield_code.dat", Repair.CODE_REPAIRED),
        ("bad_subfield_code.dat", Repair.PAIRED_IN_ORDER),
        ("bad_indicator.dat", Repair.TAG_REPAIRED),
    ],
)
def test_keeps_damaged_records_and_says_what_was_repaired(name: str, repair: Repair) -> None:
    assert repair in found(name)[0].repairs


def test_what_has_no_mapping_is_shown_and_never_a_blank() -> None:
    assert "米国の統治の仕組〓〓〓〓" in text_of(found("bad_eacc_encoding.dat")[0])


@pytest.mark.parametrize("name", ["bad_eacc_encoding.dat", "utf8_invalid.mrc", "1251.dat", "marc8_accented_chars.marc"])
def test_no_replacement_character_and_no_stray_control_is_taken_as_text(name: str) -> None:
    for one in found(name):
        assert all(char != "\ufffd" and (ord(char) >= 0xA0 or 0x20 <= ord(char) < 0x7F) for char in text_of(one))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sample_dc.xml", Reason.NOT_MARC),
        ("sample_isohold.xml", Reason.NOT_MARC),
        ("SOURCE.txt", Reason.NOT_MARC),
        ("utf8_with_bad_bytes.marc", Reason.UNREADABLE_TEXT),
        ("cp866_unimarc.marc", Reason.UNREADABLE_TEXT),
        ("bad_records.mrc", Reason.UNKNOWN_TYPE),
    ],
)
def test_refuses_with_a_reason(name: str, reason: Reason) -> None:
    assert refused(name)[0].reason == reason
    assert found(name) == []


def test_a_damaged_xml_record_costs_only_itself() -> None:
    first, second, third = outcomes("three-records-second-bad.xml")
    assert isinstance(first, Found)
    assert isinstance(second, Refused)
    assert isinstance(third, Found)
    assert (second.offset, third.offset) == (1, 2)


def test_an_sru_answer_gives_its_records_and_not_its_envelope() -> None:
    records = found("sample_cnmarcxml.xml")
    assert len(records) == 10
    assert {one.flavour for one in records} == {Flavour.CNMARC}
    assert describe(records[0].record, records[0].flavour).title == "'94中国发展报告"


def test_both_encodings_give_identical_records() -> None:
    utf8, gb = found("cnmarc_bnu_utf8.iso"), found("cnmarc_bnu_gbk.iso")
    assert [one.record.fields for one in utf8] == [one.record.fields for one in gb]
    assert [one.record.checksum() for one in utf8] == [one.record.checksum() for one in gb]


def test_offsets_of_iso_records_are_bytes() -> None:
    raw = (FOLDER / "cnmarc_bnu_gbk.iso").read_bytes()
    for one in found("cnmarc_bnu_gbk.iso"):
        assert raw[one.offset : one.offset + 5].isdigit()
        assert one.offset == 0 or raw[one.offset - 1 : one.offset] == b"\x1d"


def test_one_unreadable_record_between_two_good_ones_is_listed_with_its_offset() -> None:
    good = (FOLDER / "cnmarc_bnu_utf8.iso").read_bytes().split(b"\x1d")[0]
    stream = io.BytesIO(b"\x1d".join((good, b"broken", good, b"")))
    first, second, third = read(stream)
    assert isinstance(first, Found)
    assert second == Refused(len(good) + 1, Reason.DAMAGED_LEADER, "broken")
    assert isinstance(third, Found)


def test_a_file_cut_in_the_middle_gives_its_whole_records_and_one_refusal() -> None:
    raw = (FOLDER / "cnmarc_bnu_utf8.iso").read_bytes()
    *whole, last = read(io.BytesIO(raw[: len(raw) - 200]))
    assert len(whole) == 9
    assert all(isinstance(one, Found) for one in whole)
    assert isinstance(last, Refused)


@pytest.mark.parametrize("content", [b"", b" \r\n", b"\x00\x1a"])
def test_an_empty_file_is_refused_as_empty(content: bytes) -> None:
    assert list(read(io.BytesIO(content))) == [Refused(0, Reason.EMPTY_FILE, whole_file=True)]


@pytest.mark.parametrize(("mark", "kind"), [(b"z", Kind.AUTHORITY), (b"x", Kind.HOLDINGS), (b"a", Kind.BIBLIOGRAPHIC)])
def test_leader_06_tells_what_a_record_is(mark: bytes, kind: Kind) -> None:
    raw = (FOLDER / "marc8.dat").read_bytes()
    (one,) = read(io.BytesIO(raw[:6] + mark + raw[7:]))
    assert isinstance(one, Found)
    assert one.kind == kind


def test_an_xml_bomb_is_one_refused_record() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><collection><record><leader>&a;</leader></record></collection>'
    (one,) = read(io.BytesIO(bomb))
    assert isinstance(one, Refused)
    assert one.reason == Reason.DAMAGED_XML
