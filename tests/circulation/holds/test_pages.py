"""The reader's pages of holds, without any script: look ahead, place, pause, go on, collect elsewhere, cancel."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import delete, select

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.holds import services as holds
from circulation.models import Hold
from circulation.policies.services import set_row
from library.branches.models import Branch
from library.branches.rounds import define_route, plan_dates
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.operations import new_id, system_operation
from library.patrons.models import Patron
from tests.acting import Api
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies

MONDAY = date(2026, 11, 23)


class Village:
    """A reader of the east room before their pages, and one title of which a copy stands in the west room."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        with app.app_context(), database.writing() as session:
            self.branches: dict[str, Branch] = a_county(session)
            county_policies(session)
            bib = a_bib(session, title="果树嫁接图解")
            self.bib, self.item = bib.id, an_item(session, branch=self.branches["west"], bib=bib).id
            self.readers = [a_patron(session, branch=self.branches["east"]).id for _ in range(2)]
        self.api = Api(app)
        self.api.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        self.api.become_reader(self.readers[0])

    def look(self, path: str) -> str:
        answer = self.api.client.get(path)
        assert answer.status_code == 200, path
        return unescape(answer.get_data(as_text=True))

    def send(self, path: str, **fields: object) -> str:
        """Post a form and return the page it leads to."""
        form = {"operation_id": new_id(), **{name: str(value) for name, value in fields.items()}}
        answer = self.api.client.post(path, data=form, follow_redirects=True)
        assert answer.status_code == 200, path
        return unescape(answer.get_data(as_text=True))

    def hold(self) -> Hold:
        with self.app.app_context(), self.database.reading() as session:
            return session.scalars(select(Hold)).one()

    def lend_out(self, due_on: date = MONDAY + timedelta(days=20)) -> None:
        with self.app.app_context(), self.database.writing() as session:
            reader = session.get_one(Patron, self.readers[1])
            a_loan(session, item=session.get_one(Item, self.item), patron=reader, due_on=due_on)

    def drive(self, *days: int) -> None:
        """Plan a round past the west and then the east room."""
        with self.app.app_context(), self.database.writing() as session:
            operation, stops = system_operation("route"), [self.branches[name].id for name in ("west", "east")]
            route = define_route(session, operation, code="north", name="北线", stops=stops)
            plan_dates(session, operation, route, [MONDAY + timedelta(days=ahead) for ahead in days])

    def rule(self, name: str, value: str) -> None:
        with self.app.app_context(), self.database.writing() as session:
            set_row(session, system_operation("set_policy"), rule=name, value=value)


@pytest.fixture
def village(app: Flask, database: Database, clock: object) -> Village:
    return Village(app, database)


def test_the_promised_day_stands_there_before_anything_is_placed(village: Village) -> None:
    village.drive(2, 9)
    page = village.look(f"/holds/new?bib={village.bib}")
    assert "取书地点： <b>东洼村农家书屋</b>" in page
    assert "预计11月25日（周三）可以取。" in page
    assert "确定预约" in page
    central = village.look(f"/holds/new?bib={village.bib}&pickup=central")
    assert "预计11月26日（周四）可以取。" in central
    assert "现在还说不准哪天到" in village.look(f"/holds/new?bib={village.bib}&pickup=school")
    placed = village.send("/holds", bib=village.bib, pickup="east")
    assert "约好了" in placed
    assert "约11月25日（周三）到" in placed


def test_who_waits_already_is_told_and_the_place_in_the_queue_too(village: Village) -> None:
    village.lend_out()
    with village.app.app_context(), village.database.writing() as session:
        other = a_patron(session, branch=session.get_one(Branch, village.branches["west"].id))
        operation, west = system_operation("place_hold"), village.branches["west"].id
        holds.place_hold(session, operation, patron_id=other.id, bib_id=village.bib, pickup_branch_id=west)
    assert "已经有 1 个人在等" in village.look(f"/holds/new?bib={village.bib}")
    assert "前面还有 1 个人" in village.send("/holds", bib=village.bib, pickup="east")


def test_only_places_the_rules_allow_are_offered_by_township_and_the_own_one_first(village: Village) -> None:
    page = village.look(f"/holds/new?bib={village.bib}")
    assert all(f'value="{code}"' in page for code in ("township", "east", "west", "school", "central"))
    assert 'value="county"' not in page
    assert page.index('optgroup label="柳泉镇分馆"') < page.index('optgroup label="示例县"')
    village.rule("pickup_scope", "township")
    assert 'value="central"' not in village.look(f"/holds/new?bib={village.bib}")


def test_a_refusal_is_told_before_with_the_rule_behind_it(village: Village) -> None:
    village.rule("pickup_scope", "branch")
    page = village.look(f"/holds/new?bib={village.bib}&pickup=west")
    assert "书不能送到那里" in page
    assert "确定预约" not in page
    assert "为什么" in page
    assert "预约书在哪里取" in page
    nothing = village.look(f"/holds/new?bib={village.bib}&pickup=county")
    assert "那里不能取书" in nothing
    assert "为什么" not in nothing


def test_a_reader_pauses_until_a_day_changes_it_and_goes_on(village: Village) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east", expires_on="2026-12-31")
    hold = village.hold()
    assert hold.expires_on == date(2026, 12, 31)
    assert "最晚等到12月31日（周四）" in village.look("/me")
    page = village.look(f"/holds/{hold.id}")
    assert "先暂停" in page
    assert "接着排队：" not in page
    assert "暂停到12月10日（周四）" in village.send(f"/holds/{hold.id}/suspend", until="2026-12-10")
    assert "改日子" in village.look(f"/holds/{hold.id}")
    village.send(f"/holds/{hold.id}/suspend", until="")
    assert (village.hold().state, village.hold().suspended_until_on) == ("suspended", None)
    assert "接着排队了" in village.send(f"/holds/{hold.id}/resume")
    assert village.hold().state == "waiting"
    assert "这条预约到 2026-12-31 就结束了" in village.send(f"/holds/{hold.id}/suspend", until="2027-01-10")


@pytest.mark.parametrize("until", ["soon", "2026-11-23", "2020-01-01", "9999-99-99"])
def test_a_day_that_is_none_or_over_is_asked_for_again(village: Village, until: str) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    page = village.send(f"/holds/{village.hold().id}/suspend", until=until)
    assert "日期请这样写" in page or "这一天已经过了" in page
    assert "先暂停" in page
    assert village.hold().state == "waiting"


def test_a_last_day_in_the_past_places_nothing(village: Village) -> None:
    page = village.send("/holds", bib=village.bib, pickup="east", expires_on="2026-11-22")
    assert "这一天已经过了" in page
    with village.app.app_context(), village.database.reading() as session:
        assert session.scalars(select(Hold)).all() == []


def test_the_book_is_collected_elsewhere_while_it_waits(village: Village) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    page = village.send(f"/holds/{village.hold().id}/move", pickup="west")
    assert "西岭村农家书屋" in page
    assert village.hold().pickup_branch_id == village.branches["west"].id


def test_what_is_on_its_way_is_only_cancelled(village: Village) -> None:
    village.send("/holds", bib=village.bib, pickup="east")
    hold = village.hold()
    mine = village.look("/me")
    assert f'href="/holds/{hold.id}"' not in mine
    assert "取消预约：果树嫁接图解" in mine
    assert "不能" not in village.look(f"/holds/{hold.id}")
    assert "书已经在给您送来的路上" in village.send(f"/holds/{hold.id}/suspend")
    assert "预约取消了" in village.send(f"/holds/{hold.id}/cancel")


def test_another_readers_hold_is_unknown(village: Village) -> None:
    village.send("/holds", bib=village.bib, pickup="east")
    hold_id = village.hold().id
    village.api.become_reader(village.readers[1])
    assert village.api.client.get(f"/holds/{hold_id}").status_code == 404
    for step in ("cancel", "suspend", "resume", "move"):
        form = {"operation_id": new_id(), "pickup": "west"}
        assert village.api.client.post(f"/holds/{hold_id}/{step}", data=form).status_code == 404
    assert village.hold().state == "in_transit"


def test_why_a_hold_ended_is_told_for_a_while(village: Village, clock: object) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    with village.app.app_context(), village.database.writing() as session:
        holds.cancel_hold(session, system_operation("cancel_hold"), village.hold().id)
    assert "馆里替您办理" in village.look("/me")
    assert callable(clock)
    clock(kernel_clock.now() + timedelta(days=31))
    assert "馆里替您办理" not in village.look("/me")


def test_a_closed_place_is_named_with_what_to_do(village: Village) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    with village.app.app_context(), village.database.writing() as session:
        session.get_one(Branch, village.branches["east"].id).state = "suspended"
    assert "那个书屋现在不开放，您可以换个地方取" in village.look("/me")


def test_a_move_that_is_refused_names_the_row_that_won(village: Village) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    village.rule("pickup_scope", "branch")
    page = village.send(f"/holds/{village.hold().id}/move", pickup="west")
    assert "书不能送到那里" in page
    assert re.search("预约书在哪里取：[^。]+。依据：“所有读者 · 全县 · 全年”。", page)
    assert village.hold().pickup_branch_id == village.branches["east"].id


def test_a_copy_that_may_not_travel_there_names_its_own_row(village: Village) -> None:
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="west")
    village.rule("hold_scope", "branch")
    page = village.send(f"/holds/{village.hold().id}/move", pickup="east")
    assert "依据：“所有读者 · 全县 · 全年”。" in page
    assert village.hold().pickup_branch_id == village.branches["west"].id


def test_a_pause_beyond_the_longest_wait_names_the_rule_only_where_it_set_that_day(village: Village) -> None:
    village.rule("hold_expiry_days", "30")
    village.lend_out()
    village.send("/holds", bib=village.bib, pickup="east")
    page = village.send(f"/holds/{village.hold().id}/suspend", until="2027-01-10")
    assert "这条预约到 2026-12-23 就结束了" in page
    assert "30 天。依据：“所有读者 · 全县 · 全年”。" in page
    village.send(f"/holds/{village.hold().id}/cancel")
    with village.app.app_context(), village.database.writing() as session:
        session.execute(delete(Hold))
    village.send("/holds", bib=village.bib, pickup="east", expires_on="2026-12-10")
    page = village.send(f"/holds/{village.hold().id}/suspend", until="2027-01-10")
    assert "这条预约到 2026-12-10 就结束了" in page
    assert "依据" not in page


def test_a_book_that_is_kept_tells_until_when_by_which_row_and_from_where_it_counts(village: Village) -> None:
    village.rule("pickup_days", "5")
    with village.app.app_context(), village.database.writing() as session:
        bib = session.get_one(Item, village.item).bib_id
        an_item(session, branch=session.merge(village.branches["east"], load=False), bib=session.get_one(Bib, bib))
    village.send("/holds", bib=village.bib, pickup="east")
    hold = village.hold()
    assert hold.captured_item_id is not None
    with village.app.app_context(), village.database.writing() as session:
        row = session.get_one(Hold, hold.id)
        row.state, row.ready_at, row.promised_on = "ready", kernel_clock.now(), MONDAY
        row.pickup_until_on = MONDAY + timedelta(days=5)
    why = village.look("/me").split("为什么是这一天")[1].split("</details>")[0]
    assert "从11月23日书屋头一回开门算起" in why
    assert re.search("5 天。依据：“所有读者 · 全县 · 全年”。", why)
    with village.app.app_context(), village.database.writing() as session:
        session.get_one(Hold, hold.id).pickup_until_on = MONDAY + timedelta(days=9)
    why = village.look("/me").split("为什么是这一天")[1].split("</details>")[0]
    assert "从书屋真正开门那天算起" in why
    assert "5 天" in why
