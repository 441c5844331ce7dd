"""Prices, years, classes, names as they really stand in records, and which records are one book."""

import pytest

from catalog.bibs.description import BibDescription, Creator
from catalog.bibs.rules import (
    NO_MATCH,
    Candidate,
    clean_class,
    columns_of,
    combined,
    creators_in,
    decide_match,
    match_key,
    parse_price,
    parse_year,
    read_isbn,
    same_edition,
    with_edits,
)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("CNY79.00", 7900),
        ("￥0.40", 40),
        ("0.38元", 38),
        ("17.00", 1700),
        ("CNY39.80 (全2册)", 3980),
        ("CNY1,280.00", 128000),
        ("28.5", 2850),
        ("赠阅", None),
        ("非卖品", None),
        ("HKD88.00", None),
        ("NT$320", None),
        ("USD 12.95", None),
        ("$14.95", None),
        ("", None),
    ],
)
def test_reads_prices(text: str, cents: int | None) -> None:
    assert parse_price(text) == cents


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2023.05", 2023),
        ("[1984]", 1984),
        ("c1990.", 1990),
        ("１９８４.5", 1984),
        ("民国23年", 1934),
        ("2012-2014", 2012),
        ("出版日期不详", None),
        ("98", None),
    ],
)
def test_reads_years(text: str, year: int | None) -> None:
    assert parse_year(text) == year


@pytest.mark.parametrize(
    ("text", "clc"),
    [
        ("S512.1-44", "S512.1-44"),
        ("[D922.4]", "D922.4"),
        ("ｔｐ３１", "TP31"),
        ("I561.85", "I561.85"),
        ("21.2", ""),
        ("", ""),
    ],
)
def test_reads_classes(text: str, clc: str) -> None:
    assert clean_class(text) == clc


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("示例甲, 示例乙主编", [("示例甲", "主编"), ("示例乙", "主编")]),
        ("(英) 示例著", [("示例", "著")]),
        ("示例县农业局编", [("示例县农业局", "编")]),
        ("张明, 李四 ... [等] 编著", [("张明", "编著"), ("李四", "编著")]),
        ("国家统计局", [("国家统计局", "")]),
    ],
)
def test_reads_names_from_a_statement(text: str, names: list[tuple[str, str]]) -> None:
    assert [(creator.name, creator.role) for creator in creators_in(text)] == names


@pytest.mark.parametrize(
    ("text", "isbn"),
    [
        ("978-7-5999-0001-0", "9787599900010"),
        ("7-5999-0002-0", "9787599900027"),
        ("0471383147 (paper/cd-rom : alk. paper)", "9780471383147"),
        ("7-5037-1744-1", None),
        ("精装", None),
    ],
)
def test_reads_isbns(text: str, isbn: str | None) -> None:
    assert read_isbn(text) == isbn


def a_candidate(bib_id: int = 1, **values: object) -> Candidate:
    known: dict[str, object] = {"title_folded": "养猪常识", "part": "", "year": 1984, "match_key": ""}
    return Candidate(bib_id, **{**known, **values})  # type: ignore[arg-type]  # a table of values


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"year": None}, True),
        ({"title_folded": "养猪常识问答"}, True),
        ({"year": 1990}, False),
        ({"part": "下册"}, False),
        ({"title_folded": "养蜂"}, False),
        ({"material": "electronic"}, False),
    ],
)
def test_an_isbn_needs_title_volume_and_year_beside_it(other: dict[str, object], same: bool) -> None:
    assert same_edition(a_candidate(), a_candidate(2, **other)) is same


def test_the_surest_sign_decides() -> None:
    match = decide_match(
        a_candidate(0), by_isbn=[a_candidate(1)], by_control=[a_candidate(2)], by_unified=(), by_key=()
    )
    assert (match.bib_id, match.by) == (1, "isbn")


def test_several_equal_candidates_are_a_conflict() -> None:
    both = [a_candidate(1), a_candidate(2)]
    match = decide_match(a_candidate(0), by_isbn=both, by_control=(), by_unified=(), by_key=())
    assert match.is_conflict
    assert match.bib_id is None


def test_nothing_in_common_is_no_match() -> None:
    match = decide_match(
        a_candidate(0), by_isbn=(), by_control=(), by_unified=(), by_key=[a_candidate(1, match_key="x")]
    )
    assert match == NO_MATCH


def test_a_title_alone_has_no_match_key() -> None:
    assert match_key("养猪常识", "", "", "", None) == ""
    assert match_key("養豬常識", "", "田禾", "", None) == match_key("养猪常识", "", "田禾", "", None)


def test_columns_are_cut_to_what_the_tables_hold() -> None:
    long = BibDescription("书" * 600, publisher="社" * 300, creators=(Creator("人" * 600),), clc="S" + "1" * 99)
    columns = columns_of(long)
    assert (len(columns["title"]), len(columns["publisher"]), len(columns["creators_text"])) == (500, 200, 500)


def test_a_later_source_fills_what_the_first_leaves_open() -> None:
    first = BibDescription("甲", year=2001, isbns=("1",))
    second = BibDescription("乙", summary="有提要", year=2002, isbns=("2",))
    both = combined([first, second])
    assert (both.title, both.year, both.summary, both.isbns) == ("甲", 2001, "有提要", ("1", "2"))


def test_the_edited_layer_stands_over_the_sources() -> None:
    edited = with_edits(BibDescription("甲", year=2001), {"title": "乙", "creators": [{"name": "丙", "role": "著"}]})
    assert (edited.title, edited.year, edited.creators) == ("乙", 2001, (Creator("丙", "著"),))
