"""Moving the dates of a batch, and moving them back, a chunk at a time.

A chunk is one transaction of at most about 200 ms: the dates, their events, their effect rows and how far the batch has come
are written together, so that a batch that was cut off goes on where it stood. When all is moved the batch waits until
`SETTLE` has passed since it was confirmed and looks once more from the beginning: on PostgreSQL a loan that was being made
at that moment may still have been given a date by the calendar of before.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from library.branches.closures import closure_by_id, rooms_of, span_of
from library.branches.hours_models import SUBJECTS, Closure, ClosureEffect
from library.branches.opening import calendars_of
from library.branches.redating import Change, change_of, dates_of, why_kept
from library.branches.rules import Calendar
from library.kernel import clock
from library.kernel.db import reading, table_of, writing
from library.kernel.events import record
from library.kernel.operations import Operation, remember, system_operation

# On a machine with five times the load it can bear fifty dates took 80 ms on SQLite (at most 112), on PostgreSQL 164 (210).
CHUNK = 50
SETTLE = timedelta(seconds=10)
_effects = table_of(ClosureEffect)


def work_through(closure_id: int, *, most_chunks: int | None = None) -> int:
    """Move or restore chunk after chunk until there is nothing left to do now; return how many were written."""
    chunks = 0
    while most_chunks is None or chunks < most_chunks:
        operation = system_operation("redate")
        with writing() as session:
            if not step(session, operation, closure_id):
                break
            remember(session, operation, "done")
        chunks += 1
    return chunks


def unfinished() -> list[int]:
    """Return the batches that still have something to do."""
    with reading() as session:
        wanted = select(Closure.id).where(Closure.state.in_(("applying", "undoing"))).order_by(Closure.id)
        return list(session.scalars(wanted))


def step(session: Session, operation: Operation, closure_id: int) -> bool:
    """Do one chunk; False when there is nothing to do for now."""
    closure = closure_by_id(session, closure_id, lock=True)
    if closure.state == "applying":
        return _apply(session, operation, closure)
    if closure.state == "undoing":
        return _restore(session, operation, closure)
    return False


def _apply(session: Session, operation: Operation, closure: Closure) -> bool:
    if closure.subject not in SUBJECTS:
        return _settle(session, operation, closure)
    dates, span = dates_of(closure.subject), span_of(closure)
    rooms = rooms_of(session, closure.id)
    ids = dates.find(session, span, rooms, after_id=closure.after_id, limit=CHUNK) if dates is not None else ()
    if dates is None or not ids:
        _next_subject(closure)
        return True
    found = dates.read(session, span, ids, lock=True)
    calendars = calendars_of(session, {dated.branch_id for dated in found})
    moving = [change_of(span, dated, calendars[dated.branch_id]) for dated in found]
    changes = _unmoved(session, closure, [change for change in moving if change is not None])
    if changes:
        dates.write(session, operation, changes, closure.id)
        _keep(session, operation, closure, changes)
    closure.after_id = ids[-1]
    return True


def _next_subject(closure: Closure) -> None:
    following = SUBJECTS.index(closure.subject) + 1
    closure.subject = SUBJECTS[following] if following < len(SUBJECTS) else "settle"
    closure.after_id = 0


def _settle(session: Session, operation: Operation, closure: Closure) -> bool:
    """End a batch that has looked for stragglers; one that has not, does so when it has settled."""
    if closure.is_settling:
        closure.state, closure.done_at = "done", operation.at
        session.flush()
        record(session, operation, "closure.applied", payload={"closure_id": closure.id})
        return True
    if operation.at - closure.created_at < SETTLE:
        return False
    closure.subject, closure.is_settling = SUBJECTS[0], True
    return True


def _unmoved(session: Session, closure: Closure, changes: list[Change]) -> list[Change]:
    """Leave out what this batch has moved before: a date that moved into the span again is nobody's fault."""
    wanted = select(ClosureEffect.subject_id, ClosureEffect.field).where(
        ClosureEffect.closure_id == closure.id,
        ClosureEffect.subject == closure.subject,
        ClosureEffect.subject_id.in_([change.id for change in changes]),
    )
    known = {(row.subject_id, row.field) for row in session.execute(wanted)}
    return [change for change in changes if (change.id, change.field) not in known]


def _keep(session: Session, operation: Operation, closure: Closure, changes: Sequence[Change]) -> None:
    session.execute(
        insert(_effects),
        [
            {
                "closure_id": closure.id,
                "subject": closure.subject,
                "subject_id": change.id,
                "field": change.field,
                "branch_id": change.branch_id,
                "before_on": change.before,
                "after_on": change.after,
                "state": "moved",
                "operation_id": operation.id,
            }
            for change in changes
        ],
    )


def _restore(session: Session, operation: Operation, closure: Closure) -> bool:
    wanted = select(ClosureEffect).where(ClosureEffect.closure_id == closure.id, ClosureEffect.state == "moved")
    effects = session.scalars(wanted.order_by(ClosureEffect.subject, ClosureEffect.id).limit(CHUNK)).all()
    if not effects:
        closure.state = "undone"
        session.flush()
        record(session, operation, "closure.restored", payload={"closure_id": closure.id})
        return True
    subject = effects[0].subject
    chunk = [effect for effect in effects if effect.subject == subject]
    dates = dates_of(subject)
    standing = dates.standing(session, [effect.subject_id for effect in chunk]) if dates is not None else {}
    calendars = calendars_of(session, {effect.branch_id for effect in chunk})
    outcomes: dict[str | None, list[ClosureEffect]] = {}
    for effect in chunk:
        current = standing.get(effect.subject_id, {}).get(effect.field)
        because = _why_kept(closure, effect, current, calendars[effect.branch_id], clock.local_date(operation.at))
        outcomes.setdefault(because, []).append(effect)
    if dates is not None and outcomes.get(None):
        dates.write(session, operation, [_reversed(effect) for effect in outcomes[None]], closure.id)
    for because, same in outcomes.items():
        values = {"state": "kept", "kept_because": because} if because else {"state": "restored"}
        session.execute(update(_effects).where(_effects.c.id.in_([effect.id for effect in same])).values(values))
    return True


def _why_kept(
    closure: Closure, effect: ClosureEffect, current: date | None, calendar: Calendar, today: date
) -> str | None:
    return why_kept(
        before=effect.before_on,
        after=effect.after_on,
        current=current,
        span=span_of(closure),
        calendar=calendar,
        confirmed_on=clock.local_date(closure.created_at),
        today=today,
    )


def _reversed(effect: ClosureEffect) -> Change:
    return Change(effect.subject_id, effect.branch_id, effect.field, effect.after_on, effect.before_on)
