"""Opening hours as the desks need them: read once per branch and version, because every loan asks for them.

So are the due dates that were counted from them: everybody who borrows at a desk today asks for the same few.
"""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from circulation.policies import due_rules
from circulation.policies.due_rules import Loaned
from circulation.policies.named import Terms
from library.branches.hours_choices import CALENDARS
from library.branches.opening import calendar_of
from library.branches.rules import Calendar, next_day_to_come
from library.kernel.versions import Kept

# A day's lending of 350 places with a few lengths of loans each.
MOST_KEPT = 8000


@dataclass(frozen=True, slots=True)
class _Hours:
    """The calendars of branches, and the days that were counted from them."""

    calendars: dict[int, Calendar] = field(default_factory=dict)
    counted: dict[tuple[int, date, int, str, str], date] = field(default_factory=dict)


# Filled as branches lend. Two threads may read one branch at the same time and find the same.
_kept: Kept[_Hours] = Kept((CALENDARS,), lambda _session: _Hours())
CALENDARS_NOW = _kept.version_now


def counted_at(session: Session, loan: Loaned, terms: Terms, version: int | None = None) -> date:
    """Return the day a loan from a branch lasts to, counted and moved off its closed days."""
    hours = _kept.get(session, version)
    asked = (loan.branch_id, loan.begins_on, loan.length, terms.loan_unit, terms.closed_day_mode)
    known = hours.counted.get(asked)
    if known is None:
        if len(hours.counted) >= MOST_KEPT:
            hours.counted.clear()
        known = due_rules.counted(_calendar(session, hours, loan.branch_id), loan, terms)
        hours.counted[asked] = known
    return known


def answerable_on(session: Session, branch_id: int, due_on: date, version: int | None = None) -> date:
    """Return until when a book could not be late: the first day from its due date on when its branch could take it back."""
    return next_day_to_come(_calendar(session, _kept.get(session, version), branch_id), due_on)


def _calendar(session: Session, hours: _Hours, branch_id: int) -> Calendar:
    if branch_id not in hours.calendars:
        hours.calendars[branch_id] = calendar_of(session, branch_id)
    return hours.calendars[branch_id]
