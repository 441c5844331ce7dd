from datetime import timedelta

from playwright.sync_api import Page, expect

from library.kernel import clock
from tests.journeys.conftest import Site
from tests.journeys.steps import press_twice, sign_in_reader


def test_the_home_of_a_village_shows_its_books_and_what_is_due(page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card, then="/")

    expect(page.get_by_role("banner")).to_contain_text("东洼村农家书屋")
    expect(page.locator("main")).to_contain_text("已过期 2 天")
    expect(page.locator("main")).to_contain_text("三国演义（少年版）")


def test_a_book_elsewhere_is_reserved_with_one_tap_and_one_confirmation(page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card)
    page.goto(f"/b/{site.county.bibs['果树嫁接图解']}")

    page.get_by_role("link", name="送到我们村").click()
    press_twice(page.get_by_role("button", name="确定预约"))

    expect(page.get_by_role("status")).to_contain_text("约好了")
    expect(page.locator("section", has=page.locator("#holds")).locator("li")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("东洼村农家书屋")


def test_a_reservation_can_be_given_up(page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card)
    page.goto(f"/holds/new?bib={site.county.bibs['红楼梦']}")
    page.get_by_role("button", name="确定预约").click()

    press_twice(page.get_by_role("button", name="取消预约：红楼梦"))

    expect(page.get_by_role("status")).to_contain_text("预约取消了")
    expect(page.locator("section", has=page.locator("#holds")).locator("li")).to_have_count(0)


def test_one_loan_is_renewed_from_the_home_page(page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card, then="/")

    press_twice(page.get_by_role("button", name="续借：家庭用药一本通"))

    expect(page.get_by_role("status").first).to_contain_text("续借了 1 本")


def test_renewal_of_all_says_what_could_not_be_renewed(page: Page, site: Site) -> None:
    sign_in_reader(page, site.county.card)
    page.get_by_role("button", name="续借：家庭用药一本通").click()

    press_twice(page.get_by_role("button", name="全部续借"))

    expect(page.locator(".strip.warn")).to_contain_text("续借了 1 本")


def test_hold_renewal_and_cancelling_need_no_script(plain: Page, site: Site) -> None:
    sign_in_reader(plain, site.county.card)
    plain.get_by_role("button", name="全部续借").click()
    expect(plain.locator("main")).to_contain_text("续借了 2 本")

    plain.goto(f"/b/{site.county.bibs['上下五千年']}")
    plain.get_by_role("link", name="送到我们村").click()
    plain.get_by_role("button", name="确定预约").click()
    expect(plain.locator("main")).to_contain_text("约好了")

    plain.get_by_role("button", name="取消预约：上下五千年").click()
    expect(plain.locator("main")).to_contain_text("预约取消了")


def test_pausing_going_on_and_collecting_elsewhere_need_no_script(plain: Page, site: Site, waiting: int) -> None:
    sign_in_reader(plain, site.county.card)
    until = clock.today() + timedelta(days=20)
    plain.get_by_role("link", name="暂停或更改").click()
    plain.get_by_label("暂停到哪天").fill(until.isoformat())
    plain.get_by_role("button", name="先暂停：上下五千年").click()
    expect(plain.locator("main")).to_contain_text(f"暂停到{until.month}月{until.day}日")

    plain.get_by_role("button", name="接着排队：上下五千年").click()
    expect(plain.locator("main")).to_contain_text("接着排队了")

    plain.goto(f"/holds/{waiting}")
    plain.get_by_label("到哪里拿").select_option("west")
    plain.get_by_role("button", name="送到那里：上下五千年").click()
    expect(plain.locator("main")).to_contain_text("到 西岭村农家书屋 拿")


def test_the_day_it_comes_to_another_place_is_looked_up_before_reserving(plain: Page, site: Site) -> None:
    sign_in_reader(plain, site.county.card)
    plain.goto(f"/holds/new?bib={site.county.bibs['果树嫁接图解']}")
    plain.locator("summary", has_text="换个地方取").click()
    plain.get_by_label("到哪里拿").select_option("west")
    plain.get_by_role("button", name="看看哪天能到").click()
    expect(plain.locator("main")).to_contain_text("取书地点： 西岭村农家书屋")
    plain.get_by_role("button", name="确定预约").click()
    expect(plain.locator("main")).to_contain_text("约好了")


def test_the_code_on_the_door_chooses_the_village(page: Page, site: Site) -> None:
    page.goto("/v/west")

    expect(page.get_by_role("banner")).to_contain_text("西岭村农家书屋")


def test_the_code_on_a_book_leads_to_its_page(page: Page, site: Site) -> None:
    page.goto(f"/q/{site.county.barcodes['红楼梦']}")

    expect(page.get_by_role("heading", level=1)).to_have_text("红楼梦")


def test_the_code_on_a_card_signs_nobody_in(page: Page, site: Site) -> None:
    page.goto(f"/q/{site.county.card}")

    expect(page.locator("[name=pin]")).to_be_visible()


def test_english_is_one_tap_away_and_stays(page: Page, site: Site) -> None:
    page.goto("/")
    page.get_by_role("link", name="English").click()
    page.goto("/rank")

    expect(page.get_by_role("heading", level=1)).to_have_text("Most borrowed")
    assert page.locator("html").get_attribute("lang") == "en"
