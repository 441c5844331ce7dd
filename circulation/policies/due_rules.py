"""On which day a loan is due, and from where a renewal counts. Pure functions of values.

A loan is due at the end of a local day. Four rules find it, always in this order:

1. count: `loan_days` in `loan_unit` from the day of lending (of a renewal: `renewal_days`, from where `renew_from` says);
2. closed days: `closed_day_mode` moves it off the days on which the lending branch is closed;
3. hard due date: `hard_due` caps it, sets a least date, or puts another in its place. Such a date was chosen by a person,
   so it stays where it is even when the branch is closed then;
4. the van: with `due_by_next_run` it moves on to the first planned run past the lending branch from that day on, also past
   a hard date, because no book can come back before the van comes. While no run is planned the date stays, and that is said.

The result is never before tomorrow, whatever the rules say: nobody can be late on the day of borrowing. The reader's card may
end earlier than the loan; that changes no date and is told as a notice.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from circulation.policies.named import Terms
from circulation.policies.values import DueMode, RenewFrom
from library.branches.rules import Calendar, ClosedDays, LoanUnit, due_date


@dataclass(frozen=True, slots=True)
class Loaned:
    """For how long something is lent, from which branch and day on; `today` is the day of asking."""

    branch_id: int
    begins_on: date
    length: int
    today: date


def counted(calendar: Calendar, loan: Loaned, terms: Terms) -> date:
    """Return the day after steps 1 and 2: counted, and off the closed days."""
    return due_date(calendar, loan.begins_on, loan.length, LoanUnit(terms.loan_unit), ClosedDays(terms.closed_day_mode))


def needs_term(terms: Terms) -> bool:
    """Tell whether the end of the reader's term decides."""
    return terms.hard_due is not None and terms.hard_due.mode is DueMode.TERM_END


def hardened(day: date, terms: Terms, today: date, term_ends_on: date | None = None) -> date:
    """Return the day after step 3, not before tomorrow; `term_ends_on` is the end of the reader's term, if there is one."""
    if terms.hard_due is not None:
        day = terms.hard_due.applied_to(day, term_ends_on)
    return max(day, today + timedelta(days=1))


def renewal_begins_on(renew_from: str, due_on: date, today: date) -> date:
    """Return the day from which a renewal counts."""
    return {RenewFrom.DUE: due_on, RenewFrom.TODAY: today}.get(RenewFrom(renew_from), max(due_on, today))
