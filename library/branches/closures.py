"""Closing many rooms for some dates, or postponing what is due there: looked at first, done as one batch, undone as one.

The batch takes effect on the calendars at once, with the transaction that makes it; loans and holds are then moved in chunks
(`closure_work`). What a preview tells is computed by the same function that moves the dates.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from library.branches.hours_choices import CALENDARS
from library.branches.hours_models import SUBJECTS, Closure, ClosureEffect, ClosureRoom
from library.branches.models import Branch
from library.branches.opening import calendars_of
from library.branches.redating import SORTS, Change, Dated, Kind, Span, change_of, dates_of
from library.branches.rules import Calendar, ClosedSpan
from library.branches.scopes import Scope
from library.branches.seasons import require_span
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Answer, Operation
from library.kernel.versions import raise_version

MOST_POSTPONED_DAYS = 90
CAUSE_LENGTH = 40
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Proposal:
    """A batch that nobody has confirmed yet; `cause` is for readers (停电, 农忙)."""

    span: Span
    scope: Scope
    cause: str


@dataclass
class Preview:
    """What a batch would move: how many dates of each sort, and from when to when, `(sort, before, after)`."""

    rooms: int
    counts: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, date, date]] = field(default_factory=Counter)

    def as_answer(self) -> dict[str, Any]:
        """Return the preview as the API answers it, `moves` by sort and date."""
        moves = [
            {"sort": sort, "from": before, "to": after, "count": count}
            for (sort, before, after), count in sorted(self.moves.items())
        ]
        return {
            "rooms": self.rooms,
            "due": self.counts["due"],
            "promise": self.counts["promise"],
            "shelf": self.counts["shelf"],
            "moves": moves,
        }


def propose(
    scope: Scope, *, kind: str, first_on: date, last_on: date, days: int | None, cause: str, today: date
) -> Proposal:
    """Return a proposal that makes sense.

    Raises `Invalid` `cause_required`, `days_required`, `days_out_of_order`, `span_too_long` or `closure_over`.
    """
    require_span(first_on, last_on, today, over="closure_over")
    if not cause.strip():
        raise Invalid("cause_required")
    if Kind(kind) is Kind.POSTPONEMENT:
        if days is None or not 0 < days <= MOST_POSTPONED_DAYS:
            raise Invalid("days_required", most=MOST_POSTPONED_DAYS)
    else:
        days = None
    return Proposal(Span(Kind(kind), first_on, last_on, days), scope, cause.strip()[:CAUSE_LENGTH])


def preview(session: Session, proposal: Proposal) -> Preview:
    """Return what the batch would move; nothing is written."""
    found = Preview(len(proposal.scope.rooms))
    for change in _changes(session, proposal):
        found.counts[str(change.sort)] += 1
        found.moves[(str(change.sort), change.before, change.after)] += 1
    return found


def confirm(session: Session, operation: Operation, proposal: Proposal) -> Answer:
    """Make the batch: from now on the calendars know the closure; loans and holds follow in chunks."""
    span, scope = proposal.span, proposal.scope
    closure = Closure(
        kind=str(span.kind),
        cause=proposal.cause,
        first_on=span.first_on,
        last_on=span.last_on,
        days=span.days,
        scope=scope.sort,
        scope_code=scope.code,
        state="applying",
        subject=SUBJECTS[0],
        after_id=0,
        created_at=operation.at,
        operation_id=operation.id,
    )
    session.add(closure)
    session.flush()
    session.execute(insert(ClosureRoom), [{"closure_id": closure.id, "branch_id": room} for room in scope.ids])
    raise_version(session, CALENDARS)
    _record(session, operation, "closure.confirmed", closure, scope.ids)
    return {"outcome": "applying", "closure": closure.id, "rooms": len(scope.ids)}


def undo(session: Session, operation: Operation, closure: Closure) -> Answer:
    """Take the whole batch back: the calendars forget it now, the dates follow in chunks.

    Raises `Conflict` `closure_undone` when that was asked for before.
    """
    if closure.state in {"undoing", "undone"}:
        raise Conflict("closure_undone", closure=closure.id)
    closure.state = "undoing"
    closure.done_at = closure.done_at or operation.at
    closure.undone_at = operation.at
    closure.after_id = 0
    session.flush()
    raise_version(session, CALENDARS)
    _record(session, operation, "closure.undone", closure, rooms_of(session, closure.id))
    return {"outcome": "undoing", "closure": closure.id}


def closure_by_id(session: Session, closure_id: int, *, lock: bool = False) -> Closure:
    """Return a batch. Raises `NotFound` `unknown_closure`."""
    closure = session.get(Closure, closure_id, with_for_update=lock, populate_existing=lock)
    if closure is None:
        raise NotFound("unknown_closure", closure=closure_id)
    return closure


def rooms_of(session: Session, closure_id: int) -> list[int]:
    """Return the ids of a batch's rooms."""
    return list(session.scalars(select(ClosureRoom.branch_id).where(ClosureRoom.closure_id == closure_id)))


def room_codes(session: Session, closure_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the codes of the rooms of several batches."""
    rows = session.execute(
        select(ClosureRoom.closure_id, Branch.code)
        .join(Branch, Branch.id == ClosureRoom.branch_id)
        .where(ClosureRoom.closure_id.in_(list(closure_ids)))
        .order_by(Branch.code)
    )
    codes: dict[int, list[str]] = {}
    for closure_id, code in rows:
        codes.setdefault(closure_id, []).append(code)
    return codes


def closures_of(
    session: Session, branch_ids: Iterable[int], *, offset: int = 0, limit: int = 30
) -> tuple[Sequence[Closure], int]:
    """Return a page of the batches that concern any of these rooms, the newest first, and how many there are."""
    concerned = select(ClosureRoom.closure_id).where(ClosureRoom.branch_id.in_(list(branch_ids)))
    wanted = select(Closure).where(Closure.id.in_(concerned))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return session.scalars(wanted.order_by(Closure.id.desc()).offset(offset).limit(limit)).all(), total


def effect_counts(session: Session, closure_ids: Iterable[int]) -> dict[int, Counter[str]]:
    """Return how many dates each batch moved, by what became of them: `moved`, `restored`, `kept`."""
    rows = session.execute(
        select(ClosureEffect.closure_id, ClosureEffect.state, func.count())
        .where(ClosureEffect.closure_id.in_(list(closure_ids)))
        .group_by(ClosureEffect.closure_id, ClosureEffect.state)
    )
    counts: dict[int, Counter[str]] = {closure_id: Counter() for closure_id in closure_ids}
    for closure_id, state, count in rows:
        counts[closure_id][state] = count
    return counts


def effects_of(
    session: Session, closure_id: int, *, state: str | None = None, offset: int = 0, limit: int = 50
) -> tuple[Sequence[ClosureEffect], int]:
    """Return a page of what a batch moved, and how many there are."""
    wanted = select(ClosureEffect).where(ClosureEffect.closure_id == closure_id)
    if state is not None:
        wanted = wanted.where(ClosureEffect.state == state)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return session.scalars(wanted.order_by(ClosureEffect.id).offset(offset).limit(limit)).all(), total


def moves_of(session: Session, closure_id: int) -> list[tuple[str, date, date, int]]:
    """Return what a batch moved, as `(sort, before, after, how many)` in their order."""
    rows = session.execute(
        select(ClosureEffect.field, ClosureEffect.before_on, ClosureEffect.after_on, func.count())
        .where(ClosureEffect.closure_id == closure_id)
        .group_by(ClosureEffect.field, ClosureEffect.before_on, ClosureEffect.after_on)
        .order_by(ClosureEffect.field, ClosureEffect.before_on, ClosureEffect.after_on)
    )
    return [(str(SORTS[column]), before, after, count) for column, before, after, count in rows]


def span_of(closure: Closure) -> Span:
    """Return the dates of a batch."""
    return Span(Kind(closure.kind), closure.first_on, closure.last_on, closure.days, closure.created_at)


def _changes(session: Session, proposal: Proposal) -> Iterator[Change]:
    calendars = {
        branch_id: with_closure(calendar, proposal.span, proposal.cause)
        for branch_id, calendar in calendars_of(session, proposal.scope.ids).items()
    }
    for subject in SUBJECTS:
        for dated in _concerned(session, proposal, subject):
            change = change_of(proposal.span, dated, calendars[dated.branch_id])
            if change is not None:
                yield change


def _concerned(session: Session, proposal: Proposal, subject: str) -> Iterator[Dated]:
    dates, after_id = dates_of(subject), 0
    while dates is not None:
        ids = dates.find(session, proposal.span, proposal.scope.ids, after_id=after_id, limit=_PAGE)
        if not ids:
            return
        yield from dates.read(session, proposal.span, ids, lock=False)
        after_id = ids[-1]


def with_closure(calendar: Calendar, span: Span, cause: str) -> Calendar:
    """Return a calendar as it will be with the closure in it; a postponement closes nothing."""
    if span.kind is not Kind.CLOSURE:
        return calendar
    return replace(calendar, closures=(ClosedSpan(span.first_on, span.last_on, cause), *calendar.closures))


def _record(session: Session, operation: Operation, kind: str, closure: Closure, rooms: Sequence[int]) -> None:
    payload = {
        "closure_id": closure.id,
        "kind": closure.kind,
        "from": closure.first_on.isoformat(),
        "to": closure.last_on.isoformat(),
        "days": closure.days,
        "branches": sorted(rooms),
    }
    record(session, operation, kind, payload=payload)
