"""placeholder until due rules move down"""

from datetime import date, timedelta

from circulation.policies.named import Terms
from library.branches.rules import Calendar, ClosedDays, LoanUnit, due_date


def counted(calendar: Calendar, begins_on: date, length: int, terms: Terms) -> date:
    return due_date(calendar, begins_on, length, LoanUnit(terms.loan_unit), ClosedDays(terms.closed_day_mode))


def hardened(day: date, terms: Terms, today: date, term_ends_on: date | None = None) -> date:
    if terms.hard_due is not None:
        day = terms.hard_due.applied_to(day, term_ends_on)
    return max(day, today + timedelta(days=1))
