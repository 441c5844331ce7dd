"""Use cases of holds: place, cancel, expire, and what a loan or an arrival means for the queue.

`trap`, `target` and `Trapped` are in `capture`; they are named here too, because they belong to what other rooms call.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes, queries
from circulation.holds.asking import Subject, asked_of, subject
from circulation.holds.capture import Trapped, fetched, let_go, ready_values, release, settle, target, trap
from circulation.holds.changes import Held, captured_by, change
from circulation.holds.rules import Action, State, expected_back, may_hold, next_state, not_in_state
from circulation.logistics.steps import lock_items
from circulation.models import HOLD_CAPTURED, Hold, Loan
from library.branches.models import Branch
from library.branches.rounds import next_van_day
from library.kernel import clock
from library.kernel.decisions import Decision, Reason
from library.kernel.errors import NotFound
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from library.patrons.services import statistics_of

__all__ = [
    "Trapped",
    "arrived",
    "cancel_hold",
    "expire_pickup",
    "expired_pickups",
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


def place_hold(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    pickup_branch_id: int,
    bib_id: int | None = None,
    item_id: int | None = None,
) -> Answer:
    """Put a reader into the queue of a title, or of one copy; return `{decision, reasons, hold}`.

    A copy on a shelf is kept or sent for at once. Raises `NotFound` `unknown_patron`, `unknown_bib` or `unknown_item`, and
    `Invalid` `bib_or_item_required`.
    """
    wanted = subject(session, bib_id=bib_id, item_id=item_id)
    patron = session.scalars(select(Patron).where(Patron.id == patron_id).with_for_update()).one_or_none()
    if patron is None or patron.erased_at is not None:
        raise NotFound("unknown_patron", patron=patron_id)
    pickup = session.get(Branch, pickup_branch_id)
    if pickup is None:
        raise NotFound("unknown_branch", branch=pickup_branch_id)
    decision = may_hold(asked_of(session, patron, wanted, pickup, clock.local_date(operation.at)))
    if not decision.is_allowed:
        return _answer(session, decision.reasons, None)
    hold = _join_queue(session, operation, patron, wanted, pickup)
    changes.announce(session, operation, "hold.placed", hold, item_id=wanted.item_id)
    trapped = target(session, operation, hold.id)
    if trapped is None or trapped.hold_id != hold.id:
        _promise(session, operation, hold)
    return _answer(session, (), hold.id)


def _join_queue(session: Session, operation: Operation, patron: Patron, wanted: Subject, pickup: Branch) -> Held:
    figures = statistics_of(patron, clock.local_date(operation.at))
    values = {
        "patron_id": patron.id,
        "bib_id": wanted.bib_id,
        "item_id": wanted.item_id,
        "pickup_branch_id": pickup.id,
        "state": str(State.WAITING),
        "placed_at": operation.at,
        "age_band": figures["age_band"],
        "patron_category": figures["patron_category"],
        "operation_id": operation.id,
    }
    hold_id = session.execute(insert(Hold).values(values).returning(Hold.id)).scalar_one()
    return changes.by_id(session, hold_id)


def cancel_hold(session: Session, operation: Operation, hold_id: int, cause: str = "reader") -> Answer:
    """End a hold because the reader or staff says so; a copy that was kept for it goes to the next reader or home."""
    hold = _locked(session, hold_id)
    if next_state(hold.state, Action.CANCEL) is None:
        refusal = not_in_state(hold.state)
        return _answer(session, (refusal,), hold_id)
    change(session, operation, hold, Action.CANCEL, branch_id=operation.branch_id, cause=cause)
    _free(session, operation, hold)
    return _answer(session, (), hold_id)


def set_aside(session: Session, operation: Operation, hold_id: int) -> Answer:
    """Note that the copy of a ready hold was fetched from the shelf and stands on the pickup shelf."""
    hold = _locked(session, hold_id)
    if hold.state is not State.READY:
        return _answer(session, (not_in_state(hold.state),), hold_id)
    fetched(session, operation, hold)
    return _answer(session, (), hold_id)


def expired_pickups(session: Session, on: date) -> Sequence[int]:
    """Return the ids of the holds whose book was not collected before `on`."""
    wanted = select(Hold.id).where(Hold.state == "ready", Hold.pickup_until_on < on)
    return session.scalars(wanted.order_by(Hold.id)).all()


def expire_pickup(session: Session, operation: Operation, hold_id: int) -> bool:
    """End a hold whose book was not collected, and let the book go on; False when it was collected meanwhile."""
    hold = _locked(session, hold_id)
    if hold.state is not State.READY:
        return False
    change(session, operation, hold, Action.EXPIRE, cause="not_collected")
    _free(session, operation, hold)
    return True


def worth_targeting(session: Session) -> Sequence[int]:
    """Return the ids of the waiting holds on titles of which a copy stands on a shelf, in queue order.

    Such are new copies, copies found again, transfers cancelled.
    """
    on_shelf = exists().where(Item.bib_id == Hold.bib_id, Item.is_available)
    return session.scalars(
        select(Hold.id).where(Hold.state == "waiting", on_shelf).order_by(Hold.placed_at, Hold.id)
    ).all()


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
    bib_id = select(Item.bib_id).where(Item.id == item_id).scalar_subquery()
    own = (Hold.patron_id == patron_id) & (Hold.bib_id == bib_id) & or_(Hold.item_id.is_(None), Hold.item_id == item_id)
    concerned = changes.read(
        session,
        changes.query().where(
            Hold.ended_at.is_(None), or_(own, (Hold.captured_item_id == item_id) & Hold.state.in_(HOLD_CAPTURED))
        ),
    )
    for hold in concerned:
        if hold.patron_id == patron_id:
            change(session, operation, hold, Action.FULFIL, branch_id=operation.branch_id, loan_id=loan_id)
            if hold.captured_item_id not in {None, item_id}:
                _free(session, operation, hold)
        else:
            _wait_again(session, operation, hold, "lent_to_another")


def arrived(session: Session, operation: Operation, item_id: int, branch_id: int) -> None:
    """Make the hold ready whose copy has come to its pickup branch; the reader's time begins at the next opening."""
    hold = captured_by(session, item_id)
    if hold is not None and hold.state is State.IN_TRANSIT and hold.pickup_branch_id == branch_id:
        ready = ready_values(session, operation, branch_id)
        change(session, operation, hold, Action.ARRIVE, branch_id=branch_id, **ready)


def shelved(session: Session, operation: Operation, item_id: int, *, was_for_hold: bool) -> None:
    """Give a copy that was put on a shelf to whoever waits for it; one sent for a hold that has ended goes on home."""
    if captured_by(session, item_id) is not None:
        return
    if was_for_hold:
        settle(session, operation, item_id)
        return
    copy = session.execute(select(Item.id, Item.bib_id, Item.current_branch_id).where(Item.id == item_id)).one()
    trap(session, operation, copy, copy.current_branch_id)


def lost_its_copy(session: Session, operation: Operation, hold_id: int, item_id: int, cause: str) -> None:
    """Let a hold wait again when the copy being sent for it will not come; does nothing when it has another one."""
    hold = changes.locked(session, hold_id)
    if hold.captured_item_id == item_id and next_state(hold.state, Action.RELEASE) is not None:
        _wait_again(session, operation, hold, cause)


def _wait_again(session: Session, operation: Operation, hold: Held, cause: str) -> None:
    waiting = release(session, operation, hold, cause)
    if target(session, operation, hold.id) is None:
        _promise(session, operation, waiting)


def _free(session: Session, operation: Operation, hold: Held) -> None:
    if hold.state in {State.IN_TRANSIT, State.READY} and hold.captured_item_id is not None:
        let_go(session, operation, hold.captured_item_id)


def _locked(session: Session, hold_id: int) -> Held:
    """Return a hold with its copy and then itself locked, in the order every service uses."""
    hold = changes.by_id(session, hold_id)
    if hold.captured_item_id is not None:
        lock_items(session, [hold.captured_item_id])
    return changes.locked(session, hold_id)


def _promise(session: Session, operation: Operation, hold: Held) -> None:
    """Promise the day the copy is due for this place in the queue, and the van's next visit after it."""
    today = clock.local_date(operation.at)
    # By the copy: a loan keeps the title it was made under when that is merged.
    lent = select(Loan.due_on).join(Item, Item.id == Loan.item_id)
    dues = session.scalars(lent.where(Item.bib_id == hold.bib_id, Loan.in_at.is_(None)))
    back = expected_back(dues, queries.position(session, hold.id) or 0, today)
    if back is not None:
        van = next_van_day(session, hold.pickup_branch_id, back + timedelta(days=1))
        session.execute(update(Hold).where(Hold.id == hold.id).values(promised_on=van or back))


def _answer(session: Session, found: Iterable[Reason], hold_id: int | None) -> Answer:
    reasons_found = tuple(found)
    return {
        "decision": str(Decision.of(reasons_found).outcome),
        "reasons": [one.stored() for one in reasons_found],
        "hold": queries.view(session, hold_id) if hold_id is not None else None,
    }
