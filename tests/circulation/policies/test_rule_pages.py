"""The pages of the rules without scripts: read, explain, try, save, end, and who may do it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from circulation.models import PolicyRow
from circulation.policies import row_pages
from circulation.policies.named import RULES
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import Database, writing
from library.kernel.models import CountySetting
from library.kernel.operations import new_id
from library.kernel.pages import render
from tests.factories import a_county, a_policy, staff

pytestmark = pytest.mark.usefixtures("clock")
Become = Callable[[str, str], FlaskClient]


@pytest.fixture
def become(app: Flask, database: Database) -> Become:
    """Return a browser for whoever has a role at a branch."""
    with database.writing() as session:
        places = a_county(session)
        account = staff(session, "admin").id
        county = {"branch_id": places["county"].id}
        a_policy(session, "loan_days", 30, **county)
        a_policy(session, "loan_days", 60, patron_category="elder", note="敬老", **county)
        a_policy(session, "loan_days", 20, branch_id=places["township"].id)
        a_policy(session, "hard_due", "latest 2027-01-15", branch_id=places["east"].id)
        a_policy(session, "renew_blocked_by", "hold, overdue")

    def somebody(role: str, code: str) -> FlaskClient:
        with database.reading() as session:
            branch = session.scalars(select(Branch).where(Branch.code == code)).one()
            actor = Actor(ActorKind.STAFF, account, "管理员", (Grant(role, branch.id, branch.path),))
        app.before_request_funcs[None] = [lambda: setattr(g, "actor", actor)]
        browser = app.test_client()
        browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        return browser

    return somebody


@pytest.fixture
def admin(become: Become) -> FlaskClient:
    return become("county_administrator", "county")


def rows(database: Database, *conditions: object) -> int:
    with database.reading() as session:
        wanted = select(func.count()).select_from(PolicyRow).where(PolicyRow.ended_at.is_(None), *conditions)  # type: ignore[arg-type]  # conditions of a test
        return session.scalar(wanted) or 0


def fields(page: str) -> MultiDict[str, str]:
    """Return the hidden fields of a page, as a browser would send them back."""
    return MultiDict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def test_the_hub_shows_only_the_ways_somebody_may_go(admin: FlaskClient, become: Become) -> None:
    assert 'href="/admin/imports"' in admin.get("/admin").text
    page = become("supervisor", "county").get("/admin").text
    assert 'href="/admin/rules"' in page
    assert 'href="/admin/imports"' not in page


def test_every_rule_is_listed_with_its_rows_from_the_county_down(admin: FlaskClient) -> None:
    page = admin.get("/admin/rules").text
    assert all(f'id="{rule}"' in page for rule in RULES)
    section = page[page.index('id="loan_days"') : page.index('id="loan_unit"')]
    places = re.findall(r'class="depth(\d)">\s*<p><b>([^<]+)</b> <span>([^<]+)</span>', section)
    assert places == [
        ("1", "30 天", "所有读者 · 示例县 · 全年"),
        ("1", "60 天", "老年读者 · 示例县 · 全年"),
        ("2", "20 天", "所有读者 · 柳泉镇分馆 · 全年"),
    ]
    assert "备注：敬老" in section


def test_the_list_can_be_narrowed_to_what_may_hold_at_a_place(admin: FlaskClient) -> None:
    page = admin.get("/admin/rules?branch=central").text
    assert "20 天" not in page
    assert "60 天" in page


def test_only_who_administers_a_place_sees_buttons_for_its_rows(become: Become) -> None:
    page = become("county_administrator", "township").get("/admin/rules").text
    assert page.count(">停用<") == 2
    assert "disabled" in page
    assert ">停用<" not in become("room_keeper", "east").get("/admin/rules").text


def test_everything_at_a_place_is_explained(become: Become) -> None:
    keeper = become("room_keeper", "east")
    page = keeper.get("/admin/rules/explain?category=elder&on=2026-12-1").text
    assert "老年读者 · 示例县 · 全年" in page
    assert "没有用“所有读者 · 柳泉镇分馆 · 全年”（20 天）：指明读者类型的优先。" in page
    assert "备注：敬老" in page
    assert all(f"/admin/rules#{rule}" in page for rule in RULES)
    assert "请填日期" in keeper.get("/admin/rules/explain?on=tomorrow").text
    assert keeper.get("/admin/rules/explain?branch=nowhere").status_code == 404


def test_a_row_is_written_tried_and_saved(admin: FlaskClient, database: Database) -> None:
    form = admin.get("/admin/rules/new?rule=loan_limit").text
    assert 'value="branch:east"' in form
    written = {"rule": "loan_limit", "value": "１０本", "patron_category": "child", "place": "branch:county"}
    yearly = {"from_on": "7月1日", "to_on": "8月31日", "is_yearly": "1", "note": "暑假"}
    tried = admin.post("/admin/rules/try", data={**written, **yearly})
    assert tried.status_code == 200
    assert "同时可借本数，10 本，“少儿 · 示例县 · 每年7月1日至8月31日”" in tried.text
    assert rows(database, PolicyRow.rule == "loan_limit") == 0
    saved = admin.post("/admin/rules", data=fields(tried.text))
    assert (saved.status_code, saved.location) == (303, "/admin/rules#loan_limit")
    assert rows(database, PolicyRow.rule == "loan_limit", PolicyRow.is_yearly, PolicyRow.value == "10") == 1
    assert "每年7月1日至8月31日" in admin.get("/admin/rules").text


def test_a_form_that_is_refused_is_shown_again_without_holding_the_writer(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: list[bool] = []

    @contextmanager
    def watched() -> Iterator[Session]:
        with writing() as session:
            writers.append(True)
            yield session
        writers.pop()

    def rendered(template: str, **values: object) -> str:
        assert not writers
        return render(template, **values)

    monkeypatch.setattr(row_pages, "writing", watched)
    monkeypatch.setattr(row_pages, "render", rendered)
    form = {"operation_id": new_id(), "rule": "loan_limit", "value": "soon", "place": ""}
    assert admin.post("/admin/rules", data=form).status_code == 422


def test_a_form_sent_twice_saves_one_row(admin: FlaskClient, database: Database) -> None:
    form = {"operation_id": new_id(), "rule": "loan_limit", "value": "7", "place": ""}
    assert [admin.post("/admin/rules", data=form).status_code for _ in range(2)] == [303, 303]
    assert rows(database, PolicyRow.rule == "loan_limit") == 1


def test_a_changed_row_ends_the_one_it_replaces_whatever_its_scope(admin: FlaskClient, database: Database) -> None:
    row_id = re.findall(r'/admin/rules/new\?row=(\d+)"', admin.get("/admin/rules").text)[0]
    form = admin.get(f"/admin/rules/new?row={row_id}").text
    assert f'name="replaces" value="{row_id}"' in form
    changed = {"rule": "loan_days", "value": "40", "place": "branch:central", "replaces": row_id}
    assert admin.post("/admin/rules", data={"operation_id": new_id(), **changed}).status_code == 303
    assert rows(database, PolicyRow.rule == "loan_days") == 3
    assert rows(database, PolicyRow.id == int(row_id)) == 0
    history = admin.get("/admin/rules/history?rule=loan_days").text
    assert "还在用" in history
    assert history.count('<th scope="row">') == 4


def test_a_row_is_ended_after_a_look_at_what_that_would_change(admin: FlaskClient, database: Database) -> None:
    with database.reading() as session:
        row_id = session.scalars(select(PolicyRow.id).where(PolicyRow.patron_category == "elder")).one()
    tried = admin.post("/admin/rules/try", data={"ends": row_id})
    assert "要停用：借期，60 天" in tried.text
    assert f'action="/admin/rules/{row_id}/end"' in tried.text
    form = {"operation_id": new_id()}
    assert [admin.post(f"/admin/rules/{row_id}/end", data=form).status_code for _ in range(2)] == [303, 303]
    assert rows(database, PolicyRow.patron_category == "elder") == 0


WRONG = [
    ({"rule": "loan_days", "value": "soon"}, "value", "请填 1 到 3650 的整数"),
    ({"rule": "loan_days", "value": ""}, "value", "请填 1 到 3650 的整数"),
    ({"rule": "fine_per_day", "value": "1.234"}, "value", "请填金额"),
    ({"rule": "hard_due", "value_mode": "latest", "value_on": ""}, "value_on", "再填日期"),
    ({"rule": "closed_day_mode"}, "value", "请选一项"),
    ({"rule": "loan_days", "value": "9", "from_on": "soon"}, "from_on", "请填日期"),
    ({"rule": "loan_days", "value": "9", "from_on": "2027-2-2", "to_on": "2027-2-1"}, "to_on", "不能早于"),
    ({"rule": "loan_days", "value": "9", "is_yearly": "1", "to_on": "8-31"}, "from_on", "第一天和最后一天"),
    ({"rule": "loan_days", "value": "9", "place": "branch:moon"}, "place", "请从列表里选"),
]


@pytest.mark.parametrize(("written", "field", "words"), WRONG)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    admin: FlaskClient, database: Database, written: dict[str, str], field: str, words: str
) -> None:
    before = rows(database)
    for path in ("/admin/rules/try", "/admin/rules"):
        answer = admin.post(path, data={"operation_id": new_id(), **written})
        assert answer.status_code == 422
        assert words in answer.text
        assert f'href="#{field}"' in answer.text
    assert rows(database) == before


def test_nobody_saves_where_they_do_not_administer(become: Become, database: Database) -> None:
    town = become("county_administrator", "township")
    form = {"operation_id": new_id(), "rule": "loan_days", "value": "9"}
    assert town.post("/admin/rules", data={**form, "place": "branch:county"}).status_code == 403
    assert town.post("/admin/rules", data={**form, "place": ""}).status_code == 403
    assert town.post("/admin/rules", data={**form, "place": "branch:east"}).status_code == 303
    assert become("room_keeper", "east").get("/admin/rules/new?rule=loan_days").status_code == 403
    assert rows(database, PolicyRow.value == "9") == 1


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_form_that_can_be_sent_as_it_is(admin: FlaskClient, rule: str) -> None:
    kind = RULES[rule].kind
    page = admin.get(f"/admin/rules/new?rule={rule}")
    assert page.status_code == 200
    stored = kind.write(RULES[rule].default)
    value = {"value": f"{int(stored) / 100:.2f}" if RULES[rule].unit == "cents" and stored.isdecimal() else stored}
    if RULES[rule].unit == "date":
        value = {"value_mode": "term_end"}
    assert admin.post("/admin/rules/try", data={"rule": rule, **value}).status_code == 200


@pytest.mark.parametrize(("language", "said"), [("zh_Hans", "每年按当年的日子重新填一条"), ("en", "anew each year")])
def test_the_form_says_that_a_festival_whose_days_move_is_entered_each_year(
    admin: FlaskClient, language: str, said: str
) -> None:
    page = admin.get(f"/admin/rules/new?rule=loan_limit&lang={language}")
    assert said in page.text


def test_the_two_settings_are_chosen_in_plain_words(admin: FlaskClient, database: Database) -> None:
    assert "按借出的馆" in admin.get("/admin/rules").text
    form = {"operation_id": new_id(), "setting": "loans_counted", "value": "branch"}
    assert admin.post("/admin/rules/settings", data=form).status_code == 303
    with database.reading() as session:
        assert (
            session.scalars(select(CountySetting.value).where(CountySetting.name == "loans_counted")).one() == "branch"
        )
    assert re.search(r'value="branch" checked', admin.get("/admin/rules").text)
