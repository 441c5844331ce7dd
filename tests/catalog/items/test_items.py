"""Copies: found by any code they ever bore, added with a history, ordered on the shelf."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.classification.rules import call_number_key
from catalog.items.models import ItemMovement
from catalog.items.rules import is_isbn
from catalog.items.services import add_item, change_barcode, item_by_code, items_by_code, move_item
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.errors import Conflict, DomainError, Invalid, NotFound
from library.kernel.identifiers import parse_code
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests.factories import a_bib, a_branch, an_item

Operations = Callable[..., Operation]


def test_call_numbers_sort_as_books_stand() -> None:
    shelf = ["K825.2/3", "K825.2/12", "K825.2-44/1", "K825.26/1", "K83/1", "S5/1", "S512/1", "TP3/1"]
    assert sorted(set(shelf), key=call_number_key) == shelf


@pytest.mark.parametrize(("code", "is_one"), [("9787503717444", True), ("9787503717445", False), ("D0001", False)])
def test_knows_the_isbn_on_a_cover(code: str, is_one: bool) -> None:
    assert is_isbn(code) is is_one


def a_copy(session: Session, operation: Operations, owner: Branch | None = None, barcode: str | None = "N1") -> int:
    owner = owner or a_branch(session)
    return add_item(session, operation(), bib_id=a_bib(session).id, owner=owner, barcode=barcode).id


def test_a_new_copy_stands_at_home_with_its_first_movement_and_event(session: Session, operation: Operations) -> None:
    item_id = a_copy(session, operation)
    movement = session.scalars(select(ItemMovement).where(ItemMovement.item_id == item_id)).one()
    event = session.scalars(select(EventRow).where(EventRow.item_id == item_id)).one()
    assert (movement.from_branch_id, movement.cause, movement.event_id) == (None, "acquired", event.id)
    assert event.kind == "item.created"


def test_a_copy_without_a_barcode_gets_a_valid_new_one(session: Session, operation: Operations) -> None:
    branch = a_branch(session)
    first, second = (a_copy(session, operation, branch, None) for _ in range(2))
    codes = [item.barcode for item in session.scalars(select(type(an_item(session, branch=branch))))][:2]
    assert first != second
    assert len(set(codes)) == 2
    assert all(parse_code(code) for code in codes)


def test_an_old_barcode_still_leads_to_its_copy(session: Session, operation: Operations) -> None:
    item_id = a_copy(session, operation)
    change_barcode(session, operation(), item_by_code(session, "n1"), "N2")
    assert item_by_code(session, "N1").id == item_id
    assert item_by_code(session, "N2").id == item_id


def test_a_barcode_that_two_branches_use_is_ambiguous_with_its_candidates(
    session: Session, operation: Operations
) -> None:
    ids = [a_copy(session, operation), a_copy(session, operation)]
    assert [item.id for item in items_by_code(session, "N1")] == ids
    with pytest.raises(Conflict) as refusal:
        item_by_code(session, "N1")
    assert refusal.value.params["candidates"] == ids


@pytest.mark.parametrize(
    ("scan", "code"), [("9787503717444", "isbn_scanned"), ("X-77", "unknown_barcode"), ("", "unknown_barcode")]
)
def test_a_scan_that_means_no_copy_says_why(session: Session, scan: str, code: str) -> None:
    with pytest.raises(NotFound) as refusal:
        item_by_code(session, scan)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("barcode", "code"), [("N1", "barcode_taken"), ("9787503717444", "bad_barcode"), (" ", "bad_barcode")]
)
def test_a_barcode_that_cannot_be_is_refused(session: Session, operation: Operations, barcode: str, code: str) -> None:
    branch = a_branch(session)
    a_copy(session, operation, branch)
    with pytest.raises(DomainError) as refusal:
        a_copy(session, operation, branch, barcode)
    assert refusal.value.code == code


def test_a_move_is_logged_once_and_staying_is_no_move(session: Session, operation: Operations) -> None:
    there = a_branch(session)
    item_id = a_copy(session, operation)
    assert move_item(session, operation(), item_id, there.id, "transfer")
    assert not move_item(session, operation(), item_id, there.id, "transfer")
    moves = session.scalars(select(ItemMovement).where(ItemMovement.item_id == item_id)).all()
    assert [move.to_branch_id for move in moves][-1] == there.id
    assert len(moves) == 2


def test_moves_are_logged_in_the_order_in_which_they_were_let_in(session: Session, operation: Operations) -> None:
    first, then = a_branch(session), a_branch(session)
    item_id = a_copy(session, operation)
    began = operation()
    later = replace(operation(), at=began.at + timedelta(seconds=1))
    move_item(session, later, item_id, first.id, "check_in")
    move_item(session, began, item_id, then.id, "check_in")
    moves = session.scalars(
        select(ItemMovement).where(ItemMovement.item_id == item_id).order_by(ItemMovement.at, ItemMovement.id)
    ).all()
    assert [move.to_branch_id for move in moves][-2:] == [first.id, then.id]
    assert moves[-1].at == later.at


def test_a_copy_cannot_have_come_tomorrow(session: Session, operation: Operations) -> None:
    tomorrow = clock.local_date(operation().at) + timedelta(days=1)
    with pytest.raises(Invalid, match="date_in_future"):
        add_item(session, operation(), bib_id=a_bib(session).id, owner=a_branch(session), acquired_on=tomorrow)


def test_a_book_that_was_withdrawn_gets_no_copy(session: Session, operation: Operations) -> None:
    bib = a_bib(session)
    bib.withdrawn_at = operation().at
    session.flush()
    with pytest.raises(NotFound, match="unknown_bib"):
        add_item(session, operation(), bib_id=bib.id, owner=a_branch(session))


@pytest.mark.parametrize(("state", "is_taken"), [("closed", False), ("suspended", True)])
def test_a_closed_room_gets_no_copy_and_a_suspended_one_does(
    session: Session, operation: Operations, state: str, is_taken: bool
) -> None:
    room = a_branch(session)
    room.state = state
    session.flush()
    bib_id = a_bib(session).id
    if is_taken:
        assert add_item(session, operation(), bib_id=bib_id, owner=room).current_branch_id == room.id
        return
    with pytest.raises(Conflict, match="branch_not_open"):
        add_item(session, operation(), bib_id=bib_id, owner=room)
