"""What a desk prints: the journal of the day, slips, the mat."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from circulation.desk.commands import COMMANDS
from circulation.desk.slips import slip_of
from circulation.desk.today import Filter, day_of, entries_of
from circulation.models import Loan
from library.kernel import clock as kernel_clock
from library.kernel.db import Database
from library.kernel.models import OperationRow
from library.kernel.operations import new_id
from tests.circulation.desk.desk import ScanDesk, keeper_of
from tests.circulation.desk.test_pages import Keeper
from tests.factories import a_loan, staff


def row(desk: ScanDesk, scan_id: str = "") -> OperationRow:
    return desk.session.get_one(OperationRow, scan_id or desk.after, populate_existing=True)


def titles(desk: ScanDesk, scan_id: str = "") -> list[tuple[str, str]]:
    slip = slip_of(desk.session, row(desk, scan_id))
    return [(line.barcode, line.words) for line in slip.lines]


def test_a_slip_names_what_a_visit_borrowed_and_brought_back_and_not_what_was_undone(desk: ScanDesk) -> None:
    lent, undone, back = desk.item(), desk.item(), desk.item()
    a_loan(desk.session, item=back, patron=desk.reader())
    desk.open_for(desk.reader())
    visit = desk.after
    desk.scan(lent.barcode)
    desk.scan(undone.barcode)
    desk.undo()
    desk.scan(back.barcode, mode="take_back")
    due = desk.session.scalars(select(Loan.due_on).where(Loan.item_id == lent.id)).one()

    slip = titles(desk)

    assert [barcode for barcode, _words in slip] == [lent.barcode, back.barcode]
    assert f"{due.month}月{due.day}日" in slip[0][1]
    assert slip[1][1] == "已还"
    assert titles(desk, visit) == slip


def test_a_slip_never_has_the_whole_name_of_a_reader(desk: ScanDesk) -> None:
    for category, name in (("child", "王小满"), ("adult", "欧阳秀英")):
        desk.open_for(desk.reader(name=name, category=category))
        desk.scan(desk.item().barcode)
        slip = slip_of(desk.session, row(desk))
        assert slip.reader is not None
        assert name not in str(slip.reader)
        assert str(slip.reader).startswith(("王**", "欧阳**"))


def test_the_next_readers_books_are_not_on_the_slip_of_the_one_before(desk: ScanDesk) -> None:
    first, second = desk.item(), desk.item()
    desk.open_for(desk.reader())
    desk.scan(first.barcode)
    mine = desk.after
    desk.open_for(desk.reader())
    desk.scan(second.barcode)

    assert [barcode for barcode, _words in titles(desk, mine)] == [first.barcode]


def test_a_return_without_a_reader_has_a_slip_of_its_own(desk: ScanDesk) -> None:
    items = [desk.item(), desk.item()]
    for item in items:
        a_loan(desk.session, item=item, patron=desk.reader())
        desk.scan(item.barcode)

    assert titles(desk) == [(items[1].barcode, "已还")]


def test_the_journal_counts_every_desk_of_the_branch_and_nothing_twice(desk: ScanDesk) -> None:
    keeper, colleague = (staff(desk.session, name, ("room_keeper", desk.here)) for name in ("keeper", "colleague"))
    desk.actor = keeper_of(desk.here, account_id=keeper.id)
    reader, items = desk.reader(), [desk.item() for _ in range(3)]
    desk.open_for(reader)
    for item in items:
        desk.scan(item.barcode)
    desk.undo()
    desk.finish()
    desk.actor = keeper_of(desk.here, account_id=colleague.id)
    desk.scan(items[0].barcode)
    desk.scan("T1")
    today = kernel_clock.today()

    day = day_of(desk.session, desk.here, Filter(today))

    counted = {kind: count for kind, count in day.totals.items() if count}
    assert counted == {"lent": 2, "taken_back": 1, "undone": 1, "refused": 1}
    assert sorted(day.staff.values()) == ["colleague", "keeper"]
    entries = entries_of(desk.session, day, 0)
    assert [entry.by for entry in entries[:2]] == ["colleague", "colleague"]
    assert [entry.line.is_undone for entry in entries].count(True) == 1
    theirs = day_of(desk.session, desk.here, Filter(today, "lent", keeper.id))
    assert len(theirs.rows) == 2
    assert day_of(desk.session, desk.places["west"], Filter(today)).rows == []
    assert day_of(desk.session, desk.here, Filter(today - timedelta(days=1))).rows == []


@pytest.fixture
def keeper(app: Flask, database: Database) -> Keeper:
    return Keeper(app, database)


def test_the_pages_are_there_for_whoever_lends_here_and_for_nobody_else(keeper: Keeper) -> None:
    scan_id = new_id()
    keeper.scan(keeper.item, operation_id=scan_id)
    pages = ("/desk/today", "/desk/today?show=refused&who=7&on=2026-01-01", "/desk/mat", f"/desk/receipt/{scan_id}")

    assert [keeper.client.get(page).status_code for page in pages] == [200] * 4
    assert keeper.client.get("/desk/today?on=yesterday").status_code == 422
    assert keeper.client.get("/desk/today?page=x").status_code == 422
    assert keeper.client.get(f"/desk/receipt/{new_id()}").status_code == 404
    keeper.actor = keeper.of("west")
    assert keeper.client.get(f"/desk/receipt/{scan_id}").status_code == 403
    assert keeper.client.get("/desk/today?branch=east").status_code == 403


def test_a_line_is_undone_from_the_journal_and_the_page_says_so(keeper: Keeper) -> None:
    card_id, lent_id = new_id(), new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    keeper.scan(keeper.item, operation_id=lent_id, after=card_id)
    assert f'value="{lent_id}"' in keeper.client.get("/desk/today").text
    form = {"operation_id": new_id(), "branch": "east", "wish": "undo", "target": lent_id, "back": "/desk/today?show="}

    answer = keeper.client.post("/desk", data=form)
    page = keeper.client.get(answer.location).text

    assert answer.location == "/desk/today?show="
    assert "撤销了" in page
    assert "已撤销" in page
    away = keeper.client.post("/desk", data={**form, "operation_id": new_id(), "back": "https://example.org/"})
    assert away.location.startswith("/desk?")


def test_the_script_gets_a_slip_to_print_in_its_place(keeper: Keeper) -> None:
    card_id = new_id()
    keeper.scan(keeper.card, operation_id=card_id)
    keeper.scan(keeper.item, after=card_id)

    slip = keeper.client.get(f"/desk/receipt/{card_id}", headers={"Accept": "application/json"}).get_json()["slip"]

    assert keeper.item in slip
    assert "张秀英" not in slip


def test_the_mat_shows_every_command_with_its_code(keeper: Keeper) -> None:
    page = keeper.client.get("/desk/mat").text

    assert re.findall(r'data-code="(\d{12})"', page) == [command.code for command in COMMANDS]
    assert " style=" not in page
