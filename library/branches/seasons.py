"""Weekly hours for many rooms at once and for a while: summer, harvest, the weeks around New Year."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from library.branches.hours_choices import CALENDARS
from library.branches.hours_models import Season, SeasonRoom
from library.branches.hours_text import read_hours, write_hours
from library.branches.scopes import Scope
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Answer, Operation
from library.kernel.versions import raise_version

MOST_DAYS = 366


def begin_season(
    session: Session,
    operation: Operation,
    scope: Scope,
    *,
    name: str,
    first_on: date,
    last_on: date,
    week: Mapping[int, str],
) -> Answer:
    """Give rooms weekly hours from `first_on` to `last_on`; `week` is text by weekday, a missing one is closed.

    Raises what `check_season` raises.
    """
    hours = check_season(first_on, last_on, week, clock.local_date(operation.at))
    season = Season(
        name=name,
        first_on=first_on,
        last_on=last_on,
        week=hours,
        scope=scope.sort,
        scope_code=scope.code,
        created_at=operation.at,
        operation_id=operation.id,
    )
    session.add(season)
    session.flush()
    session.execute(insert(SeasonRoom), [{"season_id": season.id, "branch_id": room} for room in scope.ids])
    raise_version(session, CALENDARS)
    _record(session, operation, "season.begun", season, scope.ids)
    return {"outcome": "begun", "season": season.id, "rooms": len(scope.ids)}


def check_season(first_on: date, last_on: date, week: Mapping[int, str], today: date) -> dict[str, str]:
    """Return the hours of a season as they are kept.

    Raises `Invalid` `days_out_of_order`, `span_too_long`, `season_over`, `week_is_empty`, and what `read_hours` raises.
    """
    require_span(first_on, last_on, today, over="season_over")
    hours = {str(weekday): write_hours(read_hours(text)) for weekday, text in sorted(week.items())}
    hours = {weekday: text for weekday, text in hours.items() if text}
    if not hours:
        raise Invalid("week_is_empty")
    return hours


def end_season(session: Session, operation: Operation, season: Season) -> Answer:
    """End a season now: from today on the rooms keep their own hours again; what has been stays.

    Raises `Conflict` `season_ended`.
    """
    today = clock.local_date(operation.at)
    if season.ended_on is not None or season.last_on < today:
        raise Conflict("season_ended", season=season.id)
    season.ended_on = today
    session.flush()
    raise_version(session, CALENDARS)
    _record(session, operation, "season.ended", season, rooms_of(session, season.id))
    return {"outcome": "ended", "season": season.id}


def season_by_id(session: Session, season_id: int) -> Season:
    """Return a season. Raises `NotFound` `unknown_season`."""
    season = session.get(Season, season_id)
    if season is None:
        raise NotFound("unknown_season", season=season_id)
    return season


def rooms_of(session: Session, season_id: int) -> list[int]:
    """Return the ids of a season's rooms."""
    return list(session.scalars(select(SeasonRoom.branch_id).where(SeasonRoom.season_id == season_id)))


def seasons_now(session: Session, branch_ids: Iterable[int], today: date) -> Sequence[tuple[Season, int]]:
    """Return the seasons of these rooms that have not ended, each with how many rooms it has, the newest first."""
    concerned = select(SeasonRoom.season_id).where(SeasonRoom.branch_id.in_(list(branch_ids)))
    rooms = select(func.count()).where(SeasonRoom.season_id == Season.id).scalar_subquery()
    wanted = select(Season, rooms).where(Season.id.in_(concerned), Season.last_on >= today, Season.ended_on.is_(None))
    return [(season, count) for season, count in session.execute(wanted.order_by(Season.id.desc()))]


def require_span(first_on: date, last_on: date, today: date, *, over: str) -> None:
    """Raise `Invalid` when dates are out of order, longer than a year, or `over` already."""
    if last_on < first_on:
        raise Invalid("days_out_of_order")
    if (last_on - first_on).days >= MOST_DAYS:
        raise Invalid("span_too_long", days=MOST_DAYS)
    if last_on < today:
        raise Invalid(over)


def _record(session: Session, operation: Operation, kind: str, season: Season, rooms: Sequence[int]) -> None:
    payload = {
        "season_id": season.id,
        "from": season.first_on.isoformat(),
        "to": season.last_on.isoformat(),
        "branches": sorted(rooms),
    }
    record(session, operation, kind, payload=payload)
