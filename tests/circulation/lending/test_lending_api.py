"""Lending over HTTP: requests sent twice, dry runs, grants, readers' own loans, and bad requests."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from circulation.models import Loan
from library.accounts import services as accounts
from library.branches.hours_choices import choose
from library.branches.opening import set_exception, set_week
from library.branches.services import branch_by_code
from library.kernel.actors import Actor, ActorKind
from library.kernel.db import Database
from library.kernel.errors import DomainError
from library.kernel.models import OperationRow
from library.kernel.operations import new_id, system_operation
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card, staff


@dataclass(frozen=True)
class County:
    """Ids and codes of what the requests name; `shared` are two copies with one barcode."""

    card: str
    patron: int
    item: int
    barcode: str
    shared: tuple[int, int]
    tokens: dict[str, str]


@pytest.fixture(autouse=True)
def _noon(clock: object) -> None:
    del clock


@pytest.fixture
def county(app: Flask, database: Database) -> County:
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        reader = a_patron(session, branch=places["east"])
        item = an_item(session, branch=places["east"])
        shared = [an_item(session, branch=places[where], barcode="SHARED") for where in ("east", "west")]
        people = {
            "keeper": staff(session, "keeper", ("room_keeper", places["east"])),
            "librarian": staff(session, "librarian", ("branch_librarian", places["township"])),
            "supervisor": staff(session, "supervisor", ("supervisor", places["county"])),
            "admin": staff(session, "admin", ("county_administrator", places["county"])),
        }
        tokens = {name: accounts.issue_token(session, account) for name, account in people.items()}
        ids = (shared[0].id, shared[1].id)
        return County(patron_card(session, reader), reader.id, item.id, item.barcode, ids, tokens)


class Caller:
    """Somebody with a token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, **body: Any) -> TestResponse:
        body.setdefault("operation_id", new_id())
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self.headers)


@pytest.fixture
def keeper(client: FlaskClient, county: County) -> Caller:
    return Caller(client, county.tokens["keeper"])


@pytest.fixture
def librarian(client: FlaskClient, county: County) -> Caller:
    return Caller(client, county.tokens["librarian"])


@pytest.fixture
def admin(client: FlaskClient, county: County) -> Caller:
    return Caller(client, county.tokens["admin"])


def count(database: Database, model: type[Any]) -> int:
    def counted(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(model)) or 0

    with database.reading() as session:
        return counted(session)


def test_a_book_is_lent_renewed_and_taken_back(keeper: Caller, county: County) -> None:
    out = keeper.post("/checkouts", branch="east", card=county.card, barcode=county.barcode)
    assert out.status_code == 200
    assert out.json == {
        "decision": "allowed",
        "reasons": [],
        "loan": {"id": out.json["loan"]["id"], "due_on": "2026-12-23"},
        "item": county.item,
        "patron": county.patron,
        "candidates": [],
    }
    loan = out.json["loan"]["id"]
    renewed = keeper.post("/renewals", loan=loan)
    assert renewed.json["loan"] == {"id": loan, "due_on": "2027-01-22"}
    back = keeper.post("/checkins", branch="east", barcode=county.barcode)
    assert (back.json["closed_loan"], back.json["next"], back.json["destination"]) == (loan, "shelve", "east")


def test_a_request_sent_twice_is_done_once(keeper: Caller, county: County, database: Database) -> None:
    body = {"operation_id": new_id(), "branch": "east", "card": county.card, "barcode": county.barcode}
    first, second = (keeper.post("/checkouts", **body) for _ in range(2))
    assert first.json == second.json
    assert count(database, Loan) == 1
    other = keeper.post("/checkouts", **{**body, "barcode": "SHARED"})
    assert (other.status_code, other.json["code"]) == (409, "operation_reused")


def test_a_refusal_is_an_answer_with_a_sentence_and_is_repeated_too(keeper: Caller, county: County) -> None:
    body = {"operation_id": new_id(), "branch": "east", "card": "nobody", "barcode": county.barcode}
    first, second = (keeper.post("/checkouts", **body) for _ in range(2))
    assert first.status_code == 200
    assert first.json == second.json
    reason = first.json["reasons"][0]
    assert (first.json["decision"], reason["code"], reason["severity"]) == ("refused", "unknown_card", "refuse")
    assert reason["text"].startswith("没有读者")


def test_a_dry_run_stores_nothing(keeper: Caller, county: County, database: Database) -> None:
    answer = keeper.post("/checkouts", branch="east", card=county.card, item=county.item, dry_run=True)
    assert (answer.json["decision"], answer.json["loan"]) == ("allowed", {"id": None, "due_on": "2026-12-23"})
    assert (count(database, Loan), count(database, OperationRow)) == (0, 0)


def test_an_answer_explains_its_rules_on_demand(keeper: Caller, county: County) -> None:
    body = {"operation_id": new_id(), "branch": "east", "card": county.card, "item": county.item}
    assert "explain" not in keeper.post("/checkouts", **body).json
    explained = keeper.post("/checkouts", **body, explain=True).json["explain"]
    days = next(entry for entry in explained if entry["rule"] == "loan_days")
    assert (days["value"], days["row"]["branch"], days["beat"]) == (30, None, [])


def test_renewals_and_returns_are_explained_too(librarian: Caller, county: County) -> None:
    lent = librarian.post("/checkouts", branch="east", card=county.card, item=county.item).json["loan"]["id"]
    renewed = librarian.post("/renewals", loan=lent, explain=True).json["explain"]
    assert {"renewals_max", "renewal_days", "renew_from"} <= {entry["rule"] for entry in renewed}
    back = librarian.post("/checkins", branch="west", item=county.item, explain=True).json
    assert [entry["rule"] for entry in back["explain"]] == ["return_policy"]
    assert back["explain"][0]["text"]


def test_a_due_date_that_a_holiday_moved_is_explained_with_the_loan(
    keeper: Caller, county: County, app: Flask, database: Database
) -> None:
    with app.app_context(), database.writing() as session:
        east = branch_by_code(session, "east")
        week = {weekday: [(time(9), time(17))] for weekday in range(7)}
        set_week(session, system_operation("test"), east.id, week, valid_from=date(2026, 1, 1))
        set_exception(session, system_operation("test"), east.id, date(2026, 12, 23), cause="大雪")
        choose(session, system_operation("test"), east, opening_mode=None, holiday_mode="closed")
    lent = keeper.post("/checkouts", branch="east", card=county.card, item=county.item, explain=True).json
    assert lent["loan"]["due_on"] == "2026-12-24"
    assert lent["due_explained"] == ["2026-12-23：这天不开：大雪。应还日改为 2026-12-24。"]


def test_a_barcode_of_two_copies_is_sent_again_with_the_chosen_one(keeper: Caller, county: County) -> None:
    asked = keeper.post("/checkouts", branch="east", card=county.card, barcode="SHARED").json
    assert asked["reasons"][0]["code"] == "ambiguous_barcode"
    assert [(one["item"], one["owner_branch"]) for one in asked["candidates"]] == [
        (county.shared[0], "east"),
        (county.shared[1], "west"),
    ]
    lent = keeper.post("/checkouts", branch="east", card=county.card, item=county.shared[0]).json
    assert lent["decision"] == "allowed"


def test_a_foreign_branch_is_outside_the_grant_and_an_override_needs_its_permission(
    keeper: Caller, librarian: Caller, admin: Caller, county: County
) -> None:
    foreign = keeper.post("/checkouts", branch="west", card=county.card, item=county.item)
    assert (foreign.status_code, foreign.json["code"]) == (403, "outside_grant")
    assert keeper.post("/checkins", branch="west", item=county.item).status_code == 403
    admin.post("/policies", rule="loan_limit", value="0")
    body = {
        "branch": "east",
        "card": county.card,
        "item": county.item,
        "overrides": [{"code": "loan_limit_reached", "reason": "写作文要用"}],
    }
    assert keeper.post("/checkouts", **body).json["decision"] == "refused"
    assert librarian.post("/checkouts", **body).json["decision"] == "allowed"


BAD = [
    pytest.param({}, 422, "invalid_request", id="nothing in it"),
    pytest.param({"branch": "moon", "card": "1", "barcode": "1"}, 404, "unknown_branch", id="unknown branch"),
    pytest.param({"branch": "east", "card": "1"}, 422, "barcode_or_item_required", id="no copy"),
    pytest.param({"branch": "east", "card": "1", "item": -1}, 422, "invalid_request", id="negative id"),
    pytest.param({"branch": "east", "card": "1", "item": "1"}, 422, "invalid_request", id="a number as text"),
    pytest.param({"branch": "east", "card": "\x00", "barcode": "1"}, 422, "invalid_request", id="NUL"),
    pytest.param(
        {"branch": "east", "card": "1", "barcode": "1", "due_on": "2099-01-01"}, 422, "invalid_request", id="more"
    ),
    pytest.param(
        {"branch": "east", "card": "1", "barcode": "1", "operation_id": "seven"},
        422,
        "operation_id_invalid",
        id="no UUID",
    ),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_a_bad_request_is_a_problem_with_a_code(keeper: Caller, body: dict[str, Any], status: int, code: str) -> None:
    answer = keeper.post("/checkouts", **body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_an_operation_id_is_required(client: FlaskClient, county: County) -> None:
    headers = {"Authorization": f"Bearer {county.tokens['keeper']}"}
    body = {"branch": "east", "card": county.card, "item": county.item}
    answer = client.post("/api/v1/checkouts", json=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "operation_id_required")
    headers["Idempotency-Key"] = new_id()
    assert client.post("/api/v1/checkouts", json=body, headers=headers).status_code == 200


def test_nobody_lends_without_signing_in(client: FlaskClient, county: County) -> None:
    body = {"operation_id": new_id(), "branch": "east", "card": county.card, "item": county.item}
    assert client.post("/api/v1/checkouts", json=body).status_code in {401, 403}
    assert client.get("/api/v1/loans").status_code == 401


def test_loans_are_listed_by_reader_branch_and_state(keeper: Caller, librarian: Caller, county: County) -> None:
    keeper.post("/checkouts", branch="east", card=county.card, item=county.item)
    listed = keeper.get("/loans", branch="east", patron=county.patron).json
    assert (listed["total"], listed["items"][0]["item"], listed["items"][0]["branch"]) == (1, county.item, "east")
    assert librarian.get("/loans", branch="township").json["total"] == 1
    assert keeper.get("/loans", state="overdue", branch="east").json["total"] == 0
    keeper.post("/checkins", branch="east", item=county.item)
    assert keeper.get("/loans", branch="east").json["total"] == 0
    assert keeper.get("/loans", branch="east", state="closed").json["total"] == 1
    assert keeper.get("/loans", branch="west").status_code == 403
    assert keeper.get("/loans", page=-1).status_code == 422


def test_without_a_branch_staff_see_the_loans_of_their_own_branches_only(
    keeper: Caller, admin: Caller, county: County
) -> None:
    admin.post("/checkouts", branch="west", card=county.card, item=county.shared[1])
    assert admin.get("/loans").json["total"] == 1
    assert keeper.get("/loans", patron=county.patron, state="all").json["total"] == 0


def test_an_exception_to_a_renewal_is_for_staff_of_the_branch_it_was_lent_at(
    librarian: Caller, admin: Caller, county: County
) -> None:
    admin.post("/policies", rule="renewals_max", value="0")
    given = [{"code": "renewals_exhausted", "reason": "住院"}]
    loans = [
        admin.post("/checkouts", branch=branch, card=county.card, item=item).json["loan"]["id"]
        for branch, item in (("central", county.shared[0]), ("west", county.shared[1]))
    ]
    answers = [librarian.post("/renewals", loan=loan, overrides=given).json["decision"] for loan in loans]
    assert answers == ["refused", "allowed"]


def test_an_unknown_loan_is_not_found(keeper: Caller) -> None:
    answer = keeper.post("/renewals", loan=999_999)
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_loan")


def test_how_a_reader_stands_is_told_with_the_reader(keeper: Caller, county: County) -> None:
    keeper.post("/checkouts", branch="east", card=county.card, item=county.item)
    shown = keeper.get(f"/patrons/{county.patron}").json
    assert [loan["item"] for loan in shown["loans"]] == [county.item]
    assert (shown["holds"], shown["blocks"], shown["balance"]) == ([], [], 0)


def test_a_reader_renews_his_own_loan_and_sees_no_other(
    app: Flask, database: Database, client: FlaskClient, keeper: Caller, county: County
) -> None:
    loan = keeper.post("/checkouts", branch="east", card=county.card, item=county.item).json["loan"]["id"]
    with app.app_context(), database.writing() as session:
        stranger = a_patron(session, branch=branch_by_code(session, "west")).id
    own, other = (Actor(ActorKind.PATRON, patron_id) for patron_id in (county.patron, stranger))
    assert as_reader(app, other, loan) == ("unknown_loan", None)
    assert as_reader(app, own, loan) == ("allowed", "2027-01-22")


def as_reader(app: Flask, reader: Actor, loan: int) -> tuple[str, str | None]:
    """Renew as a signed-in reader; return the decision, or the code of the problem, and the new due date."""
    body = {"operation_id": new_id(), "loan": loan}
    with app.test_request_context("/api/v1/renewals", method="POST", json=body):
        g.actor = reader
        try:
            answer = app.view_functions["lending.renew"]().get_json()
        except DomainError as error:
            return error.code, None
    return answer["decision"], answer["loan"]["due_on"]
