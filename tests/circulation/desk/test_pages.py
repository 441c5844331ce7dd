"""The desk over HTTP: what the script gets, who may use it, and what is never kept."""

import re
from typing import Any

import pytest
from flask import Flask, g
from werkzeug.test import TestResponse

from circulation.logistics.services import request_transfer
from circulation.models import Transfer
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.kernel.operations import new_id, system_operation
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card

IDENTITY = "11010119900307451X"


class Keeper:
    """A keeper of the room `east` before the desk's pages."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.client = app.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        self.database = database
        with app.app_context(), database.writing() as session:
            places = a_county(session)
            county_policies(session)
            self.item = an_item(session, branch=places["east"]).barcode
            self.card = patron_card(session, a_patron(session, branch=places["east"], name="张秀英"))
            self.actor = self._of(places["east"])
            away = an_item(session, branch=places["east"])
            answer = request_transfer(
                session, system_operation("test"), item_id=away.id, to_branch_id=places["west"].id, reason="manual"
            )
            self.transfer = answer["transfer"]["id"]
        app.before_request_funcs.setdefault(None, []).append(self._identify)

    def _of(self, branch: Branch) -> Actor:
        grant = Grant(str(Role.ROOM_KEEPER), branch.id, branch.path)
        return Actor(ActorKind.STAFF, 7, "keeper", (grant,))

    def _identify(self) -> None:
        g.actor = self.actor

    def scan(self, code: str, **fields: str) -> TestResponse:
        form = {"operation_id": new_id(), "branch": "east", "code": code, **fields}
        return self.client.post("/desk", data=form, headers={"Accept": "application/json"})


@pytest.fixture
def keeper(app: Flask, database: Database) -> Keeper:
    return Keeper(app, database)


def drawn(response: TestResponse) -> dict[str, Any]:
    answer: dict[str, Any] = response.get_json()
    return answer


def test_a_scan_answers_with_the_line_and_the_readers_bar(keeper: Keeper) -> None:
    answer = drawn(keeper.scan(keeper.card))

    assert answer["open"] is True
    assert "张秀英" in answer["session"]
    assert "读者证" in answer["line"]


def test_the_same_scan_sent_twice_answers_the_same_and_counts_once(keeper: Keeper) -> None:
    operation_id = new_id()

    first = keeper.scan(keeper.item, operation_id=operation_id)
    second = keeper.scan(keeper.item, operation_id=operation_id)

    assert drawn(first)["line"].split("<div class=do>")[0] == drawn(second)["line"].split("<div class=do>")[0]
    with keeper.database.reading() as session:
        assert session.query(OperationRow).filter_by(kind="desk").count() == 1


def test_another_scan_under_the_same_id_is_a_conflict(keeper: Keeper) -> None:
    operation_id = new_id()
    keeper.scan(keeper.item, operation_id=operation_id)

    response = keeper.scan(keeper.card, operation_id=operation_id)

    assert (response.status_code, response.get_json()["code"]) == (409, "operation_reused")


def test_a_scan_for_another_branch_is_outside_the_grant(keeper: Keeper) -> None:
    response = keeper.scan(keeper.item, branch="west")

    assert (response.status_code, response.get_json()["code"]) == (403, "outside_grant")


def test_a_scan_without_an_operation_id_or_with_an_unknown_branch_is_refused(keeper: Keeper) -> None:
    assert keeper.scan(keeper.item, operation_id="").get_json()["code"] == "operation_id_required"
    assert keeper.scan(keeper.item, branch="nowhere").get_json()["code"] == "unknown_branch"


def test_nobody_uses_the_desk_without_signing_in(keeper: Keeper) -> None:
    keeper.actor = Actor(ActorKind.ANONYMOUS)

    assert keeper.client.get("/desk").location == "/sign-in?next=/desk"
    assert keeper.scan(keeper.item).status_code == 401


def test_an_identity_number_leaves_no_trace_in_the_database(keeper: Keeper) -> None:
    with_number, without = keeper.scan(IDENTITY), keeper.scan("")

    assert "身份证" in drawn(with_number)["line"]
    assert without.status_code == 200
    with keeper.database.reading() as session:
        rows = [str(vars(row)) for row in session.query(OperationRow)]
    assert not any(IDENTITY in row for row in rows)


def test_a_form_without_script_goes_on_to_a_page_that_knows_the_reader(keeper: Keeper) -> None:
    form = {"operation_id": new_id(), "branch": "east", "code": keeper.card}
    after = keeper.client.post("/desk", data=form)

    page = keeper.client.get(after.location)

    assert after.status_code == 303
    assert "张秀英" in page.text


def test_a_keeper_takes_steps_only_for_transfers_of_their_own_room(keeper: Keeper) -> None:
    form = {"operation_id": new_id(), "branch": "east", "transfers": str(keeper.transfer)}

    keeper.client.post("/desk/moves/receive", data=form)
    keeper.client.post("/desk/moves/pick", data={**form, "operation_id": new_id()})

    with keeper.database.reading() as session:
        assert session.get_one(Transfer, keeper.transfer).state == "picked"


def test_a_list_of_transfers_that_is_none_is_refused(keeper: Keeper) -> None:
    form = {"operation_id": new_id(), "branch": "east", "transfers": "1,x"}

    assert keeper.client.post("/desk/moves/pick", data=form).status_code == 422


def test_the_pages_of_the_desk_are_wide_and_whole(keeper: Keeper) -> None:
    for address in ("/desk", "/desk/moves", "/desk/wishes"):
        assert re.search(r'<body\s+class="wide">', keeper.client.get(address).text)


def test_a_reader_of_the_county_may_not_open_the_desk(keeper: Keeper) -> None:
    keeper.actor = Actor(ActorKind.PATRON, 1, "reader")

    assert keeper.client.get("/desk").status_code == 403


def test_choosing_a_copy_that_does_not_exist_is_a_problem_and_no_failure(keeper: Keeper) -> None:
    assert keeper.scan("", item="999999").status_code == 404
