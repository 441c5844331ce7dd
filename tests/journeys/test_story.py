"""The whole story by browser alone, every button pressed twice: import, find, lend, take back, send home, restock."""

from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from library.kernel import jobs
from tests.journeys.conftest import Site
from tests.journeys.steps import last_said, press_twice, scan, sign_in_staff

RECORDS = Path(__file__).parents[1] / "data" / "marc" / "cnmarc_bnu_gbk.iso"
BOOK = "柑橘病虫害绿色防控图谱"


def at_desk(browser: Browser, site: Site, name: str) -> tuple[BrowserContext, Page]:
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in_staff(page, name)
    page.locator("[data-desk][data-ready]").wait_for()
    return context, page


def test_real_records_are_imported_and_found(browser: Browser, site: Site, app: Flask) -> None:
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in_staff(page, "admin", then="/admin/imports")

    page.get_by_label("文件").set_input_files(RECORDS)
    press_twice(page.get_by_role("button", name="导入"))
    page.wait_for_url("**/admin/imports/*")
    expect(page.locator("main")).to_contain_text("10")
    page.get_by_role("link", name="全部导入").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    with app.app_context():
        jobs.drain()

    page.goto("/")
    page.get_by_role("searchbox").fill("中国发展报告")
    press_twice(page.get_by_role("button", name="找书"))
    expect(page.locator("h1")).to_contain_text("找到 10 种")
    context.close()


def test_a_book_is_found_lent_here_taken_back_there_and_sent_home(browser: Browser, page: Page, site: Site) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("ganju")
    press_twice(page.get_by_role("button", name="找书"))
    page.get_by_role("link", name=BOOK).first.click()
    expect(page.locator("main")).to_contain_text("本村能借 1 本")

    east_context, east = at_desk(browser, site, "keeper")
    scan(east, site.county.card)
    scan(east, site.county.barcodes[BOOK])
    last_said(east, f"借出：《{BOOK}》")

    west_context, west = at_desk(browser, site, "keeper-west")
    scan(west, site.county.barcodes[BOOK])
    last_said(west, "送到 东洼村农家书屋")

    west.goto("/desk/moves")
    press_twice(west.get_by_role("button", name=f"找到了：{BOOK}"))
    expect(west.locator(".strip.ok")).to_have_count(1)
    press_twice(west.get_by_role("button", name=f"送走：{BOOK}"))
    expect(west.locator("main")).to_contain_text("没有要送走的书")

    east.goto("/desk/moves")
    press_twice(east.get_by_role("button", name=f"收到：{BOOK}"))
    press_twice(east.get_by_role("button", name=f"已上架：{BOOK}"))
    expect(east.locator("main")).to_contain_text("没有在路上的书")

    page.reload()
    expect(page.locator("main")).to_contain_text("本村能借 1 本")
    east_context.close()
    west_context.close()


def test_a_planner_makes_a_restocking_plan_and_approves_it(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in_staff(page, "admin", then="/plan")

    form = page.locator("form[action='/plan/restock']")
    press_twice(form.get_by_role("button"))

    page.wait_for_url("**/plan/restock/*")
    press_twice(page.locator("form[action$='/approve']").get_by_role("button"))
    expect(page.locator("form[action$='/approve']")).to_have_count(0)
    context.close()
