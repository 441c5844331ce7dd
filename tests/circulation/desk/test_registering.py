"""A blank card and two or three fields: the reader is registered, and the visit has begun."""

from typing import Any

from sqlalchemy import func, select

from library.accounts.rules import Role
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.models import OperationRow
from library.kernel.operations import Answer
from library.patrons.cards import patron_by_card, report_card_lost
from library.patrons.models import Guardian, Patron
from library.patrons.services import patron_by_id
from tests.circulation.desk.desk import ScanDesk, codes, keeper_of
from tests.factories import patron_card

CARD = new_code(CodeKind.PATRON, 990_001)
IDENTITY = "11010119900307451X"


def register(desk: ScanDesk, **fields: Any) -> Answer:
    return desk.send(wish="register", **{"card": CARD, "name": "王小满", "category": "adult", **fields})


def count(desk: ScanDesk) -> int:
    return desk.session.scalar(select(func.count()).select_from(Patron)) or 0


def test_a_blank_card_asks_who_gets_it_and_the_reader_borrows_at_once(desk: ScanDesk) -> None:
    item = desk.item()
    asked = desk.scan(CARD)

    registered = register(desk, name=" 王  小满 ", phone="138 0013 8000", target=desk.after)
    lent = desk.scan(item.barcode)

    assert (asked["did"], asked["decision"], asked["card"]) == ("blank_card", "needs_confirmation", CARD)
    reader = patron_by_card(desk.session, CARD)
    assert (reader.name, reader.phone, reader.category, reader.home_branch_id) == (
        "王 小满",
        "13800138000",
        "adult",
        desk.here.id,
    )
    assert (registered["did"], registered["reader"]) == ("registered", reader.id)
    assert (lent["did"], desk.holder(item)) == ("lent", reader.id)


def test_a_child_is_registered_with_a_guardian_who_agrees(desk: ScanDesk) -> None:
    child = {"category": "child", "guardian": "王大山"}

    without = register(desk, category="child")
    unasked = register(desk, **child)
    registered = register(desk, **child, consents="yes")

    assert [codes(without), codes(unasked)] == [["guardian_missing"], ["guardian_missing"]]
    guardian = desk.session.scalars(select(Guardian).where(Guardian.patron_id == registered["reader"])).one()
    assert (guardian.name, guardian.consented_at is not None) == ("王大山", True)


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"name": ""}, "name_missing"),
    ({"name": "12345"}, "name_missing"),
    ({"phone": "123"}, "phone_wrong"),
    ({"category": "group"}, "register_incomplete"),
    ({"card": new_code(CodeKind.ITEM, 5)}, "card_not_new"),
    ({"card": CARD[:-1] + "x"}, "card_not_new"),
    ({"name": f"王小满 {IDENTITY}"}, "scan_is_identity_number"),
    ({"phone": IDENTITY}, "scan_is_identity_number"),
)


def test_what_is_wrong_is_a_refusal_that_registers_nobody(desk: ScanDesk) -> None:
    before = count(desk)

    answers = [register(desk, **fields) for fields, _code in WRONG]

    assert [codes(answer) for answer in answers] == [[code] for _fields, code in WRONG]
    assert {answer["decision"] for answer in answers} == {"refused"}
    assert count(desk) == before


def test_a_refused_registration_lets_no_book_slip_by(desk: ScanDesk) -> None:
    item = desk.item()
    desk.scan(CARD)
    refused = register(desk, name="")

    assert (refused["did"], refused["card"]) == ("blank_card", CARD)
    assert codes(desk.scan(item.barcode)) == ["reader_not_settled"]


def test_a_card_that_was_given_out_is_not_blank(desk: ScanDesk) -> None:
    reader = desk.reader()
    number = patron_card(desk.session, reader)
    register(desk)

    assert codes(register(desk, card=number)) == ["card_not_new"]
    assert codes(register(desk)) == ["card_not_new"]


def test_a_lost_card_is_no_longer_in_use_and_nobody_is_registered_with_it(desk: ScanDesk) -> None:
    reader = desk.reader()
    number = patron_card(desk.session, reader)
    report_card_lost(desk.session, desk.operation(), number)

    assert codes(desk.scan(number)) == ["card_not_active"]


def test_whoever_may_not_register_is_told_so_and_sees_no_form(desk: ScanDesk) -> None:
    desk.actor = keeper_of(desk.places["west"])

    assert codes(desk.scan(CARD)) == ["unknown_card"]
    assert codes(register(desk)) == ["register_not_allowed"]


def test_a_suspended_room_registers_nobody(desk: ScanDesk) -> None:
    desk.here.state = "closed"
    desk.actor = keeper_of(desk.here, Role.BRANCH_LIBRARIAN)

    assert codes(register(desk)) == ["register_not_here"]


def test_the_same_name_and_phone_are_noticed(desk: ScanDesk) -> None:
    register(desk, phone="13800138000")

    again = register(desk, card=new_code(CodeKind.PATRON, 990_002), phone="13800138000")

    assert (again["decision"], codes(again)) == ("allowed", ["same_name_and_phone"])


def test_no_name_and_no_number_of_a_person_is_kept_in_operations(desk: ScanDesk) -> None:
    registered = register(desk, phone="13800138000")
    register(desk, phone=IDENTITY)

    kept = " ".join(str(row) for row in desk.session.execute(select(OperationRow.__table__)))
    assert patron_by_id(desk.session, registered["reader"]).name == "王小满"
    assert not any(told in kept for told in ("王小满", "13800138000", IDENTITY))
