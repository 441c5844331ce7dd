"""Pages: language, preferences, paging, the way back, and merged messages."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from library.kernel import pages
from library.kernel.errors import Invalid
from library.kernel.translations import FOLDER, merge, po_files

SHOWN = "{{ page.locale }}|{{ page.lang }}|{{ page.size }}|{{ page.theme }}|{{ page.village.name }}|{{ page.path }}"


@pytest.fixture
def browser(bare: Flask, browser: FlaskClient) -> FlaskClient:
    bare.add_url_rule("/", "home", lambda: render_template_string(SHOWN))
    bare.add_url_rule("/form", "form", lambda: render_template_string("{{ operation_field() }}"))
    return browser


@pytest.mark.parametrize(
    ("address", "shows"),
    [
        ("/", "zh_Hans|zh-CN||||/"),
        ("/?lang=en", "en|en||||/?lang=en"),
        ("/?lang=klingon", "zh_Hans|zh-CN||||/?lang=klingon"),
        ("/?size=elder&theme=contrast", "zh_Hans|zh-CN|elder|contrast||/?size=elder&amp;theme=contrast"),
        ("/?size=normal&theme=light", "zh_Hans|zh-CN||||/?size=normal&amp;theme=light"),
        ("/?size=huge", "zh_Hans|zh-CN||||/?size=huge"),
    ],
)
def test_the_address_chooses_language_and_size(address: str, shows: str, browser: FlaskClient) -> None:
    assert browser.get(address).text == shows


def test_a_preference_is_remembered_and_taken_back(browser: FlaskClient) -> None:
    assert browser.get("/prefs?size=elder&lang=en&next=/").headers["Location"] == "/"
    assert browser.get("/").text == "en|en|elder|||/"
    browser.get("/prefs?size=normal&lang=zh&next=/")
    assert browser.get("/").text == "zh_Hans|zh-CN||||/"


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/me?x=1", "/me?x=1"),
        (None, "/"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_way_back_never_leads_to_another_site(target: str | None, goes_to: str) -> None:
    assert pages.local_path(target) == goes_to


def test_the_village_of_the_last_visit_stands_in_the_frame(bare: Flask, browser: FlaskClient) -> None:
    pages.village_lookup(bare, lambda code: {"name": "柳溪村"} if code == "4711" else None)
    browser.set_cookie(pages.VILLAGE_COOKIE, "4711")
    assert "|柳溪村|" in browser.get("/").text
    browser.set_cookie(pages.VILLAGE_COOKIE, "gone")
    assert "柳溪村" not in browser.get("/").text


def test_every_drawing_of_a_form_has_its_own_operation(browser: FlaskClient) -> None:
    assert browser.get("/form").text.startswith('<input type="hidden" name="operation_id" value="')
    assert browser.get("/form").text != browser.get("/form").text


@pytest.mark.parametrize(
    ("query", "page", "pages_", "offset"), [("", 1, 3, 0), ("page=2", 2, 3, 20), ("page=99", 3, 3, 40)]
)
def test_paging_counts_from_one_and_stops_at_the_last(
    query: str, page: int, pages_: int, offset: int, bare: Flask
) -> None:
    with bare.test_request_context(f"/s?q=书&{query}"):
        found = pages.paging(41)
        assert (found.page, found.pages, found.offset) == (page, pages_, offset)
        assert found.url(3) == "/s?q=%E4%B9%A6&page=3"


@pytest.mark.parametrize("query", ["0", "-1", "x", "1.5", "１", "9" * 30, ""])
def test_a_page_that_is_no_number_is_refused(query: str, bare: Flask) -> None:
    with bare.test_request_context(f"/s?page={query}"), pytest.raises(Invalid, match="page_invalid"):
        pages.paging(41)


def test_the_files_of_all_rooms_are_one_catalogue() -> None:
    texts = merge(po_files(FOLDER, "zh_Hans"), "zh_Hans")
    assert texts.ugettext("There is nothing at this address") == "找不到这一页"


def test_of_two_translations_the_first_file_wins(tmp_path: Path) -> None:
    for name, text in (("a.po", "甲"), ("b.po", "乙")):
        (tmp_path / name).write_text(f'msgid ""\nmsgstr ""\n\nmsgid "A"\nmsgstr "{text}"\n', encoding="utf-8")
    assert merge([tmp_path / "a.po", tmp_path / "b.po"], "zh_Hans").ugettext("A") == "甲"


@pytest.mark.parametrize("path", po_files(FOLDER, "zh_Hans"), ids=lambda path: path.stem)
def test_no_translation_loses_a_placeholder(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    wrong = [(message.id, str(error)) for message, errors in catalogue.check() for error in errors]
    assert wrong == []
    assert [message.id for message in catalogue if message.id and not message.string] == []
