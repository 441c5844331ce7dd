"""Turning an approved plan's moves into transfers, and stopping them again, a few at a time.

Each call is one short transaction's worth: a county plan moves over a thousand books, and the desks must not wait for
it. What is left over after a crash is done when the approval is sent again, or at night by `jobs`.
"""

from typing import Any, Final

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from circulation.logistics import services as logistics
from circulation.models import RestockLine, RestockPlan, Transfer
from circulation.restocking.rules import MOVE
from library.kernel.operations import Operation

AT_ONCE: Final = 12
"""Transfers in one transaction: at 8 ms each on a machine four times overloaded, a desk waits 0.1 s for its turn."""
_NOT_SET_OUT: Final = ("requested", "picked")


def carry_out_moves(session: Session, operation: Operation, plan_id: int, *, limit: int = AT_ONCE) -> int:
    """Ask for the transfers of up to ``limit`` moves of an approved plan; return how many are left.

    A copy that was lent, taken or sent elsewhere since the plan was made stays where it is and its line is dropped.
    """
    waiting = (
        select(RestockLine)
        .join(RestockPlan, RestockPlan.id == RestockLine.plan_id)
        .where(RestockPlan.id == plan_id, RestockPlan.state == "approved")
        .where(RestockLine.kind == MOVE, RestockLine.state == "proposed")
    )
    # Locked, so that two who carry out the same plan do not each find the other's transfer in the way and drop the line.
    chosen = waiting.order_by(RestockLine.item_id).limit(limit).with_for_update(of=RestockLine)
    for line in session.scalars(chosen).all():
        _send_for(session, operation, line)
    session.flush()
    return _count(session, waiting)


def _send_for(session: Session, operation: Operation, line: RestockLine) -> None:
    assert line.item_id is not None
    asked = logistics.request_transfer(
        session,
        operation,
        item_id=line.item_id,
        to_branch_id=line.branch_id,
        reason="restock",
        plan_line_id=line.id,
    )
    if asked["decision"] == "allowed":
        line.state, line.transfer_id = "approved", asked["transfer"]["id"]
    else:
        line.state, line.quantity = "dropped", 0


def recall_transfers(session: Session, operation: Operation, plan_id: int, *, limit: int = AT_ONCE) -> int:
    """Cancel up to ``limit`` transfers of a cancelled plan that have not set out; return how many are left.

    What is already in a box or on the van arrives: turning a van round costs more than a book on the wrong shelf.
    """
    waiting = (
        select(Transfer.id)
        .join(RestockLine, RestockLine.id == Transfer.plan_line_id)
        .join(RestockPlan, RestockPlan.id == RestockLine.plan_id)
        .where(RestockPlan.id == plan_id, RestockPlan.state == "cancelled", Transfer.state.in_(_NOT_SET_OUT))
    )
    for transfer_id in session.scalars(waiting.order_by(Transfer.item_id).limit(limit)).all():
        logistics.cancel(session, operation, transfer_id, cause="plan_cancelled")
    session.flush()
    return _count(session, waiting)


def unfinished(session: Session) -> list[int]:
    """Return the plans whose moves were not all sent for, or not all stopped."""
    unsent = select(RestockPlan.id).join(RestockLine, RestockLine.plan_id == RestockPlan.id)
    unsent = unsent.where(RestockPlan.state == "approved", RestockLine.kind == MOVE, RestockLine.state == "proposed")
    unstopped = (
        select(RestockPlan.id)
        .join(RestockLine, RestockLine.plan_id == RestockPlan.id)
        .join(Transfer, Transfer.plan_line_id == RestockLine.id)
        .where(RestockPlan.state == "cancelled", Transfer.state.in_(_NOT_SET_OUT))
    )
    return sorted(session.scalars(union(unsent, unstopped)))


def _count(session: Session, waiting: Select[*tuple[Any, ...]]) -> int:
    return session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
