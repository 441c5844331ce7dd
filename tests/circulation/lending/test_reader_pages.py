"""The reader's own page: why a book is due on its day, and by which row a renewal was refused, without a script."""

from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from library.kernel.actors import Actor, ActorKind
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.conftest import NOON
from tests.factories import a_county, a_loan, a_patron, a_policy, an_item

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def reader(app: Flask, database: Database) -> FlaskClient:
    """A browser of a reader who has renewed a book once, which is as often as elders of the township may."""
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        branch = {"branch_id": places["township"].id}
        for rule, value in (("renewals_max", 1), ("loan_days", 60)):
            row = a_policy(session, rule, value, patron_category="elder", note="敬老", **branch)
            row.created_at = NOON - timedelta(days=90)
        patron = a_patron(session, branch=places["east"], category="elder")
        out_at = NOON - timedelta(days=30)
        a_loan(session, item=an_item(session, branch=places["east"]), patron=patron, out_at=out_at, renewals=1)
        actor = Actor(ActorKind.PATRON, patron.id, "张秀英")
    app.before_request_funcs[None] = [lambda: setattr(g, "actor", actor)]
    browser = app.test_client()
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return browser


def test_each_loan_tells_in_one_tap_why_it_is_due_then(reader: FlaskClient) -> None:
    page = reader.get("/me").text
    why = page[page.index('<details class="reasons">') :].split("</details>", 1)[0]
    assert "为什么是这一天？" in why
    assert "从10月24日算起。" in why
    assert "借期：60 天。依据：“老年读者 · 柳泉镇分馆 · 全年”。" in why
    assert "敬老" not in page


def test_a_refused_renewal_names_the_row_that_decided(reader: FlaskClient) -> None:
    reader.post("/me/renew-all", data={"operation_id": new_id()})
    page = reader.get("/me").text
    assert "续借次数：1 次。依据：“老年读者 · 柳泉镇分馆 · 全年”。" in page
    assert "敬老" not in page
