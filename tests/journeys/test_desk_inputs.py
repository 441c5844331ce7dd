"""What the field of the desk takes, each kind once in a browser; the lending of five books; the sounds."""

from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from circulation.desk.commands import COMMANDS
from library.branches.services import branch_by_code
from library.kernel.db import Database
from library.kernel.identifiers import CodeKind, new_code
from tests.factories import a_bib, a_patron, an_item, patron_card
from tests.journeys.conftest import Site
from tests.journeys.desk_steps import all_sent, open_desk, scan_all, top_line
from tests.journeys.steps import scan

CODES = {command.name: command.code for command in COMMANDS}
BOOK, OTHER_BOOK, OWN_BOOK = "柑橘病虫害绿色防控图谱", "三国演义（少年版）", "家庭用药一本通"
IDENTITY = "11010119900307451X"
ISBN_OF_ONE, ISBN_OF_TWO, ISBN_OF_NONE = "9787302511854", "9787020002207", "9787108009821"
SHELF, BOX = new_code(CodeKind.SHELF, 5), new_code(CodeKind.BOX, 5)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
NO_READER = "没有读者"


@dataclass(frozen=True)
class Shelf:
    """What stands in the room besides: five books to lend, one and two with an ISBN, two with one legacy code."""

    card: str
    books: list[str]
    bee: str
    old_label: str


@pytest.fixture
def shelf(app: Flask, database: Database, site: Site) -> Shelf:
    with app.app_context(), database.writing() as session:
        east, west = branch_by_code(session, "east"), branch_by_code(session, "west")
        reader = a_patron(session, branch=east, name="王秋菊")
        books = [an_item(session, branch=east).barcode for _ in range(5)]
        bee = ""
        for title, isbn, many in (("怎样养蜂", ISBN_OF_ONE, 1), ("红楼梦（普及本）", ISBN_OF_TWO, 2)):
            bib = a_bib(session, title=title, isbn13=isbn)
            barcodes = [an_item(session, branch=east, bib=bib).barcode for _ in range(many)]
            bee = bee or barcodes[0]
        for branch, title in ((east, "鱼塘管理"), (west, "山地养鸡")):
            an_item(session, branch=branch, bib=a_bib(session, title=title), barcode="SN0042")
        return Shelf(patron_card(session, reader), books, bee, "sn-0042")


def misread(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def bar(page: Page) -> str:
    return page.get_by_role("region", name="台前的读者").inner_text()


def test_five_books_are_lent_with_six_scans_and_no_page_load(page: Page, shelf: Shelf) -> None:
    open_desk(page)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.on("dialog", lambda dialog: loads.append(dialog.message))
    field = page.locator("#code").bounding_box()

    scan_all(page, shelf.card, *shelf.books)

    expect(page.locator("[data-log] > li", has_text="借出：")).to_have_count(5)
    expect(page.locator("[data-log] > li")).to_have_count(6)
    assert "借了 5 本" in bar(page)
    assert "王秋菊" in bar(page)
    assert "王秋菊" not in page.locator("[data-log]").inner_text()
    assert loads == []
    assert page.locator("#code").bounding_box() == field
    page.locator("[data-log] > li").first.get_by_text("为什么").click()
    expect(page.locator("[data-log] > li").first).to_contain_text("30 天")


def test_each_kind_of_input_is_answered_for_what_it_is(page: Page, site: Site, shelf: Shelf) -> None:
    county = site.county
    own, book = county.barcodes[OWN_BOOK], county.barcodes[BOOK]
    answers = {
        own: f"还了：《{OWN_BOOK}》",
        f"https://books.example/q/{book}": f"《{BOOK}》",
        f"]C1{county.barcodes[OTHER_BOOK]}": f"《{OTHER_BOOK}》",
        shelf.bee.translate(FULL_WIDTH): "《怎样养蜂》",
        SHELF: "这个码不是证也不是书",
        f"https://books.example/q/{SHELF}": "这个码不是证也不是书",
        BOX: "箱子",
        f"https://books.example/q/{BOX}": "箱子",
        misread(book): "号码里有一位不对",
        misread(county.card): "号码里有一位不对",
        ISBN_OF_NONE: "这是印在书上的书号",
        "13900000000": "没有读者用这个手机号",
        "柑橘": "是哪一册",
        "没有这样的书名": "没有办成",
    }
    open_desk(page)

    for text, said in answers.items():
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        # A scanner types characters, an input method inserts them.
        page.locator("#code").fill(text)
        page.keyboard.press("Enter")
        all_sent(page)
        assert said in top_line(page), text
    expect(page.locator("[data-log] > li")).to_have_count(len(answers))


def test_an_isbn_is_the_only_copy_and_of_two_one_is_picked(page: Page, shelf: Shelf) -> None:
    open_desk(page)
    scan_all(page, shelf.card, "978-7-302-51185-4")
    assert "借出：《怎样养蜂》" in top_line(page)
    assert shelf.bee in top_line(page)

    scan_all(page, ISBN_OF_TWO)
    expect(page.locator("[data-log] > li").first.get_by_role("button")).to_have_count(2)
    scan_all(page, "2")

    assert "借出：《红楼梦（普及本）》" in top_line(page)


def test_two_copies_with_one_old_label_are_told_apart_by_two_buttons(page: Page, shelf: Shelf) -> None:
    open_desk(page)
    scan_all(page, shelf.card, shelf.old_label)
    asked = page.locator("[data-log] > li").first
    expect(asked).to_contain_text("是哪一册")
    expect(asked.get_by_role("button")).to_have_count(2)

    asked.get_by_role("button").filter(has_text="鱼塘管理").click()
    expect(page.locator("[data-log] > li").first).to_contain_text("借出：《鱼塘管理》")


def test_readers_are_found_by_card_qr_phone_and_initials(page: Page, site: Site, shelf: Shelf) -> None:
    open_desk(page)
    for text, name in (
        (shelf.card, "王秋菊"),
        (f"https://books.example/q/{site.county.card}", "张秀英"),
        (site.county.phone, "李大山"),
        (shelf.card.translate(FULL_WIDTH), "王秋菊"),
        (f"]C1{site.county.card}", "张秀英"),
    ):
        page.locator("#code").fill(text)
        page.keyboard.press("Enter")
        all_sent(page)
        assert name in bar(page), text
    scan_all(page, "wqj")
    expect(page.locator("[data-log] > li").first).to_contain_text("是哪一位读者")
    scan_all(page, "1")
    assert "王秋菊" in bar(page)
    scan_all(page, CODES["finish"])
    assert NO_READER in bar(page)


def test_an_identity_number_is_refused_and_kept_nowhere(page: Page, site: Site) -> None:
    open_desk(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))

    scan(page, IDENTITY)

    expect(page.locator("[data-said]")).to_contain_text("不用也不记身份证号")
    expect(page.locator("[data-log] > li")).to_have_count(0)
    assert IDENTITY not in page.content()
    assert not any(IDENTITY in one for one in asked)


SPEAKER = """
window.tones = [];
window.AudioContext = class {
  get currentTime() { return 0; }
  get destination() { return {}; }
  createOscillator() {
    const voice = { frequency: { value: 0 }, connect: (next) => next, start(at) { this.at = at; },
      stop(at) { window.tones.push([this.frequency.value, Math.round((at - this.at) * 1000)]); } };
    return voice;
  }
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next };
  }
};
"""


def heard(page: Page) -> list[list[int]]:
    """Return the tones since the last time as (hertz, milliseconds)."""
    tones: list[list[int]] = page.evaluate("window.tones.splice(0)")
    return tones


def test_each_outcome_has_its_sound_and_the_switch_silences_them(page: Page, site: Site, shelf: Shelf) -> None:
    """One short tone for done, two for look here, one long for no."""
    page.add_init_script(SPEAKER)
    open_desk(page)

    scan_all(page, shelf.books[0])
    [[_pitch, short]] = heard(page)
    scan_all(page, shelf.old_label)
    notice = heard(page)
    scan_all(page, misread(shelf.books[1]))
    [[low, long]] = heard(page)

    assert short < 150
    assert len(notice) == 2
    assert max(length for _pitch, length in notice) < 150
    assert long > 300
    assert low < _pitch

    page.locator("[data-silent]").click()
    expect(page.locator("[data-silent]")).to_have_attribute("aria-pressed", "true")
    scan_all(page, shelf.books[2], misread(shelf.books[1]))
    assert heard(page) == []
    assert "号码里有一位不对" in top_line(page)
    page.locator("[data-silent]").click()
    scan_all(page, shelf.books[3])
    assert len(heard(page)) == 1
