"""What a line copied from a notebook means, set against what was seen of the copy since. Pure functions of values.

A notebook has days and no hours. What a scan saw is physical evidence and is never overturned by a line written earlier; a
line only fills in what no scan has told. Reader and copy are known; `D` is the day of lending, `R` of return:

| line | the notebook says                     | and the database knows                   | so                              |
|------|---------------------------------------|------------------------------------------|---------------------------------|
| 1.1  | a day that has not come               |                                          | refused                         |
| 1.2  | returned before it was lent           |                                          | refused                         |
| 1.3  | lent before the reader was registered |                                          | refused                         |
| 1.4  | lent before the library had the copy  |                                          | refused                         |
| 1.5  | no day                                |                                          | refused                         |
| 2.1  | lent on D to the reader, back on R    | that very loan, open                     | it is closed on R               |
| 2.2  | lent on D to the reader               | that very loan, whether open or closed   | refused: it is written already  |
| 2.3  | lent on D to the reader               | the reader has it since an earlier day   | refused: it was never back      |
| 3.1  | lent on D, not back                   | nothing was seen on D or later           | an open loan                    |
| 3.2  | lent on D, not back                   | seen on D, nothing later                 | asked: is it still out?         |
| 3.3  | lent on D, not back, "still out"      | seen on D, nothing later                 | an open loan                    |
| 3.4  | lent on D, not back                   | seen later                               | history, ended when it was seen |
| 3.5  | lent on D, not back                   | withdrawn                                | refused                         |
| 3.6  | lent on D, not back                   | another reader's open loan from before D | an open loan; that one ends     |
| 4.1  | lent on D, back on R                  | nothing was seen after D and before R    | history, ended on R             |
| 4.2  | lent on D, back on R                  | seen after D and before R                | history, ended when it was seen |
| 4.3  | lent on D, back on R                  | another reader's open loan from before D | history; that one ends on D    |
| 5.1  | back on R, nothing else               | a loan that began on R or before         | it is closed on R               |
| 5.2  | back on R, nothing else               | a loan that began after R                | refused: it was lent since      |
| 5.3  | back on R, nothing else               | no open loan                             | nothing is left to do           |
| 5.4  | back on R, and whose it was           | the loan is another reader's             | it is closed on R; that is told |
| 6    | a card, a name or a barcode           | nobody, nothing, or several of them      | refused                         |

What another line of the notebook tells of the same day is no scan, so nothing is asked then: the book came back and went
out again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from circulation.notebook import reasons
from circulation.policies.reasons import ITEM_WITHDRAWN, NOT_ON_LOAN
from library.kernel.decisions import Decision, Reason, reason


class Step(StrEnum):
    """What is written."""

    OPEN = "open"
    HISTORY = "history"
    CLOSE = "close"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Line:
    """What the notebook says; without `lent_on` only that a copy came back."""

    lent_on: date | None
    returned_on: date | None = None
    patron_id: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A loan in the database, and the local day on which it began."""

    id: int
    patron_id: int | None
    began_on: date
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """When and where a scan had the copy."""

    at: datetime
    on: date
    branch_id: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows: of the reader, of the copy, and what was seen of the copy since the day of lending.

    `open_loan` is the copy's, `same_loan` one of this reader and copy that began on the day of lending; `seen_after` is the
    first that was seen on a later day.
    """

    today: date
    registered_on: date | None = None
    acquired_on: date | None = None
    is_withdrawn: bool = False
    open_loan: Known | None = None
    same_loan: Known | None = None
    was_seen_that_day: bool = False
    seen_after: Seen | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: `loan_id` is the loan to close, `forced_id` one that ended unseen, `ended` what ended a history early.

    `is_newest` says that nothing was seen of the copy later, so that it follows.
    """

    decision: Decision
    step: Step = Step.NOTHING
    loan_id: int | None = None
    forced_id: int | None = None
    ended: Seen | None = None
    is_newest: bool = False


def plan(line: Line, facts: Facts, *, is_still_out: bool = False) -> Plan:
    """Return what a line of the notebook leads to; `is_still_out` answers the question of line 3.2."""
    impossible = [*_about_the_days(line, facts)]
    if impossible:
        return Plan(Decision.of(impossible))
    if line.lent_on is None:
        return _plan_return(line, facts)
    return _known_already(line, facts) or _plan_loan(line, facts, line.lent_on, is_still_out=is_still_out)


def _about_the_days(line: Line, facts: Facts) -> Iterator[Reason]:
    """Yield what is wrong with the days, lines 1.1 to 1.4."""
    days = [day for day in (line.lent_on, line.returned_on) if day is not None]
    if not days:
        yield reason(reasons.NO_DAY)
    elif max(days) > facts.today:
        yield reason(reasons.DAY_TO_COME, on=max(days).isoformat())
    if line.lent_on is None:
        return
    if line.returned_on is not None and line.returned_on < line.lent_on:
        yield reason(reasons.BACK_BEFORE_OUT)
    if facts.registered_on is not None and line.lent_on < facts.registered_on:
        yield reason(reasons.BEFORE_READER, registered_on=facts.registered_on.isoformat())
    if facts.acquired_on is not None and line.lent_on < facts.acquired_on:
        yield reason(reasons.BEFORE_COPY, acquired_on=facts.acquired_on.isoformat())


def _plan_return(line: Line, facts: Facts) -> Plan:
    """Return what lines 5 lead to."""
    loan = facts.open_loan
    assert line.returned_on is not None
    if loan is None:
        return Plan(Decision.of([reason(NOT_ON_LOAN)]))
    if loan.began_on > line.returned_on:
        return Plan(Decision.of([reason(reasons.LENT_SINCE, on=loan.began_on.isoformat())]))
    return Plan(Decision.of([]), Step.CLOSE, loan_id=loan.id, is_newest=True)


def _known_already(line: Line, facts: Facts) -> Plan | None:
    """Return what lines 2 lead to, None when the loan is new."""
    same, has = facts.same_loan, facts.open_loan
    if same is not None and same.is_open and line.returned_on is not None:
        return Plan(Decision.of([]), Step.CLOSE, loan_id=same.id, is_newest=True)
    if same is not None:
        return Plan(Decision.of([reason(reasons.WRITTEN_ALREADY, on=same.began_on.isoformat())]), loan_id=same.id)
    is_readers = has is not None and has.patron_id is not None and has.patron_id == line.patron_id
    if has is not None and is_readers and line.lent_on is not None and has.began_on < line.lent_on:
        return Plan(Decision.of([reason(reasons.HAS_IT_SINCE, on=has.began_on.isoformat())]), loan_id=has.id)
    return None


def _plan_loan(line: Line, facts: Facts, lent_on: date, *, is_still_out: bool) -> Plan:
    """Return what lines 3 and 4 lead to."""
    if line.returned_on is not None or facts.seen_after is not None:
        return _plan_history(line, facts, lent_on)
    if facts.is_withdrawn:
        return Plan(Decision.of([reason(ITEM_WITHDRAWN)]))
    if facts.was_seen_that_day and not is_still_out:
        return Plan(Decision.of([reason(reasons.SEEN_THAT_DAY, on=lent_on.isoformat())]))
    # Another reader's loan of the same day came before: this one is still out.
    other = facts.open_loan
    forced_id = other.id if other is not None else None
    told = [reason(reasons.ENDED_UNSEEN)] if forced_id is not None else []
    return Plan(Decision.of(told), Step.OPEN, forced_id=forced_id, is_newest=True)


def _plan_history(line: Line, facts: Facts, lent_on: date) -> Plan:
    """Return what lines 3.4 and 4 lead to: a loan that is over, on its written day or when the copy was seen before."""
    other, seen, back = facts.open_loan, facts.seen_after, line.returned_on
    forced_id = other.id if other is not None and other.began_on < lent_on else None
    told = [reason(reasons.ENDED_UNSEEN)] if forced_id is not None else []
    if seen is not None and (back is None or seen.on < back):
        code = reasons.SEEN_SINCE if back is None else reasons.SEEN_BEFORE
        told.append(reason(code, on=seen.on.isoformat()))
        return Plan(Decision.of(told), Step.HISTORY, forced_id=forced_id, ended=seen)
    is_free = other is None or forced_id is not None
    return Plan(Decision.of(told), Step.HISTORY, forced_id=forced_id, is_newest=seen is None and is_free)
