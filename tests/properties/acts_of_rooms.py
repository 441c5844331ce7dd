"""What may happen to a room: it closes for a while, for some dates, for good, and opens again."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.branches import closure_work, closures
from library.branches import services as branches
from library.branches.hours_models import Closure
from library.branches.models import Branch
from library.branches.scopes import scope_of
from library.kernel import clock
from library.kernel.operations import Answer, Operation
from tests.properties.county import ANNEX, DONE, NOTHING, PLACES, Chance, County, Do, one_of, some_place


def _suspend_or_reopen(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch = some_place(session, county, chance)
    suspended = session.scalars(select(Branch).where(Branch.state == "suspended").order_by(Branch.id)).all()
    if suspended and chance.below(3):
        branches.reopen(session, operation, suspended[0])
    elif branch.state == "open":
        branches.suspend(session, operation, branch)
    else:
        branches.reopen(session, operation, branch)
    return DONE


def _close_for_good(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    annex = session.get_one(Branch, county.places[ANNEX])
    if annex.state != "open":
        return NOTHING
    branches.close(session, operation, annex)
    return DONE


def _open_again(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    annex = session.get_one(Branch, county.places[ANNEX])
    if annex.state == "open":
        return NOTHING
    branches.reopen(session, operation, annex)
    return DONE


def _close_for_some_dates(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    rooms = [PLACES[chance.below(len(PLACES))], ANNEX, "township"][: 1 + chance.below(2)]
    first_on = clock.today() + timedelta(days=chance.below(20))
    proposal = closures.propose(
        scope_of(session, rooms=rooms),
        kind=("closure", "postponement")[chance.below(2)],
        first_on=first_on,
        last_on=first_on + timedelta(days=chance.below(30)),
        days=1 + chance.below(20),
        cause="农忙",
        today=clock.today(),
    )
    closures.preview(session, proposal)
    return {**closures.confirm(session, operation, proposal), "decision": "allowed"}


def _undo_a_closure(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    standing = select(Closure.id).where(Closure.state.in_(("applying", "done"))).order_by(Closure.id)
    found = session.scalars(standing).all()
    if not found:
        return NOTHING
    closure = closures.closure_by_id(session, one_of(found, chance), lock=True)
    return {**closures.undo(session, operation, closure), "decision": "allowed"}


def _move_dates(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    """Work at a batch for some chunks, as the job does; it may be left half done."""
    unfinished = select(Closure.id).where(Closure.state.in_(("applying", "undoing"))).order_by(Closure.id)
    found = session.scalars(unfinished).all()
    if not found:
        return NOTHING
    closure_id = one_of(found, chance)
    steps = sum(closure_work.step(session, operation, closure_id) for _ in range(1 + chance.below(6)))
    return {**DONE, "steps": steps}


ACTS: dict[str, Do] = {
    "suspend_branch": _suspend_or_reopen,
    "close_branch": _close_for_good,
    "reopen_branch": _open_again,
    "confirm_closure": _close_for_some_dates,
    "undo_closure": _undo_a_closure,
    "redate": _move_dates,
}
