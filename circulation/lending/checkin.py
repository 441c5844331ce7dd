"""Taking a copy back, anywhere: it refuses only what it cannot tell apart, and says where the copy goes next.

A check-in does this, always in this order. Each step sees what the steps before it have written:

1. **Identify.** 1.1 no copy has the code, it is an ISBN, or it was misread: refused. 1.2 several have it: refused with the
   candidates, to be chosen from. 1.3 otherwise nothing is refused any more.
2. **Close the loan**, with the branch it came to and how many days late it was, counted from the first day its branch could
   have taken it back. 2.1 Without a loan that is said, and 3 to 5 do not apply.
3. **Consequences of lateness.** 3.1 A charge is written for the reader, for a child to the guardian or household. 3.2 The
   reader is suspended. Neither for loans copied from a notebook or claimed returned, nor when the reader is forgotten.
4. **Cases** that the copy answers by being here are settled: claimed returned or lost, declared lost, missing.
5. **Recall.** It is fulfilled; whom it was for is found by 10.
6. **Lost or missing found.** The condition ends. What was charged for a lost copy is undone when it is still owed or was
   charged not long ago; otherwise a librarian is told.
7. **Set aside.** Withdrawn, damaged, or in processing: nobody is given the copy, and it is not sent home.
8. **Place.** The copy is here.
9. **Transfer or box.** The open transfer arrives, or goes on from here; a copy in a box without one leaves it.
10. **Queue.** Whoever waits is given the copy, here or by a transfer.
11. **Return policy.** A copy away from home that nobody waits for is sent home, or stays.

Last, `is_available` is computed again.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from catalog.items.services import move_item
from circulation.cases.rules import Kind
from circulation.cases.services import open_cases_of, settle_on_return
from circulation.holds.services import trap
from circulation.lending import queries, return_rules
from circulation.lending.asking import Question
from circulation.lending.checkout import LOANS
from circulation.lending.found import undo_charges
from circulation.lending.in_hand import end_conditions, leave_box
from circulation.lending.late_returns import RULES, days_late_of, settle_lateness
from circulation.lending.reasons import CLAIM_SETTLED, RECALL_FULFILLED
from circulation.lending.return_rules import CheckInPlan, Next, check_in_plan, goes_home, next_step
from circulation.lending.rules import Desk
from circulation.lending.scans import Scan, identify, stored
from circulation.logistics.services import arrive_by_check_in, request_transfer
from circulation.policies.book import book
from circulation.policies.rules import ReturnPolicy, WhoseRule
from circulation.whereabouts.services import refresh_availability
from library.branches.places import Place
from library.kernel import clock, events
from library.kernel.decisions import Reason, reason
from library.kernel.operations import Answer, Operation
from library.kernel.prepared import Prepared

CAUSE = "check_in"
_CLOSE = Prepared(
    update(LOANS)
    .where(LOANS.c.id == bindparam("closed_id"), LOANS.c.in_at.is_(None))
    .values(in_at=bindparam("at"), in_branch_id=bindparam("branch_id"), closed_as="returned")
)


@dataclass(slots=True)
class Return:
    """A copy on the desk, and what has been found out about it so far: reasons in order, questions the rules were asked."""

    operation: Operation
    branch: Place
    found: queries.CopyFound
    plan: CheckInPlan
    today: date
    was_claimed: bool = False
    reasons: list[Reason] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)


def check_in(session: Session, operation: Operation, branch: Place, scan: Scan) -> Answer:
    """Take a copy back, or note that it is here when it was not on loan.

    Return `{decision, reasons, closed_loan, next, destination, item, patron, hold, candidates, policy}` of ids and codes;
    `next` is `shelve`, `hold` or `transfer`, `destination` a branch id, `policy` what the rules were asked for.
    """
    identified = identify(session, scan)
    found = identified.found
    if found is None:
        assert identified.refusal is not None
        return _answer([identified.refusal], candidates=list(identified.candidates))
    plan = check_in_plan(found.copy, Desk(branch.id, branch.kind, branch.state))
    back = Return(operation, branch, found, plan, clock.local_date(operation.at), scan.was_claimed)
    _end_the_loan(session, back)
    _settle_what_was_open(session, back)
    _follow(session, back)
    step, destination, hold_id = _send_on(session, back)
    refresh_availability(session, [found.copy.id])
    return _answer(
        back.reasons,
        closed_loan=found.loan.loan_id if found.loan else None,
        next=str(step),
        destination=destination,
        item=found.copy.id,
        patron=found.loan.loan_patron_id if found.loan else None,
        hold=hold_id,
        policy=back.asked,
    )


def _end_the_loan(session: Session, back: Return) -> None:
    """Do steps 2 and 3."""
    found, loan = back.found, back.found.loan
    late = days_late_of(session, loan, back.today, found.calendars) if loan else 0
    back.reasons += return_rules.about_the_loan(found.copy, late)
    if loan is None:
        return
    _close(session, back, loan, late)
    if back.was_claimed or _is_claimed_returned(session, found):
        return
    cost = settle_lateness(session, back.operation, found, late, back.today, branch_id=back.branch.id)
    if cost is not None and loan.loan_patron_id is not None:
        back.reasons += cost.cost.told(loan.loan_patron_id)
        back.asked.append(cost.question.stored(back.operation.at, RULES))


def _is_claimed_returned(session: Session, found: queries.CopyFound) -> bool:
    """Tell whether the reader had said that it came back: then nobody knows how late it was."""
    cases = open_cases_of(session, found.copy.id) if found.copy.open_cases else ()
    return any(case.kind == Kind.CLAIMED_RETURNED for case in cases)


def _close(session: Session, back: Return, loan: queries.LoanFound, late: int) -> None:
    # A device whose clock is behind must not make a loan end before it began.
    at = max(back.operation.at, loan.out_at)
    _CLOSE.run(session, closed_id=loan.loan_id, at=at, branch_id=back.branch.id)
    events.record(
        session,
        back.operation,
        "loan.closed",
        branch_id=back.branch.id,
        bib_id=back.found.copy.bib_id,
        item_id=back.found.copy.id,
        patron_id=loan.loan_patron_id,
        statistics=loan.statistics(),
        payload={
            "loan_id": loan.loan_id,
            "days_out": (clock.local_date(at) - clock.local_date(loan.out_at)).days,
            "days_late": late,
        },
    )


def _settle_what_was_open(session: Session, back: Return) -> None:
    """Do steps 4 to 7."""
    copy, loan, here = back.found.copy, back.found.loan, back.branch.id
    if copy.open_cases and settle_on_return(session, back.operation, copy.id, branch_id=here):
        back.reasons.append(reason(CLAIM_SETTLED))
    if loan is not None and loan.is_recalled:
        back.reasons.append(reason(RECALL_FULFILLED))
    back.reasons += return_rules.about_what_was_found(copy)
    end_conditions(session, back.operation, copy.id, copy.bib_id, back.plan.ends, branch_id=here)
    if "lost" in back.plan.ends:
        back.reasons += undo_charges(session, back.operation, copy.id, back.today, branch_id=here)
    back.reasons += return_rules.about_what_is_set_aside(copy)


def _follow(session: Session, back: Return) -> None:
    """Do steps 8 and 9."""
    copy, here = back.found.copy, back.branch.id
    if back.plan.moves_here:
        move_item(session, back.operation, copy.id, here, CAUSE)
    if back.plan.follows_transfer:
        arrive_by_check_in(session, back.operation, copy.id, here)
    elif copy.is_in_box:
        leave_box(session, back.operation, copy.id)


def _send_on(session: Session, back: Return) -> tuple[Next, int, int | None]:
    """Do steps 10 and 11; return the step that is left to do, its destination and the hold."""
    copy, plan, here = back.found.copy, back.plan, back.branch.id
    if plan.asks_queue:
        trap(session, back.operation, copy, here)
    if not (plan.asks_queue or plan.follows_transfer or plan.may_go_home):
        return Next.SHELVE, here, None
    transfer_to, hold_id, pickup = queries.bound_to(session, copy.id)
    if transfer_to is None and hold_id is None and plan.may_go_home and goes_home(plan, _return_policy(session, back)):
        answer = request_transfer(
            session, back.operation, item_id=copy.id, to_branch_id=copy.home_branch_id, reason="return_home"
        )
        transfer_to = copy.home_branch_id if answer["decision"] == "allowed" else None
    step, destination = next_step(here, transfer_to=transfer_to, hold_pickup=pickup)
    return step, destination, hold_id


def _return_policy(session: Session, back: Return) -> ReturnPolicy:
    """Return the rule for copies away from home: of the branch it came to, or of its home if the county says so."""
    found = back.found
    rules = book(session, found.policies)
    path = found.copy.home_path if rules.place is WhoseRule.ITEM_HOME else back.branch.path
    category = found.loan.patron_category if found.loan else None
    question = Question(path, found.copy.item_class, category, back.today)
    back.asked.append(question.stored(back.operation.at, ["return_policy"]))
    return ReturnPolicy(question.of(rules).terms.return_policy)


def _answer(found: list[Reason], **members: Any) -> Answer:
    empty = {"closed_loan": None, "next": None, "destination": None, "item": None, "patron": None, "hold": None}
    return stored(found, **{**empty, "candidates": [], **members})
