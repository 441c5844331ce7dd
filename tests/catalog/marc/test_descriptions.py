"""What records of both flavours say, and that conversion keeps it."""

import pytest

from catalog.bibs.description import Audience, BibDescription, Creator
from catalog.marc.compose import compose, with_edits_applied
from catalog.marc.conversion import converted
from catalog.marc.description import describe
from catalog.marc.record import Field, Flavour, Record, Subfield, data_field
from tests.catalog.marc.files import found

WHEAT = BibDescription(
    title="冬小麦节水种植一百问",
    subtitle="图文版",
    part="上册",
    creators=(Creator("田禾", "主编"), Creator("柳泉县农业局", "编", "corporate")),
    publisher="示例农业出版社",
    place="北京",
    year=2023,
    edition="2版",
    series="乡村实用技术丛书",
    extent="186页",
    language="chi",
    clc="S512.1-44",
    isbns=("9787599900010",),
    price_cents=2800,
    summary="本书讲节水。",
    subjects=("冬小麦-栽培技术",),
    pinyin="dong xiao mai",
    control_number="0199",
    agency="DEMO",
)


def test_a_composed_record_says_what_the_description_says() -> None:
    assert describe(compose(WHEAT), Flavour.CNMARC) == WHEAT


@pytest.mark.parametrize(
    "name", ["title", "subtitle", "part", "year", "isbns", "price_cents", "clc", "subjects", "pinyin"]
)
def test_conversion_to_marc_21_and_back_keeps_what_matters(name: str) -> None:
    there = converted(compose(WHEAT), Flavour.CNMARC, Flavour.MARC21)
    back = converted(there, Flavour.MARC21, Flavour.CNMARC)
    assert getattr(describe(there, Flavour.MARC21), name) == getattr(WHEAT, name)
    assert getattr(describe(back, Flavour.CNMARC), name) == getattr(WHEAT, name)


def test_the_first_person_is_the_main_entry_in_marc_21_only() -> None:
    there = converted(compose(WHEAT), Flavour.CNMARC, Flavour.MARC21)
    assert there.text("100", "a") == "田禾"
    assert there.text("710", "a") == "柳泉县农业局"


@pytest.mark.parametrize("name", ["cnmarc_bnu_utf8.iso", "marc8.dat", "1251.dat", "testunimarc.dat"])
def test_real_records_keep_title_year_and_isbn_in_the_other_flavour(name: str) -> None:
    for one in found(name):
        other = Flavour.MARC21 if one.flavour is Flavour.CNMARC else Flavour.CNMARC
        before = describe(one.record, one.flavour)
        after = describe(converted(one.record, one.flavour, other), other)
        assert (after.title, after.year, after.isbns) == (before.title, before.year, before.isbns)


@pytest.mark.parametrize(
    ("codes", "audience"),
    [
        ("a  ", "children"),
        ("bc ", "children"),
        ("e  ", "youth"),
        ("em ", "general"),
        ("m  ", "general"),
        ("   ", "general"),
    ],
)
def test_audience_comes_from_the_coded_data(codes: str, audience: str) -> None:
    coded = data_field("100", "  ", ("a", f"20240301d2023    {codes}y0chiy50      ea"))
    assert describe(Record("x" * 24, (coded,)), Flavour.CNMARC).audience == Audience(audience)


def test_pinyin_is_read_in_every_style() -> None:
    for code, value in (("9", "yang zhu chang shi"), ("A", "YANG ZHU CHANG SHI"), ("A", "Yang Zhu Chang Shi")):
        title = Field("200", None, "1 ", (Subfield(code, value), Subfield("a", "养猪常识")))
        assert describe(Record("x" * 24, (title,)), Flavour.CNMARC).pinyin == "yang zhu chang shi"


def test_a_title_in_chinese_characters_stands_before_its_romanisation() -> None:
    record = Record(
        "00000cam a2200000 a 4500",
        (
            data_field("245", "10", ("6", "880-01"), ("a", "Yang zhu chang shi /"), ("c", "Tian He.")),
            data_field("880", "10", ("6", "245-01/$1"), ("a", "养猪常识 /"), ("c", "田禾.")),
        ),
    )
    assert describe(record, Flavour.MARC21).title == "养猪常识"


def test_an_e_book_with_the_isbn_of_the_book_is_another_thing() -> None:
    title = data_field("200", "1 ", ("a", "养猪常识"), ("b", "电子资源"))
    assert describe(Record("00000nam0 2200000   450 ", (title,)), Flavour.CNMARC).material == "electronic"


@pytest.mark.parametrize("flavour", list(Flavour))
def test_edits_are_written_into_the_source_record(flavour: Flavour) -> None:
    record = converted(compose(WHEAT), Flavour.CNMARC, flavour)
    described = describe(record, flavour)
    edits = {"title": "冬小麦一百问", "year": 2024, "clc": "S512.11", "summary": "改过的提要。"}
    after = describe(with_edits_applied(record, flavour, described, edits), flavour)
    assert (after.title, after.year, after.clc, after.summary) == ("冬小麦一百问", 2024, "S512.11", "改过的提要。")
    assert (after.isbns, after.subtitle) == (described.isbns, described.subtitle)
