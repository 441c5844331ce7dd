"""One scan after the other: what each comes to, and who stands at the desk after it."""

from datetime import timedelta

import pytest

from catalog.items.models import Item
from circulation.desk.chain import standing_after
from circulation.desk.rules import NOBODY, UNSETTLED
from library.kernel import clock as kernel_clock
from library.kernel.actors import Actor, ActorKind
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.operations import once
from tests.circulation.desk.desk import ScanDesk, codes, keeper_of
from tests.factories import a_bib, a_loan, patron_card

NEW_CARD = new_code(CodeKind.PATRON, 990_001)
ISBN = "9787302511854"


def misread(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_a_card_opens_a_visit_along_which_books_are_lent(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()

    opened = desk.open_for(reader)
    visit = desk.after
    lent = desk.scan(item.barcode)

    assert (opened["did"], opened["reader"], opened["visit"]) == ("reader", reader.id, visit)
    assert (lent["did"], lent["decision"], lent["reader"], lent["visit"]) == ("lent", "allowed", reader.id, visit)
    assert desk.holder(item) == reader.id


def test_without_a_visit_the_same_book_comes_back(desk: ScanDesk) -> None:
    item = desk.item()
    a_loan(desk.session, item=item, patron=desk.reader())

    answer = desk.scan(item.barcode)

    assert (answer["did"], answer["next"], answer["reader"]) == ("taken_back", "shelve", None)


def test_a_new_card_ends_the_visit_before(desk: ScanDesk) -> None:
    first, second, item = desk.reader(), desk.reader(), desk.item()
    desk.open_for(first)
    desk.open_for(second)

    desk.scan(item.barcode)

    assert desk.holder(item) == second.id


@pytest.mark.parametrize("change", ["branch", "time", "unknown", "reader"])
def test_when_it_is_not_known_any_more_who_stands_here_nothing_is_lent_or_taken_back(
    desk: ScanDesk, change: str
) -> None:
    item, reader = desk.item(), desk.reader()
    a_loan(desk.session, item=item, patron=desk.reader())
    desk.open_for(reader)
    later = None
    if change == "unknown":
        desk.after = "00000000-0000-4000-8000-000000000000"
    if change == "time":
        later = kernel_clock.now() + timedelta(minutes=11)
    if change in {"branch", "reader"}:
        elsewhere = desk.places["west"].id if change == "branch" else desk.here.id
        actor = keeper_of(desk.places["west"]) if change == "branch" else Actor(ActorKind.PATRON, reader.id, "r")
        row = desk.operation("desk", actor=actor, branch_id=elsewhere)
        once(desk.session, row, {}, lambda: {"did": "reader", "reader": reader.id})
        desk.after = row.id

    answer = desk.scan(item.barcode, at=later)

    assert (answer["did"], codes(answer), answer["unsettled"]) == ("nothing", ["reader_not_settled"], True)
    assert desk.holder(item) not in {None, reader.id}


def test_scans_that_waited_for_the_network_keep_their_reader(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    desk.open_for(reader)

    answer = desk.scan(item.barcode, at=kernel_clock.now() + timedelta(hours=3), gap="12")

    assert (answer["did"], desk.holder(item)) == ("lent", reader.id)


def test_what_one_keeper_scanned_goes_on_under_the_next_ones_name(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    desk.open_for(reader)
    desk.actor = keeper_of(desk.here, account_id=8)

    desk.scan(item.barcode)

    assert desk.holder(item) == reader.id


def test_standing_is_nobody_without_a_scan_before(desk: ScanDesk) -> None:
    operation = desk.operation("desk", branch_id=desk.here.id)
    assert standing_after(desk.session, operation, None) == NOBODY
    assert standing_after(desk.session, operation, "unknown") == UNSETTLED


@pytest.mark.parametrize(
    "card", [NEW_CARD, misread(new_code(CodeKind.PATRON, 3)), "13900000000"], ids=["blank", "misread", "phone"]
)
def test_after_a_card_that_opened_nobody_books_are_not_lent_to_the_reader_before(desk: ScanDesk, card: str) -> None:
    before, item = desk.reader(), desk.item()
    a_loan(desk.session, item=item, patron=desk.reader())
    had = desk.holder(item)
    desk.open_for(before)
    desk.scan(card)

    answers = [desk.scan(item.barcode) for _ in range(2)]

    assert [codes(answer) for answer in answers] == [["reader_not_settled"]] * 2
    assert desk.holder(item) == had
    desk.finish()
    assert desk.scan(item.barcode)["did"] == "taken_back"


def test_an_unknown_book_leaves_the_visit_as_it_is(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    desk.open_for(reader)

    unknown = desk.scan("T00917")
    desk.scan(item.barcode)

    assert (codes(unknown), unknown["code"], unknown["reader"]) == (["scan_unknown"], "T00917", reader.id)
    assert desk.holder(item) == reader.id


# Every kind of input, in the order of the field.


def test_a_legacy_barcode_of_any_shape_is_the_copy(desk: ScanDesk) -> None:
    for barcode in ("T0091-7", "少儿0012", misread(new_code(CodeKind.ITEM, 5)), ISBN, "13800138000", "ZXY", "7"):
        item = desk.item(bib=a_bib(desk.session), barcode=barcode.replace("-", ""))
        assert desk.scan(barcode)["item"] == item.id


def test_a_legacy_card_of_any_shape_is_the_reader(desk: ScanDesk) -> None:
    for card in ("D0042", "700001", misread(new_code(CodeKind.PATRON, 5))):
        reader = desk.reader(card=card)
        assert desk.scan(card.lower())["reader"] == reader.id


def test_the_address_of_a_printed_qr_is_the_code_in_it(desk: ScanDesk) -> None:
    item, reader = desk.item(), desk.reader()

    assert desk.scan(f"https://books.example/q/{item.barcode}")["item"] == item.id
    assert desk.scan(f"https://books.example/q/{patron_card(desk.session, reader)}")["reader"] == reader.id


LEADS_NOWHERE = {
    misread(new_code(CodeKind.ITEM, 1)): "code_misread",
    misread(new_code(CodeKind.PATRON, 1)): "code_misread",
    misread(new_code(CodeKind.BOX, 1)): "code_misread",
    "11010119900307451X": "scan_is_identity_number",
    new_code(CodeKind.BOX, 5): "scan_is_box",
    new_code(CodeKind.SHEET, 5): "scan_is_sheet",
    new_code(CodeKind.SHELF, 5): "scan_not_for_desk",
    new_code(CodeKind.COMMAND, 9999): "scan_not_for_desk",
    ISBN: "isbn_no_copy_here",
    "13900000000": "phone_unknown",
    "qq": "initials_unknown",
    "没有这本书": "title_unknown",
    "NOBODY7": "scan_unknown",
    "": "scan_unknown",
}


def test_what_leads_nowhere_is_refused_with_what_to_do(desk: ScanDesk) -> None:
    answers = {text: desk.scan(text) for text in LEADS_NOWHERE}

    assert {text: codes(answer) for text, answer in answers.items()} == {
        text: [code] for text, code in LEADS_NOWHERE.items()
    }
    assert {answer["decision"] for answer in answers.values()} == {"refused"}


def with_isbn(desk: ScanDesk, *places: str) -> list[Item]:
    bib = a_bib(desk.session, isbn13=ISBN)
    return [desk.item(place, bib=bib) for place in places]


def test_an_isbn_is_the_only_copy_here_and_says_so(desk: ScanDesk) -> None:
    here, _away = with_isbn(desk, "east", "west")
    reader = desk.reader()
    desk.open_for(reader)

    answer = desk.scan("978-7-302-51185-4")

    assert (answer["did"], answer["item"], codes(answer)) == ("lent", here.id, ["known_by_isbn"])
    assert desk.holder(here) == reader.id


def test_an_isbn_of_several_copies_here_lets_one_be_picked(desk: ScanDesk) -> None:
    items = with_isbn(desk, "east", "east", "west")

    answer = desk.scan(ISBN)
    picked = desk.pick(2)

    assert answer["candidates"] == [items[0].id, items[1].id]
    assert (picked["did"], picked["item"]) == ("taken_back", items[1].id)


def test_an_isbn_without_a_copy_here_becomes_a_wish_of_the_reader(desk: ScanDesk) -> None:
    reader = desk.reader()
    desk.open_for(reader)

    refused = desk.scan(ISBN)
    wished = desk.pick(1)

    assert (codes(refused), refused["isbn"]) == (["isbn_no_copy_here"], ISBN)
    assert (wished["did"], wished["decision"], wished["reader"]) == ("wished", "allowed", reader.id)
    assert wished["wish"]["state"] == "open"


def test_a_phone_number_opens_its_reader_and_lets_one_of_a_household_be_picked(desk: ScanDesk) -> None:
    mother = desk.reader(phone="13800138000")
    found = desk.scan("138-0013-8000")
    son = desk.reader("west", phone="13800138000")
    unclear = desk.scan("13800138000")

    picked = desk.pick(2)

    assert found["reader"] == mother.id
    assert (unclear["readers"], unclear["reader"]) == ([mother.id, son.id], None)
    assert (picked["did"], picked["reader"]) == ("reader", son.id)


def test_initials_find_the_readers_of_this_room_only(desk: ScanDesk) -> None:
    zhang, zhao = desk.reader(name="张秀英"), desk.reader(name="赵小燕")
    desk.reader("west", name="周杏月")
    desk.reader(name="李大山")

    answer = desk.scan("zx")
    picked = desk.pick(1)

    assert sorted(answer["readers"]) == sorted([zhang.id, zhao.id])
    assert picked["reader"] == answer["readers"][0]


def test_letters_that_are_nobodys_name_are_words_of_a_title(desk: ScanDesk) -> None:
    item = desk.item()

    answer = desk.scan("ganju", titles=(item.bib_id,))

    assert (answer["did"], answer["candidates"]) == ("choose", [item.id])


def test_words_of_a_title_offer_the_copies_of_this_room(desk: ScanDesk) -> None:
    bib = a_bib(desk.session)
    here, _there = desk.item(bib=bib), desk.item("west", bib=bib)

    answer = desk.scan("冬小麦种植", titles=(bib.id,))
    picked = desk.pick(1)

    assert answer["candidates"] == [here.id]
    assert (picked["did"], picked["item"]) == ("taken_back", here.id)


def test_a_line_that_asks_nothing_takes_no_choice(desk: ScanDesk) -> None:
    item = desk.item()
    desk.scan(item.barcode)

    assert [codes(desk.pick(number)) for number in (0, 1)] == [["nothing_to_choose"]] * 2


# The states of the desk.


def test_a_copy_goes_from_one_reader_to_the_next_without_a_question(desk: ScanDesk) -> None:
    item, reader = desk.item("west"), desk.reader()
    item.current_branch_id = desk.here.id
    a_loan(desk.session, item=item, patron=desk.reader())
    desk.open_for(reader)

    answer = desk.scan(item.barcode)

    assert (answer["did"], answer["decision"]) == ("lent", "allowed")
    assert "taken_back_from_another" in codes(answer)
    assert desk.holder(item) == reader.id


def test_each_mode_does_what_it_says_whoever_stands_there(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()

    assert codes(desk.scan(item.barcode, mode="lend")) == ["card_first"]
    desk.open_for(reader)
    assert desk.scan(item.barcode, mode="lend")["did"] == "lent"
    desk.finish()
    assert desk.scan(item.barcode, mode="renew")["did"] == "renewed"
    desk.open_for(desk.reader())
    assert desk.scan(item.barcode, mode="take_back")["did"] == "taken_back"
    assert codes(desk.scan(item.barcode, mode="renew")) == ["renew_not_on_loan"]
    used = desk.scan(item.barcode, mode="on_site")
    assert (used["did"], used["decision"], used["mode"]) == ("used", "allowed", "on_site")
    assert desk.scan(item.barcode, mode="nonsense")["did"] == "lent"


def test_a_renewal_by_name_is_only_for_the_reader_at_the_desk(desk: ScanDesk) -> None:
    mine, theirs, reader = desk.item(), desk.item(), desk.reader()
    a_loan(desk.session, item=mine, patron=reader)
    a_loan(desk.session, item=theirs, patron=desk.reader())
    desk.open_for(reader)

    assert desk.send(wish="renew", item=str(mine.id))["did"] == "renewed"
    assert codes(desk.send(wish="renew", item=str(theirs.id))) == ["no_reader_at_desk"]
