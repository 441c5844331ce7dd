"""Taking a copy back, anywhere: it refuses only what it cannot tell apart, and says where the copy goes next."""

from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from catalog.items.services import move_item
from circulation.cases.services import settle_on_return
from circulation.holds.services import trap
from circulation.lending import queries
from circulation.lending.checkout import LOANS
from circulation.lending.in_hand import end_conditions, leave_box
from circulation.lending.rules import CheckInPlan, Desk, Next, check_in_plan, days_late, goes_home, next_step
from circulation.lending.scans import Scan, identify, stored
from circulation.logistics.services import arrive_by_check_in, request_transfer
from circulation.policies.book import book
from circulation.policies.rules import ReturnPolicy, WhoseRule
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel import clock, events
from library.kernel.decisions import Reason
from library.kernel.operations import Answer, Operation

CAUSE = "check_in"
_CLOSE = (
    update(LOANS)
    .where(LOANS.c.id == bindparam("closed_id"), LOANS.c.in_at.is_(None))
    .values(in_at=bindparam("at"), in_branch_id=bindparam("branch_id"), closed_as="returned")
)


def check_in(session: Session, operation: Operation, branch: Branch, scan: Scan) -> Answer:
    """Take a copy back, or note that it is here when it was not on loan.

    Return `{decision, reasons, closed_loan, next, destination, item, patron, hold, candidates}` of ids and codes; `next` is
    `shelve`, `hold` or `transfer`, `destination` a branch id.
    """
    identified = identify(session, scan)
    found = identified.found
    if found is None:
        assert identified.refusal is not None
        return _answer([identified.refusal], candidates=list(identified.candidates))
    today = clock.local_date(operation.at)
    desk = Desk(branch.id, branch.kind, branch.state)
    plan = check_in_plan(found.copy, desk, due=found.loan.due_on if found.loan else None, today=today)
    if found.loan is not None:
        _close(session, operation, found, found.loan, branch)
    settle_on_return(session, operation, found.copy.id, branch_id=branch.id)
    _follow(session, operation, found, plan, branch)
    step, destination, hold_id = _send_on(session, operation, found, plan, branch)
    refresh_availability(session, [found.copy.id])
    return _answer(
        plan.reasons,
        closed_loan=found.loan.loan_id if found.loan else None,
        next=str(step),
        destination=destination,
        item=found.copy.id,
        patron=found.loan.loan_patron_id if found.loan else None,
        hold=hold_id,
    )


def _close(
    session: Session, operation: Operation, found: queries.CopyFound, loan: queries.LoanFound, branch: Branch
) -> None:
    # A device whose clock is behind must not make a loan end before it began.
    at = max(operation.at, loan.out_at)
    session.execute(_CLOSE, {"closed_id": loan.loan_id, "at": at, "branch_id": branch.id})
    events.record(
        session,
        operation,
        "loan.closed",
        branch_id=branch.id,
        bib_id=found.copy.bib_id,
        item_id=found.copy.id,
        patron_id=loan.loan_patron_id,
        statistics=loan.statistics(),
        payload={
            "loan_id": loan.loan_id,
            "days_out": (clock.local_date(at) - clock.local_date(loan.out_at)).days,
            "days_late": days_late(loan.due_on, clock.local_date(at)),
        },
    )


def _follow(
    session: Session, operation: Operation, found: queries.CopyFound, plan: CheckInPlan, branch: Branch
) -> None:
    """Let place, conditions, box and transfer follow what the desk has in hand."""
    copy = found.copy
    if plan.moves_here:
        move_item(session, operation, copy.id, branch.id, CAUSE)
    end_conditions(session, operation, copy.id, copy.bib_id, plan.ends, branch_id=branch.id)
    if plan.follows_transfer:
        arrive_by_check_in(session, operation, copy.id, branch.id)
    elif copy.is_in_box:
        leave_box(session, operation, copy.id)


def _send_on(
    session: Session, operation: Operation, found: queries.CopyFound, plan: CheckInPlan, branch: Branch
) -> tuple[Next, int, int | None]:
    """Find out who waits for the copy, or whether it goes home; return the step, its destination and the hold."""
    copy = found.copy
    if plan.asks_queue:
        trap(session, operation, copy, branch.id)
    if not (plan.asks_queue or plan.follows_transfer or plan.may_go_home):
        return Next.SHELVE, branch.id, None
    transfer_to, hold_id, pickup = queries.bound_to(session, copy.id)
    if transfer_to is None and hold_id is None and goes_home(plan, _return_policy(session, found, branch)):
        answer = request_transfer(
            session, operation, item_id=copy.id, to_branch_id=copy.home_branch_id, reason="return_home"
        )
        transfer_to = copy.home_branch_id if answer["decision"] == "allowed" else None
    step, destination = next_step(branch.id, transfer_to=transfer_to, hold_pickup=pickup)
    return step, destination, hold_id


def _return_policy(session: Session, found: queries.CopyFound, branch: Branch) -> ReturnPolicy:
    """Return the rule for copies away from home: of the branch it came to, or of its home if the county says so."""
    rules = book(session, found.policies)
    path = found.home_path if rules.place is WhoseRule.ITEM_HOME else branch.path
    category = found.loan.patron_category if found.loan else None
    today = clock.today()
    resolved = rules.resolve(item_class=found.copy.item_class, patron_category=category, path=path, on=today)
    return ReturnPolicy(resolved.terms.return_policy)


def _answer(found: list[Reason] | tuple[Reason, ...], **members: Any) -> Answer:
    empty = {"closed_loan": None, "next": None, "destination": None, "item": None, "patron": None, "hold": None}
    return stored(found, **{**empty, "candidates": [], **members})
