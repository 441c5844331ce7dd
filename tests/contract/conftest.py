"""A county behind the API, and programs that may do much, little or nothing."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from catalog.bibs.models import BibSourceRecord
from library.accounts.services import issue_token
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests import factories


@dataclass
class Program:
    """A program with a token; every POST and PATCH gets an operation id unless it has one."""

    client: FlaskClient
    token: str | None
    base: str = "/api/v1"
    sent_twice: bool = False

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"{self.base}{path}", query_string=query, headers=self._headers())

    def post(self, path: str, **body: Any) -> TestResponse:
        return self._change("POST", path, body)

    def patch(self, path: str, **body: Any) -> TestResponse:
        return self._change("PATCH", path, body)

    def _change(self, method: str, path: str, body: dict[str, Any]) -> TestResponse:
        sent = {"operation_id": new_id(), **body}
        first = self.client.open(f"{self.base}{path}", method=method, json=sent, headers=self._headers())
        if self.sent_twice:
            again = self.client.open(f"{self.base}{path}", method=method, json=sent, headers=self._headers())
            assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
        return first


@dataclass
class County:
    """What a test needs to name: codes, cards, barcodes."""

    admin: Program
    keeper: Program
    stranger: Program
    east: str
    west: str
    card: str
    barcode: str
    bib: int
    isbn: str


@pytest.fixture
def county(app: Flask, database: Database) -> County:
    with app.app_context(), database.writing() as session:
        tree = factories.a_county(session)
        factories.county_policies(session)
        bib = factories.a_bib(session, title="柳泉的冬小麦", isbn13="9787302122609")
        session.add(
            BibSourceRecord(
                bib_id=bib.id, source="form", flavour="form", record={}, checksum="1", created_at=clock.now()
            )
        )
        item = factories.an_item(session, branch=tree["east"], bib=bib)
        patron = factories.a_patron(session, branch=tree["east"])
        admin = factories.staff(session, "admin", ("county_administrator", tree["county"]))
        keeper = factories.staff(session, "keeper", ("room_keeper", tree["east"]))
        tokens = [issue_token(session, account) for account in (admin, keeper)]
        names = (factories.patron_card(session, patron), item.barcode, bib.id)
    programs = [Program(app.test_client(), token) for token in (*tokens, None)]
    return County(*programs, "east", "west", *names, "9787302122609")
