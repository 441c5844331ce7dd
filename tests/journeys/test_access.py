"""What everybody must be able to use: no barrier axe can find, no sideways scrolling, targets a thumb can hit."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.conftest import Site
from tests.journeys.steps import sign_in_reader, sign_in_staff

AXE = (Path(__file__).parent.parent / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text(encoding="utf-8")
MODES = {
    "light": {},
    "contrast": {"theme": "contrast"},
    "dark": {"theme": "dark"},
    "elder": {"size": "elder"},
}
FINDINGS = """() => axe.run().then(found =>
  found.violations.flatMap(one => one.nodes.map(node => one.id + ' ' + node.html)))"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll('a.button, button, .top a, .tabs a, input:not([type=hidden])')]
  .filter(one => one.offsetParent && one.getBoundingClientRect().height < least && !['radio', 'checkbox'].includes(one.type))
  .map(one => one.outerHTML.slice(0, 120))"""


def reader_pages(site: Site, waiting: int) -> list[str]:
    book = site.county.bibs["果树嫁接图解"]
    return [
        "/",
        "/s?q=农",
        "/s?q=没有这本书",
        f"/b/{book}",
        "/me",
        "/me/history",
        "/new",
        "/rank",
        "/wish",
        "/v",
        "/help",
        "/help/reasons",
        f"/holds/new?bib={book}",
        f"/holds/{waiting}",
    ]


STAFF_PAGES = [
    "/desk",
    "/desk/today",
    "/desk/mat",
    "/desk/moves",
    "/desk/wishes",
    "/desk/opening",
    "/desk/cases",
    "/desk/copies?code=NOBODY7",
    "/desk/groups",
    "/desk/notebook",
    "/desk/notebook/enter",
    "/plan",
    "/plan/rooms/east",
    "/admin",
    "/admin/rules",
    "/admin/rules/explain?branch=east&category=elder",
    "/admin/rules/history",
    "/admin/rules/new?rule=fine_cap",
    "/admin/rules/new?rule=renew_blocked_by",
    "/admin/rules/new?rule=hard_due",
    "/admin/imports",
    "/admin/hours/week",
    "/admin/hours/closures",
]


def opened(browser: Browser, site: Site, width: int, mode: str) -> BrowserContext:
    context = browser.new_context(base_url=site.address, viewport={"width": width, "height": 800})
    chosen = {"village": "east", **MODES[mode]}
    context.add_cookies([{"name": name, "value": value, "url": site.address} for name, value in chosen.items()])
    return context


def findings(page: Page, address: str) -> list[Any]:
    """Return what axe finds on a page, at both widths of the contract."""
    page.goto(address)
    page.evaluate(AXE)
    found = []
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{address} at {width}: {one}" for one in page.evaluate(FINDINGS)]
    return found


@pytest.mark.parametrize("mode", sorted(MODES))
def test_axe_finds_nothing_on_a_phone_or_a_desk(browser: Browser, site: Site, waiting: int, mode: str) -> None:
    context = opened(browser, site, 360, mode)
    page = context.new_page()
    found = findings(page, "/sign-in")
    sign_in_reader(page, site.county.card)
    for address in reader_pages(site, waiting):
        found += findings(page, address)
    sign_in_staff(page, "admin")
    for address in STAFF_PAGES:
        found += findings(page, address)
    context.close()

    assert found == []


@pytest.mark.parametrize(("mode", "least"), [("light", 44), ("elder", 60)])
def test_nothing_scrolls_sideways_and_every_target_is_large_enough(
    browser: Browser, site: Site, waiting: int, mode: str, least: int
) -> None:
    context = opened(browser, site, 320, mode)
    page = context.new_page()
    wide, small = [], []
    sign_in_reader(page, site.county.card)
    for address in [*reader_pages(site, waiting), None, *STAFF_PAGES]:
        if address is None:
            sign_in_staff(page, "admin")
            continue
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(address)
        small += [f"{address}: {one}" for one in page.evaluate(SMALL_TARGETS, least)]
    context.close()

    assert wide == []
    assert small == []


def test_no_page_breaks_its_own_content_security_policy(page: Page, site: Site, waiting: int) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
    sign_in_reader(page, site.county.card)
    for address in reader_pages(site, waiting):
        page.goto(address)
    sign_in_staff(page, "admin")
    for address in STAFF_PAGES:
        page.goto(address)

    assert said == []


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page, site: Site) -> None:
    page.goto("/rank")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
