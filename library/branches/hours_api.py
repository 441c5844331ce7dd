"""Opening hours over HTTP: the calendar anybody may read, and what sets it, closes many rooms and logs the door."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

import library.branches.hours_sentences  # noqa: F401  defines the words of this room's problems
from library.accounts.access import require
from library.branches import closures, hours_entry, opening_log
from library.branches.hours_models import Closure
from library.branches.hours_schemas import (
    CalendarOut,
    CalendarQuery,
    ChoiceIn,
    ClosureDoneOut,
    ClosureIn,
    ClosureOut,
    ClosurePage,
    ClosureQuery,
    CorrectionIn,
    DoneOut,
    EffectPage,
    EffectQuery,
    ExceptionIn,
    LogIn,
    LogPage,
    LogQuery,
    SeasonDoneOut,
    SeasonIn,
    WeekIn,
)
from library.branches.national import arrangement
from library.branches.opening import calendar_of
from library.branches.rules import Day
from library.branches.services import branch_by_code, subtree_ids
from library.branches.wording import FESTIVALS, arrangement_words, day_reason
from library.kernel import clock
from library.kernel.api import ApiBlueprint, OperationIn, page_of
from library.kernel.db import reading
from library.kernel.errors import Invalid
from library.kernel.operations import Answer

blp = ApiBlueprint("hours", __name__, description="Opening hours, closures of many rooms, the opening log")

MOST_DAYS = 366
_SHOWN_DAYS = 31


@blp.route("/branches/<string:code>/calendar")
@blp.arguments(CalendarQuery, location="query")
@blp.response(200, CalendarOut)
def calendar(query: dict[str, Any], code: str) -> dict[str, Any]:
    """Show the days of a branch with their sessions and the reason of each."""
    first: date = query.get("first") or clock.today()
    last: date = query.get("last") or first + timedelta(days=_SHOWN_DAYS - 1)
    if last < first:
        raise Invalid("days_out_of_order")
    if (last - first).days >= MOST_DAYS:
        raise Invalid("span_too_long", days=MOST_DAYS)
    with reading() as session:
        branch = branch_by_code(session, code)
        found = calendar_of(session, branch.id)
    years = range(first.year, last.year + 1)
    return {
        "branch": code,
        "opening_mode": found.mode,
        "holiday_mode": found.holidays.mode,
        "makeup_as_weekday": found.holidays.makeup_as_weekday,
        "years": [{"year": year, "holidays": arrangement(year), "text": arrangement_words(year)} for year in years],
        "days": [_day(found.day(first + timedelta(days=ahead))) for ahead in range((last - first).days + 1)],
    }


@blp.route("/branches/<string:code>/hours", methods=["PUT"])
@blp.arguments(WeekIn)
@blp.response(200, DoneOut)
def set_week(body: dict[str, Any], code: str) -> Answer:
    """Set the weekly hours of a branch from a day on."""
    return hours_entry.set_week(code, body)


@blp.route("/branches/<string:code>/hours/exceptions", methods=["PUT"])
@blp.arguments(ExceptionIn)
@blp.response(200, DoneOut)
def set_exception(body: dict[str, Any], code: str) -> Answer:
    """Give one date its own hours, close it, or let it follow the week again."""
    return hours_entry.set_exception(code, body)


@blp.route("/branches/<string:code>/opening", methods=["PUT"])
@blp.arguments(ChoiceIn)
@blp.response(200, DoneOut)
def choose(body: dict[str, Any], code: str) -> Answer:
    """Choose between a timetable and the keeper being home, and what happens on national holidays."""
    return hours_entry.choose(code, body)


@blp.route("/branches/<string:code>/opening-log")
@blp.arguments(LogQuery, location="query")
@blp.response(200, LogPage)
def list_log(query: dict[str, Any], code: str) -> dict[str, Any]:
    """List when a branch was really opened and closed, newest first."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, code)
        require("view", branch)
        entries = opening_log.latest_entries(session, branch.id, per_page, offset=(page - 1) * per_page)
        total = opening_log.entry_count(session, branch.id)
        return page_of(entries, total, page, per_page)


@blp.route("/branches/<string:code>/opening-log", methods=["POST"])
@blp.arguments(LogIn)
@blp.response(200, DoneOut)
def log(body: dict[str, Any], code: str) -> Answer:
    """Write down that the door is opened or closed now."""
    return hours_entry.log(code, body)


@blp.route("/branches/<string:code>/opening-log/corrections", methods=["POST"])
@blp.arguments(CorrectionIn)
@blp.response(200, DoneOut)
def correct(body: dict[str, Any], code: str) -> Answer:
    """Put right when a branch was open on a past day."""
    return hours_entry.correct(code, body)


@blp.route("/seasons", methods=["POST"])
@blp.arguments(SeasonIn)
@blp.response(200, SeasonDoneOut)
def begin_season(body: dict[str, Any]) -> Answer:
    """Give many rooms weekly hours for a while; a dry run only counts the rooms."""
    return hours_entry.begin_season(body)


@blp.route("/seasons/<int:season_id>/end", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, SeasonDoneOut)
def end_season(body: dict[str, Any], season_id: int) -> Answer:
    """End a season: from today on its rooms keep their own hours again."""
    return hours_entry.end_season(season_id, body)


@blp.route("/closures", methods=["POST"])
@blp.arguments(ClosureIn)
@blp.response(200, ClosureDoneOut)
def close(body: dict[str, Any]) -> Answer:
    """Close rooms or postpone what is due there; a dry run tells what would move, from when to when."""
    return hours_entry.preview_closure(body) if body["dry_run"] else hours_entry.confirm_closure(body)


@blp.route("/closures")
@blp.arguments(ClosureQuery, location="query")
@blp.response(200, ClosurePage)
def list_closures(query: dict[str, Any]) -> dict[str, Any]:
    """List the closures and postponements that concern a branch or anything below it, newest first."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        branch = branch_by_code(session, query["branch"])
        require(hours_entry.SET_HOURS, branch)
        ids = subtree_ids(session, branch.id)
        found, total = closures.closures_of(session, ids, offset=(page - 1) * per_page, limit=per_page)
        return page_of(_closures(session, found), total, page, per_page)


@blp.route("/closures/<int:closure_id>")
@blp.response(200, ClosureOut)
def show_closure(closure_id: int) -> dict[str, Any]:
    """Show a batch and how far it has come."""
    with reading() as session:
        closure = closures.closure_by_id(session, closure_id)
        hours_entry.require_rooms_of(session, closure_id)
        return _closures(session, [closure])[0]


@blp.route("/closures/<int:closure_id>/effects")
@blp.arguments(EffectQuery, location="query")
@blp.response(200, EffectPage)
def list_effects(query: dict[str, Any], closure_id: int) -> dict[str, Any]:
    """List what a batch moved, and after an undo what was restored and what was not."""
    page, per_page = query["page"], query["per_page"]
    with reading() as session:
        closures.closure_by_id(session, closure_id)
        hours_entry.require_rooms_of(session, closure_id)
        effects, total = closures.effects_of(
            session, closure_id, state=query.get("state"), offset=(page - 1) * per_page, limit=per_page
        )
        return page_of(effects, total, page, per_page)


@blp.route("/closures/<int:closure_id>/undo", methods=["POST"])
@blp.arguments(OperationIn)
@blp.response(200, ClosureDoneOut)
def undo(body: dict[str, Any], closure_id: int) -> Answer:
    """Take a whole batch back; what somebody changed since stays and is listed."""
    return hours_entry.undo_closure(closure_id, body)


def _day(day: Day) -> dict[str, Any]:
    national = day.national
    return {
        "on": day.on,
        "sessions": [{"opens": f"{one.opens:%H:%M}", "closes": f"{one.closes:%H:%M}"} for one in day.sessions],
        "why": day.why,
        "text": day_reason(day),
        "holiday": str(FESTIVALS[national.festival]) if national else None,
        "is_makeup_workday": bool(national and national.is_workday),
    }


def _closures(session: Session, found: Sequence[Closure]) -> list[dict[str, Any]]:
    ids = [closure.id for closure in found]
    counts, rooms = closures.effect_counts(session, ids), closures.room_codes(session, ids)
    names = ("id", "kind", "cause", "first_on", "last_on", "days", "state")
    return [
        {
            **{name: getattr(closure, name) for name in names},
            "rooms": rooms[closure.id],
            **{state: counts[closure.id][state] for state in ("moved", "restored", "kept")},
        }
        for closure in found
    ]
