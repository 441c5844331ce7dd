"""Folding, segmentation and pinyin: what two spellings of one title have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.kernel.text import bigrams, fold, fold_pinyin, han_runs, pinyin_keys, tokens


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("紅樓夢", "红楼梦"),
        ("乾隆皇帝的頭髮", "乾隆皇帝的头发"),
        ("Ｐｙｔｈｏｎ３　入门", "python3 入门"),
        ("《平凡的世界》（全三册）", "平凡的世界 全三册"),
        ("Café  Zürich", "cafe zurich"),
        ("C++ 与 C#，+ #1", "c++ 与 c# 1"),
        ("a\x00b\u200bc", "a b c"),
        ("养鱼🐟手册", "养鱼 手册"),
        ("", ""),
    ],
)
def test_spellings_of_one_text_fold_to_one_form(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing_but_conversion_of_newly_joined_words(text: str) -> None:
    once = fold(text)
    assert once == " ".join(once.split())
    assert once == once.lower()
    assert "\x00" not in once


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=80))
def test_folding_plain_latin_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_vowel_signs_of_other_scripts_survive() -> None:
    assert fold("བོད་ཡིག") == "བོད ཡིག"


def test_pairs_never_cross_a_break() -> None:
    assert bigrams("红楼梦 abc 水浒") == ["红楼", "楼梦", "水浒"]
    assert bigrams("农") == []


def test_runs_are_only_chinese() -> None:
    assert han_runs("红楼梦2020年 x") == ["红楼梦", "年"]


def test_a_long_word_also_yields_the_words_inside_it() -> None:
    assert tokens("水稻病虫害防治") == ["水稻", "病虫", "虫害", "病虫害", "防治"]


def test_latin_words_and_numbers_are_whole_tokens() -> None:
    assert tokens("python3 入门 c++") == ["python3", "入门", "c++"]


def test_pinyin_is_given_in_full_by_initials_and_by_syllable() -> None:
    keys = pinyin_keys("红楼梦")
    assert (keys.full, keys.initials) == ("hongloumeng", "hlm")
    assert keys.syllables == ("hong", "lou", "meng")


def test_a_reading_follows_the_word_and_u_umlaut_is_typed_v() -> None:
    assert pinyin_keys("重庆旅行").full == "chongqinglvxing"


def test_latin_words_give_their_letter_and_numbers_stay_whole() -> None:
    keys = pinyin_keys("python 编程 2020")
    assert (keys.full, keys.initials) == ("pythonbiancheng2020", "pbc2020")


def test_pinyin_of_nothing_is_empty() -> None:
    keys = pinyin_keys("")
    assert (keys.full, keys.initials, keys.syllables) == ("", "", ())


def test_typed_pinyin_keeps_u_umlaut_as_v_and_loses_its_tones() -> None:
    assert fold_pinyin("Lǚxíng") == "lvxing"
    assert fold_pinyin("Hóng Lóu Mèng") == "hong lou meng"


@given(st.text(max_size=60))
def test_no_text_breaks_segmentation_or_pinyin(text: str) -> None:
    folded = fold(text)
    assert all(token and not token.isspace() for token in tokens(folded))
    assert all(syllable for syllable in pinyin_keys(folded).syllables)
