"""Files sent over HTTP: imported once, shown with what was rejected, undone from the page."""

import html
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from catalog.bibs.models import Bib
from catalog.marc.reverting import revert_batch
from catalog.marc.uploads import unseen
from library.accounts.services import issue_token
from library.branches.services import branch_by_code
from library.kernel import jobs
from library.kernel.db import Database
from library.kernel.operations import new_id, system_operation
from tests import factories
from tests.contract.conftest import County, county

RECORDS = Path(__file__).parents[2] / "data" / "marc"
__all__ = ["county"]


def _send(client: FlaskClient, token: str | None, name: str, **form: str) -> dict[str, object]:
    data = {"operation_id": new_id(), **form, "file": (io.BytesIO((RECORDS / name).read_bytes()), name)}
    response = client.post("/api/v1/imports", data=data, headers={"Authorization": f"Bearer {token}"})
    body: dict[str, object] = response.get_json()
    return {"status": response.status_code, **body}


def test_a_file_sent_twice_with_one_id_is_imported_once(county: County, database: Database) -> None:
    operation_id = new_id()
    first, again = (
        _send(county.admin.client, county.admin.token, "cnmarc_bnu_utf8.iso", operation_id=operation_id)
        for _ in range(2)
    )
    assert first == again
    assert first["new"] == 10
    with database.reading() as session:
        assert session.scalar(select(func.count(Bib.id))) == 11


def test_the_same_file_in_another_encoding_matches_record_by_record(county: County) -> None:
    _send(county.admin.client, county.admin.token, "cnmarc_bnu_utf8.iso")
    again = _send(county.admin.client, county.admin.token, "cnmarc_bnu_gbk.iso")
    assert (again["new"], again["matched"]) == (0, 10)


def test_what_is_no_marc_is_said_so(county: County) -> None:
    sent = _send(county.admin.client, county.admin.token, "sample_dc.xml")
    assert (sent["records"], sent["rejected"]) == (0, 0)
    assert sent["errors"] == [{"file": "sample_dc.xml", "offset": 0, "reason": "not_marc"}]
    page = county.admin.client.get(
        f"/admin/imports/{sent['batch']}", headers={"Authorization": f"Bearer {county.admin.token}"}
    )
    assert "不是 MARC" in page.text


def test_a_form_without_a_file_is_told_so(county: County) -> None:
    response = county.admin.client.post(
        "/api/v1/imports",
        data={"operation_id": new_id()},
        headers={"Authorization": f"Bearer {county.admin.token}"},
    )
    assert (response.status_code, response.get_json()["code"]) == (422, "file_required")


def test_a_keeper_may_not_import(county: County) -> None:
    sent = _send(county.keeper.client, county.keeper.token, "cnmarc_bnu_utf8.iso")
    assert sent["status"] == 403


def test_the_page_lists_an_import_and_undoes_it(app: Flask, county: County, database: Database) -> None:
    headers = {"Authorization": f"Bearer {county.admin.token}"}
    client = app.test_client()
    data = {"operation_id": new_id(), "file": (io.BytesIO((RECORDS / "cnmarc_bnu_utf8.iso").read_bytes()), "a.iso")}
    sent = client.post("/admin/imports", data=data, headers=headers)
    assert sent.status_code == 303
    page = client.get(sent.headers["Location"], headers=headers)
    assert "a.iso" in page.text
    undone = client.post(f"{sent.headers['Location']}/revert", data={"operation_id": new_id()}, headers=headers)
    assert undone.status_code == 303
    assert "a.iso" in client.get("/admin/imports", headers=headers).text
    with database.reading() as session:
        living = select(func.count(Bib.id)).where(Bib.withdrawn_at.is_(None))
        assert session.scalar(living) == 1


def test_what_was_imported_is_found_by_api_and_by_page(app: Flask, county: County, database: Database) -> None:
    _send(county.admin.client, county.admin.token, "cnmarc_bnu_gbk.iso")
    with app.app_context():
        jobs.drain()
    with database.reading() as session:
        titles = list(session.execute(select(Bib.id, Bib.title).where(Bib.title.contains("中国发展报告"))))
    assert len(titles) == 9
    for bib_id, title in titles:
        found = county.stranger.get("/bibs", q=title).get_json()
        assert bib_id in [one["id"] for one in found["items"]]
        page = app.test_client().get("/s", query_string={"q": title}).text
        assert title in html.unescape(page)


def _multipart(content: bytes) -> dict[str, Any]:
    """Return the arguments of a form with one file, made by hand: the test client leaves its own large ones open."""
    head = f'--cut\r\nContent-Disposition: form-data; name="operation_id"\r\n\r\n{new_id()}\r\n'
    file = '--cut\r\nContent-Disposition: form-data; name="file"; filename="many.iso"\r\n\r\n'
    body = head.encode() + file.encode() + content + b"\r\n--cut--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=cut"}


def test_a_file_larger_than_an_ordinary_request_is_imported_over_the_api(county: County) -> None:
    records = (RECORDS / "cnmarc_bnu_utf8.iso").read_bytes()
    form = _multipart(records * (1_200_000 // len(records)))
    response = county.admin.client.post(
        "/api/v1/imports", **form, headers={"Authorization": f"Bearer {county.admin.token}"}
    )
    assert (response.status_code, response.get_json()["new"]) == (200, 10)


@pytest.mark.parametrize("path", ["/api/v1/imports", "/admin/imports"])
def test_a_stranger_is_refused_before_the_form_is_read(county: County, path: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
    response = county.stranger.client.post(
        path, data=b"no form at all", content_type="multipart/form-data; boundary=cut", headers=headers
    )
    assert response.status_code == 401


def test_a_cataloguer_takes_back_only_what_went_to_their_own_branches(app: Flask, county: County) -> None:
    database: Database = app.extensions["library.database"]
    with app.app_context(), database.writing() as session:
        west = branch_by_code(session, "west")
        token = issue_token(session, factories.staff(session, "west-cataloguer", ("cataloguer", west)))
    sent = _send(county.admin.client, county.admin.token, "cnmarc_bnu_utf8.iso", branch=county.east)
    path = f"/admin/imports/{sent['batch']}/revert"
    refused = app.test_client().post(
        path, data={"operation_id": new_id()}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (refused.status_code, refused.get_json()["code"]) == (403, "outside_grant")


def test_undoing_with_one_id_twice_is_undone_once(app: Flask, county: County, database: Database) -> None:
    sent = _send(county.admin.client, county.admin.token, "cnmarc_bnu_utf8.iso")
    operation = system_operation("revert_import")
    with app.app_context():
        first, again = (
            revert_batch(database.writing, operation, int(str(sent["batch"])), skip_blocked=False, step=unseen)
            for _ in range(2)
        )
    assert (first.bibs, again.bibs) == (10, 0)


def test_the_document_of_the_api_tells_how_a_file_is_sent(county: County) -> None:
    document = county.stranger.get("/openapi.json").get_json()
    content = document["paths"]["/api/v1/imports"]["post"]["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
    assert document["components"]["schemas"]["ImportFormIn"]["properties"]["file"]["format"] == "binary"
