"""A browser, a server on the loopback address, and a small county that the journeys go through."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from catalog.items.services import item_by_code
from catalog.search.engines import engine
from catalog.search.rebuild import rebuild
from circulation.holds.services import place_hold
from library.kernel.db import Database
from library.kernel.operations import system_operation
from library.patrons.services import patron_by_card
from tests.factories import a_loan
from tests.journeys.county import County, build

CHROMIUM = "/usr/bin/chromium"


@dataclass(frozen=True)
class Site:
    """The address of the running server and what is in its county."""

    address: str
    county: County


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; `--no-sandbox` because tests may run as root, where its sandbox refuses to start."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is required on CI")
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Journeys look at pages, not at engines: SQLite is enough."""
    path = tmp_path / "county.sqlite"
    source, target = sqlite3.connect(sqlite_template), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()
    return f"sqlite:///{path}"


@pytest.fixture
def site(app: Flask, database: Database) -> Iterator[Site]:
    with app.app_context(), database.writing() as session:
        county = build(session)
    with app.app_context():
        rebuild(database, engine())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", county)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A phone of 360 pixels that has chosen the village `east`."""
    opened = browser.new_context(base_url=site.address, viewport={"width": 360, "height": 740})
    opened.set_default_timeout(15_000)
    opened.add_cookies([{"name": "village", "value": "east", "url": site.address}])
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[Page]:
    """A browser in which no script runs."""
    opened = browser.new_context(
        base_url=site.address, viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    opened.set_default_timeout(15_000)
    opened.add_cookies([{"name": "village", "value": "east", "url": site.address}])
    yield opened.new_page()
    opened.close()


@pytest.fixture
def waiting(app: Flask, database: Database, site: Site) -> int:
    """A hold of the reader on 上下五千年, whose only copy another reader has."""
    with app.app_context(), database.writing() as session:
        reader, other = (patron_by_card(session, card) for card in (site.county.card, site.county.other_card))
        item = item_by_code(session, site.county.barcodes["上下五千年"])
        a_loan(session, item=item, patron=other)
        answer = place_hold(
            session,
            system_operation("place_hold"),
            patron_id=reader.id,
            bib_id=item.bib_id,
            pickup_branch_id=reader.home_branch_id,
        )
    assert answer["hold"]["state"] == "waiting"
    return int(answer["hold"]["id"])
