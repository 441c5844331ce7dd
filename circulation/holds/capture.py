"""Which copy is kept for which reader: at check-in, from a shelf, and when a kept copy becomes free again.

Locks are taken in one order, the copy and then the queue of its title, so that two desks never wait for each other.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import not_, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item
from catalog.items.services import move_item
from circulation.holds import changes
from circulation.holds.changes import WITHOUT_COPY, Happened, Held, as_date, captured_by, change
from circulation.holds.choosing import candidates, waiting_for
from circulation.holds.pickup import ready_values
from circulation.holds.rules import first_for
from circulation.holds.states import Action, Cause, State
from circulation.holds.targeting import Candidate
from circulation.logistics.rules import NOT_YET_SENT
from circulation.logistics.services import cancel, open_transfer, release_for_hold, request_transfer
from circulation.logistics.steps import lock_items
from circulation.models import Hold
from circulation.policies.rules import ReturnPolicy
from circulation.policies.services import resolve
from circulation.whereabouts import facts
from circulation.whereabouts.rules import READING_ONLY_CLASSES
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.operations import Operation

# The copy is still on the shelf: somebody has to fetch it before the reader comes.
TO_FETCH = str(Cause.TO_FETCH)
MOST_TRIES = 8


class Copy(Protocol):
    """As much of an item as is needed here."""

    @property
    def id(self) -> int: ...

    @property
    def bib_id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Trapped:
    """The hold a copy is for; `state` is `ready` at its pickup branch, else `in_transit`."""

    hold_id: int
    state: str
    pickup_branch_id: int
    transfer_id: int | None = None


def trap(session: Session, operation: Operation, item: Copy, at_branch_id: int) -> Trapped | None:
    """Return the hold this copy is for, now that it is seen at a branch, or None when nobody waits for it.

    A copy that is kept already stays with its hold, unless it can no longer be sent there. Otherwise the first in the queue
    that it can fill gets it, and a transfer is requested when the pickup branch is another one. The copy is locked by the
    caller, who also refreshes `is_available` after all changes.
    """
    kept = captured_by(session, item.id)
    brought = _bring_on(session, operation, kept, item.id, at_branch_id) if kept is not None else None
    return brought or _give(session, operation, item, at_branch_id, Cause.CHECK_IN)


def target(session: Session, operation: Operation, hold_id: int) -> Trapped | None:
    """Look for a copy on a shelf for a waiting hold, the best first as `targeting` says, and keep or send for it.

    A copy goes to whoever is first in the queue for it, so this may serve earlier readers on the way.
    """
    hold = changes.by_id(session, hold_id)
    if hold.state is not State.WAITING:
        return None
    touched: list[int] = []
    found: Trapped | None = None
    for wanted in candidates(session, hold, clock.local_date(operation.at))[:MOST_TRIES]:
        copy = _still_there(session, wanted)
        if copy is None:
            continue
        trapped = _give(session, operation, copy, wanted.branch_id, Cause.TO_FETCH)
        touched.append(wanted.item_id)
        if trapped is None or trapped.hold_id == hold_id:
            found = trapped
            break
    refresh_availability(session, touched)
    return found


def let_go(session: Session, operation: Operation, item_id: int) -> None:
    """Find out what a copy that was kept does now: the next reader's, home, or the shelf where it stands.

    One that is on the road goes on; who gets it is decided when it is shelved.
    """
    lock_items(session, [item_id])
    move = open_transfer(session, item_id)
    if move is not None and move.state not in NOT_YET_SENT:
        return
    if move is not None:
        cancel(session, operation, move.id, "hold_ended")
    settle(session, operation, item_id)
    refresh_availability(session, [item_id])


def settle(session: Session, operation: Operation, item_id: int) -> Trapped | None:
    """Give a free copy to the next reader, else send it home when the rule says so. Return whom it was given to."""
    copy = session.execute(
        select(Item.id, Item.bib_id, Item.current_branch_id, Item.home_branch_id, Item.item_class).where(
            Item.id == item_id, not_(facts.on_loan())
        )
    ).one_or_none()
    if copy is None:
        return None
    trapped = trap(session, operation, copy, copy.current_branch_id)
    if trapped is None and copy.current_branch_id != copy.home_branch_id:
        branch = session.get_one(Branch, copy.current_branch_id)
        on = clock.local_date(operation.at)
        policy = resolve(session, item_class=copy.item_class, patron_category=None, branch=branch, on=on)
        if policy.terms.return_policy == ReturnPolicy.HOME:
            request_transfer(
                session, operation, item_id=item_id, to_branch_id=copy.home_branch_id, reason="return_home"
            )
    return trapped


def fetched(session: Session, operation: Operation, hold: Held) -> None:
    """Note that a ready copy was taken from the shelf and put aside; nothing happens when that was known."""
    to_fetch = update(Hold).where(Hold.id == hold.id, Hold.cause == TO_FETCH)
    known = to_fetch.values(cause=str(Cause.SET_ASIDE)).returning(Hold.id)
    if session.execute(known.execution_options(synchronize_session=False)).first() is not None:
        changes.announce(session, operation, hold, Happened("hold.set_aside", Cause.SET_ASIDE))


def release(session: Session, operation: Operation, hold: Held, cause: Cause) -> Held:
    """Let a hold wait again without its copy; return it as it stands then."""
    return change(session, operation, hold, Action.RELEASE, cause, **WITHOUT_COPY, promised_on=None)


def _give(session: Session, operation: Operation, item: Copy, at_branch_id: int, cause: Cause) -> Trapped | None:
    waiting = waiting_for(session, item.id, at_branch_id, clock.local_date(operation.at))
    hold = first_for(waiting, item.id)
    if hold is None or not _can_be_lent(session, item.id):
        return None
    if not release_for_hold(session, operation, item.id, at_branch_id):
        return None
    move_item(session, operation, item.id, at_branch_id, "check_in")
    taken: dict[str, Any] = {"captured_item_id": item.id, "captured_at": operation.at}
    if hold.pickup_branch_id == at_branch_id:
        taken |= ready_values(session, operation, hold, item.id)
        change(session, operation, hold, Action.KEEP, cause, branch_id=at_branch_id, **taken)
        return Trapped(hold.id, str(State.READY), hold.pickup_branch_id)
    sent = change(session, operation, hold, Action.SEND, cause, branch_id=at_branch_id, **taken)
    return _send(session, operation, sent, item.id)


def _send(session: Session, operation: Operation, hold: Held, item_id: int) -> Trapped | None:
    """Ask for the transfer to the pickup branch; one that is not possible any more lets the hold wait again."""
    answer = request_transfer(
        session, operation, item_id=item_id, to_branch_id=hold.pickup_branch_id, reason="hold", hold_id=hold.id
    )
    transfer = answer["transfer"]
    if answer["decision"] != "allowed":
        release(session, operation, hold, Cause.CANNOT_BE_SENT)
        return None
    promised = as_date(transfer["promised_on"])
    # Part of the capture, whose event has been written.
    session.execute(update(Hold).where(Hold.id == hold.id).values(promised_on=promised))
    return Trapped(hold.id, str(State.IN_TRANSIT), hold.pickup_branch_id, transfer["id"])


def _bring_on(session: Session, operation: Operation, hold: Held, item_id: int, at_branch_id: int) -> Trapped | None:
    """Follow a kept copy that was seen: ready where it should be, else sent there; None when it cannot be sent."""
    move = open_transfer(session, item_id)
    if hold.pickup_branch_id == at_branch_id:
        if hold.state is State.IN_TRANSIT:
            ready = ready_values(session, operation, hold, item_id)
            change(session, operation, hold, Action.ARRIVE, Cause.ARRIVED, branch_id=at_branch_id, **ready)
        fetched(session, operation, hold)
        return Trapped(hold.id, str(State.READY), hold.pickup_branch_id)
    if hold.state is State.READY:
        away = {"ready_at": None, "pickup_until_on": None, "promised_on": None}
        hold = change(session, operation, hold, Action.WANDER, Cause.SEEN_ELSEWHERE, branch_id=at_branch_id, **away)
    if move is not None:
        return Trapped(hold.id, str(State.IN_TRANSIT), hold.pickup_branch_id, move.id)
    move_item(session, operation, item_id, at_branch_id, "check_in")
    return _send(session, operation, hold, item_id)


def _can_be_lent(session: Session, item_id: int) -> bool:
    wanted = select(Item.id).where(
        Item.id == item_id,
        Item.item_class.not_in(sorted(READING_ONLY_CLASSES)),
        facts.lendable_location(),
        not_(facts.on_loan()),
        not_(facts.condition()),
    )
    return session.scalar(wanted) is not None


def _still_there(session: Session, candidate: Candidate) -> Copy | None:
    """Lock a copy and return it, unless somebody else has it in hand or took it meanwhile.

    Waiting for its lock could meet somebody who waits for ours; a hold left waiting is looked after by the next job.
    """
    lock = select(Item.id).where(Item.id == candidate.item_id).with_for_update(skip_locked=True)
    if session.scalar(lock) is None:
        return None
    wanted = select(Item.id, Item.bib_id).where(
        Item.id == candidate.item_id, Item.current_branch_id == candidate.branch_id, facts.expected_availability()
    )
    row: Copy | None = session.execute(wanted).one_or_none()
    return row
