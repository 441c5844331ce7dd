"""The desk over HTTP: what the script gets, who may use it, and what is never kept."""

import gzip
import re
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import event
from werkzeug.test import TestResponse

from circulation.desk.shown import LINES
from circulation.logistics.services import request_transfer
from circulation.models import Transfer
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import Database
from library.kernel.identifiers import CodeKind, new_code
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
            places = self.places = a_county(session)
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

    def of(self, code: str) -> Actor:
        """Return the keeper of another room."""
        return self._of(self.places[code])

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


def without_ids(line: str) -> str:
    """Return a line without the fresh operation ids of its buttons."""
    return re.sub(r'name="operation_id" value="[^"]+"', "", line)


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

    assert without_ids(drawn(first)["line"]) == without_ids(drawn(second)["line"])
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


def test_an_answer_that_was_not_offered_opens_nobody(keeper: Keeper) -> None:
    scan_id = new_id()
    keeper.scan(keeper.item, operation_id=scan_id)

    refused = drawn(keeper.scan("", pick="1", target=scan_id))
    unknown = keeper.scan("", pick="1", target=new_id())

    assert "没有要选的" in refused["line"]
    assert refused["open"] is False
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "unknown_scan")


def test_the_log_tells_why_a_book_was_lent_and_which_row_said_so(keeper: Keeper) -> None:
    card_id = new_id()
    keeper.scan(keeper.card, operation_id=card_id)

    line = drawn(keeper.scan(keeper.item, after=card_id))["line"]

    assert "<details" in line
    assert "台前有读者，扫书就是借书。" in line
    assert re.search(r"30 天", line)


def test_a_name_of_a_reader_is_never_whole_in_the_log(keeper: Keeper) -> None:
    card_id = new_id()
    opened = drawn(keeper.scan(keeper.card, operation_id=card_id))
    lent = drawn(keeper.scan(keeper.item, after=card_id))

    assert "张秀英" in opened["session"]
    assert "张秀英" not in opened["line"] + lent["line"]
    assert "张**" in lent["line"]


def test_a_line_that_was_undone_is_drawn_again_with_the_answer(keeper: Keeper) -> None:
    card_id, lent_id = new_id(), new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    lent = drawn(keeper.scan(keeper.item, operation_id=lent_id, after=card_id))

    undone = drawn(keeper.scan("", wish="undo", target=lent_id, after=lent_id))

    assert (lent["changes"], undone["changes"], undone["open"]) == (True, False, True)
    assert list(undone["others"]) == [lent_id]
    assert "已撤销" in undone["others"][lent_id]


def test_another_window_may_ask_for_a_scan_of_its_own_branch(keeper: Keeper) -> None:
    scan_id = new_id()
    sent = drawn(keeper.scan(keeper.item, operation_id=scan_id))

    asked = keeper.client.get(f"/desk/scans/{scan_id}", headers={"Accept": "application/json"})
    unknown = keeper.client.get(f"/desk/scans/{new_id()}", headers={"Accept": "application/json"})
    keeper.actor = keeper.of("west")
    elsewhere = keeper.client.get(f"/desk/scans/{scan_id}", headers={"Accept": "application/json"})

    assert without_ids(asked.get_json()["line"]) == without_ids(sent["line"])
    assert (unknown.status_code, elsewhere.status_code) == (404, 403)


def test_an_identity_number_in_a_form_leaves_no_trace_either(keeper: Keeper) -> None:
    card = new_code(CodeKind.PATRON, 990_001)
    answer = drawn(keeper.scan("", wish="register", card=card, name=f"王小满{IDENTITY}", category="adult"))
    keeper.scan("", wish="lend", because=IDENTITY)

    assert "身份证" in answer["line"]
    with keeper.database.reading() as session:
        rows = [str(vars(row)) for row in session.query(OperationRow)]
        digests = {row.digest for row in session.query(OperationRow)}
    assert not any(IDENTITY in row or "王小满" in row for row in rows)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("number", "leads_to"),
    [
        (2, "/desk?branch=east&after={after}&mode=lend"),
        (5, "/desk?branch=east&after={after}&mode=on_site"),
        (11, "/desk?branch=east"),
        (13, "/desk/receipt/{after}"),
        (14, "/desk/moves?branch=east#in"),
        (15, "/desk?branch=east&after={after}&mode=auto"),
    ],
)
def test_a_command_leads_on_without_a_script(keeper: Keeper, number: int, leads_to: str) -> None:
    card_id = new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    form = {"operation_id": new_id(), "branch": "east", "code": new_code(CodeKind.COMMAND, number), "after": card_id}

    response = keeper.client.post("/desk", data=form)

    assert (response.status_code, response.location) == (303, leads_to.format(after=card_id))
    assert keeper.client.get(response.location).status_code == 200


def test_undoing_and_choosing_by_barcode_need_no_script(keeper: Keeper) -> None:
    form = {"branch": "east"}
    card = keeper.client.post("/desk", data={**form, "operation_id": new_id(), "code": keeper.card}).location
    after = card.split("after=")[1]
    for code, words in (
        (keeper.item, "借出"),
        (keeper.item, "这位读者正借着它"),
        (new_code(CodeKind.COMMAND, 22), "续借："),
        (new_code(CodeKind.COMMAND, 12), "撤销了"),
    ):
        sent = {**form, "operation_id": new_id(), "code": code, "after": after}
        page = keeper.client.post("/desk", data=sent).location
        after = page.split("after=")[1].split("&")[0]
        first = re.search(r'<li class="[^"]*" data-operation.*?</li>', keeper.client.get(page).text, re.DOTALL)
        assert first is not None
        assert words in first[0]


def test_the_first_load_of_the_desk_stays_light(keeper: Keeper) -> None:
    """Page, style sheets and script as they go over the line, with a full log: 60 KB are allowed."""
    card_id = new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    for _ in range(LINES):
        keeper.scan(keeper.item, after=card_id, mode="lend")
        keeper.scan(keeper.item, mode="take_back")
    page = keeper.client.get("/desk?branch=east").text
    parts = [page, *(keeper.client.get(address).text for address in re.findall(r'"(/assets/[^"]+)"', page))]

    assert len(parts) == 3
    assert sum(len(gzip.compress(part.encode(), 6)) for part in parts) < 60_000


def test_a_log_of_many_lines_asks_the_database_no_more_often_than_one_of_few(keeper: Keeper) -> None:
    """Titles, readers, branches, rules and what was undone are looked up for all lines together."""
    asked: list[str] = []
    event.listen(keeper.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def statements(address: str) -> int:
        asked.clear()
        assert keeper.client.get(address).status_code == 200
        return len(asked)

    card_id = new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    keeper.scan(keeper.item, after=card_id)
    keeper.scan(keeper.item)
    few = [statements(address) for address in ("/desk?branch=east", "/desk/today?branch=east")]
    for _ in range(4):
        keeper.scan(keeper.item, after=card_id)
        keeper.scan(keeper.item)
    many = [statements(address) for address in ("/desk?branch=east", "/desk/today?branch=east")]

    assert many == few
