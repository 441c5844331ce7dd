"""The desk in a browser: every kind of input, every key and mode, without a page load, a click or a modal."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from circulation.desk.commands import COMMANDS
from library.kernel.identifiers import CodeKind, new_code
from tests.journeys.conftest import Site
from tests.journeys.desk_steps import all_sent, open_desk, press_as_scanner_with_input_method, scan_all, top_line
from tests.journeys.steps import last_said, press_twice, scan, sign_in_reader, sign_in_staff

CODES = {command.name: command.code for command in COMMANDS}
IDENTITY = "11010119900307451X"
SPELLINGS = [IDENTITY, IDENTITY.lower(), "110101 19900307 451X", f"张秀英{IDENTITY}", f"{IDENTITY}（本人）"]
NEW_CARD = new_code(CodeKind.PATRON, 990_001)
NEW_LABEL = new_code(CodeKind.ITEM, 990_001)
BOOK, OTHER_BOOK, OWN_BOOK = "柑橘病虫害绿色防控图谱", "三国演义（少年版）", "家庭用药一本通"
STORED = """async () => {
  const database = await new Promise(done => { const r = indexedDB.open('desk', 1); r.onsuccess = () => done(r.result); });
  const scans = await new Promise(done => {
    const r = database.transaction('scans').objectStore('scans').getAll(); r.onsuccess = () => done(r.result); });
  return JSON.stringify([scans, {...sessionStorage}, {...localStorage}]);
}"""


def bar(page: Page) -> str:
    return page.get_by_role("region", name="台前的读者").inner_text()


def misread(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_every_kind_of_input_finds_what_it_means(page: Page, site: Site) -> None:
    """In the order of the field: known codes, our QR, check digits, ISBN, phone, initials, title."""
    county = site.county
    open_desk(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))

    scan_all(page, county.barcodes[OWN_BOOK])
    assert f"还了：《{OWN_BOOK}》。放回架上" in top_line(page)
    scan_all(page, f"https://books.example/q/{county.card}")
    assert "读者证" in top_line(page)
    page.keyboard.press("Escape")
    scan_all(page, misread(county.barcodes[BOOK]))
    assert "号码里有一位不对" in top_line(page)
    scan_all(page, new_code(CodeKind.BOX, 5))
    assert "箱子" in top_line(page)
    scan_all(page, "9787302511854")
    assert "替读者点单" in top_line(page)
    scan_all(page, county.phone)
    assert "李大山" in bar(page)
    page.keyboard.press("Escape")
    scan_all(page, "zxy")
    expect(page.locator("[data-log] > li").first).to_contain_text("是哪一位读者")
    scan_all(page, "1")
    assert "张秀英" in bar(page)
    page.keyboard.press("Escape")
    scan_all(page, "ganju")
    expect(page.locator("[data-log] > li").first.get_by_role("button")).to_contain_text(BOOK)
    scan_all(page, "T0091-7")
    assert "没有办成：T00917" in top_line(page)
    expect(page.get_by_role("button", name="先借后补")).to_have_count(0)

    held = page.evaluate("texts => texts.map(Desk.holdsIdentity)", [*SPELLINGS, "978730251185451990", "1" * 19])
    assert held == [True] * len(SPELLINGS) + [False, False]
    before = len(asked)
    scan(page, IDENTITY)
    expect(page.locator("[data-said]")).to_contain_text("不用也不记身份证号")
    assert IDENTITY not in page.content() + page.evaluate(STORED) + "".join(asked)
    assert len(asked) == before


def test_a_book_nobody_has_catalogued_is_lent_first_and_listed(page: Page, site: Site) -> None:
    open_desk(page)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    scan_all(page, site.county.card, "T0091-7")

    page.get_by_label("封面上的书名").fill("怎样养蜂")
    page.get_by_role("button", name="先借后补").click()
    last_said(page, "借出：《怎样养蜂》")
    assert "已经列在“等补编目”里" in top_line(page)
    assert "借了 3 本" in bar(page)
    scan_all(page, NEW_LABEL)
    scan_all(page, "1")
    assert f"借出：《未编目（条码 {NEW_LABEL}）》" in top_line(page)
    scan_all(page, "T0091-7")
    expect(page.locator("[data-log] > li").first).to_contain_text("这位读者正借着它")
    assert loads == []

    page.goto("/desk")
    expect(page.locator(".work-list li", has_text="等补编目")).to_contain_text("2")
    page.get_by_role("link", name="等补编目").click()
    expect(page.locator("main li")).to_have_text([re.compile("怎样养蜂.*T00917", re.DOTALL), re.compile(NEW_LABEL)])


def test_the_readers_own_book_is_answered_by_number_key_button_or_left(page: Page, site: Site) -> None:
    open_desk(page)
    own = site.county.barcodes[OWN_BOOK]
    scan_all(page, site.county.card, own)
    expect(page.locator("[data-log] > li").first).to_contain_text("这位读者正借着它")

    page.keyboard.press("Escape")
    expect(page.locator("[data-said]")).to_have_text("不管它。")
    assert "张秀英" in bar(page)
    scan_all(page, site.county.barcodes[BOOK], own)
    page.keyboard.press("F4")
    all_sent(page)
    assert f"续借：《{OWN_BOOK}》" in top_line(page)
    scan_all(page, site.county.barcodes[BOOK])
    scan_all(page, "1")
    assert f"还了：《{BOOK}》" in top_line(page)
    scan_all(page, own)
    press_twice(page.locator("[data-log] > li").first.get_by_role("button", name="还书"))
    last_said(page, f"还了：《{OWN_BOOK}》")


def test_a_book_in_another_readers_name_is_taken_back_and_lent(page: Page, site: Site) -> None:
    open_desk(page)
    scan_all(page, site.county.other_card, site.county.barcodes[OWN_BOOK])

    assert "记在别的读者名下" in top_line(page)
    expect(page.locator("[data-log] > li").first).to_have_class("warn")


def test_the_last_scan_is_undone_by_one_key_and_the_reader_stays(page: Page, site: Site) -> None:
    open_desk(page)
    scan_all(page, site.county.card, site.county.barcodes[BOOK], site.county.barcodes[OTHER_BOOK])

    page.keyboard.press("Control+z")
    all_sent(page)

    assert f"撤销了：《{OTHER_BOOK}》没有借出" in top_line(page)
    expect(page.locator("[data-log] > li.undone")).to_contain_text(OTHER_BOOK)
    assert "借了 3 本" in bar(page)
    press_twice(last_said(page, f"借出：《{BOOK}》").get_by_role("button", name="撤销"))
    last_said(page, f"撤销了：《{BOOK}》没有借出")
    page.locator("#code").fill("abc")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-log] > li")).to_have_count(5)


def test_a_reader_is_registered_with_one_scan_two_fields_and_a_key(page: Page, site: Site) -> None:
    open_desk(page)
    scan_all(page, NEW_CARD)
    expect(page.get_by_label("姓名", exact=True)).to_be_focused()

    page.keyboard.type("王小满")
    page.get_by_label("少儿").check()
    page.keyboard.press("Enter")
    all_sent(page)
    assert "监护人" in top_line(page)
    expect(page.get_by_label("姓名", exact=True).first).to_have_value("王小满")
    page.locator("[data-register]").first.get_by_label("监护人姓名").fill("王大山")
    page.locator("[data-register]").first.get_by_label("监护人同意").check()
    page.locator("[data-register]").first.get_by_role("button", name="登记").click()
    all_sent(page)
    assert "登记好了" in top_line(page)
    assert "王小满" in bar(page)
    scan_all(page, site.county.barcodes[BOOK])

    assert f"借出：《{BOOK}》" in top_line(page)
    expect(page.locator("[data-register]")).to_have_count(1)


def test_a_scanner_that_types_into_a_form_still_scans(page: Page, site: Site) -> None:
    open_desk(page)
    scan_all(page, NEW_CARD)
    expect(page.get_by_label("姓名", exact=True)).to_be_focused()

    page.keyboard.press("Escape")
    scan_all(page, NEW_CARD)
    page.get_by_label("姓名", exact=True).first.focus()
    scan_all(page, site.county.card)

    assert "张秀英" in bar(page)
    page.locator("[data-register] [name=name]").first.fill(f"王 {IDENTITY}")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("不用也不记身份证号")
    assert IDENTITY not in page.evaluate(STORED)


def test_the_desk_works_by_the_barcodes_of_the_mat_alone(page: Page, site: Site) -> None:
    open_desk(page)
    own, book = site.county.barcodes[OWN_BOOK], site.county.barcodes[BOOK]

    scan_all(page, CODES["lend"], book)
    assert "现在是借书方式" in top_line(page)
    scan_all(page, site.county.card, own, CODES["pick-2"])
    assert f"续借：《{OWN_BOOK}》" in top_line(page)
    scan_all(page, CODES["undo"])
    assert "按原来的日期还" in top_line(page)
    scan_all(page, CODES["take_back"], own)
    assert f"还了：《{OWN_BOOK}》" in top_line(page)
    scan_all(page, CODES["on_site"], book)
    assert f"馆内阅读：《{BOOK}》" in top_line(page)
    scan_all(page, CODES["stocktake"])
    expect(page.locator("[data-said]")).to_contain_text("盘点还没有做好")
    scan_all(page, CODES["finish"])
    assert "没有读者" in bar(page)
    expect(page.locator("[data-command][aria-current]")).to_have_text("自动")


def test_keys_choose_the_mode_and_show_help_and_slip(page: Page, site: Site) -> None:
    open_desk(page)
    page.add_init_script("window.print = () => {}")
    page.evaluate(
        "window.print = () => { document.body.dataset.printed = document.querySelector('[data-slip]').innerText; }"
    )
    scan_all(page, site.county.card, site.county.barcodes[BOOK])

    page.keyboard.press("F9")
    expect(page.locator("body")).to_have_attribute("data-printed", re.compile(f"{BOOK}.*前还", re.DOTALL))
    assert "张秀英" not in str(page.locator("body").get_attribute("data-printed"))
    page.keyboard.press("F3")
    expect(page.locator("[data-said]")).to_contain_text("还书方式")
    scan_all(page, site.county.barcodes[BOOK])
    assert f"还了：《{BOOK}》" in top_line(page)
    assert "张秀英" in bar(page)
    page.keyboard.press("?")
    expect(page.locator("[data-help]")).to_have_attribute("open", "")
    page.keyboard.press("/")
    expect(page.locator("[data-said]")).to_contain_text("打书名")
    expect(page.locator("#code")).to_have_value("")
    page.keyboard.press("F6")
    page.wait_for_url("**/desk/moves*")


def test_the_same_code_scanned_twice_at_once_counts_once(page: Page, site: Site) -> None:
    open_desk(page)

    scan(page, site.county.barcodes[OWN_BOOK])
    scan(page, site.county.barcodes[OWN_BOOK])

    all_sent(page)
    expect(page.locator("[data-log] > li")).to_have_count(1)


def test_a_reader_who_says_nothing_for_a_minute_has_left(page: Page, site: Site) -> None:
    page.clock.install()
    open_desk(page)
    scan_all(page, site.county.card)
    page.clock.run_for(50_000)
    scan_all(page, site.county.barcodes[BOOK])
    assert f"借出：《{BOOK}》" in top_line(page)

    page.clock.run_for(61_000)
    assert "没有读者" in bar(page)
    scan_all(page, site.county.barcodes[OWN_BOOK])

    assert f"还了：《{OWN_BOOK}》" in top_line(page)


def test_a_scanner_is_read_wherever_the_focus_is_and_through_an_input_method(page: Page, site: Site) -> None:
    open_desk(page)
    page.locator("h1").click()
    scan_all(page, site.county.barcodes[OWN_BOOK])
    assert f"还了：《{OWN_BOOK}》" in top_line(page)
    page.get_by_role("link", name="怎么用").first.focus()
    scan_all(page, "T0091")
    assert "没有办成：T0091" in top_line(page)

    press_as_scanner_with_input_method(page, site.county.card)
    last_said(page, "读者证")
    press_as_scanner_with_input_method(page, site.county.barcodes[BOOK], "field")
    last_said(page, f"借出：《{BOOK}》")
    expect(page.locator("#code")).to_have_value("")


def test_the_desk_needs_no_script(plain: Page, site: Site) -> None:
    """Lending, choosing, renewing, undoing, registering, modes and the slip, each a form and the next page."""

    def enter(code: str) -> None:
        plain.get_by_label("扫读者证或书").fill(code)
        plain.get_by_role("button", name="确定").click()

    def first() -> str:
        return plain.locator("[data-log] > li").first.inner_text()

    sign_in_staff(plain, "keeper")
    enter(site.county.card)
    enter(site.county.barcodes[BOOK])
    assert f"借出：《{BOOK}》" in first()
    assert "张秀英" in bar(plain)
    enter(site.county.barcodes[OWN_BOOK])
    plain.locator("[data-log] > li").first.get_by_role("button", name="续借").click()
    assert f"续借：《{OWN_BOOK}》" in first()
    plain.locator("[data-log] > li").first.get_by_role("button", name="撤销").click()
    assert "撤销了" in first()
    enter("T0091-7")
    plain.get_by_label("封面上的书名").fill("怎样养蜂")
    plain.get_by_role("button", name="先借后补").click()
    assert "借出：《怎样养蜂》" in first()
    plain.get_by_role("link", name="小票").click()
    expect(plain.locator(".slip")).to_contain_text(BOOK)
    plain.get_by_role("link", name="回借还台").click()
    assert "张秀英" in bar(plain)
    plain.get_by_role("link", name="还", exact=True).click()
    enter(site.county.barcodes[BOOK])
    assert f"还了：《{BOOK}》" in first()
    plain.get_by_role("link", name="办完了").click()
    enter(NEW_CARD)
    plain.get_by_label("姓名", exact=True).fill("王小满")
    plain.get_by_role("button", name="登记").click()
    assert "登记好了" in first()
    assert "王小满" in bar(plain)


def test_an_operation_id_is_no_identity_number(page: Page, site: Site) -> None:
    """Eighteen digits stand in a row in one of 1,600; nobody typed them."""
    open_desk(page)
    scan_all(page, site.county.card, site.county.barcodes[BOOK])
    line = last_said(page, f"借出：《{BOOK}》")
    line.locator("[name=operation_id]").first.evaluate("one => { one.value = '11010519-4912-4311-80ab-abcdefabcdef' }")

    line.get_by_role("button", name="撤销").click()
    all_sent(page)
    assert f"撤销了：《{BOOK}》没有借出" in top_line(page)


def test_the_journal_of_the_day_counts_filters_and_undoes(page: Page, site: Site) -> None:
    open_desk(page)
    scan_all(page, site.county.card, site.county.barcodes[BOOK], site.county.barcodes[OTHER_BOOK], "T1")

    page.get_by_role("link", name="今天的流水").click()
    expect(page.locator(".stat", has_text="借出")).to_contain_text("2")
    press_twice(page.locator(".log > li", has_text=BOOK).get_by_role("button", name="撤销"))
    expect(page.locator(".strip")).to_contain_text(f"撤销了：《{BOOK}》")
    expect(page.locator(".stat", has_text="借出")).to_contain_text("1")
    page.get_by_label("内容").select_option("没有办成")
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".log > li")).to_have_count(1)


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
