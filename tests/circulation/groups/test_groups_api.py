"""Groups over HTTP and on the pages, without a script."""

import re
from datetime import date

import pytest
from flask import Flask

from library.accounts.rules import Role
from library.kernel.db import Database
from library.kernel.operations import new_id
from tests.acting import Api
from tests.factories import a_county, a_patron, a_policy, an_item, county_policies

TERM = "2027-01-22"


@pytest.fixture
def api(app: Flask, database: Database, clock: object) -> Api:
    """A keeper of the school, at whose shelf two books stand, and a librarian's county around it."""
    del clock
    with app.app_context(), database.writing() as session:
        places = a_county(session)
        county_policies(session)
        a_policy(session, "loan_limit", "60", patron_category="group")
        a_policy(session, "hard_due", "term_end", patron_category="group")
        books = [an_item(session, branch=places["school"]).barcode for _ in range(2)]
        moving = an_item(session, branch=places["west"]).barcode
        pupil = a_patron(session, branch=places["school"], category="child", born_in=2017).id
    made = Api(app)
    made.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    made.become(Role.ROOM_KEEPER, places["school"])
    made.places, made.books, made.moving, made.pupil = places, books, moving, pupil  # type: ignore[attr-defined]  # for the tests
    return made


def make(api: Api, name: str = "三年级二班") -> int:
    status, group = api.post("/groups", branch="school", name=name, term_ends_on=TERM)
    assert status == 200
    group_id: int = group["id"]
    return group_id


def test_a_group_is_made_lent_to_and_taken_back_from(api: Api) -> None:
    body = {"operation_id": new_id(), "branch": "school", "name": "三年级二班", "term_ends_on": TERM}
    first, again = api.post("/groups", **body), api.post("/groups", **body)
    assert first == again
    group = first[1]
    assert (group["loans"], group["still_out"], len(group["card"])) == (0, [], 12)
    lent = api.post(f"/groups/{group['id']}/loans", barcodes=[*api.books, "NOBODY7"])[1]
    assert (lent["decision"], lent["done"]) == ("partly", 2)
    assert lent["lines"][2]["reasons"][0]["text"]
    shown = api.get(f"/groups/{group['id']}")[1]
    assert (shown["loans"], {copy["due_on"] for copy in shown["still_out"]}) == (2, {TERM})
    assert api.get("/groups?branch=school")[1]["items"][0]["loans"] == 2
    back = api.post(f"/groups/{group['id']}/returns", barcodes=api.books)[1]
    assert [(line["next"], line["destination"]) for line in back["lines"]] == [("shelve", "school")] * 2


def test_loans_of_a_group_are_found_among_all_loans(api: Api) -> None:
    group = make(api)
    api.post(f"/groups/{group}/loans", barcodes=api.books)
    assert api.get("/loans?branch=school")[1]["total"] == 2


def test_a_group_is_changed_joined_and_ended(api: Api) -> None:
    group = make(api)
    api.post(f"/groups/{group}/loans", barcodes=api.books)
    changed = api.client.patch(
        f"/api/v1/groups/{group}", json={"operation_id": new_id(), "name": "四年级二班", "term_ends_on": "2027-02-05"}
    ).get_json()
    assert (changed["name"], changed["term_ends_on"], changed["moved"]) == ("四年级二班", "2027-02-05", 2)
    assert api.post(f"/groups/{group}/members", patron=api.pupil)[1]["members"] == [api.pupil]
    assert api.post(f"/groups/{group}/members/remove", patron=api.pupil)[1]["members"] == []
    refused = api.post(f"/groups/{group}/end")
    assert (refused[0], refused[1]["code"], refused[1]["loans"]) == (409, "group_has_loans", 2)
    api.post(f"/groups/{group}/returns", barcodes=api.books)
    assert api.post(f"/groups/{group}/end")[1]["is_over"]
    assert api.post(f"/groups/{group}/loans", barcodes=api.books)[1]["code"] == "group_ended"


def test_bad_requests_say_what_is_wrong(api: Api) -> None:
    group = make(api)
    assert api.get("/groups/999999")[1]["code"] == "unknown_group"
    assert api.post("/groups", branch="school", name="班", term_ends_on="2020-01-01")[1]["code"] == "term_out_of_range"
    assert api.post("/groups", branch="school", name=" ")[0] == 422
    assert api.post(f"/groups/{group}/loans", barcodes=[])[0] == 422
    assert api.post(f"/groups/{group}/loans", barcodes=["1"], branch="west")[1]["code"] == "outside_grant"
    api.become(Role.ROOM_KEEPER, api.places["west"])
    assert api.get(f"/groups/{group}")[1]["code"] == "outside_grant"
    assert api.post("/groups", branch="school", name="班")[1]["code"] == "outside_grant"


def test_the_pages_lend_a_list_with_a_card_scan_and_print_it(api: Api) -> None:
    browser = api.client
    form = {"operation_id": new_id(), "branch": "school", "name": "三年级二班", "term_ends_on": TERM}
    where = browser.post("/desk/groups", data=form).headers["Location"]
    group = int(where.rsplit("/", 1)[1])
    card = api.get(f"/groups/{group}")[1]["card"]
    assert browser.get(f"/desk/groups?card={card}").headers["Location"] == where
    assert "三年级二班" in browser.get("/desk/groups?branch=school").get_data(as_text=True)
    scanned = {"operation_id": new_id(), "branch": "school", "codes": "\r\n".join([*api.books, "NOBODY7", ""])}
    told = browser.post(f"{where}/lend", data=scanned).headers["Location"]
    text = browser.get(told).get_data(as_text=True)
    assert ("3 条里办好 2 条" in text, "NOBODY7" in text, text.count("借到") >= 2) == (True, True, True)
    for paper, words in (("sheet", "学生姓名"), ("handover", "交接清单")):
        printed = browser.get(f"{where}/{paper}").get_data(as_text=True)
        assert words in printed
        assert all(barcode in printed for barcode in api.books)
        assert len(re.findall("M\\d+ 0h", printed)) > 20
    ticked = {"operation_id": new_id(), "branch": "school", "barcode": api.books[:1], "codes": api.books[1]}
    done = browser.post(f"{where}/return", data=ticked).headers["Location"]
    assert "放回架上" in browser.get(done).get_data(as_text=True)
    assert "没有在借的书" in browser.get(where).get_data(as_text=True)


def test_the_page_changes_and_ends_a_group(api: Api) -> None:
    group = make(api)
    browser = api.client
    later = date(2027, 2, 5).isoformat()
    form = {"operation_id": new_id(), "name": "四年级二班", "term_ends_on": later}
    assert browser.post(f"/desk/groups/{group}", data=form).status_code == 303
    assert "2027年2月5日" in browser.get(f"/desk/groups/{group}").get_data(as_text=True)
    bad = {"operation_id": new_id(), "name": "", "term_ends_on": "whenever"}
    assert browser.post(f"/desk/groups/{group}", data=bad).status_code == 422
    assert browser.post(f"/desk/groups/{group}/end", data={"operation_id": new_id()}).status_code == 303
    assert "结束" in browser.get(f"/desk/groups/{group}").get_data(as_text=True)


def test_what_needs_a_yes_is_lent_after_it(api: Api) -> None:
    group = make(api)
    api.become(Role.COUNTY_ADMINISTRATOR, api.places["county"])
    item = api.get(f"/items?barcode={api.moving}")[1]["items"][0]["id"]
    assert api.post("/transfers", item=item, to_branch="east", reason="manual")[0] == 200
    browser = api.client
    form = {"operation_id": new_id(), "branch": "school", "codes": api.moving}
    told = browser.post(f"/desk/groups/{group}/lend", data=form).headers["Location"]
    text = browser.get(told).get_data(as_text=True)
    assert 'value="item_in_transit"' in text
    confirmed = {**form, "operation_id": new_id(), "confirmed": "item_in_transit"}
    browser.post(f"/desk/groups/{group}/lend", data=confirmed)
    assert api.get(f"/groups/{group}")[1]["loans"] == 1


def test_a_line_that_was_not_done_names_the_row_that_won_in_one_tap(api: Api, database: Database) -> None:
    with database.writing() as session:
        a_policy(session, "loan_limit", "1", patron_category="group", item_class="book")
    group = make(api)
    form = {"operation_id": new_id(), "branch": "school", "codes": "\r\n".join([*api.books, "NOBODY7"])}
    told = api.client.post(f"/desk/groups/{group}/lend", data=form).headers["Location"]
    [lent, refused, unknown] = api.client.get(told).get_data(as_text=True).split('<p class="said">')[1:]
    assert "为什么" in lent
    assert re.search("借期：[^<]+依据：“", lent)
    why = refused.split("其他规则")[0]
    assert re.search("同时可借本数：1 本。依据：“[^”]+ · 全县 · 全年”。", why)
    assert "借期：" not in why
    assert "为什么" not in unknown.split("</li>")[0]


def test_a_group_of_another_room_is_not_opened_by_its_id(api: Api) -> None:
    group = make(api)
    api.post(f"/groups/{group}/loans", barcodes=api.books)
    api.become(Role.ROOM_KEEPER, api.places["west"])
    for page in ("", "/sheet", "/handover"):
        assert api.client.get(f"/desk/groups/{group}{page}").status_code == 403
    for step in ("lend", "return"):
        form = {"operation_id": new_id(), "branch": "west", "codes": api.moving}
        assert api.client.post(f"/desk/groups/{group}/{step}", data=form).status_code == 403
    for step in ("loans", "returns"):
        refused = api.post(f"/groups/{group}/{step}", branch="west", barcodes=[api.moving])
        assert (refused[0], refused[1]["code"]) == (403, "outside_grant")
    assert api.post(f"/groups/{group}/loans", branch="west", barcodes=[api.moving], dry_run=True)[0] == 403


def test_the_scanned_card_opens_its_group_in_any_room_and_no_other_group(api: Api) -> None:
    group, other = make(api), make(api, "四年级一班")
    card = api.get(f"/groups/{group}")[1]["card"]
    api.become(Role.ROOM_KEEPER, api.places["west"])
    browser = api.client
    where = browser.get(f"/desk/groups?card={card}").headers["Location"]
    assert f'name="card" value="{card}"' in browser.get(where).get_data(as_text=True)
    form = {"operation_id": new_id(), "branch": "west", "codes": api.moving, "card": card}
    told = browser.post(f"/desk/groups/{group}/lend", data=form).headers["Location"]
    text = browser.get(told).get_data(as_text=True)
    [sheet] = re.findall('href="([^"]+/sheet[^"]*)"', text)
    assert "借到" in text
    assert api.moving in browser.get(sheet).get_data(as_text=True)
    back = api.post(f"/groups/{group}/returns", branch="west", barcodes=[api.moving], card=card)[1]
    assert back["decision"] == "allowed"
    assert browser.get(f"/desk/groups/{other}?card={card}").status_code == 403
    assert browser.post(f"/desk/groups/{other}/lend", data={**form, "operation_id": new_id()}).status_code == 403
    assert browser.get(f"/desk/groups/{group}?card=NOBODY7").status_code == 404
