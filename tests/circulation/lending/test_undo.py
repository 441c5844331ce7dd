"""What a desk takes back on the same day: as if it had not been, by rows that stay."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog.items.models import Item, ItemCondition
from circulation.holds.services import place_hold
from circulation.lending import services
from circulation.lending.undo import undo_check_in, undo_check_out, undo_renewal
from circulation.lending.undo_reasons import (
    UNDO_BORROWED_SINCE,
    UNDO_CHANGED_SINCE,
    UNDO_FILLED_HOLD,
    UNDO_HAD_CONSEQUENCES,
    UNDO_TOO_LATE,
)
from circulation.models import Hold, Loan, LoanRenewal, Transfer
from circulation.models import checks as moving
from circulation.policies.book import VERSION
from circulation.reports import jobs, rollups
from circulation.reports.services import figures
from circulation.restocking import observation
from circulation.whereabouts import checks as whereabouts
from library.kernel import checks, events
from library.kernel import clock as kernel_clock
from library.kernel.errors import NotFound
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from library.kernel.versions import raise_version
from tests.circulation.lending.desk import Desk, available, codes
from tests.conftest import NOON
from tests.factories import a_policy

Move = Callable[[datetime], None]


def here(desk: Desk) -> Operation:
    made: Operation = desk.operation("desk", branch_id=desk.here.id)
    return made


def undo_loan(desk: Desk, answer: Answer) -> Answer:
    return undo_check_out(desk.session, here(desk), answer["loan"]["id"], branch=desk.here)


def take_back(desk: Desk, item: Item) -> tuple[Answer, str]:

    operation = here(desk)
    return services.check_in(desk.session, operation, branch=desk.here, barcode=item.barcode), operation.id


def undo_return(desk: Desk, returned: tuple[Answer, str]) -> Answer:
    answer, operation_id = returned
    return undo_check_in(desk.session, here(desk), answer["closed_loan"], returned_by=operation_id)


def loan_of(desk: Desk, item: Item) -> Loan | None:
    return desk.session.scalars(
        select(Loan).where(Loan.item_id == item.id, Loan.in_at.is_(None)).execution_options(populate_existing=True)
    ).one_or_none()


def day(desk: Desk) -> dict[str, Any]:
    rollups.count(desk.session, events.pending(desk.session, jobs.CONSUMER))
    today = kernel_clock.today()
    return dict(figures(desk.session, desk.here, today, today))


def assert_sound(desk: Desk) -> None:
    for law in (*moving.INVARIANTS, *whereabouts.INVARIANTS):
        assert [breach.first for breach in checks.run(desk.session, law.name)] == [], law.name


def test_a_loan_undone_is_over_and_counts_nowhere_as_demand(desk: Desk) -> None:
    item = desk.item()
    lent = desk.lend(item)

    answer = undo_loan(desk, lent)

    assert (answer["decision"], answer["next"], codes(answer)) == ("allowed", "shelve", [])
    loan = desk.session.get_one(Loan, lent["loan"]["id"], populate_existing=True)
    assert (loan.closed_as, loan.in_at is not None) == ("undone", True)
    assert available(desk, item)
    assert desk.session.scalar(select(Item.last_loan_on).where(Item.id == item.id)) is None
    assert observation.loans(desk.session, kernel_clock.today() - timedelta(days=9)) == []
    today = day(desk)
    assert (today["loans"], today["active_readers"], today["non_use"]) == (0, 0, 1.0)
    assert_sound(desk)


def test_a_loan_undone_frees_its_place_within_the_limit(desk: Desk) -> None:
    items = [desk.item() for _ in range(6)]
    lent = [desk.lend(item) for item in items[:5]]
    assert "loan_limit_reached" in codes(desk.lend(items[5]))

    undo_loan(desk, lent[0])

    assert desk.lend(items[5])["decision"] == "allowed"


def test_a_loan_undone_leaves_the_copy_to_who_waits_for_it(desk: Desk) -> None:
    item = desk.item()
    lent = desk.lend(item)
    waiting = desk.patron()
    place_hold(
        desk.session, here(desk), patron_id=waiting.id, bib_id=item.bib_id, pickup_branch_id=desk.places["west"].id
    )

    answer = undo_loan(desk, lent)

    assert (answer["next"], answer["destination"]) == ("transfer", desk.places["west"].id)
    assert_sound(desk)


def test_what_was_lent_yesterday_renewed_or_reserved_is_not_undone(desk: Desk, clock: Move) -> None:
    renewed, reserved, old, back = (desk.item() for _ in range(4))
    place_hold(
        desk.session, here(desk), patron_id=desk.reader.id, bib_id=reserved.bib_id, pickup_branch_id=desk.here.id
    )
    loans = {item.id: desk.lend(item) for item in (renewed, reserved, old, back)}
    desk.renew(loans[renewed.id]["loan"]["id"])
    desk.take_back(back)

    assert codes(undo_loan(desk, loans[renewed.id])) == [UNDO_CHANGED_SINCE]
    assert codes(undo_loan(desk, loans[reserved.id])) == [UNDO_FILLED_HOLD]
    assert codes(undo_loan(desk, loans[back.id])) == ["loan_ended"]
    clock(NOON + timedelta(days=1))
    assert codes(undo_loan(desk, loans[old.id])) == [UNDO_TOO_LATE]
    assert loan_of(desk, old) is not None


def test_a_return_undone_goes_on_as_the_same_loan(desk: Desk, clock: Move) -> None:
    item = desk.item()
    lent = desk.lend(item)
    desk.renew(lent["loan"]["id"])
    before = loan_of(desk, item)
    assert before is not None
    kept = (before.out_at, before.due_on, before.renewals, before.patron_id)
    clock(NOON + timedelta(days=20))
    returned = take_back(desk, item)

    answer = undo_return(desk, returned)

    assert answer["decision"] == "allowed"
    after = loan_of(desk, item)
    assert after is not None
    assert after.id != before.id
    assert (after.out_at, after.due_on, after.renewals, after.patron_id) == kept
    assert after.decided["continues"] == before.id
    assert not available(desk, item)
    assert len(observation.loans(desk.session, kernel_clock.today() - timedelta(days=90))) == 1
    assert day(desk)["returns"] == 0
    assert_sound(desk)


def test_a_return_undone_calls_off_the_way_home_and_the_hold_it_was_kept_for(desk: Desk) -> None:
    away, wanted = desk.item("west"), desk.item()
    for item in (away, wanted):
        desk.lend(item)
    hold = place_hold(
        desk.session,
        here(desk),
        patron_id=desk.patron().id,
        bib_id=wanted.bib_id,
        pickup_branch_id=desk.here.id,
    )["hold"]
    home, kept = take_back(desk, away), take_back(desk, wanted)
    assert (home[0]["next"], kept[0]["next"]) == ("transfer", "hold")

    assert undo_return(desk, kept)["decision"] == "allowed"
    assert undo_return(desk, home)["decision"] == "allowed"

    assert desk.session.scalars(select(Transfer.state).where(Transfer.item_id == away.id)).all() == ["cancelled"]
    assert desk.session.scalar(select(Hold.state).where(Hold.id == hold["id"])) == "waiting"
    assert_sound(desk)


@pytest.mark.parametrize("pickup", ["east", "west"])
def test_a_hold_whose_copy_goes_back_to_its_reader_tells_that_the_return_was_undone(desk: Desk, pickup: str) -> None:
    item = desk.item()
    desk.lend(item)
    where = desk.places[pickup].id
    place_hold(desk.session, here(desk), patron_id=desk.patron().id, bib_id=item.bib_id, pickup_branch_id=where)

    assert undo_return(desk, take_back(desk, item))["decision"] == "allowed"

    assert desk.session.execute(select(Hold.state, Hold.cause)).one() == ("waiting", "return_undone")
    released = desk.session.scalars(select(EventRow.payload).where(EventRow.kind == "hold.released")).all()
    assert [payload["cause"] for payload in released] == ["return_undone"]
    assert set(desk.session.scalars(select(Transfer.state))) <= {"cancelled"}
    assert_sound(desk)


def test_a_return_is_not_undone_when_something_happened_since(desk: Desk, clock: Move) -> None:
    lent_on, borrowed, missed, old = (desk.item() for _ in range(4))
    other = desk.patron()
    for item in (lent_on, borrowed, missed, old):
        desk.lend(item, other if item is borrowed else desk.reader)
    desk.session.add(ItemCondition(item_id=missed.id, kind="lost", since=kernel_clock.now()))
    desk.session.flush()
    returned = {item.id: take_back(desk, item) for item in (lent_on, borrowed, missed, old)}
    desk.lend(lent_on, desk.patron())
    desk.lend(desk.item(), other)

    assert codes(undo_return(desk, returned[lent_on.id])) == [UNDO_CHANGED_SINCE]
    assert codes(undo_return(desk, returned[borrowed.id])) == [UNDO_BORROWED_SINCE]
    assert codes(undo_return(desk, returned[missed.id])) == [UNDO_HAD_CONSEQUENCES]
    clock(NOON + timedelta(days=1))
    assert codes(undo_return(desk, returned[old.id])) == [UNDO_TOO_LATE]


def test_a_late_return_that_suspended_its_reader_is_not_undone(desk: Desk, clock: Move) -> None:
    a_policy(desk.session, "suspension_days", 1)
    raise_version(desk.session, VERSION)
    item = desk.item()
    desk.lend(item)
    clock(NOON + timedelta(days=60))

    returned = take_back(desk, item)

    assert codes(undo_return(desk, returned)) == [UNDO_HAD_CONSEQUENCES]


def test_a_return_is_undone_once(desk: Desk) -> None:
    item = desk.item()
    desk.lend(item)
    returned = take_back(desk, item)

    undo_return(desk, returned)

    assert codes(undo_return(desk, returned)) == [UNDO_CHANGED_SINCE]
    assert desk.session.scalar(select(func.count()).select_from(Loan).where(Loan.in_at.is_(None))) == 1


def test_a_renewal_undone_gives_the_old_date_back_and_may_be_made_again(desk: Desk) -> None:
    item = desk.item()
    lent = desk.lend(item)
    operation = here(desk)

    services.renew(desk.session, operation, loan_id=lent["loan"]["id"])

    answer = undo_renewal(desk.session, here(desk), lent["loan"]["id"], renewed_by=operation.id)

    loan = loan_of(desk, item)
    assert loan is not None
    assert (answer["loan"]["due_on"], loan.renewals) == (lent["loan"]["due_on"], 0)
    assert desk.session.scalars(select(LoanRenewal.undone_at)).one() is not None
    assert day(desk)["renewals"] == 0
    assert desk.renew(loan.id)["decision"] == "allowed"
    assert_sound(desk)


def test_a_renewal_of_yesterday_or_of_another_scan_stays(desk: Desk, clock: Move) -> None:
    loan_id = desk.lend(desk.item())["loan"]["id"]
    operation = here(desk)

    services.renew(desk.session, operation, loan_id=loan_id)

    assert codes(undo_renewal(desk.session, here(desk), loan_id, renewed_by="another")) == [UNDO_CHANGED_SINCE]
    clock(NOON + timedelta(days=1))
    assert codes(undo_renewal(desk.session, here(desk), loan_id, renewed_by=operation.id)) == [UNDO_TOO_LATE]
    desk.session.get_one(Loan, loan_id, populate_existing=True)


def test_a_loan_nobody_knows_cannot_be_undone(desk: Desk) -> None:
    with pytest.raises(NotFound):
        undo_check_out(desk.session, here(desk), 999_999, branch=desk.here)
