"""The main job by API alone, with every request sent twice.

Real records come in, a book is found, lent in one village, taken back in another, sent home in a transfer, and a
restocking suggestion follows from the loans.
"""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from library import checks
from library.kernel import jobs
from library.kernel.checks import run
from library.kernel.db import Database
from library.kernel.operations import new_id
from library.patrons.models import Patron
from tests.contract.conftest import County

RECORDS = Path(__file__).parents[1] / "data" / "marc" / "cnmarc_bnu_gbk.iso"


@pytest.fixture
def told_twice(county: County) -> County:
    county.admin.sent_twice = True
    return county


def _import_twice(county: County) -> dict[str, Any]:
    operation_id = new_id()

    def send() -> dict[str, Any]:
        form = {
            "operation_id": operation_id,
            "branch": county.east,
            "file": (io.BytesIO(RECORDS.read_bytes()), "a.iso"),
        }
        sent = county.admin.client.post("/api/v1/imports", data=form, headers=county.admin._headers())
        assert sent.status_code == 200, sent.get_json()
        body: dict[str, Any] = sent.get_json()
        return body

    first, again = send(), send()
    assert first == again
    return first


def _found(county: County, words: str) -> dict[str, Any]:
    page = county.admin.get("/bibs", q=words).get_json()
    assert page["total"] >= 1, page
    first: dict[str, Any] = page["items"][0]
    return first


def _ok(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = response.get_json()
    assert response.status_code in {200, 201}, body
    return body


def test_import_find_lend_bring_back_send_home_and_restock(app: Flask, database: Database, told_twice: County) -> None:
    admin, east, west = told_twice.admin, told_twice.east, told_twice.west
    batch = _import_twice(told_twice)
    assert (batch["records"], batch["new"], batch["rejected"]) == (10, 10, 0)
    with app.app_context():
        jobs.drain()
    title = admin.get(f"/bibs/{_first_imported(told_twice)}").get_json()["title"]
    bib = _found(told_twice, title)
    item = _ok(admin.post("/items", bib=bib["id"], owner_branch=east, source="purchase"))
    lent = _ok(admin.post("/checkouts", branch=east, card=told_twice.card, barcode=item["barcode"]))
    assert lent["decision"] == "allowed"
    renewed = _ok(admin.post("/renewals", loan=lent["loan"]["id"]))
    assert renewed["decision"] in {"allowed", "refused"}
    back = _ok(admin.post("/checkins", branch=west, barcode=item["barcode"]))
    assert (back["next"], back["destination"]) == ("transfer", east)
    (transfer,) = _ok(admin.get("/transfers", branch=west))["items"]
    for step in ("pick", "dispatch", "receive", "shelve"):
        done = admin.post(f"/transfers/{transfer['id']}/{step}")
        assert _ok(done)["decision"] == "allowed", (step, done.get_json())
    home = _ok(admin.get(f"/items/{item['id']}"))
    assert (home["status"], home["current_branch"]) == ("available", east)
    held = _ok(admin.post("/holds", patron=_patron(database), bib=bib["id"], pickup_branch=west))
    assert held["decision"] == "allowed"
    wish = _ok(admin.post("/wishes", patron=_patron(database), branch=east, title="果树修剪入门"))
    assert wish["decision"] == "allowed"
    plan = _ok(admin.post("/restock/plans", branch="county", budget=2000))
    shown = _ok(admin.get(f"/restock/plans/{plan['id']}"))
    assert shown["lines"], shown
    assert all(line["evidence"] for line in shown["lines"])
    _ok(admin.post(f"/restock/plans/{plan['id']}/approve"))
    checks.register_all()
    with database.reading() as session:
        assert run(session) == []


def _first_imported(county: County) -> int:
    found = county.admin.get("/bibs", q="", per_page=50).get_json()
    return max(int(one["id"]) for one in found["items"])


def _patron(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(Patron.id).limit(1)).one()
