"""A transfer from asking to shelf, on both engines: states, steps, movements, refusals."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition, ItemMovement
from circulation.logistics import services
from circulation.models import Case, Transfer, TransferStep
from library.branches.models import Branch
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from tests.factories import a_county, a_loan, a_patron, an_item

Make = Callable[..., Operation]


@pytest.fixture
def county(session: Session, clock: object) -> dict[str, Branch]:
    return a_county(session)


@pytest.fixture
def item(session: Session, county: dict[str, Branch]) -> Item:
    return an_item(session, branch=county["east"])


def asked_for(
    session: Session, operation: Make, item: Item, to: Branch, reason: str = "manual", **more: object
) -> Answer:
    return services.request_transfer(
        session,
        operation("request_transfer"),
        item_id=item.id,
        to_branch_id=to.id,
        reason=reason,
        **more,  # type: ignore[arg-type]
    )


def state_of(session: Session, transfer_id: int) -> str:
    return session.scalars(select(Transfer.state).where(Transfer.id == transfer_id)).one()


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_a_copy_goes_from_shelf_to_shelf_and_every_step_is_kept(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    answer = asked_for(session, operation, item, county["west"])
    transfer_id = answer["transfer"]["id"]
    assert answer["decision"] == "allowed"
    assert answer["transfer"]["actions"] == ["pick", "cancel", "miss"]
    for step in (services.pick, services.dispatch, services.receive, services.shelve):
        assert step(session, operation(step.__name__), transfer_id)["decision"] == "allowed"
    session.expire_all()
    assert item.current_branch_id == county["west"].id
    assert item.is_available
    steps = session.scalars(select(TransferStep.state).order_by(TransferStep.id)).all()
    assert steps == ["requested", "picked", "dispatched", "arrived", "shelved"]
    kinds = session.scalars(select(EventRow.kind).where(EventRow.kind.like("transfer.%")).order_by(EventRow.id)).all()
    assert kinds == [f"transfer.{state}" for state in steps]
    moved = session.scalars(select(ItemMovement.to_branch_id).order_by(ItemMovement.id)).all()
    assert moved == [county["east"].id, county["west"].id]


def test_a_step_taken_twice_is_refused_with_the_steps_that_are_possible(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    services.pick(session, operation("pick"), transfer_id)
    again = services.pick(session, operation("pick"), transfer_id)
    assert again["decision"] == "refused"
    assert codes(again) == ["transfer_not_in_state"]
    assert again["transfer"]["actions"] == ["pack", "dispatch", "cancel", "miss"]
    assert state_of(session, transfer_id) == "picked"


def test_a_copy_on_loan_is_not_moved(session: Session, operation: Make, county: dict[str, Branch], item: Item) -> None:
    a_loan(session, item=item, patron=a_patron(session, branch=county["east"]))
    answer = asked_for(session, operation, item, county["west"])
    assert (answer["decision"], codes(answer)) == ("refused", ["item_on_loan"])


def test_a_copy_has_one_open_transfer(session: Session, operation: Make, county: dict[str, Branch], item: Item) -> None:
    first = asked_for(session, operation, item, county["west"])
    second = asked_for(session, operation, item, county["central"])
    assert codes(second) == ["transfer_open"]
    assert second["transfer"]["id"] == first["transfer"]["id"]


def test_a_copy_is_not_sent_to_where_it_stands_or_to_a_closed_branch(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    assert codes(asked_for(session, operation, item, county["east"])) == ["already_there"]
    county["west"].state = "suspended"
    session.flush()
    assert codes(asked_for(session, operation, item, county["west"])) == ["destination_closed"]


def test_unknown_copies_branches_and_transfers_are_named(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    with pytest.raises(NotFound, match="unknown_item"):
        services.request_transfer(session, operation(), item_id=99999, to_branch_id=county["west"].id, reason="manual")
    with pytest.raises(NotFound, match="unknown_branch"):
        services.request_transfer(session, operation(), item_id=item.id, to_branch_id=99999, reason="manual")
    with pytest.raises(NotFound, match="unknown_transfer"):
        services.pick(session, operation(), 99999)


def test_the_copy_is_not_available_until_it_is_shelved(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    for step in (services.pick, services.dispatch, services.receive):
        session.expire_all()
        assert not item.is_available
        step(session, operation(step.__name__), transfer_id)


def test_a_cancelled_transfer_leaves_the_copy_where_it_is(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    services.cancel(session, operation("cancel"), transfer_id)
    session.expire_all()
    assert item.is_available
    assert item.current_branch_id == county["east"].id
    assert codes(services.cancel(session, operation("cancel"), transfer_id)) == ["transfer_not_in_state"]


def test_what_has_left_cannot_be_cancelled(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    services.pick(session, operation(), transfer_id)
    services.dispatch(session, operation(), transfer_id)
    assert codes(services.cancel(session, operation(), transfer_id)) == ["transfer_not_in_state"]


def test_a_copy_received_at_the_wrong_branch_is_noted_there_and_goes_on(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    services.pick(session, operation(), transfer_id)
    services.dispatch(session, operation(), transfer_id)
    answer = services.receive(session, operation(), transfer_id, at_branch_id=county["school"].id)
    assert (answer["decision"], codes(answer)) == ("allowed", ["arrived_elsewhere"])
    assert answer["transfer"]["state"] == "picked"
    assert answer["transfer"]["from_branch"] == "school"
    session.expire_all()
    assert item.current_branch_id == county["school"].id
    services.dispatch(session, operation(), transfer_id)
    assert services.receive(session, operation(), transfer_id)["transfer"]["state"] == "arrived"


def test_check_in_at_the_destination_ends_the_transfer_from_any_state(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    for steps in range(4):
        here = session.scalars(select(Item.current_branch_id).where(Item.id == item.id)).one()
        to = county["west"] if here == county["east"].id else county["east"]
        transfer_id = asked_for(session, operation, item, to)["transfer"]["id"]
        for step in (services.pick, services.dispatch, services.receive)[:steps]:
            step(session, operation(), transfer_id)
        assert services.arrive_by_check_in(session, operation("check_in"), item.id, to.id) == transfer_id
        assert state_of(session, transfer_id) == "shelved"
        assert session.scalars(select(Item.current_branch_id).where(Item.id == item.id)).one() == to.id


def test_check_in_elsewhere_keeps_the_transfer_open_from_there(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    assert services.arrive_by_check_in(session, operation(), item.id, county["east"].id) is None
    assert services.arrive_by_check_in(session, operation(), item.id, county["central"].id) is None
    move = services.open_transfer(session, item.id)
    assert move is not None
    assert (move.id, move.from_branch_id, move.at_branch_id) == (
        transfer_id,
        county["central"].id,
        county["central"].id,
    )


def test_without_a_transfer_check_in_changes_nothing(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    assert services.arrive_by_check_in(session, operation(), item.id, county["west"].id) is None


def test_lending_the_copy_ends_its_transfer_in_every_open_state(
    session: Session, operation: Make, county: dict[str, Branch]
) -> None:
    for steps in range(4):
        item = an_item(session, branch=county["east"])
        transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
        for step in (services.pick, services.dispatch, services.receive)[:steps]:
            step(session, operation(), transfer_id)
        assert services.cancel(session, operation(), transfer_id, "lent")["decision"] == "allowed"
        assert session.get_one(Transfer, transfer_id, populate_existing=True).cause == "lent"


def test_a_restocked_copy_belongs_to_where_it_was_shelved(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"], reason="restock")["transfer"]["id"]
    for step in (services.pick, services.dispatch, services.receive, services.shelve):
        step(session, operation(), transfer_id)
    session.expire_all()
    assert item.home_branch_id == county["west"].id
    assert item.owner_branch_id == county["east"].id


def test_a_copy_that_is_not_there_becomes_missing_with_a_case(
    session: Session, operation: Make, county: dict[str, Branch], item: Item
) -> None:
    transfer_id = asked_for(session, operation, item, county["west"])["transfer"]["id"]
    assert services.miss(session, operation(), transfer_id)["transfer"]["state"] == "missing"
    assert session.scalars(select(ItemCondition.kind)).all() == ["missing"]
    case = session.scalars(select(Case)).one()
    assert (case.kind, case.item_id, case.transfer_id) == ("missing_in_transfer", item.id, transfer_id)
    assert codes(asked_for(session, operation, item, county["west"])) == ["item_gone"]
    session.expire_all()
    assert not item.is_available
