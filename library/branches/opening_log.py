"""The opening log: what really happened at the door of a room. One tap opens, one closes; a past day can be put right."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from library.branches.calendars import OpeningLog
from library.branches.opening import calendar_of, hours_of
from library.branches.real_openings import Opening, first_opening
from library.branches.rules import Calendar, OpeningMode
from library.branches.wording import Door
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid
from library.kernel.events import record
from library.kernel.operations import Answer, Operation

CORRECTION = "correction"
# For such a place only the log counts.
WHEN_HOME = Calendar(mode=OpeningMode.KEEPER_HOME)
MOST_REASON = 120


def log_opened(session: Session, operation: Operation, branch_id: int, *, source: str = "desk") -> Answer:
    """Write down that a room was opened now; nothing happens when it is open already.

    An entry left open on an earlier day ends with that day: whoever forgot to close did not stay all night.
    """
    entry = _open_today(session, operation, branch_id)
    if entry is not None:
        return {"outcome": "open", "entry": entry.id}
    entry = OpeningLog(branch_id=branch_id, opened_at=operation.at, source=source, operation_id=operation.id)
    session.add(entry)
    session.flush()
    record(session, operation, "branch.room_opened", branch_id=branch_id, payload={"entry": entry.id})
    return {"outcome": "open", "entry": entry.id}


def log_closed(session: Session, operation: Operation, branch_id: int) -> Answer:
    """Write down that a room was closed now.

    Raises `Conflict` `not_opened` when nobody opened it.
    """
    entry = _open_entry(session, branch_id)
    if entry is None:
        raise Conflict("not_opened", branch=branch_id)
    entry.closed_at = min(max(operation.at, entry.opened_at), _end_of_day(entry.opened_at))
    record(session, operation, "branch.room_closed", branch_id=branch_id, payload={"entry": entry.id})
    return {"outcome": "closed", "entry": entry.id}


def correct_day(
    session: Session,
    operation: Operation,
    branch_id: int,
    on: date,
    spans: Iterable[tuple[time, time]],
    *,
    reason: str,
) -> Answer:
    """Write down from memory when a room was open on a past day, none for not at all; replaces the entries of that day.

    An entry left open on an earlier day ends with that day. The event keeps what stood there before. Raises `Invalid`
    `correction_not_past`, `correction_needs_reason`, and what `hours_of` raises.
    """
    if on >= clock.local_date(operation.at):
        raise Invalid("correction_not_past", on=on.isoformat())
    if not reason.strip():
        raise Invalid("correction_needs_reason")
    hours = hours_of(spans)
    before = entries_between(session, branch_id, on, on)
    session.execute(delete(OpeningLog).where(OpeningLog.id.in_([entry.id for entry in before])))
    _open_today(session, operation, branch_id)
    zone = clock.timezone()
    for span in hours:
        session.add(
            OpeningLog(
                branch_id=branch_id,
                opened_at=datetime.combine(on, span.opens, zone),
                closed_at=datetime.combine(on, span.closes, zone),
                source=CORRECTION,
                reason=reason.strip()[:MOST_REASON],
                operation_id=operation.id,
            )
        )
    payload = {
        "on": on.isoformat(),
        "before": [[_iso(entry.opened_at), _iso(entry.closed_at)] for entry in before],
        "after": [[f"{span.opens:%H:%M}", f"{span.closes:%H:%M}"] for span in hours],
    }
    session.flush()
    record(session, operation, "branch.opening_corrected", branch_id=branch_id, payload=payload)
    return {"outcome": "corrected", "on": on.isoformat(), "sessions": len(hours)}


def first_opening_after(session: Session, branch_id: int, instant: datetime) -> Opening | None:
    """Return the first opening of a branch from `instant` on, as `first_opening` tells it, its `at` as an instant.

    None while a room that opens when the keeper is home has not been opened since.
    """
    moment = instant.astimezone(clock.timezone())
    found = first_opening(calendar_of(session, branch_id), _log_since(session, branch_id, instant), moment)
    return found and Opening(found.at.astimezone(instant.tzinfo), found.is_logged)


def really_opened_after(session: Session, branch_id: int, instant: datetime) -> datetime | None:
    """Return when a branch was open for the first time from `instant` on by its log alone, whatever its timetable says."""
    moment = instant.astimezone(clock.timezone())
    found = first_opening(WHEN_HOME, _log_since(session, branch_id, instant), moment)
    return found.at.astimezone(instant.tzinfo) if found else None


def _log_since(session: Session, branch_id: int, instant: datetime) -> list[tuple[datetime, datetime | None]]:
    """Return the entries that reach beyond an instant as local (opened, closed)."""
    zone = clock.timezone()
    return [
        (entry.opened_at.astimezone(zone), ends.astimezone(zone) if ends else None)
        for entry in entries_since(session, branch_id, instant)
        for ends in [_ends(entry)]
    ]


def is_logged_open(session: Session, branch_id: int) -> datetime | None:
    """Return since when a room is open according to its log, None when it is not; yesterday's open entry was forgotten."""
    entry = _open_entry(session, branch_id)
    if entry is None or clock.local_date(entry.opened_at) != clock.today():
        return None
    return entry.opened_at


def door_of(session: Session, branch_id: int) -> Door:
    """Return what the log knows of a room now, in local times."""
    zone = clock.timezone()
    since, last = is_logged_open(session, branch_id), last_opened_at(session, branch_id)
    return Door(since.astimezone(zone) if since else None, last.astimezone(zone) if last else None)


def last_opened_at(session: Session, branch_id: int) -> datetime | None:
    """Return when a room was opened last."""
    wanted = select(OpeningLog.opened_at).where(OpeningLog.branch_id == branch_id)
    return session.scalar(wanted.order_by(OpeningLog.opened_at.desc()).limit(1))


def entries_between(session: Session, branch_id: int, first_on: date, last_on: date) -> Sequence[OpeningLog]:
    """Return the entries of some local days, both included, in their order."""
    wanted = select(OpeningLog).where(
        OpeningLog.branch_id == branch_id,
        OpeningLog.opened_at >= clock.start_of_day(first_on),
        OpeningLog.opened_at < clock.start_of_day(last_on + timedelta(days=1)),
    )
    return session.scalars(wanted.order_by(OpeningLog.opened_at)).all()


def entries_since(session: Session, branch_id: int, instant: datetime, limit: int = 500) -> Sequence[OpeningLog]:
    """Return the entries that reach beyond an instant, in their order."""
    reaches = or_(OpeningLog.closed_at > instant, OpeningLog.closed_at.is_(None))
    wanted = select(OpeningLog).where(OpeningLog.branch_id == branch_id, reaches)
    return session.scalars(wanted.order_by(OpeningLog.opened_at).limit(limit)).all()


def opened_between(session: Session, branch_ids: Iterable[int], first_on: date, last_on: date) -> dict[int, set[date]]:
    """Return the local days, both included, on which each branch was really opened."""
    ids = list(branch_ids)
    rows = session.execute(
        select(OpeningLog.branch_id, OpeningLog.opened_at).where(
            OpeningLog.branch_id.in_(ids),
            OpeningLog.opened_at >= clock.start_of_day(first_on),
            OpeningLog.opened_at < clock.start_of_day(last_on + timedelta(days=1)),
        )
    )
    days: dict[int, set[date]] = {branch_id: set() for branch_id in ids}
    for branch_id, opened_at in rows:
        days[branch_id].add(clock.local_date(opened_at))
    return days


def latest_entries(session: Session, branch_id: int, limit: int, *, offset: int = 0) -> Sequence[OpeningLog]:
    """Return the newest entries of a room, newest first."""
    wanted = select(OpeningLog).where(OpeningLog.branch_id == branch_id)
    newest = wanted.order_by(OpeningLog.opened_at.desc(), OpeningLog.id.desc())
    return session.scalars(newest.offset(offset).limit(limit)).all()


def entry_count(session: Session, branch_id: int) -> int:
    """Return how many entries a room's log has."""
    return session.scalar(select(func.count()).where(OpeningLog.branch_id == branch_id)) or 0


def _open_entry(session: Session, branch_id: int) -> OpeningLog | None:
    wanted = select(OpeningLog).where(OpeningLog.branch_id == branch_id, OpeningLog.closed_at.is_(None))
    return session.scalars(wanted).one_or_none()


def _open_today(session: Session, operation: Operation, branch_id: int) -> OpeningLog | None:
    """Return the open entry of the operation's day; one left open on an earlier day is ended with that day."""
    entry = _open_entry(session, branch_id)
    if entry is None or clock.local_date(entry.opened_at) == clock.local_date(operation.at):
        return entry
    entry.closed_at = _end_of_day(entry.opened_at)
    session.flush()
    return None


def _ends(entry: OpeningLog) -> datetime | None:
    """Return when an entry ends; one left open on an earlier day ends with that day."""
    if entry.closed_at is None and clock.local_date(entry.opened_at) != clock.today():
        return _end_of_day(entry.opened_at)
    return entry.closed_at


def _end_of_day(opened_at: datetime) -> datetime:
    """Return the last second of the day of an opening, and the opening itself when it came within that second."""
    end = clock.start_of_day(clock.local_date(opened_at) + timedelta(days=1)) - timedelta(seconds=1)
    return max(end, opened_at)


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
