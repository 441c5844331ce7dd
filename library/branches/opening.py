"""Opening hours in the database: reading a branch's calendar, setting it, and logging what really happened."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from library.branches.calendars import OpeningException, OpeningLog, OpeningSession
from library.branches.rules import Calendar, Exceptional, WeekPattern, overlapping
from library.branches.rules import Session as Hours
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid
from library.kernel.events import record
from library.kernel.operations import Operation
from library.kernel.versions import raise_version

# Calendars are kept per process, because every loan asks for them.
CALENDARS = "calendars"


class _Key(NamedTuple):
    valid_from: date
    valid_to: date | None


def calendar_of(session: Session, branch_id: int) -> Calendar:
    """Return when a branch is open; a branch nobody gave hours has an empty calendar."""
    return calendars_of(session, [branch_id])[branch_id]


def calendars_of(session: Session, branch_ids: Iterable[int]) -> dict[int, Calendar]:
    """Return the calendars of several branches, two queries in all."""
    ids = list(branch_ids)
    patterns: dict[int, dict[_Key, dict[int, list[Hours]]]] = {branch_id: {} for branch_id in ids}
    for row in session.scalars(select(OpeningSession).where(OpeningSession.branch_id.in_(ids))):
        weeks = patterns[row.branch_id].setdefault(_Key(row.valid_from, row.valid_to), {})
        weeks.setdefault(row.weekday, []).append(Hours(row.opens, row.closes))
    exceptions: dict[int, dict[date, Exceptional]] = {branch_id: {} for branch_id in ids}
    for special in session.scalars(select(OpeningException).where(OpeningException.branch_id.in_(ids))):
        days = exceptions[special.branch_id]
        hours = days.get(special.on, Exceptional()).sessions
        if special.opens is not None and special.closes is not None:
            hours = (*hours, Hours(special.opens, special.closes))
        days[special.on] = Exceptional(hours, special.cause)
    return {
        branch_id: Calendar(
            tuple(_pattern(key, week) for key, week in patterns[branch_id].items()), exceptions[branch_id]
        )
        for branch_id in ids
    }


def set_week(
    session: Session,
    operation: Operation,
    branch_id: int,
    week: Mapping[int, Iterable[tuple[time, time]]],
    *,
    valid_from: date,
    valid_to: date | None = None,
) -> None:
    """Set the weekly sessions of a branch for a time, replacing the ones set for the same first day.

    `week` gives (opens, closes) by weekday, 0 is Monday. Raises `Invalid` `hours_overlap` or `hours_out_of_order`.
    """
    rows = []
    for weekday, spans in week.items():
        hours = _hours(spans)
        rows += [
            {
                "branch_id": branch_id,
                "weekday": weekday,
                "opens": span.opens,
                "closes": span.closes,
                "valid_from": valid_from,
                "valid_to": valid_to,
            }
            for span in hours
        ]
    session.execute(
        delete(OpeningSession).where(OpeningSession.branch_id == branch_id, OpeningSession.valid_from == valid_from)
    )
    if rows:
        session.execute(insert(OpeningSession), rows)
    raise_version(session, CALENDARS)
    record(session, operation, "branch.hours_set", branch_id=branch_id, payload={"from": valid_from.isoformat()})


def set_exception(
    session: Session,
    operation: Operation,
    branch_id: int,
    on: date,
    spans: Iterable[tuple[time, time]] = (),
    *,
    cause: str = "",
) -> None:
    """Give one date its own hours, none meaning closed; what was set for the date before is replaced.

    Raises `Invalid` `hours_overlap` or `hours_out_of_order`.
    """
    hours = _hours(spans)
    common = {"branch_id": branch_id, "on": on, "cause": cause[:40]}
    rows = [{**common, "is_closed": False, "opens": span.opens, "closes": span.closes} for span in hours]
    session.execute(delete(OpeningException).where(OpeningException.branch_id == branch_id, OpeningException.on == on))
    closed = {**common, "is_closed": True, "opens": None, "closes": None}
    session.execute(insert(OpeningException), rows or [closed])
    raise_version(session, CALENDARS)
    record(session, operation, "branch.exception_set", branch_id=branch_id, payload={"on": on.isoformat()})


def log_opened(session: Session, operation: Operation, branch_id: int, *, source: str = "desk") -> None:
    """Write down that a room was opened now; nothing happens when it is open already."""
    if _open_entry(session, branch_id) is not None:
        return
    session.add(OpeningLog(branch_id=branch_id, opened_at=operation.at, source=source, operation_id=operation.id))
    record(session, operation, "branch.room_opened", branch_id=branch_id)


def log_closed(session: Session, operation: Operation, branch_id: int) -> None:
    """Write down that a room was closed now.

    Raises `Conflict` `not_opened` when nobody opened it.
    """
    entry = _open_entry(session, branch_id)
    if entry is None:
        raise Conflict("not_opened", branch=branch_id)
    entry.closed_at = max(operation.at, entry.opened_at)
    record(session, operation, "branch.room_closed", branch_id=branch_id)


def is_open_now(calendar: Calendar, instant: datetime) -> bool:
    """Tell whether the calendar says open at an instant."""
    return calendar.is_open_at(instant.astimezone(clock.timezone()))


def _open_entry(session: Session, branch_id: int) -> OpeningLog | None:
    wanted = select(OpeningLog).where(OpeningLog.branch_id == branch_id, OpeningLog.closed_at.is_(None))
    return session.scalars(wanted).one_or_none()


def _pattern(key: _Key, week: Mapping[int, list[Hours]]) -> WeekPattern:
    sessions = {weekday: tuple(sorted(hours)) for weekday, hours in week.items()}
    return WeekPattern(sessions, key.valid_from, key.valid_to)


def _hours(spans: Iterable[tuple[time, time]]) -> list[Hours]:
    try:
        hours = [Hours(opens, closes) for opens, closes in spans]
    except ValueError as error:
        raise Invalid("hours_out_of_order") from error
    if overlapping(hours):
        raise Invalid("hours_overlap")
    return hours
