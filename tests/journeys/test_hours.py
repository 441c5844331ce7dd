"""Opening hours in the browser: the door in one tap, the week as text, holidays, a season, a closure and its undo."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from library.branches import closure_work
from library.kernel import clock
from tests.journeys.conftest import Site
from tests.journeys.steps import press_twice, sign_in_staff
from tests.journeys.test_access import AXE, FINDINGS, SMALL_TARGETS

PICTURES = os.environ.get("LIBRARY_HOURS_PICTURES")


def looked_at(page: Page, name: str) -> list[str]:
    """Return what is wrong with a page: axe's findings, sideways scrolling, small targets; take its picture when asked."""
    wrong = []
    page.evaluate(AXE)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [f"{name} at {width}: {one}" for one in page.evaluate(FINDINGS)]
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 800})
    if page.evaluate("document.documentElement.scrollWidth") > 320:
        wrong.append(f"{name} scrolls sideways")
    wrong += [f"{name}: {one}" for one in page.evaluate(SMALL_TARGETS, 44)]
    page.set_viewport_size({"width": 360, "height": 740})
    return wrong


def test_a_keeper_opens_and_closes_the_room_with_one_tap_and_readers_see_it(page: Page, site: Site) -> None:
    sign_in_staff(page, "admin", "/admin/hours/holidays?branch=east")
    page.get_by_label("管理员在家就开，开门时点一下").check()
    page.get_by_role("button", name="保存").click()
    page.goto("/")
    assert "管理员在家就开门" in page.locator("main").inner_text()
    sign_in_staff(page, "keeper", "/desk/opening")
    press_twice(page.get_by_role("button", name="书屋开门"))
    page.get_by_text("书屋已开门").first.wait_for()
    wrong = looked_at(page, "door-open")
    page.goto("/")
    assert "现在开着" in page.locator("main").inner_text()
    page.goto("/desk/opening")
    page.get_by_role("button", name="书屋关门").click()
    page.get_by_text("书屋已关门").first.wait_for()
    page.goto("/")
    assert "最近一次开门：今天" in page.locator("main").inner_text()
    wrong += looked_at(page, "home-keeper")
    page.goto("/desk/opening")
    page.get_by_label("日期").fill((clock.today() - timedelta(days=2)).isoformat())
    page.get_by_label("那天什么时候开的").fill("晚上7点到9点")
    page.get_by_label("当时为什么没有登记").fill("手机没电")
    page.get_by_role("button", name="补正").click()
    assert "19:00-21:00" in page.locator("main").inner_text()
    wrong += looked_at(page, "door")
    assert wrong == []


def test_the_week_is_written_as_people_write_it_and_mistakes_are_explained(plain: Page, site: Site) -> None:
    page = plain
    sign_in_staff(page, "admin", "/admin/hours/week?branch=east")
    for day in range(7):
        page.locator(f"#day{day}").fill("上午8:30-11:30 下午2:30-5:30" if day < 5 else "")
    page.locator("#day5").fill("早上开门")
    page.get_by_role("button", name="保存每周时间").click()
    assert "看不懂" in page.get_by_role("alert").inner_text()
    assert page.locator("#day0").input_value() == "上午8:30-11:30 下午2:30-5:30"
    page.locator("#day5").fill("休息")
    page.get_by_role("button", name="保存每周时间").click()
    page.wait_for_url("**/admin/hours?branch=east")
    assert "每周六不开" in page.locator("main").inner_text()
    page.goto("/admin/hours/week?branch=east")
    assert page.locator("#day0").input_value() == "8:30-11:30 14:30-17:30"
    tomorrow = clock.today() + timedelta(days=1)
    page.locator("#on").fill(tomorrow.isoformat())
    page.locator("#cause").fill("停电")
    page.get_by_role("button", name="保存这一天").click()
    assert "停电" in page.locator("#days ~ ul").inner_text()
    page.get_by_role("button", name="恢复按每周时间").click()
    assert "没有特别安排的日子" in page.locator("main").inner_text()


def test_the_month_tells_the_reason_of_each_day_and_what_nobody_knows_yet(page: Page, site: Site) -> None:
    sign_in_staff(page, "admin", "/admin/hours/holidays?branch=township")
    page.get_by_label("停开").check()
    wrong = looked_at(page, "holidays")
    page.get_by_role("button", name="保存").click()
    page.goto("/admin/hours?branch=east&month=2026-10")
    assert "国庆节：不开" in page.locator("main").inner_text()
    assert "国庆节调休上班" in page.locator("main").inner_text()
    wrong += looked_at(page, "month")
    page.goto("/admin/hours?branch=east&month=2045-10")
    assert "还没有公布" in page.locator("main").inner_text()
    page.goto("/admin/hours/week?branch=east")
    wrong += looked_at(page, "week")
    page.goto("/admin/hours/seasons")
    page.locator("summary").first.click()
    wrong += looked_at(page, "seasons")
    page.goto("/admin/hours?branch=east&month=2026-10&lang=en")
    assert "National Day: closed" in page.locator("main").inner_text()
    wrong += looked_at(page, "month-en")
    assert wrong == []


def test_a_season_for_a_township_is_looked_at_begun_and_ended(plain: Page, site: Site) -> None:
    page = plain
    sign_in_staff(page, "admin", "/admin/hours/seasons")
    today = clock.today()
    page.locator("#name").fill("农忙")
    page.locator("#below").select_option("township")
    page.locator("#last_on").fill((today + timedelta(days=30)).isoformat())
    page.locator("#day6").fill("18-20")
    page.get_by_role("button", name="先看看会改什么").click()
    assert "4 个书屋" in page.locator("#look ~ p").inner_text()
    page.get_by_role("button", name="就这样定").click()
    assert "农忙" in page.locator("#now ~ ul").inner_text()
    page.get_by_role("button", name="现在结束").click()
    assert "现在没有季节时间" in page.locator("main").inner_text()


def test_a_closure_is_looked_at_done_and_taken_back(app: Flask, page: Page, site: Site) -> None:
    today = clock.today()
    sign_in_staff(page, "admin", "/admin/hours/closures")
    page.locator("#below").select_option("township")
    page.locator("#first_on").fill(today.isoformat())
    page.locator("#last_on").fill((today + timedelta(days=40)).isoformat())
    page.locator("#cause").fill("抢收油菜")
    page.get_by_role("button", name="先看看会改什么").click()
    assert "现在还什么都没有改" in page.locator("#look ~ p").inner_text()
    wrong = looked_at(page, "closure-preview")
    press_twice(page.get_by_role("button", name="确定，就这样办"))
    page.get_by_text("正在改日期").first.wait_for()
    with app.app_context():
        for closure_id in closure_work.unfinished():
            closure_work.work_through(closure_id)
    page.goto("/")
    assert "抢收油菜" in page.locator("main").inner_text()
    wrong += looked_at(page, "home-closed")
    page.goto("/admin/hours/closures")
    wrong += looked_at(page, "closures")
    page.get_by_role("link", name="抢收油菜").click()
    wrong += looked_at(page, "closure")
    page.get_by_role("button", name="全部撤销").click()
    page.get_by_text("正在撤销").first.wait_for()
    with app.app_context():
        for closure_id in closure_work.unfinished():
            closure_work.work_through(closure_id)
    page.reload()
    page.get_by_text("已撤销").first.wait_for()
    wrong += looked_at(page, "closure-undone")
    assert wrong == []


@pytest.mark.parametrize("path", ["", "/week", "/holidays", "/seasons", "/closures", "/closures/1"])
def test_a_keeper_finds_no_way_into_the_hours(page: Page, site: Site, path: str) -> None:
    sign_in_staff(page, "keeper")
    answer = page.goto(f"/admin/hours{path}")
    assert answer is not None
    assert answer.status in {403, 404}
