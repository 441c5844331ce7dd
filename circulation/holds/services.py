"""Use cases of holds: cancel, expire, and what a loan or an arrival means for the queue.

Placing is in `placing`; suspending, going on and collecting elsewhere in `queueing`; `trap`, `target` and `Trapped` in
`capture`. What other rooms call of them is named here too.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes, pickup, queries
from circulation.holds.capture import Trapped, fetched, let_go, release, settle, target, trap
from circulation.holds.changes import Held, captured_by, change
from circulation.holds.choosing import candidates
from circulation.holds.placing import forecast, place_hold
from circulation.holds.promises import promise_again
from circulation.holds.states import Action, Cause, State, next_state, not_in_state
from circulation.logistics.steps import lock_items
from circulation.models import HOLD_CAPTURED, Hold
from library.kernel import clock
from library.kernel.operations import Answer, Operation

__all__ = [
    "Trapped",
    "arrived",
    "cancel_hold",
    "expire_pickup",
    "forecast",
    "fulfil",
    "let_go",
    "lost_its_copy",
    "place_hold",
    "set_aside",
    "settle",
    "shelved",
    "target",
    "trap",
    "waiting_count",
    "worth_targeting",
]


def cancel_hold(session: Session, operation: Operation, hold_id: int, cause: Cause | None = None) -> Answer:
    """End a hold because reader or staff say so, or for another cause; a copy kept for it goes to the next reader or home."""
    hold = locked(session, hold_id)
    if next_state(hold.state, Action.CANCEL) is None:
        return queries.answer_of(session, (not_in_state(hold.state),), hold_id)
    end(session, operation, hold, Action.CANCEL, cause or changes.asked_by(operation))
    return queries.answer_of(session, (), hold_id)


def end(session: Session, operation: Operation, hold: Held, action: Action, cause: Cause) -> None:
    """End a locked hold without a loan: its copy goes on, and those behind it move up."""
    change(session, operation, hold, action, cause, branch_id=operation.branch_id)
    _free(session, operation, hold)
    promise_again(session, operation, hold.bib_id)


def set_aside(session: Session, operation: Operation, hold_id: int) -> Answer:
    """Note that the copy of a ready hold was fetched from the shelf and stands on the pickup shelf."""
    hold = locked(session, hold_id)
    if hold.state is not State.READY:
        return queries.answer_of(session, (not_in_state(hold.state),), hold_id)
    fetched(session, operation, hold)
    return queries.answer_of(session, (), hold_id)


def expire_pickup(session: Session, operation: Operation, hold_id: int) -> bool:
    """End a hold whose book was not collected in time, and let the book go on; False when that is not so any more.

    Where the reader stood before a closed door the days begin anew with the next opening.
    """
    hold = locked(session, hold_id)
    today = clock.local_date(operation.at)
    if hold.state is not State.READY or hold.pickup_until_on is None or hold.pickup_until_on >= today:
        return False
    if pickup.had_a_chance(session, hold):
        end(session, operation, hold, Action.EXPIRE, Cause.NOT_COLLECTED)
    else:
        pickup.wait_for_opening(session, operation, hold, Cause.ROOM_STAYED_SHUT)
    return True


def worth_targeting(session: Session, on: date) -> Sequence[int]:
    """Return the ids of the waiting holds for which a copy stands on a shelf, in queue order.

    Such are new copies, copies found again, transfers cancelled.
    """
    wanted = or_(Hold.item_id.is_(None), Hold.item_id == Item.id)
    on_shelf = exists().where(Item.bib_id == Hold.bib_id, Item.is_available, wanted)
    waiting = changes.query().where(Hold.state == str(State.WAITING), on_shelf)
    holds = changes.read(session, waiting.order_by(Hold.placed_at, Hold.id))
    return [hold.id for hold in holds if candidates(session, hold, on)]


def waiting_count(session: Session, bib_id: int, besides_patron: int | None = None) -> int:
    """Return how many readers wait for a title and have no copy yet, `besides_patron` not counted."""
    wanted = select(func.count()).where(Hold.bib_id == bib_id, Hold.state == "waiting", Hold.ended_at.is_(None))
    if besides_patron is not None:
        wanted = wanted.where(or_(Hold.patron_id.is_(None), Hold.patron_id != besides_patron))
    return session.scalar(wanted) or 0


def fulfil(session: Session, operation: Operation, *, patron_id: int, item_id: int, loan_id: int) -> None:
    """Let the queue follow a loan: the reader's own hold is fulfilled, another reader's on this copy waits again.

    A reader who waits for the title and takes another copy than the one kept for them frees that one.
    """
    bib_id = session.scalars(select(Item.bib_id).where(Item.id == item_id)).one()
    changes.lock_queue(session, bib_id)
    own = (Hold.patron_id == patron_id) & (Hold.bib_id == bib_id) & or_(Hold.item_id.is_(None), Hold.item_id == item_id)
    concerned = changes.read(
        session,
        changes.query().where(
            Hold.ended_at.is_(None), or_(own, (Hold.captured_item_id == item_id) & Hold.state.in_(HOLD_CAPTURED))
        ),
    )
    for hold in concerned:
        if hold.patron_id == patron_id:
            change(session, operation, hold, Action.FULFIL, Cause.LENT, branch_id=operation.branch_id, loan_id=loan_id)
            if hold.captured_item_id not in {None, item_id}:
                _free(session, operation, hold)
        else:
            wait_again(session, operation, hold, Cause.LENT_TO_ANOTHER)


def arrived(session: Session, operation: Operation, item_id: int, branch_id: int) -> None:
    """Make the hold ready whose copy has come to its pickup branch; the reader's time begins at the next opening."""
    hold = captured_by(session, item_id)
    if hold is not None and hold.state is State.IN_TRANSIT and hold.pickup_branch_id == branch_id:
        ready = pickup.ready_values(session, operation, hold, item_id)
        change(session, operation, hold, Action.ARRIVE, Cause.ARRIVED, branch_id=branch_id, **ready)


def shelved(session: Session, operation: Operation, item_id: int, *, was_for_hold: bool) -> None:
    """Give a copy that was put on a shelf to whoever waits for it; one sent for a hold that has ended goes on home."""
    if captured_by(session, item_id) is not None:
        return
    if was_for_hold:
        settle(session, operation, item_id)
        return
    copy = session.execute(select(Item.id, Item.bib_id, Item.current_branch_id).where(Item.id == item_id)).one()
    trap(session, operation, copy, copy.current_branch_id)


def lost_its_copy(session: Session, operation: Operation, hold_id: int, item_id: int, cause: Cause) -> bool:
    """Let a hold wait again when the copy kept for it will not come, and send for another one at once if there is one.

    False when the hold has another copy by now, or none.
    """
    hold = changes.locked(session, hold_id)
    if hold.captured_item_id != item_id or next_state(hold.state, Action.RELEASE) is None:
        return False
    wait_again(session, operation, hold, cause)
    return True


def wait_again(session: Session, operation: Operation, hold: Held, cause: Cause) -> None:
    """Take its copy from a hold, whose queue is locked, and look for another one."""
    waiting = release(session, operation, hold, cause)
    if target(session, operation, waiting.id) is None:
        promise_again(session, operation, hold.bib_id)


def _free(session: Session, operation: Operation, hold: Held) -> None:
    if hold.state in {State.IN_TRANSIT, State.READY} and hold.captured_item_id is not None:
        let_go(session, operation, hold.captured_item_id)


def locked(session: Session, hold_id: int) -> Held:
    """Return a hold with its copy and then its queue locked, in the order every service uses."""
    hold = changes.by_id(session, hold_id)
    if hold.captured_item_id is not None:
        lock_items(session, [hold.captured_item_id])
    return changes.locked(session, hold_id)
