"""Writing what was decided about a line of the notebook: loans, returns, and what follows for the copy.

Nothing of a copy changes that a scan has seen since; only an open loan, or a return after which nothing was seen, moves it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from catalog.items.services import move_item
from circulation.cases.services import settle_on_return
from circulation.holds.services import fulfil, lost_its_copy
from circulation.holds.states import Cause
from circulation.lending.asking import Question, due_of
from circulation.lending.in_hand import end_conditions, leave_box
from circulation.lending.queries import CopyFound, ReaderFound, reader_by_id
from circulation.logistics.services import cancel, open_transfer
from circulation.models import Loan
from circulation.notebook.evidence import NOTEBOOK
from circulation.notebook.rules import Line, Plan, Step
from circulation.policies.book import book
from circulation.policies.due_rules import Loaned
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel import clock, events
from library.kernel.db import table_of
from library.kernel.operations import Operation
from library.patrons.rules import age_band

# A notebook knows no hours.
NOON = timedelta(hours=12)
# A copy that went through somebody's hands was not gone.
_DISPROVED = frozenset({"lost", "missing", "in_processing"})
_loans, _items = table_of(Loan), table_of(Item)


@dataclass(frozen=True, slots=True)
class Writing:
    """A line of the notebook with the copy it is about, and what was decided."""

    operation: Operation
    branch: Branch
    line: Line
    found: CopyFound
    plan: Plan


def instant_of(day: date, now: datetime) -> datetime:
    """Return the instant that stands for a day of the notebook: its noon, but not later than now."""
    return min(clock.start_of_day(day) + NOON, now)


def write(session: Session, writing: Writing) -> int:
    """Write the line and return the id of its loan."""
    if writing.plan.step is Step.CLOSE:
        assert writing.plan.loan_id is not None
        assert writing.line.returned_on is not None
        _close(session, writing, writing.plan.loan_id, writing.line.returned_on, "returned")
        _is_here(session, writing)
        return writing.plan.loan_id
    if writing.plan.forced_id is not None:
        assert writing.line.lent_on is not None
        _close(session, writing, writing.plan.forced_id, writing.line.lent_on, "forced")
    return _lend(session, writing)


def _lend(session: Session, writing: Writing) -> int:
    """Write the loan, open or as history, and let the copy follow as far as nothing newer is known of it."""
    operation, copy, line = writing.operation, writing.found.copy, writing.line
    assert line.patron_id is not None
    assert line.lent_on is not None
    ending = _ending(writing, line.lent_on)
    reader = reader_by_id(session, line.patron_id, branch_id=writing.branch.id, today=line.lent_on)
    assert reader is not None
    due_on, rows = _due(session, writing, reader, line.lent_on)
    figures = _figures(writing, reader, line.lent_on)
    values = {
        "item_id": copy.id,
        "bib_id": copy.bib_id,
        "patron_id": line.patron_id,
        "out_branch_id": writing.branch.id,
        "out_at": instant_of(line.lent_on, operation.at),
        "due_on": due_on,
        "is_backdated": True,
        "item_class": copy.item_class,
        "decided": {"rows": rows},
        "operation_id": operation.id,
        **figures,
        **(ending.values() if ending is not None else {}),
    }
    if ending is None:
        _free_the_copy(session, writing)
    loan_id: int = session.execute(insert(_loans).values(values).returning(_loans.c.id)).scalar_one()
    payload = {"loan_id": loan_id, "due_on": due_on.isoformat()}
    _note(session, writing, "loan.opened", line.lent_on, payload, statistics=figures)
    _last_loan(session, copy.id, line.lent_on)
    if ending is not None:
        _note_closed(session, writing, loan_id, ending.on)
        if writing.plan.is_newest:
            _is_here(session, writing)
    elif copy.is_wanted_by_reader or copy.hold_id is not None:
        fulfil(session, operation, patron_id=line.patron_id, item_id=copy.id, loan_id=loan_id)
    refresh_availability(session, [copy.id])
    return loan_id


@dataclass(frozen=True, slots=True)
class Ending:
    """When and where a loan ended, and whether its return was written or has to be concluded."""

    at: datetime
    on: date
    branch_id: int
    way: str

    def values(self) -> dict[str, Any]:
        return {"in_at": self.at, "in_branch_id": self.branch_id, "closed_as": self.way}


def _ending(writing: Writing, lent_on: date) -> Ending | None:
    """Return how a loan of the past ended: on its written day, or when the copy was seen again; None for an open one."""
    if writing.plan.step is not Step.HISTORY:
        return None
    seen, now = writing.plan.ended, writing.operation.at
    if seen is not None:
        return Ending(seen.at, seen.on, seen.branch_id, "forced")
    back = writing.line.returned_on or lent_on
    at = max(instant_of(lent_on, now), instant_of(back, now))
    return Ending(at, back, writing.branch.id, "returned")


def _close(session: Session, writing: Writing, loan_id: int, day: date, way: str) -> None:
    """End an open loan on a day of the past."""
    began_at = session.scalar(select(_loans.c.out_at).where(_loans.c.id == loan_id))
    assert began_at is not None
    ending = Ending(max(began_at, instant_of(day, writing.operation.at)), day, writing.branch.id, way)
    session.execute(update(_loans).where(_loans.c.id == loan_id).values(ending.values()))
    _note_closed(session, writing, loan_id, day)


def _note_closed(session: Session, writing: Writing, loan_id: int, day: date) -> None:
    loan = session.get_one(Loan, loan_id, populate_existing=True)
    assert loan.in_at is not None
    days_out = (clock.local_date(loan.in_at) - clock.local_date(loan.out_at)).days
    payload = {"loan_id": loan_id, "days_out": days_out, "days_late": max(0, (day - loan.due_on).days)}
    figures = {name: getattr(loan, name) for name in events.STATISTICS}
    about = {"patron_id": loan.patron_id, "branch_id": loan.in_branch_id, "statistics": figures}
    _note(session, writing, "loan.closed", day, payload, **about)


def _is_here(session: Session, writing: Writing) -> None:
    """Let the copy stand where the notebook says that it came back; nothing newer is known of where it is.

    What was noted after that day, such as that it is missing, holds: it may have gone since.
    """
    copy, operation, here = writing.found.copy, writing.operation, writing.branch.id
    assert writing.line.returned_on is not None
    day_after = clock.start_of_day(writing.line.returned_on + timedelta(days=1))
    settle_on_return(session, operation, copy.id, branch_id=here, before=day_after)
    disproved = _noted_before(session, copy.id, day_after)
    end_conditions(session, operation, copy.id, copy.bib_id, disproved, branch_id=here)
    if copy.current_branch_id != here:
        move_item(session, operation, copy.id, here, NOTEBOOK)
        _call_off(session, operation, copy.id)
    refresh_availability(session, [copy.id])


def _noted_before(session: Session, item_id: int, instant: datetime) -> set[str]:
    """Return the open conditions that a copy in hand disproves and that were noted before an instant."""
    noted = select(ItemCondition.kind).where(
        ItemCondition.item_id == item_id,
        ItemCondition.kind.in_(sorted(_DISPROVED)),
        ItemCondition.until.is_(None),
        ItemCondition.since < instant,
    )
    return set(session.scalars(noted))


def _call_off(session: Session, operation: Operation, item_id: int) -> None:
    """Stop the transfer of a copy that is not where it was to be sent from; a reader it was for waits again.

    It does not arrive, not even where it was to go: that would be a scan of today, against which the next line of the
    notebook would be read.
    """
    move = open_transfer(session, item_id)
    if move is None:
        return
    # In whatever state it is, which leaves the queue to the caller.
    cancel(session, operation, move.id, "lent")
    if move.hold_id is not None:
        lost_its_copy(session, operation, move.hold_id, item_id, Cause.TRANSFER_STOPPED)


def _free_the_copy(session: Session, writing: Writing) -> None:
    """End what the database planned for a copy that was out all the time: transfer, box, conditions."""
    copy, operation, here = writing.found.copy, writing.operation, writing.branch.id
    move = open_transfer(session, copy.id)
    if move is not None:
        cancel(session, operation, move.id, "lent")
    elif copy.is_in_box:
        leave_box(session, operation, copy.id)
    end_conditions(session, operation, copy.id, copy.bib_id, copy.conditions & _DISPROVED, branch_id=here)
    settle_on_return(session, operation, copy.id, branch_id=here)
    if copy.current_branch_id != here:
        move_item(session, operation, copy.id, here, NOTEBOOK)


def _due(session: Session, writing: Writing, reader: ReaderFound, lent_on: date) -> tuple[date, dict[str, int]]:
    """Return the day the loan was due by the rules of the day it began, and the rows that said so."""
    rules = book(session, reader.policies)
    branch, copy = writing.branch, writing.found.copy
    path = rules.deciding_path(lending=branch.path, item_home=copy.home_path, patron_home=reader.reader.home_path)
    policy = Question(path, copy.item_class, reader.category, lent_on).of(rules)
    loaned = Loaned(branch.id, lent_on, policy.terms.loan_days, lent_on)
    _person, due = due_of(session, reader.reader, policy.terms, loaned, reader.calendars)
    return due.on, dict(policy.rows)


def _figures(writing: Writing, reader: ReaderFound, lent_on: date) -> dict[str, Any]:
    return {
        "age_band": str(age_band(reader.reader.born_in, lent_on)),
        "patron_category": reader.category,
        "village_id": reader.village_id,
        "clc": writing.found.clc,
    }


def _last_loan(session: Session, item_id: int, lent_on: date) -> None:
    is_newer = (_items.c.last_loan_on.is_(None)) | (_items.c.last_loan_on < lent_on)
    session.execute(update(_items).where(_items.c.id == item_id, is_newer).values(last_loan_on=lent_on))


def _note(session: Session, writing: Writing, kind: str, day: date, payload: dict[str, Any], **about: Any) -> None:
    """Record an event of a day in the past."""
    copy = writing.found.copy
    subject = {"branch_id": writing.branch.id, "patron_id": writing.line.patron_id, **about}
    dated = {**payload, events.ON: day.isoformat(), "is_backdated": True}
    events.record(session, writing.operation, kind, bib_id=copy.bib_id, item_id=copy.id, payload=dated, **subject)
