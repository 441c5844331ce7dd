"""A copy that is damaged, or not where it should be: noted with a case, taken out of everybody's way, and put right again.

Whoever the copy was kept for waits again; a transfer that has not left is stopped, one on the road goes on to where the
copy is mended.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.cases.rules import Kind
from circulation.cases.services import open_case
from circulation.claims import reasons
from circulation.claims.answers import answer, case_ref
from circulation.claims.lost import make_condition
from circulation.claims.subjects import copy_of
from circulation.holds.leaving import lose_copy
from circulation.holds.services import shelved
from circulation.lending.in_hand import end_conditions, leave_box
from circulation.lending.listing import open_loan_of_item
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.logistics.rules import NOT_YET_SENT
from circulation.logistics.services import cancel, miss, open_transfer
from circulation.models import Loan
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.decisions import reason
from library.kernel.operations import Answer, Operation


def note_damaged(session: Session, operation: Operation, item_id: int, *, branch: Branch, note: str = "") -> Answer:
    """Set a copy aside that was found damaged at a branch; who brought it back there today is named in the case.

    Return `{decision, reasons, case, item, patron}`. Raises `NotFound` `unknown_item`.
    """
    item = copy_of(session, item_id)
    if open_loan_of_item(session, item.id) is not None:
        return answer([reason(ITEM_ON_LOAN)], item=item.id)
    if not make_condition(session, operation, item, "damaged", branch.id):
        return answer([reason(reasons.CONDITION_ALREADY_NOTED)], item=item.id)
    loan = _brought_today(session, operation, item.id, branch.id)
    patron_id = loan.patron_id if loan else None
    case_id = open_case(
        session,
        operation,
        Kind.DAMAGED,
        branch.id,
        item_id=item.id,
        loan_id=loan.id if loan else None,
        patron_id=patron_id,
        note=note,
    )
    take_out_of_the_way(session, operation, item, "damaged")
    return answer([], item=item.id, patron=patron_id, case=case_ref(case_id, Kind.DAMAGED))


def note_missing(session: Session, operation: Operation, item_id: int, *, branch: Branch, note: str = "") -> Answer:
    """Note that a copy was looked for at a branch and not found; one that should be sent ends its transfer as missing.

    Return `{decision, reasons, case, item}`. Raises `NotFound` `unknown_item`.
    """
    item = copy_of(session, item_id)
    if open_loan_of_item(session, item.id) is not None:
        return answer([reason(ITEM_ON_LOAN)], item=item.id)
    if not make_condition(session, operation, item, "missing", branch.id):
        return answer([reason(reasons.CONDITION_ALREADY_NOTED)], item=item.id)
    move = open_transfer(session, item.id)
    if move is not None:
        # It opens a case of its own kind, which says where the copy was to go.
        miss(session, operation, move.id)
        return answer([], item=item.id)
    case_id = open_case(session, operation, Kind.MISSING, branch.id, item_id=item.id, note=note)
    take_out_of_the_way(session, operation, item, "missing")
    return answer([], item=item.id, case=case_ref(case_id, Kind.MISSING))


def put_right(session: Session, operation: Operation, item: Item, kind: str, branch_id: int) -> None:
    """End a condition of a locked copy and give the copy to whoever waits for it."""
    end_conditions(session, operation, item.id, item.bib_id, {kind}, branch_id=branch_id)
    refresh_availability(session, [item.id])
    if session.scalar(select(Item.is_available).where(Item.id == item.id)):
        shelved(session, operation, item.id, was_for_hold=False)
        refresh_availability(session, [item.id])


def take_out_of_the_way(session: Session, operation: Operation, item: Item, condition: str) -> None:
    """Let the reader a copy is kept for have another one, and stop what was to be done with this one."""
    lose_copy(session, operation, item.id, condition)
    move = open_transfer(session, item.id)
    if move is not None and move.state in NOT_YET_SENT:
        cancel(session, operation, move.id, condition)
    elif move is None:
        leave_box(session, operation, item.id)
    refresh_availability(session, [item.id])


def _brought_today(session: Session, operation: Operation, item_id: int, branch_id: int) -> Loan | None:
    """Return the loan that ended with this copy being returned at this branch today."""
    return session.scalars(
        select(Loan)
        .where(
            Loan.item_id == item_id,
            Loan.closed_as == "returned",
            Loan.is_on_site.is_(False),
            Loan.in_branch_id == branch_id,
            Loan.in_at >= clock.start_of_day(clock.local_date(operation.at)),
        )
        .order_by(Loan.in_at.desc(), Loan.id.desc())
        .limit(1)
    ).one_or_none()
