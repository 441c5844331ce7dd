"""A power cut, a class and a lost book, on pages without a script; and that everybody can use those pages."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from circulation.claims.claiming import claim_returned
from circulation.claims.damage import note_damaged
from circulation.models import Loan
from circulation.notebook.sheets import print_sheets
from library.branches.services import branch_by_code
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.operations import system_operation
from library.patrons import groups
from library.patrons.cards import active_card
from tests.factories import an_item
from tests.journeys.conftest import Site
from tests.journeys.steps import sign_in_reader, sign_in_staff
from tests.journeys.test_access import MODES, SMALL_TARGETS, findings, opened


@dataclass(frozen=True)
class Papers:
    """A group with its card's number, a sheet, an open loan, and copies on the shelf."""

    group: int
    card: str
    sheet: str
    loan: int
    copy: int
    reader: int
    barcodes: list[str]


@pytest.fixture
def papers(app: Flask, database: Database, site: Site) -> Papers:
    with app.app_context(), database.writing() as session:
        east = branch_by_code(session, "east")
        term = clock.today() + timedelta(days=60)
        group = groups.create_group(
            session, system_operation("test"), name="柳泉小学三年级二班", branch=east, term_ends_on=term
        )
        [sheet] = print_sheets(session, system_operation("test"), east)["sheets"]
        copies = [an_item(session, branch=east) for _ in range(4)]
        note_damaged(session, system_operation("test"), copies[3].id, branch=east, note="封面掉了")
        loan = session.scalars(select(Loan).order_by(Loan.id)).all()[0]
        claim_returned(session, system_operation("test"), loan.id)
        card = session.get_one(groups.PatronGroup, group.id).custodian_id
        assert card is not None
        assert loan.patron_id is not None
        number = active_card(session, card) or ""
        barcodes = [copy.barcode for copy in copies[:3]]
        return Papers(group.id, number, sheet, loan.id, copies[3].id, loan.patron_id, barcodes)


def addresses(papers: Papers) -> list[str]:
    return [
        "/desk/cases",
        "/desk/cases?state=settled",
        f"/desk/loans/{papers.loan}",
        f"/desk/copies/{papers.copy}",
        f"/desk/readers/{papers.reader}/loans",
        f"/desk/groups/{papers.group}",
        f"/desk/groups/{papers.group}/sheet",
        f"/desk/groups/{papers.group}/handover",
        f"/desk/notebook/{papers.sheet}",
        f"/desk/notebook/print?sheets={papers.sheet}",
    ]


@pytest.mark.parametrize(("mode", "least"), [("light", 44), ("contrast", 44), ("elder", 60)])
def test_everybody_can_use_these_pages(browser: Browser, site: Site, papers: Papers, mode: str, least: int) -> None:
    assert mode in MODES
    context = opened(browser, site, 320, mode)
    page = context.new_page()
    sign_in_staff(page, "admin")
    found, wide, small = [], [], []
    for address in addresses(papers):
        found += findings(page, address)
        page.set_viewport_size({"width": 320, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(address)
        small += [f"{address}: {one}" for one in page.evaluate(SMALL_TARGETS, least)]
    sign_in_reader(page, site.county.card)
    found += findings(page, f"/me/loans/{papers.loan}")
    context.close()

    assert (found, wide, small) == ([], [], [])


def test_a_class_takes_a_list_and_brings_it_back(plain: Page, papers: Papers) -> None:
    sign_in_staff(plain, "keeper", then="/desk/groups")
    plain.get_by_label("扫集体证").fill(papers.card)
    plain.get_by_role("button", name="确定").click()
    plain.get_by_label("一本一本扫书").fill("\n".join(papers.barcodes))
    plain.get_by_role("button", name="全部借出").click()
    expect(plain.locator("main")).to_contain_text("3 条里办好 3 条")
    plain.get_by_role("link", name="打印勾选单").click()
    expect(plain.locator("table.paper tbody tr")).to_have_count(6)

    plain.goto(f"/desk/groups/{papers.group}")
    plain.get_by_role("checkbox").first.check()
    plain.get_by_label("扫还来的书").fill(papers.barcodes[2])
    plain.get_by_role("button", name="这些还了").click()

    expect(plain.get_by_role("heading", name="还没还的")).to_contain_text("1")


def test_a_sheet_of_a_power_cut_is_entered_row_by_row(plain: Page, papers: Papers, site: Site) -> None:
    sign_in_staff(plain, "keeper", then="/desk/notebook")
    plain.get_by_label("扫单子上的号码").fill(papers.sheet)
    plain.get_by_role("button", name="确定").click()
    day = (clock.today() - timedelta(days=3)).isoformat()
    plain.get_by_label("借出日期：第 1 行").fill(day)
    plain.get_by_label("证号或姓名：第 1 行").fill(site.county.card)
    plain.get_by_label("条码：第 1 行").fill(papers.barcodes[0])
    plain.get_by_label("证号或姓名：第 2 行").fill("没有这个人")
    plain.get_by_label("条码：第 2 行").fill(papers.barcodes[1])
    plain.get_by_role("button", name="写好这些行").click()
    expect(plain.locator("main")).to_contain_text("2 行里写好 1 行")

    expect(plain.get_by_label("证号或姓名：第 2 行")).to_have_value("没有这个人")
    plain.get_by_label("证号或姓名：第 2 行").fill(site.county.card)
    plain.get_by_label("归还日期：第 1 行").fill(clock.today().isoformat())
    plain.get_by_role("button", name="写好这些行").click()

    expect(plain.locator("main")).to_contain_text("2 行里写好 2 行")


def test_a_reader_says_that_a_book_is_lost_and_the_keeper_settles_it(plain: Page, papers: Papers, site: Site) -> None:
    sign_in_reader(plain, site.county.card)
    plain.get_by_role("link", name="书有问题").last.click()
    plain.get_by_role("button", name="我弄丢了").click()
    expect(plain.locator("main")).to_contain_text("已记为丢失")

    sign_in_staff(plain, "admin", then="/desk/cases")
    plain.goto("/desk/cases?branch=east")
    card = plain.locator("li.card").filter(has_text="弄丢的")
    card.get_by_label("怎么处理").select_option("replaced")
    card.get_by_role("button").click()

    expect(plain.locator("main")).to_contain_text("处理好了")
