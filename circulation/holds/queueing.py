"""What a reader who waits may change: pause and go on, collect elsewhere; and what days passing change for them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import changes
from circulation.holds.asking import questions
from circulation.holds.capture import target
from circulation.holds.changes import Held, change
from circulation.holds.copies import RulesOfDay, copies_of, wanting_of
from circulation.holds.promises import promise_again
from circulation.holds.queries import answer_of
from circulation.holds.reasons import ENDS_BEFORE_IT_RESUMES
from circulation.holds.rules import last_day, pickup_obstacle
from circulation.holds.services import end
from circulation.holds.states import QUEUED, Action, Cause, State, next_state, not_in_state
from circulation.holds.targeting import in_reach
from circulation.models import Hold
from circulation.policies.book import PastBooks
from circulation.policies.values import Reach
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.decisions import Reason, reason
from library.kernel.errors import Invalid
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron


def suspend(session: Session, operation: Operation, hold_id: int, until: date | None = None) -> Answer:
    """Let a waiting hold be passed over until a day, or until its reader says so; it keeps its place in the queue.

    Of a suspended hold it changes the day. Raises `Invalid` `day_is_past` for a day that is not after today.
    """
    if until is not None and until <= clock.local_date(operation.at):
        raise Invalid("day_is_past", day=until.isoformat())
    hold = changes.locked(session, hold_id)
    if next_state(hold.state, Action.SUSPEND) is None:
        return answer_of(session, (not_in_state(hold.state),), hold_id)
    if until is not None and hold.expires_on is not None and until > hold.expires_on:
        late = reason(ENDS_BEFORE_IT_RESUMES, expires_on=hold.expires_on.isoformat())
        return answer_of(session, (late,), hold_id, _longest_wait(session, hold))
    cause = changes.asked_by(operation)
    change(session, operation, hold, Action.SUSPEND, cause, promised_on=None, suspended_until_on=until)
    promise_again(session, operation, hold.bib_id)
    return answer_of(session, (), hold_id)


def resume(session: Session, operation: Operation, hold_id: int, cause: Cause | None = None) -> Answer:
    """Let a suspended hold go on waiting in its old place; a copy on a shelf is sent for at once."""
    hold = changes.locked(session, hold_id)
    if next_state(hold.state, Action.RESUME) is None:
        return answer_of(session, (not_in_state(hold.state),), hold_id)
    change(session, operation, hold, Action.RESUME, cause or changes.asked_by(operation))
    _look_again(session, operation, hold)
    return answer_of(session, (), hold_id)


def resume_when_due(session: Session, operation: Operation, hold_id: int) -> bool:
    """Let a hold go on whose day has come; False when it was changed meanwhile."""
    until = session.scalar(select(Hold.suspended_until_on).where(Hold.id == hold_id))
    if until is None or until > clock.local_date(operation.at):
        return False
    return bool(resume(session, operation, hold_id, Cause.DAY_CAME)["decision"] == "allowed")


def move_pickup(
    session: Session, operation: Operation, hold_id: int, branch_id: int, cause: Cause | None = None
) -> Answer:
    """Collect the book of a hold that has no copy yet at another branch; a copy that is nearer there is sent for at once."""
    hold = changes.locked(session, hold_id)
    if next_state(hold.state, Action.MOVE) is None:
        return answer_of(session, (not_in_state(hold.state),), hold_id)
    refusal, asked = _cannot_collect_at(session, operation, hold, session.get_one(Branch, branch_id))
    if refusal is not None:
        return answer_of(session, (refusal,), hold_id, asked)
    if hold.pickup_branch_id != branch_id:
        carry_over(session, operation, hold, branch_id, cause or changes.asked_by(operation))
    return answer_of(session, (), hold_id, asked)


def carry_over(session: Session, operation: Operation, hold: Held, branch_id: int, cause: Cause) -> None:
    """Let a locked hold without a copy be collected at another branch, whatever the rules say of the reader's choice."""
    details = {"pickup_branch_id": branch_id, "promised_on": None}
    moved = change(session, operation, hold, Action.MOVE, cause, **details)
    _look_again(session, operation, moved)


def due_to_resume(session: Session, on: date) -> Sequence[int]:
    """Return the ids of the suspended holds whose day has come."""
    wanted = select(Hold.id).where(Hold.ended_at.is_(None), Hold.state == str(State.SUSPENDED))
    return session.scalars(wanted.where(Hold.suspended_until_on <= on).order_by(Hold.placed_at, Hold.id)).all()


def past_their_last_day(session: Session, on: date) -> Sequence[int]:
    """Return the ids of the holds without a copy whose last day of waiting has passed."""
    wanted = select(Hold.id).where(Hold.ended_at.is_(None), Hold.state.in_(QUEUED), Hold.expires_on < on)
    return session.scalars(wanted.order_by(Hold.id)).all()


def expire_waiting(session: Session, operation: Operation, hold_id: int) -> bool:
    """End a hold that waited until its last day; False when it got a copy or ended meanwhile."""
    hold = changes.locked(session, hold_id)
    is_past = hold.expires_on is not None and hold.expires_on < clock.local_date(operation.at)
    if hold.state not in QUEUED or not is_past:
        return False
    end(session, operation, hold, Action.EXPIRE, Cause.EXPIRED)
    return True


def _look_again(session: Session, operation: Operation, hold: Held) -> None:
    if target(session, operation, hold.id) is None:
        promise_again(session, operation, hold.bib_id)


def _cannot_collect_at(
    session: Session, operation: Operation, hold: Held, branch: Branch
) -> tuple[Reason | None, list[dict[str, Any]]]:
    """Return what keeps a hold from being collected at a branch, and what the rules were asked."""
    patron = session.get(Patron, hold.patron_id) if hold.patron_id is not None else None
    wanting = wanting_of(session, patron, branch)
    rules = RulesOfDay(session, clock.local_date(operation.at))
    reach = Reach(rules.terms(wanting, None).pickup_scope)
    is_near = wanting.home is None or in_reach(reach, wanting.home, branch.path)
    copies = copies_of(session, hold.bib_id, hold.item_id)
    obstacles = [rules.obstacle(copy, wanting) for copy in copies]
    too_far = obstacles[0] if obstacles and None not in obstacles else None
    place = pickup_obstacle(branch.kind, is_open=branch.state == "open", is_in_reach=is_near)
    # The copy's own rules are asked by its class, the place's by none.
    classes = [copies[0].item_class] if place is None and too_far is not None else [None]
    return place or too_far, questions(branch, wanting.category, classes, operation.at)


def _longest_wait(session: Session, hold: Held) -> list[dict[str, Any]]:
    """Return what the rules were asked for the last day of a hold; nothing where its reader chose that day."""
    place = session.get_one(Branch, hold.pickup_branch_id)
    item_class = session.scalar(select(Item.item_class).where(Item.id == hold.item_id)) if hold.item_id else None
    placed_on = clock.local_date(hold.placed_at)
    stood = PastBooks(session).at(hold.placed_at)
    terms = stood.resolve(
        item_class=item_class, patron_category=hold.patron_category, path=place.path, on=placed_on
    ).terms
    is_by_rule = last_day(placed_on, None, terms.hold_expiry_days) == hold.expires_on
    return questions(place, hold.patron_category, [item_class], hold.placed_at) if is_by_rule else []
