"""When was, or will be, a room really open: the opening log before the timetable. Pure functions of local times.

A room that opens when the keeper is home has no timetable: what waits for its opening waits for an entry in the log.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from library.branches.rules import SEARCH_DAYS, Calendar, OpeningMode


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening; `is_logged` when it really happened, else the timetable promises it."""

    at: datetime
    is_logged: bool


def first_opening(
    calendar: Calendar, log: Iterable[tuple[datetime, datetime | None]], moment: datetime
) -> Opening | None:
    """Return when a place is open for the first time from `moment` on; a place open at `moment` is open then.

    `log` holds (opened, closed) of what really happened, `closed` None while it is still open. Where there is a timetable the
    earlier of log and timetable counts; where the keeper opens when at home only the log, and None says that nobody has
    opened yet. A place that nobody gave hours counts as open at once, as everywhere else in the house.
    """
    logged = min((max(opened, moment) for opened, closed in log if closed is None or closed > moment), default=None)
    known = Opening(logged, is_logged=True) if logged is not None else None
    if calendar.mode is OpeningMode.KEEPER_HOME:
        return known
    if not calendar.has_timetable:
        return known or Opening(moment, is_logged=False)
    promised = _promised(calendar, moment)
    if promised is None or (known is not None and known.at <= promised):
        return known
    return Opening(promised, is_logged=False)


def kept_open_until(due_on: date, opened_on: Iterable[date]) -> date | None:
    """Return the day until which a loan of a room without a timetable is in time: its first real opening from `due_on` on.

    None while the room has not opened since: nobody is late at a door that was shut.
    """
    return min((day for day in opened_on if day >= due_on), default=None)


def _promised(calendar: Calendar, moment: datetime) -> datetime | None:
    for ahead in range(SEARCH_DAYS):
        day = moment.date() + timedelta(days=ahead)
        for session in calendar.sessions_on(day):
            closes = datetime.combine(day, session.closes, moment.tzinfo)
            if closes > moment:
                return max(datetime.combine(day, session.opens, moment.tzinfo), moment)
    return None
