"""A plan from the county's own rows: made, edited, approved into transfers, called back."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import RestockLine, Transfer, Wish
from circulation.restocking import carrying, queries, services
from circulation.restocking.rules import BUY, CHILDREN, COUNTY_EVIDENCE_ONLY, MOVE, Limits
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.operations import Operation
from tests.circulation.restocking.made_stock import branch_items, lend, stocked
from tests.factories import a_bib, a_loan, a_patron, an_item

Make = Callable[..., Operation]
BUDGET = 60_000
SMALL = Limits(min_titles=2, max_titles=12, class_minima=(((CHILDREN,), 1),))

pytestmark = pytest.mark.usefixtures("clock")


def plan(session: Session, operation: Make, places: dict[str, Branch], budget: int = BUDGET) -> int:
    return services.make_plan(session, operation("restock_plan"), branch=places["county"], budget=budget, limits=SMALL)


def lines(session: Session, plan_id: int, **wanted: object) -> list[RestockLine]:
    return list(session.scalars(select(RestockLine).filter_by(plan_id=plan_id, **wanted).order_by(RestockLine.id)))


def forecast(session: Session, plan_id: int, branch: Branch, cls: str = CHILDREN) -> float:
    rows = services.plan_by_id(session, plan_id).summary["forecast"][str(branch.id)]
    return float(next(row[1] for row in rows if row[0] == cls))


def children_for(session: Session, plan_id: int, branch: Branch) -> int:
    return len(lines(session, plan_id, branch_id=branch.id, class_code=CHILDREN))


def test_an_empty_history_says_county_evidence_only_on_every_line(session: Session, operation: Make) -> None:
    places = stocked(session)
    plan_id = plan(session, operation, places)
    found = lines(session, plan_id)
    assert found
    assert {line.evidence["confidence"] for line in found} == {COUNTY_EVIDENCE_ONLY}
    assert places["east"].id in services.plan_by_id(session, plan_id).summary["not_enough_data"]
    assert forecast(session, plan_id, places["east"]) > 0


def test_forty_childrens_loans_raise_one_room_and_taking_them_away_reverts_it(
    session: Session, operation: Make
) -> None:
    places = stocked(session)
    before = plan(session, operation, places)
    loans = lend(session, places["east"], 40)
    after = plan(session, operation, places)
    for loan in loans:
        session.delete(loan)
    session.flush()
    again = plan(session, operation, places)
    east, west = places["east"], places["west"]
    assert forecast(session, after, east) > 1.2 * forecast(session, before, east)
    assert forecast(session, after, west) == forecast(session, before, west)
    assert children_for(session, after, east) > children_for(session, before, east)
    assert children_for(session, after, west) <= children_for(session, before, west)
    assert [shown(line) for line in lines(session, again)] == [shown(line) for line in lines(session, before)]


def shown(line: RestockLine) -> tuple[object, ...]:
    return line.kind, line.branch_id, line.bib_id, line.item_id, line.cost_cents, line.expected_loans, line.evidence


def test_a_plan_keeps_its_budget_and_never_repeats_a_title_in_a_room(session: Session, operation: Make) -> None:
    places = stocked(session)
    lend(session, places["east"], 40)
    plan_id = plan(session, operation, places)
    found = lines(session, plan_id)
    assert queries.spent(session, plan_id) <= BUDGET
    pairs = [(line.branch_id, line.bib_id) for line in found]
    assert len(set(pairs)) == len(pairs)
    held = {
        (item.home_branch_id, item.bib_id) for code in ("east", "west") for item in branch_items(session, places[code])
    }
    assert not held & set(pairs)


def test_an_idle_copy_moves_and_approval_makes_it_a_transfer(session: Session, operation: Make) -> None:
    places = stocked(session)
    wanted = a_bib(session, title="月亮船", clc="I287", clc_top="I", audience="children")
    idle = an_item(session, branch=places["west"], bib=wanted)
    an_item(session, branch=places["central"], bib=wanted)
    lend(session, places["east"], 40)
    plan_id = plan(session, operation, places, budget=0)
    move = next(line for line in lines(session, plan_id, kind=MOVE) if line.bib_id == wanted.id)
    assert (move.branch_id, move.from_branch_id) == (places["east"].id, move.from_branch_id)
    assert move.evidence["last_lent_on"] is None
    assert move.expected_loans == pytest.approx(move.evidence["gain"] - move.evidence["keep"], abs=0.01)
    services.approve(session, operation("restock_approve"), services.plan_by_id(session, plan_id))
    while carrying.carry_out_moves(session, operation("restock_carry"), plan_id, limit=2):
        pass
    transfer = session.scalars(select(Transfer).where(Transfer.plan_line_id == move.id)).one()
    assert (transfer.reason, transfer.to_branch_id, transfer.state) == ("restock", places["east"].id, "requested")
    assert idle.id or transfer.item_id


def test_cancelling_an_approved_plan_stops_what_has_not_set_out(session: Session, operation: Make) -> None:
    places = stocked(session)
    lend(session, places["east"], 40)
    plan_id = plan(session, operation, places)
    services.approve(session, operation("restock_approve"), services.plan_by_id(session, plan_id))
    assert carrying.carry_out_moves(session, operation("restock_carry"), plan_id, limit=1_000) == 0
    bought = lines(session, plan_id, kind=BUY)
    assert bought
    assert {line.state for line in bought} == {"approved"}
    services.cancel(session, operation("restock_cancel"), services.plan_by_id(session, plan_id))
    assert carrying.recall_transfers(session, operation("restock_carry"), plan_id, limit=1_000) == 0
    assert set(session.scalars(select(Transfer.state).where(Transfer.reason == "restock"))) <= {"cancelled"}
    assert {line.state for line in lines(session, plan_id)} == {"dropped"}


def test_an_approved_purchase_is_not_proposed_again(session: Session, operation: Make) -> None:
    places = stocked(session)
    first = plan(session, operation, places)
    services.approve(session, operation("restock_approve"), services.plan_by_id(session, first))
    bought = {(line.branch_id, line.bib_id) for line in lines(session, first, kind=BUY)}
    second = plan(session, operation, places)
    assert bought
    assert not bought & {(line.branch_id, line.bib_id) for line in lines(session, second)}


def test_a_copy_that_was_lent_meanwhile_stays_and_its_line_is_dropped(session: Session, operation: Make) -> None:
    places = stocked(session)
    lend(session, places["east"], 40)
    wanted = a_bib(session, title="月亮船", clc="I287", clc_top="I", audience="children")
    an_item(session, branch=places["west"], bib=wanted)
    an_item(session, branch=places["school"], bib=wanted)
    plan_id = plan(session, operation, places, budget=0)
    move = next(line for line in lines(session, plan_id, kind=MOVE) if line.bib_id == wanted.id)
    a_loan(session, item=session.get_one(Item, move.item_id), patron=a_patron(session, branch=places["west"]))
    services.approve(session, operation("restock_approve"), services.plan_by_id(session, plan_id))
    carrying.carry_out_moves(session, operation("restock_carry"), plan_id, limit=1_000)
    session.refresh(move)
    assert (move.state, move.transfer_id) == ("dropped", None)


def test_a_wish_for_a_known_title_reaches_the_room_that_wished(session: Session, operation: Make) -> None:
    places = stocked(session)
    rare = a_bib(session, title="古法造纸", clc="TS75", clc_top="T", year=1987, price_cents=2_500)
    session.add(
        Wish(branch_id=places["west"].id, title="古法造纸", bib_id=rare.id, wished_at=kernel_clock.now(), details={})
    )
    session.flush()
    plan_id = plan(session, operation, places)
    found = [line for line in lines(session, plan_id) if line.bib_id == rare.id]
    assert [line.branch_id for line in found] == [places["west"].id]
    assert found[0].evidence["requests_here"] == 1


def test_editing_a_line_changes_the_cost_and_zero_drops_it(session: Session, operation: Make) -> None:
    places = stocked(session)
    plan_id = plan(session, operation, places)
    found = services.plan_by_id(session, plan_id)
    line = lines(session, plan_id, kind=BUY)[0]
    before = queries.spent(session, plan_id)
    services.edit_line(session, operation("restock_line"), plan=found, line_id=line.id, quantity=0)
    session.flush()
    assert (line.state, line.cost_cents) == ("dropped", 0)
    assert queries.spent(session, plan_id) < before
    services.edit_line(session, operation("restock_line"), plan=found, line_id=line.id, quantity=1)
    assert (line.state, line.quantity) == ("proposed", 1)


def test_edits_that_cannot_be_are_refused_with_a_code(session: Session, operation: Make) -> None:
    places = stocked(session)
    found = services.plan_by_id(session, plan(session, operation, places))
    line = lines(session, found.id, kind=BUY)[0]
    with pytest.raises(Invalid, match="quantity_invalid"):
        services.edit_line(session, operation(), plan=found, line_id=line.id, quantity=21)
    with pytest.raises(NotFound, match="unknown_line"):
        services.edit_line(session, operation(), plan=found, line_id=10**9, quantity=1)
    found.budget_cents = queries.spent(session, found.id)
    with pytest.raises(Invalid, match="budget_exceeded"):
        services.edit_line(session, operation(), plan=found, line_id=line.id, quantity=5)
    services.approve(session, operation(), found)
    with pytest.raises(Conflict, match="plan_not_editable"):
        services.edit_line(session, operation(), plan=found, line_id=line.id, quantity=1)


def test_plans_that_cannot_be_made_are_refused_with_a_code(session: Session, operation: Make) -> None:
    places = stocked(session)
    with pytest.raises(Invalid, match="budget_invalid"):
        services.make_plan(session, operation(), branch=places["county"], budget=-1)
    with pytest.raises(Invalid, match="date_in_future"):
        services.make_plan(session, operation(), branch=places["county"], on=date(2030, 1, 1))
    places["east"].state = "suspended"
    session.flush()
    with pytest.raises(Conflict, match="nothing_to_restock"):
        services.make_plan(session, operation(), branch=places["east"])


def test_a_plan_for_one_township_serves_its_rooms_only(session: Session, operation: Make) -> None:
    places = stocked(session)
    plan_id = services.make_plan(session, operation(), branch=places["east"], budget=BUDGET, limits=SMALL)
    assert {line.branch_id for line in lines(session, plan_id)} == {places["east"].id}
