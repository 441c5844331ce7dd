import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import Site
from tests.journeys.steps import last_said, press_twice, scan, sign_in_reader, sign_in_staff


def open_desk(page: Page, name: str = "keeper") -> None:
    sign_in_staff(page, name)
    page.locator("[data-desk][data-ready]").wait_for()


def test_a_card_and_then_books_are_lent_by_scans_alone(page: Page, site: Site) -> None:
    open_desk(page)

    scan(page, site.county.card)
    scan(page, site.county.barcodes["柑橘病虫害绿色防控图谱"])
    scan(page, site.county.barcodes["三国演义（少年版）"])

    last_said(page, "借出：《三国演义（少年版）》")
    last_said(page, "借出：《柑橘病虫害绿色防控图谱》")
    expect(page.get_by_role("region", name="台前的读者")).to_contain_text("借了 4 本")


def test_a_book_without_a_card_is_taken_back(page: Page, site: Site) -> None:
    open_desk(page)

    scan(page, site.county.barcodes["家庭用药一本通"])

    last_said(page, "还了：《家庭用药一本通》。放回架上")


def test_a_loan_is_undone_from_its_line(page: Page, site: Site) -> None:
    open_desk(page)
    scan(page, site.county.card)
    scan(page, site.county.barcodes["柑橘病虫害绿色防控图谱"])

    press_twice(last_said(page, "借出：《柑橘").get_by_role("button", name="撤销"))

    last_said(page, "还了：《柑橘病虫害绿色防控图谱》")


def test_the_readers_own_book_asks_whether_to_renew_or_take_back(page: Page, site: Site) -> None:
    open_desk(page)
    scan(page, site.county.card)
    scan(page, site.county.barcodes["家庭用药一本通"])

    press_twice(last_said(page, "这位读者正借着它").get_by_role("button", name="续借"))

    last_said(page, "续借：《家庭用药一本通》")


def test_a_book_in_another_readers_name_is_taken_back_and_lent(page: Page, site: Site) -> None:
    open_desk(page)
    scan(page, site.county.other_card)
    scan(page, site.county.barcodes["家庭用药一本通"])

    expect(last_said(page, "借出：《家庭用药一本通》")).to_contain_text("记在别的读者名下")


def test_escape_ends_the_session_of_a_reader(page: Page, site: Site) -> None:
    open_desk(page)
    scan(page, site.county.card)
    last_said(page, "读者证")
    page.keyboard.press("Escape")

    scan(page, site.county.barcodes["家庭用药一本通"])

    last_said(page, "还了：《家庭用药一本通》")


def test_an_isbn_and_an_unknown_code_say_what_to_do(page: Page, site: Site) -> None:
    open_desk(page)

    scan(page, "9787302511854")
    scan(page, "NOBODY7")

    expect(page.locator("[data-log] > li.bad")).to_have_count(2)


def test_the_same_code_scanned_twice_at_once_counts_once(page: Page, site: Site) -> None:
    open_desk(page)

    scan(page, site.county.barcodes["家庭用药一本通"])
    scan(page, site.county.barcodes["家庭用药一本通"])

    expect(page.locator("[data-said]")).to_contain_text(re.compile("只算一次|还了"))
    expect(page.locator("[data-log] > li")).to_have_count(1)


def test_a_scanner_is_read_although_the_focus_is_elsewhere(page: Page, site: Site) -> None:
    open_desk(page)
    page.locator("h1").click()

    scan(page, site.county.barcodes["家庭用药一本通"])

    last_said(page, "还了：《家庭用药一本通》")


def test_a_chinese_input_method_does_not_eat_the_digits_of_a_scanner(page: Page, site: Site) -> None:
    open_desk(page)
    page.evaluate(
        """code => {
          const press = (name) => document.body.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Process', code: name, bubbles: true, cancelable: true }));
          [...code].forEach(digit => press('Digit' + digit));
          press('Enter');
        }""",
        site.county.barcodes["家庭用药一本通"],
    )

    last_said(page, "还了：《家庭用药一本通》")


def test_scans_without_a_network_are_kept_and_sent_later(context: BrowserContext, page: Page, site: Site) -> None:
    open_desk(page)
    context.set_offline(True)
    scan(page, site.county.card)
    scan(page, site.county.barcodes["柑橘病虫害绿色防控图谱"])
    expect(page.locator("[data-sync]")).to_contain_text("待同步 2")
    context.set_offline(False)

    page.reload()

    last_said(page, "借出：《柑橘病虫害绿色防控图谱》")
    expect(page.locator("[data-sync]")).to_have_text("在线")


def test_the_desk_needs_no_script(plain: Page, site: Site) -> None:
    sign_in_staff(plain, "keeper")
    for code in (site.county.card, site.county.barcodes["柑橘病虫害绿色防控图谱"]):
        plain.get_by_label("扫读者证或书").fill(code)
        plain.get_by_role("button", name="确定").click()

    expect(plain.locator("[data-log] > li").first).to_contain_text("借出：《柑橘病虫害绿色防控图谱》")
    expect(plain.get_by_role("region", name="台前的读者")).to_contain_text("张秀英")


def test_a_keeper_of_several_rooms_chooses_where_to_work(page: Page, site: Site) -> None:
    open_desk(page, "admin")
    page.get_by_label("您在哪个书屋").select_option("west")
    page.get_by_role("button", name="换").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("西岭村农家书屋")


def test_a_wish_is_answered_and_the_answer_reaches_the_reader(context: BrowserContext, page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card, then="/wish")
    page.get_by_label("书名，或者想学什么").fill("梨树怎么嫁接")
    press_twice(page.get_by_role("button", name="点单"))
    expect(page.locator("main")).to_contain_text("梨树怎么嫁接")

    sign_in_staff(page, "keeper", then="/desk/wishes")
    page.get_by_label("给读者回话").fill("县馆在买，下月到。")
    press_twice(page.get_by_role("button", name="回话"))
    expect(page.locator("main")).to_contain_text("点单都回了话")

    sign_in_reader(page, site.county.card)
    expect(page.locator("section", has=page.locator("#wishes"))).to_contain_text("县馆在买，下月到。")
