"""Years, suggestions, and what is kept of a search that found nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.rules import nearest_stretch, noted, parse_years, suggestion
from library.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2024", (2024, 2024)),
        ("2020-2024", (2020, 2024)),
        ("2020-", (2020, None)),
        ("-1989", (None, 1989)),
        (" 2024 ", (2024, 2024)),
    ],
)
def test_years_are_read(text: str, years: tuple[int | None, int | None]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize("text", ["", "-", "20", "20202024", "今年", "2020-20", "-5", "2020--2024"])
def test_other_years_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="invalid_year"):
        parse_years(text)


@pytest.mark.parametrize(
    ("typed", "titles", "meant"),
    [
        ("红搂梦", ["红楼梦人物谈"], "红楼梦"),
        ("十万为什么", ["十万个为什么"], "十万个为什么"),
        ("水浒转", ["绿色的田野", "水浒传"], "水浒传"),
        ("紅搂夢", ["红楼梦"], "红楼梦"),
        ("红楼梦", ["红楼梦人物谈"], None),
        ("魑魅魍魉", ["红楼梦"], None),
        ("红", ["红楼梦"], None),
        ("hongloumeng", ["红楼梦"], None),
        ("红搂梦", [], None),
    ],
)
def test_the_meant_title_is_suggested(typed: str, titles: list[str], meant: str | None) -> None:
    assert suggestion(typed, titles) == meant


@given(st.text("红楼梦水浒传", max_size=12), st.text("红楼梦水浒传", min_size=1, max_size=5))
def test_a_contained_text_has_no_distance(around: str, wanted: str) -> None:
    assert nearest_stretch(wanted, around + wanted + around) == (0, wanted)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_distance_is_never_more_than_the_length(wanted: str, text: str) -> None:
    distance, stretch = nearest_stretch(wanted, text)
    assert distance <= len(wanted)
    assert stretch in text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("養鵝技術", "养鹅技术"),
        (" 《养鹅》 ", "养鹅"),
        ("鹅", None),
        ("🐟", None),
        ("张三 13800001234", None),
        ("138 0000 1234", None),
        ("2024年养鹅", "2024年养鹅"),
        ("鹅" * 500, "鹅" * 40),
    ],
)
def test_only_words_are_kept_of_a_search_that_found_nothing(text: str, kept: str | None) -> None:
    assert noted(text) == kept
