"""A scan is complete when the browser has written it down: nothing is lost, nothing is doubled, the order stays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import func, select, update

from catalog.bibs.models import BibSourceRecord
from catalog.items.models import Item
from circulation.models import Loan
from library import checks
from library.accounts.models import SignInSession
from library.kernel import clock
from library.kernel.checks import run
from library.kernel.db import Database
from library.kernel.models import EventRow, OperationRow
from library.kernel.passwords import hash_secret
from tests import factories
from tests.journeys.conftest import Site
from tests.journeys.county import PASSWORD
from tests.journeys.desk_steps import all_sent, open_desk, scan_all, top_line
from tests.journeys.steps import last_said, scan, sign_in_staff
from tests.serving import Served

PAUSE_S = 10
RETURNED, LENT = 40, 5
# What a browser says when the cable is plugged in again: the desk tries at once.
ONLINE = "window.dispatchEvent(new Event('online'))"
BOOK, OTHER_BOOK, OWN_BOOK = "柑橘病虫害绿色防控图谱", "三国演义（少年版）", "家庭用药一本通"


@dataclass(frozen=True)
class Bin:
    """What lies on the desk: books to take back, a reader's card, books to lend."""

    returned: tuple[str, ...]
    card: str
    lent: tuple[str, ...]


def fill(database: Database) -> Bin:
    """Make a room with a keeper, forty books in the names of eight readers, and a ninth reader with five books to borrow."""
    with database.writing() as session:
        places = factories.a_county(session)
        factories.county_policies(session)
        east = places["east"]
        factories.staff(session, "keeper", ("room_keeper", east)).password_hash = hash_secret(PASSWORD)
        copies = [factories.an_item(session, branch=east) for _ in range(RETURNED + LENT)]
        source = {"source": "form", "flavour": "form", "record": {}, "checksum": "1", "created_at": clock.now()}
        session.add_all(BibSourceRecord(bib_id=item.bib_id, **source) for item in copies)
        readers = [factories.a_patron(session, branch=east) for _ in range(9)]
        for number, item in enumerate(copies[:RETURNED]):
            factories.a_loan(session, item=item, patron=readers[number % 8])
        card = factories.patron_card(session, readers[8])
        barcodes = tuple(item.barcode for item in copies)
    return Bin(barcodes[:RETURNED], card, barcodes[RETURNED:])


@contextmanager
def paused(served: Served, seconds: float) -> Iterator[None]:
    """Stop the server, and let it go on after `seconds`, whatever happens meanwhile."""
    served.pause()
    timer = threading.Timer(seconds, served.resume)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_forty_returned_and_five_lent_at_machine_speed_while_the_server_stands_still(
    browser: Browser, database_url: str, tmp_path: Path
) -> None:
    served, database = Served(database_url, tmp_path), Database(database_url)
    on_desk = fill(database)
    served.start()
    context = browser.new_context(base_url=served.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    open_desk(page)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))

    for code in on_desk.returned[:15]:
        scan(page, code)
    with paused(served, PAUSE_S):
        for code in on_desk.returned[15:30]:
            scan(page, code)
        expect(page.locator("[data-state]")).to_contain_text("待同步")
        page.reload()
    for code in (*on_desk.returned[30:], on_desk.card, *on_desk.lent):
        scan(page, code)
    expect(page.locator("[data-desk]")).to_have_attribute("data-sent", "all", timeout=60_000)
    expect(page.locator("[data-log] > li.waiting")).to_have_count(0)
    context.close()
    served.kill()

    assert len(loads) == 1
    assert_everything_once(database, on_desk)
    database.dispose()


def assert_everything_once(database: Database, on_desk: Bin) -> None:
    """Assert that each scan is one operation, in the order it was scanned, and each book one loan or one return."""
    checks.register_all()
    with database.reading() as session:
        rows = session.scalars(select(OperationRow).where(OperationRow.kind == "desk").order_by(OperationRow.at)).all()
        answers = [row.answer or {} for row in rows]
        changed = [answer for answer in answers if answer["did"] in {"taken_back", "lent"}]
        assert len(changed) == RETURNED + LENT == 45
        assert {answer["decision"] for answer in answers} == {"allowed"}
        assert [answer["did"] for answer in answers] == ["taken_back"] * RETURNED + ["reader"] + ["lent"] * LENT
        codes = dict(session.execute(select(Item.id, Item.barcode)).all())
        assert [codes[answer["item"]] for answer in changed] == [*on_desk.returned, *on_desk.lent]
        kinds = dict(session.execute(select(EventRow.kind, func.count()).group_by(EventRow.kind)).all())
        assert (kinds["loan.closed"], kinds["loan.opened"]) == (RETURNED, LENT)
        closed, opened = (
            session.scalar(select(func.count()).select_from(Loan).where(condition))
            for condition in (Loan.in_at.is_not(None), Loan.in_at.is_(None))
        )
        assert (closed, opened) == (RETURNED, LENT)
        assert run(session) == []


def operations(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(OperationRow).where(OperationRow.kind == "desk")) or 0


def test_an_answer_that_is_lost_on_its_way_is_asked_for_again(page: Page, site: Site, database: Database) -> None:
    open_desk(page)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) < 2 and route.request.method == "POST":
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/desk", lose)
    scan_all(page, site.county.card, site.county.barcodes[BOOK])

    assert lost == [200, 200]
    assert f"借出：《{BOOK}》" in top_line(page)
    assert operations(database) == 2


def test_scans_without_a_network_outlive_a_reload_and_keep_their_reader(
    context: BrowserContext, page: Page, site: Site
) -> None:
    open_desk(page)
    scan_all(page, site.county.card)
    context.set_offline(True)
    scan(page, site.county.barcodes[BOOK])
    expect(page.locator("[data-state]")).to_contain_text("待同步 1")
    expect(page.locator("[data-sync]")).to_have_class("sync behind")
    context.set_offline(False)

    page.reload()
    expect(page.get_by_role("region", name="台前的读者")).to_contain_text("张秀英")
    scan_all(page, site.county.barcodes[OTHER_BOOK])

    lines = page.locator("[data-log] > li")
    expect(lines.nth(0)).to_contain_text(f"借出：《{OTHER_BOOK}》")
    expect(lines.nth(1)).to_contain_text(f"借出：《{BOOK}》")


def test_two_windows_share_one_queue_and_each_shows_its_own_scans(
    context: BrowserContext, page: Page, site: Site, database: Database
) -> None:
    other = context.new_page()
    open_desk(page)
    other.goto("/desk")
    other.locator("[data-desk][data-ready]").wait_for()
    context.set_offline(True)
    scan(page, site.county.card)
    scan(other, site.county.barcodes[OWN_BOOK])
    scan(page, site.county.barcodes[BOOK])
    context.set_offline(False)
    for window in (page, other):
        window.evaluate(ONLINE)

    all_sent(page)
    all_sent(other)
    last_said(page, f"借出：《{BOOK}》")
    last_said(other, f"还了：《{OWN_BOOK}》")
    assert "张秀英" in page.get_by_role("region", name="台前的读者").inner_text()
    assert operations(database) == 3


def test_scans_wait_for_a_keeper_whose_session_has_ended(page: Page, site: Site, database: Database) -> None:
    open_desk(page)
    scan_all(page, site.county.card)
    with database.writing() as session:
        session.execute(update(SignInSession).values(revoked_at=clock.now()))

    scan(page, site.county.barcodes[BOOK])
    expect(page.locator("[data-state]")).to_contain_text("请重新登录")
    expect(page.locator("[data-state]")).to_contain_text("待同步 1")
    page.get_by_role("link", name="登录", exact=True).click()
    form = page.locator("form:has([name=password])")
    form.locator("[name=name]").fill("keeper")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").click()
    page.locator("[data-desk][data-ready]").wait_for()

    all_sent(page)
    assert f"借出：《{BOOK}》" in top_line(page)


def test_a_scan_the_server_fails_at_is_set_aside_and_holds_nobody_up(page: Page, site: Site) -> None:
    open_desk(page)
    broken = site.county.barcodes[OWN_BOOK]

    def fail(route: Route) -> None:
        if route.request.method == "POST" and broken in (route.request.post_data or ""):
            route.fulfill(status=500, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    page.route("**/desk", fail)
    with page.expect_response("**/desk"):
        scan(page, broken)
    scan(page, site.county.barcodes[BOOK])
    for _ in range(4):
        with page.expect_response("**/desk"):
            page.evaluate(ONLINE)
    expect(page.locator("[data-trouble]")).to_contain_text("留在这台机器里： 1")
    expect(page.locator("[data-log] > li", has_text=BOOK)).to_contain_text("还了")

    page.unroute("**/desk")
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("[data-log] > li", has_text=OWN_BOOK)).to_contain_text("还了")
    expect(page.locator("[data-trouble]")).to_be_hidden()


def test_registering_undoing_and_confirming_wait_in_the_same_queue(
    context: BrowserContext, page: Page, site: Site
) -> None:
    open_desk(page)
    scan_all(page, site.county.card, site.county.barcodes[OWN_BOOK])
    context.set_offline(True)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    scan(page, site.county.barcodes[BOOK])
    expect(page.locator("[data-state]")).to_contain_text("待同步 3")
    context.set_offline(False)

    page.reload()
    all_sent(page)

    said = page.locator("[data-log] > li .said").all_inner_texts()
    assert [text.split("：")[0] for text in said[:3]] == ["借出", "撤销了", "续借"]


def test_scans_of_another_room_wait_for_whoever_may_send_them(page: Page, site: Site, database: Database) -> None:
    open_desk(page)
    page.route("**/desk", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    scan(page, site.county.barcodes[OWN_BOOK])
    expect(page.locator("[data-state]")).to_contain_text("待同步 1")

    sign_in_staff(page, "keeper-west")
    page.unroute("**/desk")
    expect(page.locator("[data-state]")).to_contain_text("请用原来的账号登录")
    assert operations(database) == 0
    sign_in_staff(page, "keeper")

    page.locator("[data-desk][data-ready]").wait_for()
    all_sent(page)
    assert operations(database) == 1
