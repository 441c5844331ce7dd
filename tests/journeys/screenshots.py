"""Pictures of the pages of a sample county, for the documentation: `python -m tests.journeys.screenshots FOLDER`."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import exists, select
from werkzeug.serving import make_server

from catalog.items.models import Item
from circulation.models import Loan
from library.app import create_app
from library.branches.services import branch_by_code
from library.kernel.db import reading
from library.patrons.models import Patron, PatronCard

BETWEEN_SCANS_MS = 300
CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": (360, 740), "wide": (1280, 800)}
MODES: Mapping[str, Mapping[str, str]] = {"": {}, "-elder": {"size": "elder", "theme": "contrast"}}
PUBLIC = {"home": "/", "search": "/s?q=种植", "rank": "/rank", "children": "/kids", "help": "/help"}
OWN = {"mine": "/me", "wish": "/wish"}
KEEPER = {"moves": "/desk/moves", "journal": "/desk/today", "mat": "/desk/mat"}
PLANNER = {"planner": "/plan"}
ADMINISTRATOR = {"rules": "/admin/rules", "why": "/admin/rules/explain?category=elder"}


@contextmanager
def sample_county(folder: Path) -> Iterator[tuple[Flask, str, Mapping[str, Any]]]:
    """Load a sample county into `folder` and serve it; yield it, its address and the sign-ins."""
    os.environ["LIBRARY_DATA_DIR"] = str(folder)
    command = [sys.executable, "-c", "from library.cli import main; main()", "demo", "--json"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True)
    app = create_app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        people = json.loads(loaded.stdout.splitlines()[-1])["sign_ins"]
        yield app, f"http://127.0.0.1:{server.server_port}", people
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def visitor(browser: Browser, address: str, size: str, cookies: Mapping[str, str]) -> Page:
    """Return a page in a fresh browser with the given preferences."""
    width, height = SIZES[size]
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return context.new_page()


def sign_in(page: Page, fields: Mapping[str, str]) -> None:
    """Fill in the form that has these fields."""
    page.goto("/sign-in")
    form = page.locator(f"form:has([name={next(iter(fields))}])")
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").click()
    page.wait_for_load_state()


def take(page: Page, pages: Mapping[str, str], folder: Path, ending: str) -> None:
    """Take one picture of each page."""
    for name, address in pages.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}-{ending}.png")


def card_and_books(app: Flask, code: str, count: int) -> tuple[str, list[str]]:
    """Return the card of a reader of a branch who has nothing on loan, and the barcodes of some copies on its shelf."""
    with app.app_context(), reading() as session:
        branch_id = branch_by_code(session, code).id
        lent = exists().where(Loan.patron_id == PatronCard.patron_id, Loan.in_at.is_(None))
        readers = select(PatronCard.number).join(Patron, Patron.id == PatronCard.patron_id)
        readers = readers.where(Patron.home_branch_id == branch_id, PatronCard.state == "active", ~lent)
        books = select(Item.barcode).where(Item.current_branch_id == branch_id, Item.is_available)
        return session.scalars(readers.limit(1)).one(), list(session.scalars(books.limit(count)))


def lend_some(page: Page, card: str, barcodes: list[str]) -> None:
    """Lend a few books, so that the picture of the desk shows one at work."""
    page.goto("/desk")
    page.locator("[data-desk][data-ready]").wait_for()
    for code in (card, *barcodes):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.wait_for_timeout(BETWEEN_SCANS_MS)
    page.wait_for_load_state("networkidle")


def main() -> None:
    """Take every picture at both widths and in both sizes."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        sample_county(Path(data)) as (app, address, people),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        reader = people["readers"][0]
        staff = {member["name"]: member for member in people["staff"]}
        village = staff["keeper"]["branch"]
        for size in SIZES:
            for mode, cookies in MODES.items():
                page = visitor(browser, address, size, {**cookies, "village": village})
                take(page, PUBLIC, folder, size + mode)
                sign_in(page, {"card": reader["card"], "pin": reader["pin"]})
                take(page, OWN, folder, size + mode)
                sign_in(page, {"name": "keeper", "password": staff["keeper"]["password"]})
                lend_some(page, *card_and_books(app, village, 3))
                page.screenshot(path=folder / f"lending-{size}{mode}.png")
                take(page, KEEPER, folder, size + mode)
                sign_in(page, {"name": "planner", "password": staff["planner"]["password"]})
                take(page, PLANNER, folder, size + mode)
                sign_in(page, {"name": "admin", "password": staff["admin"]["password"]})
                take(page, ADMINISTRATOR, folder, size + mode)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
