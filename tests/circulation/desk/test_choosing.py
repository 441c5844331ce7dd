"""What a line asks, and what an answer to it does: by number, for the reader and in the mode of the question."""

from datetime import timedelta

from circulation.logistics.services import request_transfer
from library.accounts.rules import Role
from library.kernel import clock as kernel_clock
from tests.circulation.desk.desk import ScanDesk, codes, keeper_of
from tests.factories import LONG_AGO, a_loan


def test_several_copies_with_one_barcode_are_offered_to_choose_from(desk: ScanDesk) -> None:
    copies = [desk.item(place, barcode="A7") for place in ("east", "west")]

    answer = desk.scan("A7")
    chosen = desk.pick(1)

    assert answer["candidates"] == [copy.id for copy in copies]
    assert (chosen["did"], chosen["item"]) == ("taken_back", copies[0].id)


def test_a_code_that_is_a_card_and_a_book_is_asked_about(desk: ScanDesk) -> None:
    item, reader = desk.item(barcode="700123"), desk.reader(card="700123")

    answer = desk.scan("700123")
    as_reader = desk.pick(2, desk.after)

    assert (answer["candidates"], answer["readers"]) == ([item.id], [reader.id])
    assert as_reader["reader"] == reader.id


def test_the_readers_own_book_is_asked_about_and_taken_back_or_renewed(desk: ScanDesk) -> None:
    items, reader = [desk.item(), desk.item()], desk.reader()
    desk.open_for(reader)
    for item in items:
        desk.scan(item.barcode)

    asked = desk.scan(items[0].barcode)
    back = desk.pick(1)
    desk.scan(items[1].barcode)
    renewed = desk.pick(2)

    assert (asked["did"], asked["decision"]) == ("ask", "needs_confirmation")
    assert (back["did"], desk.holder(items[0])) == ("taken_back", None)
    assert (renewed["did"], renewed["decision"], desk.holder(items[1])) == ("renewed", "allowed", reader.id)


def test_the_mode_of_a_question_is_the_mode_of_its_answer(desk: ScanDesk) -> None:
    copies = [desk.item(place, barcode="A8") for place in ("east", "west")]
    a_loan(desk.session, item=copies[0], patron=desk.reader())

    desk.scan("A8", mode="renew")
    answer = desk.pick(1)

    assert (answer["did"], answer["item"]) == ("renewed", copies[0].id)


def test_an_answer_is_for_the_reader_of_its_question_and_leaves_the_next_one_standing(desk: ScanDesk) -> None:
    first, second, item = desk.reader(), desk.reader(), desk.item()
    desk.open_for(first)
    desk.scan(item.barcode)
    desk.scan(item.barcode)
    question = desk.after
    desk.open_for(second)

    answer = desk.pick(2, question)

    assert (answer["did"], answer["patron"], answer["reader"]) == ("renewed", first.id, second.id)


def test_an_answer_that_comes_too_late_lends_to_nobody(desk: ScanDesk) -> None:
    reader, item = desk.reader(), desk.item()
    desk.open_for(reader)
    desk.scan(item.barcode)
    desk.scan(item.barcode)
    question = desk.after
    desk.finish()

    answer = desk.pick(2, question, at=kernel_clock.now() + timedelta(minutes=11), gap="1")

    assert codes(answer) == ["no_reader_at_desk"]


def test_what_has_to_be_confirmed_is_confirmed_by_one_answer_and_kept_with_the_loan(desk: ScanDesk) -> None:
    item, reader = desk.item(), desk.reader()
    request_transfer(
        desk.session, desk.operation(), item_id=item.id, to_branch_id=desk.places["west"].id, reason="manual"
    )
    desk.open_for(reader)

    asked = desk.scan(item.barcode)
    lent = desk.pick(1)

    assert (asked["decision"], codes(asked)) == ("needs_confirmation", ["item_in_transit"])
    assert (lent["did"], lent["decision"], desk.holder(item)) == ("lent", "allowed", reader.id)


def test_an_exception_is_made_by_whoever_may_and_says_why(desk: ScanDesk) -> None:
    item, expired = desk.item(), desk.reader(expires_on=LONG_AGO)
    desk.open_for(expired)
    refused = desk.scan(item.barcode)
    question = desk.after

    assert codes(refused) == ["card_expired"]
    assert "override_not_permitted" in codes(desk.pick(1, question, because="老人家路远"))
    desk.actor = keeper_of(desk.here, Role.BRANCH_LIBRARIAN)
    assert "override_needs_reason" in codes(desk.pick(1, question))
    allowed = desk.pick(1, question, because="老人家路远")
    assert (allowed["decision"], desk.holder(item)) == ("allowed", expired.id)


def test_a_renewal_beyond_the_rule_is_an_exception_too_also_without_a_card(desk: ScanDesk) -> None:
    item, reader = desk.item(), desk.reader()
    desk.actor = keeper_of(desk.here, Role.BRANCH_LIBRARIAN)
    desk.open_for(reader)
    desk.scan(item.barcode)
    desk.finish()
    desk.scan(item.barcode, mode="renew")

    assert codes(desk.scan(item.barcode, mode="renew")) == ["renewals_exhausted"]
    renewed = desk.pick(1, because="病了，下周来还")
    assert (renewed["did"], renewed["decision"]) == ("renewed", "allowed")
