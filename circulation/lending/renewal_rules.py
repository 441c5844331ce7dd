"""May a loan be renewed. Pure functions of values.

Decisions taken here, where the field knows several answers:

* A loan that is called back or looked for is not renewed at all; one for reading in the room has ended already.
* A late loan may be renewed unless `renew_blocked_by` names `overdue`, or it is so late that its reader is blocked.
* Who waits for the title stands against a renewal only when there are fewer free copies of it than readers who wait; one who
  waits for this very copy always does.
* `restriction` is what keeps the reader from borrowing: blocks by staff, a suspension, a loan that is far too late. The card
  has to be good in any case.
* A renewal that would not move the due date on is refused, so that it is not counted as one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from circulation.lending import reasons as own
from circulation.lending.rules import Reader, about_the_card, about_the_reader
from circulation.policies import reasons
from circulation.policies.lateness import days_late
from circulation.policies.named import Terms
from circulation.policies.values import Blocker
from library.kernel.decisions import Decision, Reason, reason


@dataclass(frozen=True, slots=True)
class Renewable:
    """An open loan to renew.

    `waiting` counts the other readers who wait for the title or the copy, `waiting_for_copy` those among them who wait for
    this one only, `free` the copies of the title that stand on a shelf; `is_claimed` says that somebody looks for the copy.
    """

    due_on: date
    renewals: int = 0
    is_recalled: bool = False
    is_claimed: bool = False
    waiting: int = 0
    waiting_for_copy: int = 0
    free: int = 0


def may_renew(reader: Reader, loan: Renewable, until: date, terms: Terms, today: date) -> Decision:
    """Decide about a renewal that would make the loan due on `until`."""
    found = [*about_the_card(reader, today), *_about_the_loan(loan, terms)]
    if Blocker.RESTRICTION in terms.renew_blocked_by:
        found += about_the_reader(reader, terms, today)
    found += _about_the_queue(loan, terms)
    found += _about_lateness(loan, terms, today)
    if until <= loan.due_on:
        found.append(reason(own.NOTHING_GAINED, due_on=loan.due_on.isoformat(), until=until.isoformat()))
    return Decision.of(found)


def _about_the_loan(loan: Renewable, terms: Terms) -> Iterator[Reason]:
    if loan.is_recalled:
        yield reason(own.LOAN_RECALLED, due_on=loan.due_on.isoformat())
    if loan.is_claimed:
        yield reason(own.CLAIMED_NOT_RENEWED)
    if loan.renewals >= terms.renewals_max:
        yield reason(reasons.RENEWALS_EXHAUSTED, renewals=loan.renewals, limit=terms.renewals_max)


def _about_the_queue(loan: Renewable, terms: Terms) -> Iterator[Reason]:
    if not loan.waiting or Blocker.HOLD not in terms.renew_blocked_by:
        return
    if loan.waiting_for_copy or loan.waiting > loan.free:
        yield reason(reasons.HOLD_WAITING, waiting=loan.waiting)
    else:
        yield reason(own.OTHER_COPIES_FREE, waiting=loan.waiting, free=loan.free)


def _about_lateness(loan: Renewable, terms: Terms, today: date) -> Iterator[Reason]:
    late = days_late(loan.due_on, today)
    if late and Blocker.OVERDUE in terms.renew_blocked_by:
        yield reason(own.LATE_NOT_RENEWED, days=late)
    elif late:
        yield reason(reasons.RENEWED_LATE, days=late)
