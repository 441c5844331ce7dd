"""Pictures of the pages for the documentation: `python -m tests.journeys.screenshots ADDRESS FOLDER [options]`.

Run against a server with the sample county. Readers' pages need nobody signed in; with `--card` and `--pin`, and `--staff`
and `--password`, the reader's and the desk's and planner's pages are taken too.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": (360, 740), "desk": (1280, 800)}
MODES = {"": {}, "-elder": {"size": "elder", "theme": "contrast"}}
PUBLIC = {"home": "/", "search": "/s?q=农", "rank": "/rank", "children": "/kids", "help": "/help"}
OWN = {"mine": "/me", "wish": "/wish"}
STAFF = {"lending": "/desk", "moves": "/desk/moves", "planner": "/plan"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take pictures of the pages for the documentation.")
    parser.add_argument("address", help="of a running server, http://127.0.0.1:8000")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--village", default="", help="code of the village the reader has chosen")
    parser.add_argument("--card", default="")
    parser.add_argument("--pin", default="")
    parser.add_argument("--staff", default="")
    parser.add_argument("--password", default="")
    return parser.parse_args()


def opened(browser: Browser, options: argparse.Namespace, size: str, cookies: dict[str, str]) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(base_url=options.address, viewport={"width": width, "height": height})
    chosen = {**cookies, **({"village": options.village} if options.village else {})}
    context.add_cookies([{"name": name, "value": value, "url": options.address} for name, value in chosen.items()])
    return context.new_page()


def sign_in(page: Page, fields: dict[str, str]) -> None:
    page.goto("/sign-in")
    last = list(fields)[-1]
    form = page.locator(f"form:has([name={last}])")
    if not form.locator(f"[name={last}]").is_visible():
        page.locator("details summary").first.click()
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").click()
    page.wait_for_load_state()


def take(page: Page, pages: Iterable[tuple[str, str]], folder: Path, ending: str) -> None:
    for name, address in pages:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}-{ending}.png")


def main() -> None:
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for size in SIZES:
            for mode, cookies in MODES.items():
                page = opened(browser, options, size, cookies)
                take(page, PUBLIC.items(), options.folder, size + mode)
                if options.card:
                    sign_in(page, {"card": options.card, "pin": options.pin})
                    take(page, OWN.items(), options.folder, size + mode)
                if options.staff:
                    sign_in(page, {"name": options.staff, "password": options.password})
                    take(page, STAFF.items(), options.folder, size + mode)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
