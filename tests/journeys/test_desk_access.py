"""A desk at work for everybody: with questions, a form, exceptions and an open visit, in every mode and at every width."""

import pytest
from playwright.sync_api import Browser, Page

from library.kernel.identifiers import CodeKind, new_code
from tests.journeys.conftest import Site
from tests.journeys.desk_steps import open_desk, scan_all
from tests.journeys.test_access import AXE, FINDINGS, MODES, SMALL_TARGETS, opened

WIDTHS = (320, 360, 1280)
# What a keyboard reaches: focused, in view, with a ring of at least two pixels, and nothing lying over it.
STOP = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const over = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + box.height / 2);
  return {
    name: at.outerHTML.slice(0, 90),
    ring: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none',
    seen: box.top >= -1 && box.bottom <= innerHeight + 1,
    bare: !over || at === over || at.contains(over) || over.contains(at) || over.tagName === 'LABEL',
    end: at === document.body,
  };
}"""


def busy_desk(page: Page, site: Site) -> None:
    """Bring the desk into a state with everything on it that can be."""
    barcodes = site.county.barcodes
    open_desk(page)
    scan_all(page, site.county.card, barcodes["柑橘病虫害绿色防控图谱"], "T0091", barcodes["家庭用药一本通"])
    page.keyboard.press("Control+z")
    scan_all(page, new_code(CodeKind.PATRON, 990_001))
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    scan_all(page, site.county.card, barcodes["家庭用药一本通"])


@pytest.mark.parametrize("mode", sorted(MODES))
def test_axe_finds_nothing_at_a_busy_desk_and_nothing_scrolls_sideways(browser: Browser, site: Site, mode: str) -> None:
    context = opened(browser, site, WIDTHS[0], mode)
    context.set_default_timeout(15_000)
    page = context.new_page()
    busy_desk(page, site)
    page.evaluate(AXE)
    found, wide = [], []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width}: {one}" for one in page.evaluate(FINDINGS)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(width)
    small = page.evaluate(SMALL_TARGETS, 60 if mode == "elder" else 44)
    context.close()

    assert found == []
    assert wide == []
    assert small == []


def test_a_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, site: Site) -> None:
    context = opened(browser, site, 1280, "light")
    context.set_default_timeout(15_000)
    page = context.new_page()
    busy_desk(page, site)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["end"]:
            break
        stops.append(stop)
    context.close()

    assert len(stops) > 30
    assert [stop for stop in stops if not (stop["ring"] and stop["seen"] and stop["bare"])] == []
