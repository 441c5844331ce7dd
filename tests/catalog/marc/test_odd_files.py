"""Files as nobody should write them: attacks, false declarations, stray bytes. None costs more than its own record."""

import io

import pytest

from catalog.marc import iso2709, marc8
from catalog.marc.reading import Found, Refused, read
from catalog.marc.reasons import Reason, Repair
from catalog.marc.record import data_field
from catalog.marc.writing import to_iso2709
from tests.catalog.marc.files import found

RECORD = (
    "<record><leader>00000nam0 2200000   450 </leader>"
    '<datafield tag="200" ind1="1" ind2=" "><subfield code="a">{title}</subfield></datafield></record>'
)


def outcomes_of(content: bytes) -> list[Found | Refused]:
    return list(read(io.BytesIO(content)))


def only(content: bytes) -> Found:
    (one,) = outcomes_of(content)
    assert isinstance(one, Found), one
    return one


@pytest.mark.parametrize("declared", ["utf-16", "undefined", "idna", "iso-8859-1", "gb2312", "no-such-thing"])
def test_a_false_declaration_of_the_encoding_does_not_spoil_text(declared: str) -> None:
    content = f'<?xml version="1.0" encoding="{declared}"?>{RECORD.format(title="村里的图书馆é")}'
    record = only(content.encode())
    assert record.record.text("200", "a") == "村里的图书馆é"
    assert Repair.ENCODING_LIES in record.repairs


def test_a_declared_encoding_is_believed_when_the_bytes_are_not_utf_8() -> None:
    content = f'<?xml version="1.0" encoding="iso-8859-1"?>{RECORD.format(title="Café à la crème")}'
    assert only(content.encode("latin-1")).record.text("200", "a") == "Café à la crème"


@pytest.mark.parametrize("title", ["Mixing 3:1 = Sand", "a:b = c", "at 12:30= noon", "-x:y = z"])
def test_a_ratio_in_a_title_is_no_namespace(title: str) -> None:
    assert only(RECORD.format(title=title).encode()).record.text("200", "a") == title


def test_a_record_without_an_element_of_its_own_is_refused_alone() -> None:
    content = f"<collection><record <!-- > --></record>{RECORD.format(title='好书')}</collection>".encode()
    assert [one.record.text("200", "a") for one in outcomes_of(content) if isinstance(one, Found)] == ["好书"]


def test_entities_are_never_read() -> None:
    laughs = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    for title in ("&b;", "&f;"):
        (one,) = outcomes_of((laughs + RECORD.format(title=title)).encode())
        assert isinstance(one, Refused)
        assert one.reason is Reason.DAMAGED_XML


def test_directory_entries_that_share_a_field_do_not_multiply_it() -> None:
    body = b"1 \x1fa" + b"x" * 9_000 + b"\x1e"
    entries = b"200%04d00000" % len(body) * 2_000
    base = 24 + len(entries) + 1
    leader = b"%05dnam0 22%05d   450 " % (base + len(body) + 1, base)
    (one,) = outcomes_of(leader + entries + b"\x1e" + body + b"\x1d")
    assert isinstance(one, Refused)
    assert one.reason is Reason.DAMAGED_DIRECTORY


def test_control_characters_in_plain_text_are_shown_and_kept_out_of_the_database() -> None:
    good = found("random_tag_order.dat")[0].record
    spoilt = type(good)(good.leader, (*good.fields, data_field("500", "  ", ("a", "be\0fore\x07"))))
    parsed = iso2709.parse(to_iso2709(spoilt).raw[:-1])
    assert parsed.record.fields[-1].first("a") == "be〓fore〓"
    assert Repair.UNMAPPED_CHARACTERS in parsed.repairs


@pytest.mark.parametrize("byte", [b"\x85", b"\x0f", b"\x00", b"&#x85;"])
def test_control_characters_in_marc_8_are_shown(byte: bytes) -> None:
    assert marc8.to_text(b"caf\xe2e " + byte + b" noir") == "café 〓 noir"


def test_a_control_character_written_as_a_reference_is_shown() -> None:
    assert only(RECORD.format(title="书&#x85;页").encode()).record.text("200", "a") == "书〓页"


def test_an_escape_to_another_code_inside_utf_8_is_shown() -> None:
    good = found("random_tag_order.dat")[0].record
    spoilt = type(good)(good.leader, (*good.fields, data_field("500", "  ", ("a", "书\x1b$1页"))))
    assert iso2709.parse(to_iso2709(spoilt).raw[:-1]).record.fields[-1].first("a") == "书〓$1页"


def test_a_control_field_with_subfields_keeps_them_apart() -> None:
    good = found("random_tag_order.dat")[0].record
    spoilt = type(good)(good.leader, (*good.fields, data_field("003", "  ", ("a", "One"), ("b", "Two"))))
    parsed = iso2709.parse(to_iso2709(spoilt).raw[:-1]).record
    assert [part.value for part in parsed.fields[-1].subfields] == ["One", "Two"]
    assert "\x1f" not in parsed.control("003")
