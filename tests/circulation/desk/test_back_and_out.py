"""A book still in another reader's name is taken back and lent: what is said, counted and undone, whatever comes of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from catalog.items.models import Item
from circulation.desk.lines import Line, lines_of
from circulation.desk.today import Filter, day_of
from circulation.holds.services import place_hold
from circulation.models import Hold, Loan
from circulation.policies.services import set_row
from library.kernel import clock
from library.kernel.models import OperationRow
from library.kernel.operations import Answer
from library.patrons.models import Patron, PatronBlock
from tests.circulation.desk.desk import ScanDesk, codes
from tests.conftest import NOON
from tests.factories import a_loan, a_location


def blocked(desk: ScanDesk, **block: object) -> tuple[Item, Patron, Answer]:
    """Scan a copy in one reader's name for another who is blocked."""
    first, second, item = desk.reader(), desk.reader(), desk.item()
    desk.session.add(PatronBlock(patron_id=second.id, code="地址不明", from_on=clock.today(), **block))
    a_loan(desk.session, item=item, patron=first)
    desk.open_for(second)
    return item, first, desk.scan(item.barcode)


def rule(desk: ScanDesk, name: str, value: object) -> None:
    set_row(desk.session, desk.operation(), rule=name, value=str(value))


def drawn(desk: ScanDesk, app: Flask) -> Line:
    """Return the line of the last scan."""
    with app.app_context():
        [line] = lines_of(desk.session, [desk.session.get_one(OperationRow, desk.after)])
    return line


def all_words(line: Line) -> str:
    rules = (*line.explanation.first, *line.explanation.others) if line.explanation else ()
    return " ".join([*line.because, *(one.text for one in rules)])


def test_a_blocked_reader_gets_nothing_but_the_other_ones_loan_has_ended(desk: ScanDesk, app: Flask) -> None:
    item, first, answer = blocked(desk)

    assert (answer["did"], answer["decision"], answer["lending"]) == ("taken_back", "allowed", "refused")
    assert codes(answer) == ["taken_back_from_another", "patron_blocked"]
    assert (answer["patron"], desk.holder(item)) == (first.id, None)
    line = drawn(desk, app)
    assert line.said.startswith("还了，没有借出：")
    assert (line.tone, line.can_undo) == ("bad", True)
    assert "已经先还掉了" in line.why[0]


def test_the_journal_counts_it_as_a_return(desk: ScanDesk) -> None:
    blocked(desk)

    totals = day_of(desk.session, desk.here, Filter(on=clock.today())).totals

    assert (totals["taken_back"], totals["lent"], totals["refused"]) == (1, 0, 0)


def test_undoing_it_gives_the_book_back_to_whoever_had_it(desk: ScanDesk) -> None:
    item, first, _answer = blocked(desk)

    undone = desk.undo()

    assert (undone["decision"], undone["undid"]) == ("allowed", "taken_back")
    assert desk.holder(item) == first.id


def test_undoing_a_loan_that_followed_a_return_leaves_the_return(desk: ScanDesk) -> None:
    item, first, second = desk.item(), desk.reader(), desk.reader()
    a_loan(desk.session, item=item, patron=first)
    desk.open_for(second)
    lent = desk.scan(item.barcode)

    undone = desk.undo()

    assert (lent["did"], lent["reader"], undone["undid"]) == ("lent", second.id, "lent")
    closed = desk.session.scalars(select(Loan).where(Loan.patron_id == first.id)).one()
    assert (closed.closed_as, desk.holder(item)) == ("returned", None)


@pytest.mark.parametrize("is_blocked", [False, True], ids=["lent", "refused"])
def test_what_the_return_brought_about_is_said_and_explained(desk: ScanDesk, app: Flask, is_blocked: bool) -> None:
    rule(desk, "fine_per_day", 10)
    item, long_ago = desk.item(), NOON - timedelta(days=60)
    first, second = desk.reader(), desk.reader()
    a_loan(desk.session, item=item, patron=first, out_at=long_ago, due_on=(long_ago + timedelta(days=30)).date())
    if is_blocked:
        desk.session.add(PatronBlock(patron_id=second.id, code="地址不明", from_on=clock.today()))
    desk.open_for(second)

    answer = desk.scan(item.barcode)

    assert answer["did"] == ("taken_back" if is_blocked else "lent")
    assert {"taken_back_from_another", "returned_late", "late_charge"} <= set(codes(answer))
    line = drawn(desk, app)
    assert "¥0.10" in all_words(line)
    told = [one.rule for one in line.explanation.first] if line.explanation else []
    assert "fine_per_day" in told
    assert ("loan_days" in told) is not is_blocked


def test_the_return_says_where_the_book_goes(desk: ScanDesk, app: Flask) -> None:
    item, waiting = desk.item(), desk.reader()
    first, second = desk.reader(), desk.reader()
    a_loan(desk.session, item=item, patron=first)
    place_hold(desk.session, desk.operation(), patron_id=waiting.id, pickup_branch_id=desk.here.id, bib_id=item.bib_id)
    desk.open_for(second)

    answer = desk.scan(item.barcode)

    hold = desk.session.scalars(select(Hold)).one()
    assert (answer["did"], answer["next"], answer["hold"]) == ("taken_back", "hold", hold.id)
    assert "captured_for_another" in codes(answer)
    line = drawn(desk, app)
    assert line.said.endswith("有人预约，留给读者")
    assert list(line.actions) == []


def test_what_wants_a_yes_is_asked_after_the_return_and_then_lent(desk: ScanDesk, app: Flask) -> None:
    rule(desk, "age_limit", 14)
    item = desk.item("west")
    item.current_branch_id = desk.here.id
    second = desk.reader(born_in=None)
    a_loan(desk.session, item=item, patron=desk.reader())
    desk.open_for(second)

    answer = desk.scan(item.barcode)

    assert (answer["did"], answer["lending"]) == ("taken_back", "needs_confirmation")
    line = drawn(desk, app)
    assert (line.tone, [action.does for action in line.actions]) == ("warn", ["lend"])

    picked = desk.pick(1)

    assert (picked["did"], picked["decision"], desk.holder(item)) == ("lent", "allowed", second.id)


def test_a_block_is_named_with_its_last_day_and_no_rule_is_blamed(desk: ScanDesk, app: Flask) -> None:
    reader, item = desk.reader(), desk.item()
    until = clock.today() + timedelta(days=9)
    desk.session.add(PatronBlock(patron_id=reader.id, code="地址不明", from_on=clock.today(), until_on=until))
    desk.open_for(reader)
    desk.scan(item.barcode)

    line = drawn(desk, app)

    assert line.explanation is not None
    assert line.explanation.first == ()
    assert [rule.rule for rule in line.explanation.others if rule.rule == "loan_days"] == ["loan_days"]
    assert list(line.because)[1:] == [f"这不是借阅规则定的：是停借“地址不明”定的，到{until.month}月{until.day}日为止。"]


def test_a_block_without_a_last_day_says_who_ends_it(desk: ScanDesk, app: Flask) -> None:
    blocked(desk)

    assert "这不是借阅规则定的：是停借“地址不明”定的，要等有权限的人解除。" in drawn(desk, app).because


@pytest.mark.parametrize("by", ["kind", "place"])
def test_a_copy_for_the_room_says_whether_its_kind_or_its_shelf_is_not_lent(
    desk: ScanDesk, app: Flask, by: str
) -> None:
    if by == "kind":
        item, words = desk.item(item_class="reference"), "这类书刊从不外借"
    else:
        shelf = a_location(desk.session, desk.here, code="read", is_lendable=False)
        item, words = desk.item(location=shelf), "所在的书架不外借"
    desk.open_for(desk.reader())

    answer = desk.scan(item.barcode)

    assert codes(answer) == ["not_lendable"]
    line = drawn(desk, app)
    assert (line.explanation.first if line.explanation else None) == ()
    assert any(words in sentence for sentence in line.because)
