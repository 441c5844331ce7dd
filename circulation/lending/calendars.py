"""Opening hours as the desks need them: read once per branch and version, because every loan asks for them."""

from datetime import date

from sqlalchemy.orm import Session

from circulation.lending.rules import due_on, renewed_until
from library.branches.hours_choices import CALENDARS
from library.branches.opening import calendar_of
from library.branches.rules import Calendar
from library.kernel.versions import Kept

# Filled as branches lend. Two threads may read one branch at the same time and find the same.
_kept: Kept[dict[int, Calendar]] = Kept((CALENDARS,), lambda _session: {})
CALENDARS_NOW = _kept.version_now


def due_at(session: Session, branch_id: int, begins_on: date, loan_days: int, version: int | None = None) -> date:
    """Return the last day of a loan from a branch: on a day it is closed, the next one it is open."""
    return due_on(_calendar(session, branch_id, version), begins_on, loan_days)


def renewed_at(
    session: Session, branch_id: int, *, due: date, today: date, loan_days: int, version: int | None = None
) -> date:
    """Return the last day of a renewed loan from a branch."""
    return renewed_until(_calendar(session, branch_id, version), due=due, today=today, loan_days=loan_days)


def _calendar(session: Session, branch_id: int, version: int | None) -> Calendar:
    calendars = _kept.get(session, version)
    if branch_id not in calendars:
        calendars[branch_id] = calendar_of(session, branch_id)
    return calendars[branch_id]
