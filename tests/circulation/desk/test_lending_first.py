"""先借后补: a book nobody has catalogued is lent at once, found again on a list, and never left behind by a refusal."""

import pytest
from sqlalchemy import func, select

from catalog.bibs.models import Bib
from catalog.bibs.services import change_bib
from catalog.items.models import Item
from catalog.items.services import item_by_code
from circulation.desk import forms
from circulation.desk.choices import choices
from circulation.desk.lending_first import how_many_wait, waiting
from circulation.desk.rules import classify, may_be_label
from circulation.models import Loan
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.models import EventRow
from library.patrons.models import Patron
from tests.circulation.desk.desk import ScanDesk, codes
from tests.factories import a_bib, a_loan

LABEL = new_code(CodeKind.ITEM, 770_001)
ISBN = "9787302511854"


def counts(desk: ScanDesk) -> tuple[int, ...]:
    session = desk.session
    return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Bib, Item, Loan))


def kinds(answer: object) -> list[str]:
    return [choice.kind for choice in choices(answer)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        (LABEL, True),
        ("T0091-7", True),
        (LABEL[:-1] + str((int(LABEL[-1]) + 1) % 10), False),
        (new_code(CodeKind.BOX, 4), False),
        (new_code(CodeKind.PATRON, 4), False),
        ("没有这本书", False),
        ("12", False),
        ("NODIGITSHERE!", False),
        ("", False),
    ],
)
def test_what_may_be_the_label_of_a_book(text: str, may: bool) -> None:
    assert may_be_label(classify(text)) is may


@pytest.mark.parametrize(("label", "title"), [(LABEL, "怎样养蜂"), ("T0091-7", "")])
def test_an_unknown_label_becomes_a_copy_that_is_lent_and_listed(desk: ScanDesk, label: str, title: str) -> None:
    reader = desk.reader()
    desk.open_for(reader)

    asked = desk.scan(label)
    lent = desk.pick(1, title=title)
    item = item_by_code(desk.session, label)

    assert (codes(asked), kinds(asked)) == (["scan_unknown"], ["lend_first"])
    assert (lent["did"], lent["decision"], lent["item"]) == ("lent", "allowed", item.id)
    assert "lent_first" in codes(lent)
    assert (desk.holder(item), item.owner_branch_id, item.home_branch_id) == (reader.id, desk.here.id, desk.here.id)
    assert desk.session.get_one(Bib, item.bib_id).title == (title or "未编目（条码 T00917）")
    assert [row[0] for row in waiting(desk.session, desk.here.id)] == [item.id]
    assert how_many_wait(desk.session, desk.places["west"].id) == 0
    operations = select(EventRow.kind).where(EventRow.operation_id == desk.after).order_by(EventRow.id)
    assert set(desk.session.scalars(operations)) >= {"bib.created", "item.created", "item.changed"}


def test_an_isbn_nobody_has_is_kept_and_the_copy_gets_a_code_of_ours(desk: ScanDesk) -> None:
    desk.open_for(desk.reader())

    asked = desk.scan(ISBN)
    lent = desk.pick(2)

    assert kinds(asked) == ["wish", "lend_first"]
    item = desk.session.get_one(Item, lent["item"])
    assert item.barcode.startswith(CodeKind.ITEM)
    assert desk.session.get_one(Bib, item.bib_id).isbn13 == ISBN
    desk.finish()
    assert desk.scan(ISBN)["did"] == "taken_back"


def test_an_isbn_that_has_a_record_without_copies_gets_a_copy_and_no_second_record(desk: ScanDesk) -> None:
    bib = a_bib(desk.session, isbn13=ISBN)
    desk.open_for(desk.reader())
    desk.scan(ISBN)

    lent = desk.pick(2)

    assert desk.session.get_one(Item, lent["item"]).bib_id == bib.id
    assert how_many_wait(desk.session, desk.here.id) == 0


def test_an_isbn_of_which_another_room_has_a_copy_is_not_offered(desk: ScanDesk) -> None:
    desk.item("west", bib=a_bib(desk.session, isbn13=ISBN))
    desk.open_for(desk.reader())

    assert kinds(desk.scan(ISBN)) == ["wish"]


def test_without_a_reader_or_in_a_mode_that_does_not_lend_nothing_is_offered(desk: ScanDesk) -> None:
    assert kinds(desk.scan("T00917")) == []
    desk.open_for(desk.reader())
    assert kinds(desk.scan("T00917", mode="take_back")) == []
    assert kinds(desk.scan("T00917", mode="lend")) == ["lend_first"]


def a_full_reader(desk: ScanDesk) -> Patron:
    reader = desk.reader()
    for _ in range(12):
        a_loan(desk.session, item=desk.item(), patron=reader)
    return reader


def test_a_refused_loan_leaves_no_record_and_no_copy(desk: ScanDesk) -> None:
    desk.open_for(a_full_reader(desk))
    desk.scan("T00917")
    before = counts(desk)

    refused = desk.pick(1, title="怎样养蜂")

    assert (refused["did"], refused["decision"], refused.get("item")) == ("nothing", "refused", None)
    assert "loan_limit_reached" in codes(refused)
    assert counts(desk) == before
    assert kinds(refused) == []
    events = select(func.count()).where(EventRow.operation_id == desk.after, EventRow.kind.like("%.created"))
    assert desk.session.scalar(events) == 0


def test_in_a_room_that_is_closed_nothing_is_left_behind(desk: ScanDesk) -> None:
    desk.open_for(desk.reader())
    desk.scan("T00917")
    desk.here.state = "suspended"
    desk.session.flush()
    before = counts(desk)

    refused = desk.pick(1)

    assert codes(refused) == ["branch_not_open"]
    assert counts(desk) == before


def test_the_button_pressed_twice_makes_one_copy(desk: ScanDesk) -> None:
    reader = desk.reader()
    desk.open_for(reader)
    desk.scan("T00917")
    line = desk.after
    desk.pick(1, target=line)
    before = counts(desk)

    again = desk.pick(1, target=line)

    assert (again["did"], counts(desk)) == ("ask", before)


def test_undo_takes_the_loan_back_and_the_copy_stays(desk: ScanDesk) -> None:
    reader = desk.reader()
    desk.open_for(reader)
    desk.scan("T00917")
    desk.pick(1)

    undone = desk.undo()

    item = item_by_code(desk.session, "T00917")
    assert (undone["decision"], desk.holder(item)) == ("allowed", None)
    assert desk.scan("T00917")["did"] == "lent"
    assert how_many_wait(desk.session, desk.here.id) == 1


def test_a_corrected_record_leaves_the_list(desk: ScanDesk) -> None:
    desk.open_for(desk.reader())
    desk.scan("T00917")
    lent = desk.pick(1)
    bib_id = desk.session.get_one(Item, lent["item"]).bib_id

    operation = desk.operation("change_bib")
    change_bib(desk.session, operation, bib_id, {"title": "怎样养蜂"})

    assert how_many_wait(desk.session, desk.here.id) == 0


def test_an_identity_number_written_as_a_title_is_not_kept() -> None:
    asked = forms.read({"branch": "east", "pick": "1", "title": "张三 11010119900307451X"})
    assert (asked.names_identity, asked.title) == (True, "")
    assert "11010119900307451X" not in str(asked)
