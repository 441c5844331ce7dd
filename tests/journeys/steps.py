"""What people do on the pages, in their words."""

from playwright.sync_api import Locator, Page

from tests.journeys.county import PASSWORD, PIN


def sign_in_reader(page: Page, card: str, then: str = "/me") -> None:
    page.goto(f"/sign-in?next={then}")
    form = page.locator("form:has([name=card])")
    form.locator("[name=card]").fill(card)
    form.locator("[name=pin]").fill(PIN)
    form.locator("button").click()
    page.wait_for_url(f"**{then}")


def sign_in_staff(page: Page, name: str, then: str = "/desk") -> None:
    page.goto(f"/sign-in?next={then}")
    form = page.locator("form:has([name=password])")
    if not form.locator("[name=name]").is_visible():
        page.locator("details summary").first.click()
    form.locator("[name=name]").fill(name)
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button").click()
    page.wait_for_url(f"**{then}")


def scan(page: Page, code: str) -> None:
    """Type like a scanner: digits, then Enter, wherever the focus is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def last_said(page: Page, words: str) -> Locator:
    """Wait until the newest line of the desk's log is answered and says `words`; return the line."""
    line = page.locator("[data-log] > li:not(.waiting)").filter(has_text=words).first
    line.wait_for()
    return line


def press_twice(button: Locator) -> None:
    """Click as an impatient thumb does."""
    button.dblclick()
