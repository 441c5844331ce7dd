"""The shipped classes have two languages and find the place of any number."""

import pytest

from catalog.classification import tree


def test_there_are_the_main_classes_and_their_children() -> None:
    mains = [node.code for node in tree.children_of("")]
    assert mains == list("ABCDEFGHIJKNOPQRSTUVXZ")
    assert all(tree.children_of(code) for code in mains)


def test_every_class_has_a_name_in_both_languages_and_a_known_parent() -> None:
    for node in tree.classes().values():
        assert node.name("zh_Hans")
        assert node.name("en").isascii()
        assert node.parent == "" or node.parent in tree.classes()


@pytest.mark.parametrize(
    ("clc", "code"),
    [("S435.111", "S4"), ("TP311.56", "TP"), ("D35", "D33/37"), ("I561.45", "I3/7"), ("R544.1", "R5"), ("Q", "Q")],
)
def test_a_number_belongs_to_its_nearest_class(clc: str, code: str) -> None:
    found = tree.nearest(clc)
    assert found is not None
    assert found.code == code


def test_what_is_no_number_has_no_class_and_no_name() -> None:
    assert tree.nearest("书") is None
    assert tree.class_name("书", "zh_Hans") == ""


def test_the_name_of_a_main_class_follows_the_language() -> None:
    assert tree.class_name("S435", "zh_Hans") == "农业科学"
    assert tree.class_name("S435", "en") == "Agricultural sciences"


def test_the_categories_have_names_in_both_languages() -> None:
    assert [c.name("zh_Hans") for c in tree.categories().values()] == [
        "政经类", "科技类", "生活类", "文化类", "少儿类", "其他类",
    ]  # fmt: skip
    assert all(category.name("en").isascii() for category in tree.categories().values())
