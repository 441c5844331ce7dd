"""The notebook over HTTP and on the pages, without a script."""

from typing import Any

import pytest
from flask import Flask

from library.accounts.rules import Role
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.acting import Api
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card


class Notebook(Api):
    """A keeper of the room in the east with a card, a few barcodes and the branches."""

    places: dict[str, Any]
    card: str
    books: list[str]


@pytest.fixture
def api(app: Flask, database: Database, clock: object) -> Notebook:
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        card = patron_card(session, a_patron(session, branch=places["east"], name="张秀英"))
        books = [an_item(session, branch=places["east"]).barcode for _ in range(4)]
    made = Notebook(app)
    made.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    made.become(Role.ROOM_KEEPER, places["east"])
    made.places, made.card, made.books = places, card, books
    return made


def test_a_line_is_written_once_with_its_real_days(api: Notebook) -> None:
    line = {"operation_id": new_id(), "branch": "east", "card": api.card, "barcode": api.books[0]}
    line |= {"lent_on": "2026-10-03", "returned_on": "2026-10-20"}
    dry = api.post("/loans/backdated", **{**line, "operation_id": new_id()}, dry_run=True)[1]
    assert (dry["decision"], dry["step"], dry["loan"]) == ("allowed", "history", None)
    first, again = (api.post("/loans/backdated", **line) for _ in range(2))
    assert first == again
    assert (first[0], first[1]["loan"]["lent_on"], first[1]["loan"]["returned_on"]) == (200, "2026-10-03", "2026-10-20")
    twice = api.post("/loans/backdated", **{**line, "operation_id": new_id()})[1]
    assert [reason["code"] for reason in twice["reasons"]] == ["notebook_written_already"]
    assert api.get("/stats?branch=east&from=2026-10-03&to=2026-10-03")[1]["loans"] == 1
    assert api.get("/stats?branch=east&from=2026-11-23&to=2026-11-23")[1]["loans"] == 0


def test_bad_lines_say_what_is_wrong(api: Notebook) -> None:
    line = {"branch": "east", "card": api.card, "barcode": api.books[0]}
    future = api.post("/loans/backdated", **line, lent_on="2027-01-01")
    assert (future[0], future[1]["reasons"][0]["code"]) == (200, "notebook_day_to_come")
    assert api.post("/loans/backdated", **line, lent_on="昨天")[0] == 422
    assert api.post("/loans/backdated", branch="east", lent_on="2026-10-03")[1]["code"] == "barcode_or_item_required"
    assert (
        api.post("/loans/backdated", **{**line, "branch": "west"}, lent_on="2026-10-03")[1]["code"] == "outside_grant"
    )
    assert api.post("/loan-sheets", branch="east", count=99)[0] == 422
    assert api.get("/loan-sheets/700000000000")[1]["code"] == "unknown_sheet"


def test_sheets_are_numbered_and_their_rows_entered(api: Notebook) -> None:
    body = {"operation_id": new_id(), "branch": "east", "count": 2}
    first, again = (api.post("/loan-sheets", **body)[1] for _ in range(2))
    assert first == again
    code = first["sheets"][0]
    row = {"operation_id": new_id(), "card": api.card, "barcode": api.books[0], "lent_on": "2026-10-03"}
    done, repeated = (api.post(f"/loan-sheets/{code}/rows/1", **row)[1] for _ in range(2))
    assert done == repeated
    assert (done["step"], done["row"]) == ("open", 1)
    refused = api.post(f"/loan-sheets/{code}/rows/1", card=api.card, barcode=api.books[1], lent_on="2026-10-04")[1]
    assert (refused["reasons"][0]["code"], refused["earlier"]["loan"]) == ("notebook_row_entered", done["loan"]["id"])
    assert api.post(f"/loan-sheets/{code}/rows/1", returned_on="2026-10-20")[1]["step"] == "close"
    shown = api.get(f"/loan-sheets/{code}")[1]
    assert [(one["row"], one["reader"], one["returned_on"]) for one in shown["rows"]] == [(1, "张**", "2026-10-20")]
    listed = api.get("/loan-sheets?branch=east")[1]
    assert [(one["entered"], one["row_count"]) for one in listed["items"]] == [(0, 25), (1, 25)]
    api.become(Role.ROOM_KEEPER, api.places["west"])
    assert api.get(f"/loan-sheets/{code}")[1]["code"] == "outside_grant"
    assert api.post(f"/loan-sheets/{code}/rows/2", **{**row, "operation_id": new_id()})[1]["code"] == "outside_grant"


def printed(api: Notebook) -> str:
    where = api.client.post("/desk/notebook", data={"operation_id": new_id(), "branch": "east", "count": "1"})
    address: str = where.headers["Location"]
    page = api.client.get(address).get_data(as_text=True)
    code = address.rsplit("=", 1)[1]
    assert (code in page, page.count("<tr>") >= 25, "<path d=" in page) == (True, True, True)
    return code


def test_a_sheet_is_printed_scanned_and_entered_on_pages(api: Notebook) -> None:
    code = printed(api)
    browser = api.client
    assert browser.get(f"/desk/notebook?code={code}").headers["Location"] == f"/desk/notebook/{code}"
    assert browser.get(f"/q/{code}").headers["Location"] == f"/desk/notebook/{code}"
    form = {
        "operation_id": new_id(),
        "lent_on-1": "2026-10-03",
        "card-1": api.card,
        "barcode-1": api.books[0],
        "card-2": "张秀英",
        "barcode-2": api.books[1],
        "lent_on-3": "2026-10-03",
        "card-3": "没有这个人",
        "barcode-3": api.books[2],
    }
    text = browser.post(f"/desk/notebook/{code}", data=form).get_data(as_text=True)
    assert "3 行里写好 2 行" in text
    assert 'value="没有这个人"' in text
    again = browser.post(f"/desk/notebook/{code}", data=form).get_data(as_text=True)
    assert "3 行里写好 2 行" in again
    back = {"operation_id": new_id(), "returned_on-1": "2026-10-20"}
    done = browser.post(f"/desk/notebook/{code}", data=back)
    assert done.status_code == 303
    page = browser.get(done.headers["Location"]).get_data(as_text=True)
    assert ("写好：已还" in page, "张**" in page, "张秀英" in page) == (True, True, False)
    assert api.get(f"/loan-sheets/{code}")[1]["entered"] == 2


def test_any_notebook_is_copied_and_asks_where_a_scan_of_the_day_leaves_a_doubt(api: Notebook) -> None:
    browser = api.client
    api.post("/checkins", branch="east", barcode=api.books[3])
    api.become(Role.COUNTY_ADMINISTRATOR, api.places["county"])
    api.post("/checkins", branch="west", barcode=api.books[3])
    form = {
        "operation_id": new_id(),
        "branch": "east",
        "lent_on-1": "2026-11-23",
        "card-1": api.card,
        "barcode-1": api.books[3],
    }
    text = browser.post("/desk/notebook/enter", data=form).get_data(as_text=True)
    assert 'name="still_out-1"' in text
    form |= {"operation_id": new_id(), "still_out-1": "1"}
    done = browser.post("/desk/notebook/enter", data=form)
    assert "写好：还没还" in browser.get(done.headers["Location"]).get_data(as_text=True)
    empty = browser.post("/desk/notebook/enter", data={"operation_id": new_id(), "branch": "east"})
    assert empty.status_code == 422
