"""What readers type and what they must find."""

import pytest

from catalog.search.protocol import Filters, Ordering, Query, SearchEngine
from tests.catalog.search.conftest import Find
from tests.catalog.search.titles import BY_TITLE, DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.title)
def test_a_whole_title_comes_first(find: Find, document: object) -> None:
    title = document.title  # type: ignore[attr-defined]
    assert find(title)[0] == title


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        pytest.param("害绿色防", "水稻病虫害绿色防控图谱", id="part across words"),
        pytest.param("修剪一看", "果树修剪一看就懂", id="part of a title"),
        pytest.param("紅樓夢", "红楼梦", id="traditional"),
        pytest.param("養雞場疫病防治", "养鸡场疫病防治", id="traditional long"),
        pytest.param("Ｐｙｔｈｏｎ", "Python编程从零开始", id="full width"),
        pytest.param("《西游记》", "西游记", id="title marks"),
        pytest.param("红搂梦", "红楼梦", id="homophone"),
        pytest.param("水浒转", "水浒传", id="homophone end"),
        pytest.param("唐诗三百手", "唐诗三百首注析", id="homophone inside"),
        pytest.param("十万为什么", "十万个为什么", id="deletion"),
        pytest.param("家庭药一本通", "家庭用药一本通", id="deletion inside"),
        pytest.param("果树修理一看就懂", "果树修剪一看就懂", id="wrong character"),
        pytest.param("平凡的土路", "平凡的山路", id="wrong character two"),
        pytest.param("hongloumeng", "红楼梦", id="pinyin"),
        pytest.param("hong lou meng", "红楼梦", id="pinyin spaced"),
        pytest.param("HongLouMeng", "红楼梦", id="pinyin capitals"),
        pytest.param("Hóng lóu mèng", "红楼梦", id="pinyin with tones"),
        pytest.param("chongqinghuoguo", "重庆火锅底料", id="pinyin by word, in part"),
        pytest.param("lvxingdeyiyi", "旅行的意义", id="v for u umlaut"),
        pytest.param("lüxing", "旅行的意义", id="u umlaut"),
        pytest.param("hlm", "红楼梦", id="initials"),
        pytest.param("sgyy", "三国演义", id="initials two"),
        pytest.param("sdbch", "水稻病虫害绿色防控图谱", id="beginning of initials"),
        pytest.param("caoxueqin", "红楼梦", id="author in pinyin"),
        pytest.param("赵志刚 用药", "家庭用药一本通", id="author and word"),
        pytest.param("陈文胜 乡村", "乡村振兴战略百问", id="author and word two"),
        pytest.param("林黛玉", "红楼梦", id="word of the summary"),
        pytest.param("c++", "C++程序设计", id="c plus plus"),
        pytest.param("978-7-11-000011-2".replace("-", ""), "红楼梦", id="isbn"),
        pytest.param("兔", "小兔子的菜园", id="one character inside a word"),
        pytest.param("python 编程", "Python编程从零开始", id="latin and Chinese"),
        pytest.param("养鱼🐟", "鱼塘管理与水质调控", id="emoji beside a subject"),
    ],
)
def test_it_is_found_among_the_first_five(find: Find, typed: str, wanted: str) -> None:
    if typed.startswith("97871"):
        typed = BY_TITLE[wanted].isbns[0]
    assert wanted in find(typed)[:5]


def test_an_isbn_with_hyphens_finds_only_its_book(find: Find) -> None:
    digits = BY_TITLE["水浒传"].isbns[0]
    assert find(f"{digits[:3]}-{digits[3]}-{digits[4:6]}-{digits[6:12]}-{digits[12]}") == ["水浒传"]


def test_a_class_notation_finds_its_class(find: Find) -> None:
    assert set(find("I242.4", limit=50)) == {"红楼梦", "三国演义", "水浒传", "西游记"}


def test_the_very_book_comes_before_books_about_it(find: Find) -> None:
    assert find("红楼梦")[:2] == ["红楼梦", "红楼梦人物谈"]


@pytest.mark.parametrize("typed", ["\x00", "🐟🐟", "！？。", "\ufffe", "a\x00", "％％％"])
def test_signs_without_letters_find_nothing_and_break_nothing(find: Find, typed: str) -> None:
    assert find(typed) == [] or typed == "a\x00"


@pytest.mark.parametrize("typed", ["水" * 100_000, "水稻 " * 30_000, "hong" * 30_000, "x\x00" * 50_000])
def test_a_pasted_page_is_answered(find: Find, typed: str) -> None:
    assert isinstance(find(typed), list)


def test_nonsense_finds_nothing(find: Find) -> None:
    assert find("魑魅魍魉") == []
    assert find("zzqqxx") == []


def test_no_text_browses_everything(filled: SearchEngine) -> None:
    assert filled.search(Query()).total == len(DOCUMENTS)


def test_what_stands_near_the_reader_comes_first(filled: SearchEngine) -> None:
    near = filled.search(Query(text="出版社", rings=(frozenset({3}), frozenset({2})), limit=60))
    order = [hit.bib_id for hit in near.hits]
    rings = [0 if n % 5 == 0 else 1 if n % 3 == 0 else 2 for n in order]
    assert rings == sorted(rings)
    assert set(rings) == {0, 1, 2}


def test_a_near_book_that_only_mentions_the_words_stays_behind_the_asked_one(find: Find) -> None:
    asked, other = BY_TITLE["红楼梦"], BY_TITLE["红楼梦人物谈"]
    assert 2 not in asked.branch_ids
    assert 2 in other.branch_ids
    assert find("红楼梦", rings=(frozenset({2}),))[0] == "红楼梦"


def test_newest_and_popular_orders_hold(filled: SearchEngine) -> None:
    by_id = {document.bib_id: document for document in DOCUMENTS}
    newest = filled.search(Query(ordering=Ordering.NEWEST, limit=60)).hits
    years = [by_id[hit.bib_id].year for hit in newest]
    assert years == sorted(years, reverse=True)
    popular = filled.search(Query(ordering=Ordering.POPULAR, limit=60)).hits
    loans = [by_id[hit.bib_id].popularity for hit in popular]
    assert loans == sorted(loans, reverse=True)


def test_pages_neither_overlap_nor_skip(filled: SearchEngine) -> None:
    whole = [hit.bib_id for hit in filled.search(Query(text="出版社", limit=60)).hits]
    pages = [
        hit.bib_id
        for offset in range(0, 60, 7)
        for hit in filled.search(Query(text="出版社", offset=offset, limit=7)).hits
    ]
    assert pages == whole


def test_filters_narrow_and_leave_their_own_facet_open(filled: SearchEngine) -> None:
    children = filled.search(Query(filters=Filters(audience="children"), limit=60))
    assert {d.bib_id for d in DOCUMENTS if d.audience == "children"} == {h.bib_id for h in children.hits}
    assert children.facets["audience"]["general"] == sum(d.audience == "general" for d in DOCUMENTS)
    assert sum(children.facets["clc"].values()) == children.total
