"""Cases over HTTP and on the pages: who may see and settle what, requests sent twice, and readers' own loans."""

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from circulation.lending import services as lending
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.db import Database
from library.kernel.operations import new_id, system_operation
from tests.acting import Api
from tests.factories import a_county, a_patron, a_policy, an_item, county_policies


@dataclass
class County:
    """A county with two readers and their loans."""

    api: Api
    places: dict[str, Branch]
    reader: int
    loan: int
    item: int
    other_loan: int
    barcode: str


@pytest.fixture
def county(app: Flask, database: Database, clock: object) -> County:
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        reader = a_patron(session, branch=places["east"], name="张秀英")
        other = a_patron(session, branch=places["west"], name="李大山")
        items = [an_item(session, branch=places["east"]) for _ in range(2)]
        loans = [
            lending.check_out(
                session, system_operation("check_out"), branch=places["east"], patron_id=who.id, item_id=item.id
            )["loan"]["id"]
            for who, item in zip((reader, other), items, strict=True)
        ]
        made = County(Api(app), places, reader.id, loans[0], items[0].id, loans[1], items[0].barcode)
    made.api.become(Role.ROOM_KEEPER, places["east"])
    return made


def test_a_claim_is_made_listed_and_settled(county: County) -> None:
    api = county.api
    body = {"operation_id": new_id(), "note": "放门口了"}
    first, again = (api.post(f"/loans/{county.loan}/claim", **body) for _ in range(2))
    assert first == again
    assert (first[0], first[1]["case"]["kind"]) == (200, "claimed_returned")
    status, listed = api.get("/cases?branch=east")
    assert (status, listed["total"]) == (200, 1)
    [case] = listed["items"]
    assert (case["reader"], case["holder"], case["note"]) == ("张**", {"kind": "reader", "name": "张**"}, "放门口了")
    assert case["outcomes"] == ["found_on_shelf", "returned_by_reader", "still_with_reader", "lost"]
    done = api.post(f"/cases/{case['id']}/settle", outcome="found_on_shelf", branch="east")
    assert (done[1]["decision"], done[1]["next"], done[1]["destination"]) == ("allowed", "shelve", "east")
    assert api.get("/cases")[1]["total"] == 0
    [settled] = api.get("/cases?state=settled")[1]["items"]
    assert (settled["outcome"], settled["outcomes"]) == ("found_on_shelf", [])


def test_a_keeper_of_another_room_sees_and_settles_nothing_here(county: County) -> None:
    case = county.api.post(f"/loans/{county.loan}/claim")[1]["case"]["id"]
    county.api.become(Role.ROOM_KEEPER, county.places["west"])
    assert county.api.get("/cases")[1]["total"] == 0
    assert county.api.get("/cases?branch=east")[1]["code"] == "outside_grant"
    refused = county.api.post(f"/cases/{case}/settle", outcome="lost", branch="west")
    assert (refused[0], refused[1]["code"]) == (403, "outside_grant")
    assert county.api.post(f"/loans/{county.loan}/recall")[0] == 403
    assert (
        county.api.post(f"/loans/{county.loan}/claim", branch="west")[1]["reasons"][0]["code"] == "claim_already_open"
    )


def test_a_keeper_of_another_room_ends_no_loan_as_lost_neither_at_once_nor_by_a_claim(county: County) -> None:
    api, west = county.api, county.places["west"]
    api.become(Role.ROOM_KEEPER, west)
    for body in ({"branch": "west"}, {"branch": "east"}, {}):
        refused = api.post(f"/loans/{county.loan}/lost", **body)
        assert (refused[0], refused[1]["code"]) == (403, "outside_grant")
    case = api.post(f"/loans/{county.loan}/claim", branch="west")[1]["case"]["id"]
    refused = api.post(f"/cases/{case}/settle", outcome="lost", branch="west")
    assert (refused[0], refused[1]["code"]) == (403, "outside_grant")
    browser = api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    form = {"operation_id": new_id(), "branch": "west", "outcome": "lost", "note": ""}
    assert browser.post(f"/desk/cases/{case}", data=form).status_code == 403
    api.become(Role.BRANCH_LIBRARIAN, county.places["township"])
    lost = api.post(f"/loans/{county.loan}/lost", branch="west")
    assert (lost[0], lost[1]["decision"]) == (200, "allowed")


def test_what_concerns_money_is_settled_by_a_librarian(county: County) -> None:
    api = county.api
    case = api.post(f"/loans/{county.loan}/lost")[1]["case"]["id"]
    assert api.post(f"/cases/{case}/settle", outcome="waived")[1]["code"] == "not_allowed"
    api.become(Role.BRANCH_LIBRARIAN, county.places["township"])
    assert api.post(f"/cases/{case}/settle", outcome="waived")[1]["decision"] == "allowed"


def test_bad_requests_say_what_is_wrong(county: County) -> None:
    api = county.api
    case = api.post(f"/loans/{county.loan}/claim")[1]["case"]["id"]
    answer = api.post(f"/cases/{case}/settle", outcome="repaired")
    assert (answer[0], answer[1]["code"]) == (422, "outcome_not_possible")
    assert "found_on_shelf" in answer[1]["detail"]
    assert api.post("/cases/999999/settle", outcome="lost")[1]["code"] == "unknown_case"
    assert api.post("/loans/999999/lost")[1]["code"] == "unknown_loan"
    assert api.post(f"/loans/{county.loan}/claim", note="字" * 201)[0] == 422
    assert api.post(f"/items/{county.item}/damage")[0] == 422
    assert api.post("/items/999999/missing", branch="east")[1]["code"] == "unknown_item"
    assert api.get("/cases?state=whatever")[0] == 422


def test_readers_speak_of_their_own_loans_only(county: County) -> None:
    api = county.api
    api.become_reader(county.reader)
    assert api.post(f"/loans/{county.other_loan}/claim")[1]["code"] == "unknown_loan"
    assert api.post(f"/loans/{county.other_loan}/lost")[1]["code"] == "unknown_loan"
    assert api.post(f"/loans/{county.loan}/recall")[1]["code"] == "not_allowed"
    assert api.get("/cases")[1]["code"] == "not_allowed"
    assert api.post(f"/loans/{county.loan}/claim")[1]["decision"] == "allowed"
    lost = api.post(f"/loans/{county.loan}/lost")[1]
    assert [reason["code"] for reason in lost["reasons"]] == ["loss_not_charged"]


def test_a_loan_is_called_back_and_left_again(county: County) -> None:
    called = county.api.post(f"/loans/{county.loan}/recall")[1]
    assert called["loan"]["due_on"] == "2026-11-30"
    left = county.api.post(f"/loans/{county.loan}/recall/undo")[1]
    assert left["loan"]["due_on"] == "2026-12-23"


def test_damage_and_absence_are_noted_with_a_case(county: County) -> None:
    api = county.api
    assert api.post("/checkins", branch="east", item=county.item)[0] == 200
    damaged = api.post(f"/items/{county.item}/damage", branch="east", note="封面掉了")[1]
    assert (damaged["case"]["kind"], damaged["patron"]) == ("damaged", county.reader)
    absent = api.post(f"/items/{county.item}/missing", branch="east")[1]
    assert absent["case"]["kind"] == "missing"
    [missing, _damaged] = sorted(api.get("/cases")[1]["items"], key=lambda case: case["kind"] == "damaged")
    assert missing["holder"] == {"kind": "branch", "name": "东洼村农家书屋"}


def page(client: FlaskClient, path: str) -> tuple[int, str]:
    answer = client.get(path)
    return answer.status_code, answer.get_data(as_text=True)


def test_the_pages_of_a_keeper_tell_who_holds_what_and_settle_it(county: County) -> None:
    browser = county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    assert "没有待处理的事" in page(browser, "/desk/cases?branch=east")[1]
    said = browser.post(f"/desk/loans/{county.loan}/claim", data={"operation_id": new_id(), "note": "放桌上了"})
    assert said.status_code == 303
    status, text = page(browser, "/desk/cases?branch=east")
    assert (status, "张**" in text, "张秀英" in text, "放桌上了" in text) == (200, True, False, True)
    case = county.api.get("/cases")[1]["items"][0]["id"]
    form = {"operation_id": new_id(), "branch": "east", "outcome": "still_with_reader", "note": "在家里"}
    for _ in range(2):
        assert browser.post(f"/desk/cases/{case}", data=form).status_code == 303
    assert "还在读者手里" in page(browser, "/desk/cases?branch=east&state=settled")[1]
    for path in (f"/desk/loans/{county.loan}", f"/desk/copies/{county.item}?branch=east"):
        assert page(browser, path)[0] == 200
    assert page(browser, f"/desk/readers/{county.reader}/loans")[0] == 200
    found = browser.get(f"/desk/copies?branch=east&code={county.barcode}")
    assert found.headers["Location"] == f"/desk/copies/{county.item}?branch=east"
    assert "没有哪册书是这个条码" in page(browser, "/desk/copies?branch=east&code=NOBODY7")[1]


def test_a_keeper_notes_damage_and_recall_on_pages(county: County) -> None:
    browser = county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    browser.post(f"/desk/loans/{county.loan}/recall", data={"operation_id": new_id()})
    assert "催还中" in page(browser, f"/desk/loans/{county.loan}")[1]
    browser.post(f"/desk/loans/{county.loan}/lost", data={"operation_id": new_id()})
    assert "为什么是这一天" not in page(browser, f"/desk/loans/{county.loan}")[1]
    assert "丢失" in page(browser, f"/desk/copies/{county.item}?branch=east")[1]
    browser.post(f"/desk/copies/{county.item}/damaged", data={"operation_id": new_id(), "branch": "east"})
    assert "破损" in page(browser, f"/desk/copies/{county.item}?branch=east")[1]


def test_a_reader_sees_past_loans_and_says_that_a_book_came_back(county: County) -> None:
    api, browser = county.api, county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    api.become_reader(county.reader)
    assert "没有留下以前的借阅记录" in page(browser, "/me/history")[1]
    assert page(browser, f"/me/loans/{county.other_loan}")[0] == 404
    assert "我已经还了" in page(browser, f"/me/loans/{county.loan}")[1]
    assert browser.post(f"/me/loans/{county.loan}/claim", data={"operation_id": new_id()}).status_code == 303
    assert "我们去找这本书" in page(browser, "/me")[1]
    assert browser.post(f"/me/loans/{county.loan}/lost", data={"operation_id": new_id()}).status_code == 303
    assert "丢失" in page(browser, "/me/history")[1]


def test_a_keeper_reads_on_the_loan_why_it_is_due_and_after_a_recall_which_row_gave_the_days(
    county: County, database: Database
) -> None:
    browser = county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    with database.writing() as session:
        a_policy(session, "recall_days", "9")
    shown = page(browser, f"/desk/loans/{county.loan}")[1]
    why = shown.split("为什么是这一天")[1].split("</details>")[0]
    assert "从11月23日算起" in why
    assert "借期：30 天。依据：“" in why
    assert "催还" not in why
    browser.post(f"/desk/loans/{county.loan}/recall", data={"operation_id": new_id()})
    told, again = (page(browser, f"/desk/loans/{county.loan}")[1] for _ in range(2))
    assert "9 天。依据：“所有读者 · 全县 · 全年”。" in told.split("为什么是这一天")[0]
    why = again.split("为什么是这一天")[1].split("</details>")[0]
    assert "催还，原来" in why
    assert "9 天。依据：“所有读者 · 全县 · 全年”。" in why


@pytest.mark.parametrize("percent", ["0", "100"])
def test_what_a_lost_book_costs_is_said_with_the_row_that_won(county: County, database: Database, percent: str) -> None:
    with database.writing() as session:
        a_policy(session, "lost_charge_percent", percent)
    browser = county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    browser.post(f"/desk/loans/{county.loan}/lost", data={"operation_id": new_id()})
    told = page(browser, f"/desk/loans/{county.loan}")[1]
    assert "依据：“所有读者 · 全县 · 全年”。" in told
    county.api.become_reader(county.reader)
    assert "依据" not in page(browser, "/me")[1]


def test_a_reader_who_lost_a_book_is_told_which_row_asks_for_money_or_for_none(
    county: County, database: Database
) -> None:
    with database.writing() as session:
        a_policy(session, "lost_charge_percent", "100")
    browser = county.api.client
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    county.api.become_reader(county.reader)
    browser.post(f"/me/loans/{county.loan}/lost", data={"operation_id": new_id()})
    assert "定价的 100%。依据：“所有读者 · 全县 · 全年”。" in page(browser, "/me")[1]
