from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.desk.rules import classify
from circulation.desk.services import DESK_KIND, AtDesk, reader_at, take
from circulation.models import Loan
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.operations import Answer, Operation, once
from library.patrons.models import Patron
from tests.factories import LONG_AGO, a_bib, a_county, a_loan, a_patron, an_item, county_policies, patron_card

pytestmark = pytest.mark.usefixtures("clock")
MakeOperation = Callable[..., Operation]


@pytest.fixture
def county(session: Session) -> dict[str, Branch]:
    places = a_county(session)
    county_policies(session)
    return places


@pytest.fixture
def reader(session: Session, county: dict[str, Branch]) -> Patron:
    return a_patron(session, branch=county["east"])


def scanned(
    session: Session, operation: Operation, branch: Branch, text: str, *, after: str | None = None, **more: Any
) -> Answer:
    """Take one scan as the page does: stored with its answer, and chained to the one before."""
    at_desk = AtDesk(branch, classify(text), reader_at(session, operation, after), **more)
    return once(session, operation, {"code": text}, lambda: take(session, operation, at_desk))


def desk(operation: MakeOperation, branch: Branch, **changes: object) -> Operation:
    return operation(DESK_KIND, branch_id=branch.id, **changes)


def test_a_card_opens_a_chain_along_which_books_are_lent(
    session: Session, county: dict[str, Branch], reader: Patron, operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["east"])
    first, second = desk(operation, county["east"]), desk(operation, county["east"])

    opened = scanned(session, first, county["east"], patron_card(session, reader))
    lent = scanned(session, second, county["east"], item.barcode, after=first.id)

    assert (opened["did"], opened["reader"]) == ("reader", reader.id)
    assert (lent["did"], lent["decision"], lent["reader"]) == ("lent", "allowed", reader.id)
    assert session.scalars(select(Loan.patron_id).where(Loan.item_id == item.id)).one() == reader.id


def test_without_a_chain_the_same_book_comes_back(
    session: Session, county: dict[str, Branch], reader: Patron, operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["east"])
    a_loan(session, item=item, patron=reader)

    answer = scanned(session, desk(operation, county["east"]), county["east"], item.barcode)

    assert (answer["did"], answer["next"], answer["reader"]) == ("taken_back", "shelve", None)


@pytest.mark.parametrize("change", ["branch", "time", "unknown"])
def test_a_chain_of_elsewhere_or_long_ago_has_no_reader(
    session: Session, county: dict[str, Branch], reader: Patron, operation: MakeOperation, change: str
) -> None:
    first = desk(operation, county["east"])
    scanned(session, first, county["east"], patron_card(session, reader))
    branch = county["west"] if change == "branch" else county["east"]
    later = desk(operation, branch)
    if change == "time":
        later = replace(later, at=first.at + timedelta(minutes=10))

    assert reader_at(session, later, "nothing" if change == "unknown" else first.id) is None


def test_several_copies_with_one_barcode_are_offered_to_choose_from(
    session: Session, county: dict[str, Branch], operation: MakeOperation
) -> None:
    copies = [an_item(session, branch=county[place], barcode="A7") for place in ("east", "west")]

    answer = scanned(session, desk(operation, county["east"]), county["east"], "A7")
    chosen = scanned(session, desk(operation, county["east"]), county["east"], "", item_id=copies[0].id)

    assert answer["candidates"] == [copy.id for copy in copies]
    assert (chosen["did"], chosen["item"]) == ("taken_back", copies[0].id)


def test_a_choice_made_after_the_reader_left_lends_to_nobody(
    session: Session, county: dict[str, Branch], operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["east"])

    answer = scanned(session, desk(operation, county["east"]), county["east"], "", item_id=item.id, wish="lend")

    assert [reason["code"] for reason in answer["reasons"]] == ["no_reader_at_desk"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9787302511854", "isbn_not_a_barcode"),
        ("333333333333", "code_misread"),
        ("11010119900307451X", "scan_is_identity_number"),
        (new_code(CodeKind.BOX, 5), "scan_is_box"),
        ("NOBODY", "scan_unknown"),
        ("", "scan_unknown"),
    ],
)
def test_what_is_neither_card_nor_book_is_refused_with_its_reason(
    session: Session, county: dict[str, Branch], operation: MakeOperation, text: str, code: str
) -> None:
    answer = scanned(session, desk(operation, county["east"]), county["east"], text)

    assert answer["decision"] == "refused"
    assert [reason["code"] for reason in answer["reasons"]] == [code]


def test_an_old_barcode_that_looks_like_an_isbn_is_still_the_copy(
    session: Session, county: dict[str, Branch], operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["east"], bib=a_bib(session), barcode="9787302511854")

    answer = scanned(session, desk(operation, county["east"]), county["east"], "9787302511854")

    assert answer["item"] == item.id


def test_a_phone_number_finds_its_reader_only_when_one_reader_has_it(
    session: Session, county: dict[str, Branch], operation: MakeOperation
) -> None:
    reader = a_patron(session, branch=county["east"], phone="13800138000")

    found = scanned(session, desk(operation, county["east"]), county["east"], "13800138000")
    a_patron(session, branch=county["west"], phone="13800138000")
    unclear = scanned(session, desk(operation, county["east"]), county["east"], "13800138000")

    assert found["reader"] == reader.id
    assert [reason["code"] for reason in unclear["reasons"]] == ["scan_ambiguous_reader"]


def test_a_copy_from_elsewhere_goes_from_one_reader_to_the_next_without_a_question(
    session: Session, county: dict[str, Branch], reader: Patron, operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["west"])
    item.current_branch_id = county["east"].id
    a_loan(session, item=item, patron=a_patron(session, branch=county["east"]))
    first = desk(operation, county["east"])
    scanned(session, first, county["east"], patron_card(session, reader))

    answer = scanned(session, desk(operation, county["east"]), county["east"], item.barcode, after=first.id)

    assert (answer["did"], answer["decision"]) == ("lent", "allowed")
    holder = session.scalars(select(Loan.patron_id).where(Loan.item_id == item.id, Loan.in_at.is_(None))).one()
    assert holder == reader.id


def test_a_button_cannot_set_a_refusal_aside_because_nobody_said_why(
    session: Session, county: dict[str, Branch], operation: MakeOperation
) -> None:
    item = an_item(session, branch=county["east"])
    expired = a_patron(session, branch=county["east"], expires_on=LONG_AGO)
    grant = Grant(str(Role.BRANCH_LIBRARIAN), county["east"].id, county["east"].path)
    librarian = Actor(ActorKind.STAFF, 7, "librarian", (grant,))
    first, second = (desk(operation, county["east"], actor=librarian) for _ in range(2))
    scanned(session, first, county["east"], patron_card(session, expired))

    answer = scanned(
        session, second, county["east"], item.barcode, after=first.id, wish="lend", confirmed=("card_expired",)
    )

    assert answer["decision"] == "refused"
    assert "override_needs_reason" in [reason["code"] for reason in answer["reasons"]]
