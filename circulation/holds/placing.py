"""Placing a hold, and looking ahead at what that would bring."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from circulation.holds import changes, pickup, queries
from circulation.holds.asking import Request, Subject, asked_of, questions, subject
from circulation.holds.capture import target
from circulation.holds.changes import Happened, Held
from circulation.holds.choosing import ranked
from circulation.holds.copies import RulesOfDay, copies_of, wanting_of
from circulation.holds.promises import outlook, promise_again
from circulation.holds.reasons import COPY_OUT_OF_REACH
from circulation.holds.rules import last_day, may_hold
from circulation.holds.states import State
from circulation.holds.targeting import CopyAt, Step
from circulation.models import Hold
from circulation.policies.reasons import NEW_BOOK_PROTECTED, TOO_YOUNG
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.decisions import Decision
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from library.patrons.services import statistics_of

# Refusals that a rule for a class of copies may bring about.
_OF_COPIES = frozenset({TOO_YOUNG, NEW_BOOK_PROTECTED, COPY_OUT_OF_REACH})


def place_hold(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    pickup_branch_id: int,
    bib_id: int | None = None,
    item_id: int | None = None,
    expires_on: date | None = None,
) -> Answer:
    """Put a reader into the queue of a title, or of one copy; return `{decision, reasons, hold, policy}`.

    A copy on a shelf is kept or sent for at once. `expires_on` is the last day the reader waits. Raises `NotFound`
    `unknown_patron`, `unknown_bib`, `unknown_item` or `unknown_branch`, and `Invalid` `bib_or_item_required` or
    `day_is_past`.
    """
    today = clock.local_date(operation.at)
    if expires_on is not None and expires_on < today:
        raise Invalid("day_is_past", day=expires_on.isoformat())
    wanted = subject(session, bib_id=bib_id, item_id=item_id)
    session.execute(select(Patron.id).where(Patron.id == patron_id).with_for_update(key_share=True))
    request = Request(_who(session, patron_id), wanted, _where(session, pickup_branch_id))
    decision, asked, _copies = _decide(session, operation, request)
    if not decision.is_allowed:
        return queries.answer_of(session, decision.reasons, None, asked)
    hold = _join_queue(session, operation, request, expires_on)
    placed = Happened("hold.placed", changes.asked_by(operation), item_id=wanted.item_id)
    changes.announce(session, operation, hold, placed)
    trapped = target(session, operation, hold.id)
    if trapped is None or trapped.hold_id != hold.id:
        promise_again(session, operation, hold.bib_id)
    return queries.answer_of(session, (), hold.id, asked)


def forecast(
    session: Session,
    operation: Operation,
    *,
    patron_id: int,
    pickup_branch_id: int,
    bib_id: int | None = None,
    item_id: int | None = None,
) -> Answer:
    """Return what placing a hold would answer, with the day the book is promised for and how many wait; writes nothing.

    Return `{decision, reasons, hold, policy, promised_on, waiting}`; raises as `place_hold`.
    """
    today = clock.local_date(operation.at)
    wanted = subject(session, bib_id=bib_id, item_id=item_id)
    request = Request(_who(session, patron_id), wanted, _where(session, pickup_branch_id))
    decision, asked, copies = _decide(session, operation, request)
    wanting = wanting_of(session, request.patron, request.pickup)
    waiting = _waiting_before(session, wanted)
    on_shelf = RulesOfDay(session, today).fitting([copy for copy in copies if copy.is_on_shelf], wanting)
    best = ranked(session, on_shelf, wanting.pickup, today)[waiting:]
    promised: date | None
    if best and best[0].step is Step.PICKUP:
        promised = pickup.first_opening_on(session, pickup_branch_id, operation.at)
    elif best:
        promised = best[0].arrives_on
    else:
        expected = outlook(session, wanted.bib_id, (pickup_branch_id,), today)
        promised = expected.day_for(wanting, waiting + 1 - len(on_shelf), wanted.item_id)
    answer = queries.answer_of(session, decision.reasons, None, asked)
    return {**answer, "promised_on": promised.isoformat() if promised else None, "waiting": waiting}


def _waiting_before(session: Session, wanted: Subject) -> int:
    """Return how many wait already for what is wanted."""
    queue = select(func.count()).where(Hold.bib_id == wanted.bib_id, Hold.state == str(State.WAITING))
    if wanted.item_id is not None:
        queue = queue.where(or_(Hold.item_id.is_(None), Hold.item_id == wanted.item_id))
    return session.scalar(queue) or 0


def _who(session: Session, patron_id: int) -> Patron:
    patron = session.get(Patron, patron_id, populate_existing=True)
    if patron is None or patron.erased_at is not None:
        raise NotFound("unknown_patron", patron=patron_id)
    return patron


def _where(session: Session, branch_id: int) -> Branch:
    place = session.get(Branch, branch_id)
    if place is None:
        raise NotFound("unknown_branch", branch=branch_id)
    return place


def _decide(
    session: Session, operation: Operation, request: Request
) -> tuple[Decision, list[dict[str, Any]], list[CopyAt]]:
    """Return the decision, what the rules were asked, and the copies that could ever be lent."""
    today = clock.local_date(operation.at)
    copies = copies_of(session, request.subject.bib_id, request.subject.item_id)
    decision = may_hold(asked_of(session, RulesOfDay(session, today), request, copies))
    is_about_copies = any(found.code in _OF_COPIES for found in decision.reasons)
    return decision, _asked(operation, request, copies if is_about_copies else ()), copies


def _asked(operation: Operation, request: Request, copies: Iterable[CopyAt]) -> list[dict[str, Any]]:
    """Return what the rules were asked: about what is wanted, and about each class of the copies that were refused."""
    classes = (request.subject.item_class, *(copy.item_class for copy in copies))
    return questions(request.pickup, request.patron.category, classes, operation.at)


def _join_queue(session: Session, operation: Operation, request: Request, chosen: date | None) -> Held:
    today = clock.local_date(operation.at)
    patron, wanted, place = request.patron, request.subject, request.pickup
    terms = RulesOfDay(session, today).terms(wanting_of(session, patron, place), wanted.item_class)
    figures = statistics_of(patron, today)
    values = {
        "patron_id": patron.id,
        "bib_id": wanted.bib_id,
        "item_id": wanted.item_id,
        "pickup_branch_id": place.id,
        "state": str(State.WAITING),
        "cause": str(changes.asked_by(operation)),
        "placed_at": operation.at,
        "expires_on": last_day(today, chosen, terms.hold_expiry_days),
        "age_band": figures["age_band"],
        "patron_category": figures["patron_category"],
        "operation_id": operation.id,
    }
    hold_id = session.execute(insert(Hold).values(values).returning(Hold.id)).scalar_one()
    return changes.by_id(session, hold_id)
