"""Opening hours in the database: reading a branch's calendar, and setting its week and its exceptions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from library.branches.calendars import OpeningException, OpeningSession
from library.branches.hours_choices import CALENDARS, chosen_at
from library.branches.hours_models import Closure, ClosureRoom, Season, SeasonRoom
from library.branches.hours_text import read_hours
from library.branches.rules import Calendar, ClosedSpan, Exceptional, WeekPattern, overlapping
from library.branches.rules import Session as Hours
from library.kernel import clock
from library.kernel.errors import Invalid
from library.kernel.events import record
from library.kernel.operations import Operation
from library.kernel.versions import raise_version


class _Key(NamedTuple):
    valid_from: date
    valid_to: date | None


def calendar_of(session: Session, branch_id: int) -> Calendar:
    """Return when a branch is open; a branch nobody gave hours has an empty calendar."""
    return calendars_of(session, [branch_id])[branch_id]


def calendars_of(session: Session, branch_ids: Iterable[int]) -> dict[int, Calendar]:
    """Return the calendars of several branches, six queries in all."""
    ids = list(branch_ids)
    patterns, exceptions = _weeks(session, ids), _exceptions(session, ids)
    seasons, closures, chosen = _seasons(session, ids), closures_at(session, ids), chosen_at(session, ids)
    return {
        branch_id: Calendar(
            (*patterns[branch_id], *seasons[branch_id]),
            exceptions[branch_id],
            tuple(closures[branch_id]),
            chosen[branch_id].holidays,
            chosen[branch_id].mode,
        )
        if branch_id in chosen
        else Calendar()
        for branch_id in ids
    }


def _weeks(session: Session, ids: list[int]) -> dict[int, list[WeekPattern]]:
    weeks: dict[int, dict[_Key, dict[int, list[Hours]]]] = {branch_id: {} for branch_id in ids}
    columns = (
        OpeningSession.branch_id,
        OpeningSession.valid_from,
        OpeningSession.valid_to,
        OpeningSession.weekday,
        OpeningSession.opens,
        OpeningSession.closes,
    )
    # Columns and not objects: a closure reads the weeks of three hundred rooms.
    for row in session.execute(select(*columns).where(OpeningSession.branch_id.in_(ids))):
        week = weeks[row.branch_id].setdefault(_Key(row.valid_from, row.valid_to), {})
        week.setdefault(row.weekday, []).append(Hours(row.opens, row.closes))
    return {branch_id: [_pattern(key, week) for key, week in patterns.items()] for branch_id, patterns in weeks.items()}


def _exceptions(session: Session, ids: list[int]) -> dict[int, dict[date, Exceptional]]:
    exceptions: dict[int, dict[date, Exceptional]] = {branch_id: {} for branch_id in ids}
    columns = (
        OpeningException.branch_id,
        OpeningException.on,
        OpeningException.opens,
        OpeningException.closes,
        OpeningException.cause,
    )
    for row in session.execute(select(*columns).where(OpeningException.branch_id.in_(ids))):
        days = exceptions[row.branch_id]
        hours = days.get(row.on, Exceptional()).sessions
        if row.opens is not None and row.closes is not None:
            hours = (*hours, Hours(row.opens, row.closes))
        days[row.on] = Exceptional(hours, row.cause)
    return exceptions


def _seasons(session: Session, ids: list[int]) -> dict[int, list[WeekPattern]]:
    """Return the weeks of seasons; one that has ended holds until the day before, one ended before it began never."""
    rows = session.execute(
        select(SeasonRoom.branch_id, Season)
        .join(Season, Season.id == SeasonRoom.season_id)
        .where(SeasonRoom.branch_id.in_(ids))
        .order_by(Season.id)
    )
    seasons: dict[int, list[WeekPattern]] = defaultdict(list)
    for branch_id, season in rows:
        last = min(season.last_on, season.ended_on - timedelta(days=1)) if season.ended_on else season.last_on
        if last >= season.first_on:
            week = {int(weekday): read_hours(hours) for weekday, hours in season.week.items()}
            # The one made last goes first when two begin on the same day.
            seasons[branch_id].insert(0, WeekPattern(week, season.first_on, last, season.name))
    return seasons


def closures_at(session: Session, ids: Sequence[int]) -> dict[int, list[ClosedSpan]]:
    """Return the closures of several branches that hold now or will, the one made last first."""
    rows = session.execute(
        select(ClosureRoom.branch_id, Closure.first_on, Closure.last_on, Closure.cause)
        .join(Closure, Closure.id == ClosureRoom.closure_id)
        .where(ClosureRoom.branch_id.in_(ids), Closure.kind == "closure", Closure.state.in_(("applying", "done")))
        .order_by(Closure.id.desc())
    )
    closures: dict[int, list[ClosedSpan]] = defaultdict(list)
    for branch_id, first_on, last_on, cause in rows:
        closures[branch_id].append(ClosedSpan(first_on, last_on, cause))
    return closures


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
        hours = hours_of(spans)
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
    hours = hours_of(spans)
    common = {"branch_id": branch_id, "on": on, "cause": cause[:40]}
    rows = [{**common, "is_closed": False, "opens": span.opens, "closes": span.closes} for span in hours]
    session.execute(delete(OpeningException).where(OpeningException.branch_id == branch_id, OpeningException.on == on))
    closed = {**common, "is_closed": True, "opens": None, "closes": None}
    session.execute(insert(OpeningException), rows or [closed])
    raise_version(session, CALENDARS)
    record(session, operation, "branch.exception_set", branch_id=branch_id, payload={"on": on.isoformat()})


def unset_exception(session: Session, operation: Operation, branch_id: int, on: date) -> None:
    """Let a date follow its week again; nothing happens when it does already."""
    given = OpeningException.branch_id == branch_id, OpeningException.on == on
    if session.execute(delete(OpeningException).where(*given).returning(OpeningException.id)).first() is None:
        return
    raise_version(session, CALENDARS)
    record(session, operation, "branch.exception_unset", branch_id=branch_id, payload={"on": on.isoformat()})


def hours_of(spans: Iterable[tuple[time, time]]) -> list[Hours]:
    """Return the sessions of a day. Raises `Invalid` `hours_out_of_order` or `hours_overlap`."""
    try:
        hours = [Hours(opens, closes) for opens, closes in spans]
    except ValueError as error:
        raise Invalid("hours_out_of_order") from error
    if overlapping(hours):
        raise Invalid("hours_overlap")
    return hours


def is_open_now(calendar: Calendar, instant: datetime) -> bool:
    """Tell whether the calendar says open at an instant."""
    return calendar.is_open_at(instant.astimezone(clock.timezone()))


def _pattern(key: _Key, week: Mapping[int, list[Hours]]) -> WeekPattern:
    sessions = {weekday: tuple(sorted(hours)) for weekday, hours in week.items()}
    return WeekPattern(sessions, key.valid_from, key.valid_to)
