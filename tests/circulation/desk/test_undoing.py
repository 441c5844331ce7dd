"""One key takes the last scan back, on the day it was made, and the reader's visit goes on."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from circulation.desk.undoing import is_undoable
from circulation.models import Loan, UndoneOperation, Wish
from library.kernel.errors import NotFound
from library.kernel.identifiers import CodeKind, new_code
from tests.circulation.desk.desk import ScanDesk, codes, keeper_of
from tests.conftest import NOON
from tests.factories import a_loan

Move = Callable[[datetime], None]


def test_the_last_loan_is_undone_and_the_visit_goes_on(desk: ScanDesk) -> None:
    reader, first, second, third = desk.reader(), desk.item(), desk.item(), desk.item()
    desk.open_for(reader)
    desk.scan(first.barcode)
    desk.scan(second.barcode)
    lent = desk.after

    undone = desk.undo()
    desk.scan(third.barcode)

    assert (undone["did"], undone["undid"], undone["undone"]) == ("undone", "lent", lent)
    assert (undone["reader"], undone["item"]) == (reader.id, second.id)
    assert [desk.holder(item) for item in (first, second, third)] == [reader.id, None, reader.id]


def test_undoing_again_goes_one_further_back_and_never_twice(desk: ScanDesk) -> None:
    reader, items = desk.reader(), [desk.item(), desk.item()]
    desk.open_for(reader)
    scans = []
    for item in items:
        desk.scan(item.barcode)
        scans.append(desk.after)

    undone = [desk.undo()["undone"] for _ in range(2)]

    assert undone == scans[::-1]
    assert codes(desk.undo()) == ["undo_nothing"]
    assert codes(desk.undo(scans[0])) == ["undo_twice"]
    assert desk.session.scalar(select(func.count()).select_from(UndoneOperation)) == 2


def test_a_return_a_renewal_and_reading_here_are_undone(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    loan = a_loan(desk.session, item=item, patron=reader, out_at=NOON - timedelta(days=9))
    due = loan.due_on

    desk.scan(item.barcode, mode="renew")
    assert desk.undo()["undid"] == "renewed"
    desk.scan(item.barcode)
    assert (desk.undo()["undid"], desk.holder(item)) == ("taken_back", reader.id)
    again = desk.session.scalars(select(Loan).where(Loan.item_id == item.id, Loan.in_at.is_(None))).one()
    assert (again.due_on, again.renewals) == (due, 0)
    other = desk.item()
    desk.scan(other.barcode, mode="on_site")
    assert desk.undo()["undid"] == "used"


def test_scans_that_changed_nothing_are_passed_over(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    desk.open_for(reader)
    desk.scan(item.barcode)
    lent = desk.after
    card, asked, unknown = desk.open_for(reader), desk.scan(item.barcode), desk.scan("T1")

    assert not any(map(is_undoable, (card, asked, unknown, None)))
    assert desk.undo()["undone"] == lent


def test_a_wish_is_taken_back_and_a_registration_is_neither_undone_nor_passed_over(desk: ScanDesk) -> None:
    desk.open_for(desk.reader())
    desk.scan("9787302511854")
    wished = desk.pick(1)
    assert (desk.undo()["undid"], wished["wish"]["state"]) == ("wished", "open")
    assert desk.session.get_one(Wish, wished["wish"]["id"], populate_existing=True).state == "cancelled"

    desk.scan(desk.item().barcode)
    desk.send(wish="register", card=new_code(CodeKind.PATRON, 990_001), name="王小满", category="adult")
    assert codes(desk.undo()) == ["undo_registration"]


def test_a_book_that_was_not_on_loan_has_nothing_to_undo(desk: ScanDesk) -> None:
    desk.scan(desk.item().barcode)

    assert codes(desk.undo(desk.after)) == ["undo_nothing"]


def test_lending_after_taking_back_from_another_undoes_the_loan_and_not_the_return(desk: ScanDesk) -> None:
    item, reader = desk.item(), desk.reader()
    a_loan(desk.session, item=item, patron=desk.reader())
    desk.open_for(reader)
    desk.scan(item.barcode)

    desk.undo()

    assert desk.holder(item) is None


def test_what_a_colleague_or_yesterday_did_is_not_the_last_scan(desk: ScanDesk, clock: Move) -> None:
    desk.open_for(desk.reader())
    desk.scan(desk.item().barcode)
    lent = desk.after
    desk.actor = keeper_of(desk.here, account_id=8)

    assert codes(desk.undo()) == ["undo_nothing"]
    clock(NOON + timedelta(days=1))
    assert codes(desk.undo(lent)) == ["undo_too_late"]


def test_what_happened_since_stands_against_it(desk: ScanDesk) -> None:
    item = desk.item()
    a_loan(desk.session, item=item, patron=desk.reader())
    desk.scan(item.barcode)
    returned = desk.after
    desk.open_for(desk.reader())
    desk.scan(item.barcode)

    answer = desk.undo(returned)

    assert (answer["decision"], codes(answer)) == ("refused", ["undo_changed_since"])
    assert desk.session.scalar(select(func.count()).select_from(UndoneOperation)) == 0


def test_a_scan_nobody_knows_cannot_be_undone(desk: ScanDesk) -> None:
    with pytest.raises(NotFound):
        desk.undo("00000000-0000-4000-8000-000000000000")
