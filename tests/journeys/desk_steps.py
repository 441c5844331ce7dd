"""What a keeper does at the desk, for the journeys there."""

from playwright.sync_api import Page, expect

from tests.journeys.steps import scan, sign_in_staff


def open_desk(page: Page, name: str = "keeper") -> None:
    sign_in_staff(page, name)
    page.locator("[data-desk][data-ready]").wait_for()


def all_sent(page: Page) -> None:
    """Wait until the queue is empty and every line is answered."""
    expect(page.locator("[data-desk]")).to_have_attribute("data-sent", "all", timeout=30_000)


def scan_all(page: Page, *codes: str) -> None:
    """Scan at machine speed, then wait for the answers."""
    for code in codes:
        scan(page, code)
    all_sent(page)


def top_line(page: Page) -> str:
    """Return what the newest line says."""
    return page.locator("[data-log] > li").first.inner_text()


def press_as_scanner_with_input_method(page: Page, code: str, where: str = "document.body") -> None:
    """Press physical keys as a Chinese input method reports them: no character, only the place of the key."""
    page.evaluate(
        """([code, where]) => {
          const target = where === 'field' ? document.getElementById('code') : document.body;
          const press = (name) => target.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Process', code: name, bubbles: true, cancelable: true }));
          [...code].forEach(digit => press('Digit' + digit));
          press('Enter');
        }""",
        [code, where],
    )
