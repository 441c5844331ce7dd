"""What the pages of opening hours show, ready for templates: plain values and words, no query is left to them."""

import calendar as months
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from library.accounts.access import granted_paths, require
from library.branches import closures, hours_choices, opening_log, seasons
from library.branches.calendars import OpeningLog
from library.branches.hours_models import Closure, ClosureEffect
from library.branches.hours_text import write_hours
from library.branches.models import Branch, BranchSet
from library.branches.opening import calendar_of
from library.branches.rules import Calendar, HolidayMode, OpeningMode
from library.branches.scopes import AREAS
from library.branches.services import branch_by_code
from library.branches.wording import arrangement_words, day_reason, hours_words
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words, weekday_words
from library.kernel.errors import Invalid, NotAllowed
from library.kernel.pages import page_locale

_MONDAY = date(2024, 1, 1)


def places_of(session: Session, actor: Actor, permission: str, *, areas: bool = False) -> Sequence[Branch]:
    """Return the places an actor may act for, in the order of the tree; `areas` also those that only group others."""
    paths = granted_paths(actor, permission)
    wanted = select(Branch).where(
        Branch.state.in_(("open", "suspended")), or_(*(Branch.path.startswith(path) for path in paths))
    )
    if not areas:
        wanted = wanted.where(Branch.kind.not_in(AREAS))
    return session.scalars(wanted.order_by(Branch.path)).all() if paths else ()


def place_of(session: Session, actor: Actor, code: str | None, permission: str, *, areas: bool = False) -> Branch:
    """Return the place asked for, else the first the actor may act for.

    Raises `NotFound` `unknown_branch`, `NotAllowed` `outside_grant` or `not_allowed`.
    """
    if code:
        branch = branch_by_code(session, code)
        require(permission, branch)
        return branch
    found = places_of(session, actor, permission, areas=areas)
    if not found:
        raise NotAllowed("not_allowed", permission=permission)
    return found[0]


def name_of(branch: Branch) -> str:
    """Return the name of a place in the reader's language."""
    return branch.name_en if page_locale() == "en" and branch.name_en else branch.name


def options(branches: Iterable[Branch]) -> list[tuple[str, str]]:
    """Return places as options of a list, indented by their depth in the tree."""
    found = list(branches)
    top = min((branch.path.count("/") for branch in found), default=0)
    return [(branch.code, "\u3000" * (branch.path.count("/") - top) + name_of(branch)) for branch in found]


def room_names(session: Session, branch_ids: Iterable[int]) -> list[str]:
    """Return the names of rooms in the order of the tree."""
    wanted = select(Branch).where(Branch.id.in_(list(branch_ids))).order_by(Branch.path)
    return [name_of(branch) for branch in session.scalars(wanted)]


def sets(session: Session) -> list[tuple[str, str]]:
    """Return the named sets of rooms as options of a list."""
    return [(one.code, one.name) for one in session.scalars(select(BranchSet).order_by(BranchSet.name))]


def status(session: Session, branch: Branch) -> tuple[str, str] | None:
    """Return how a place stands at this moment, as (kind of notice, words)."""
    moment = clock.now().astimezone(clock.timezone()).replace(tzinfo=None)
    return hours_words(calendar_of(session, branch.id), moment, opening_log.door_of(session, branch.id))


def month(session: Session, branch: Branch, first: date) -> dict[str, Any]:
    """Return a month of a place: its days with hours, reasons and what really happened, and the months around it."""
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    calendar = calendar_of(session, branch.id)
    days = [first + timedelta(days=ahead) for ahead in range(last.day)]
    logged = _logged(session, branch.id, first, last)
    return {
        "title": str(format_date(first, "y年M月" if page_locale() != "en" else "MMMM y")),
        "rows": [_row(calendar, day, logged.get(day, [])) for day in days],
        "before": (first - timedelta(days=1)).replace(day=1).isoformat()[:7],
        "after": (last + timedelta(days=1)).isoformat()[:7],
        "unknown": arrangement_words(first.year),
    }


def _row(calendar: Calendar, day: date, logged: list[str]) -> list[str]:
    found = calendar.day(day)
    hours = write_hours(found.sessions)
    if not hours:
        hours = "–" if calendar.mode is OpeningMode.KEEPER_HOME and not found.about else _("closed")
    day_name = f"{format_date(day, 'M月d日' if page_locale() != 'en' else 'd MMM')} {weekday_words(day)}"
    return [day_name, hours, day_reason(found), " ".join(logged)]


def _logged(session: Session, branch_id: int, first: date, last: date) -> dict[date, list[str]]:
    zone = clock.timezone()
    found: dict[date, list[str]] = {}
    for entry in opening_log.entries_between(session, branch_id, first, last):
        opened = entry.opened_at.astimezone(zone)
        closed = entry.closed_at.astimezone(zone) if entry.closed_at else None
        found.setdefault(opened.date(), []).append(_span(opened, closed))
    return found


def _span(opened: datetime, closed: datetime | None) -> str:
    return f"{opened.hour}:{opened.minute:02}-" + (f"{closed.hour}:{closed.minute:02}" if closed else "")


def log_rows(entries: Iterable[OpeningLog]) -> list[list[str]]:
    """Return entries of the opening log as cells: the day, from when to when, and why one was written later."""
    zone, today = clock.timezone(), clock.today()
    rows = []
    for entry in entries:
        opened = entry.opened_at.astimezone(zone)
        closed = entry.closed_at.astimezone(zone) if entry.closed_at else None
        day = opened.date()
        note = _("Written later: %(why)s", why=entry.reason) if entry.reason else ""
        rows.append([f"{day_words(day, today)} {weekday_words(day)}", _span(opened, closed), note])
    return rows


def month_asked(text: str | None) -> date:
    """Return the first day of the month `2026-11`, of the present one without any.

    Raises `Invalid` `dates_invalid`.
    """
    if not text:
        return clock.today().replace(day=1)
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError as error:
        raise Invalid("dates_invalid", date=text[:20]) from error


def weekdays() -> list[str]:
    """Return the short names of the days of the week, Monday first."""
    return [weekday_words(_MONDAY + timedelta(days=ahead)) for ahead in range(7)]


def week_now(session: Session, branch: Branch) -> dict[str, str]:
    """Return the weekly hours of a place as text, seasons apart."""
    calendar = calendar_of(session, branch.id)
    own = Calendar(tuple(pattern for pattern in calendar.patterns if not pattern.season))
    pattern = own.pattern_on(clock.today())
    return {str(day): write_hours(pattern.sessions.get(day, ())) if pattern else "" for day in range(7)}


def coming_exceptions(session: Session, branch: Branch) -> list[dict[str, str]]:
    """Return the exceptions from today on."""
    today = clock.today()
    exceptions = calendar_of(session, branch.id).exceptions
    return [
        {
            "on": on.isoformat(),
            "day": f"{day_words(on, today)} {weekday_words(on)}",
            "hours": write_hours(found.sessions) or _("closed"),
            "cause": found.reason,
        }
        for on, found in sorted(exceptions.items())
        if on >= today
    ]


def choices(session: Session, branch: Branch) -> dict[str, Any]:
    """Return what a place chose itself, and in words what it would take over from above."""
    own = hours_choices.own_choice(session, branch.id)
    above = branch.parent_id or 0
    inherited = hours_choices.chosen_at(session, [above]).get(above)
    mode = inherited.mode if inherited else OpeningMode.SCHEDULED
    holidays = inherited.holidays if inherited else None
    return {
        "opening_mode": (own and own.opening_mode) or "",
        "holiday_mode": (own and own.holiday_mode) or "",
        "holiday_hours": own.holiday_hours if own else "",
        "makeup": {None: "", True: "yes", False: "no"}[own.makeup_as_weekday if own else None],
        "above_mode": mode_words(mode),
        "above_holidays": holiday_words(holidays.mode if holidays else HolidayMode.AS_USUAL),
        "above_makeup": _("yes") if holidays and holidays.makeup_as_weekday else _("no"),
    }


def mode_words(mode: OpeningMode) -> str:
    """Return how a place opens."""
    return str(
        {OpeningMode.SCHEDULED: _("by a timetable"), OpeningMode.KEEPER_HOME: _("when the keeper is home")}[mode]
    )


def holiday_words(mode: HolidayMode) -> str:
    """Return what a place does on national holidays."""
    return str(
        {
            HolidayMode.AS_USUAL: _("open as usual"),
            HolidayMode.CLOSED: _("closed"),
            HolidayMode.OWN_HOURS: _("own hours"),
        }[mode]
    )


def season_rows(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Return the seasons that have not ended, of places the actor may act for."""
    today = clock.today()
    ids = [branch.id for branch in places_of(session, actor, "set_hours")]
    return [
        {
            "id": season.id,
            "name": season.name,
            "dates": span_words(season.first_on, season.last_on, today),
            "rooms": rooms,
        }
        for season, rooms in seasons.seasons_now(session, ids, today)
    ]


def closure_rows(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Return the closures and postponements of places the actor may act for, the newest first."""
    ids = [branch.id for branch in places_of(session, actor, "set_hours")]
    found, _total = closures.closures_of(session, ids)
    counts = closures.effect_counts(session, [closure.id for closure in found])
    return [closure_row(closure, counts[closure.id].total()) for closure in found]


def closure_row(closure: Closure, moved: int) -> dict[str, Any]:
    """Return a batch in words."""
    kind, state = state_words(closure.state)
    what = _("Closed") if closure.kind == "closure" else _("Postponed by %(days)s days", days=closure.days)
    return {
        "id": closure.id,
        "cause": closure.cause,
        "what": what,
        "dates": span_words(closure.first_on, closure.last_on, clock.today()),
        "kind": kind,
        "state": state,
        "moved": moved,
        "may_undo": closure.state in {"applying", "done"},
        "is_working": closure.state in {"applying", "undoing"},
    }


def state_words(state: str) -> tuple[str, str]:
    """Return the state of a batch as (kind of chip, words)."""
    return {
        "applying": ("plainly", _("dates are being moved")),
        "done": ("ok", _("done")),
        "undoing": ("plainly", _("being taken back")),
        "undone": ("plainly", _("taken back")),
    }[state]


def span_words(first: date, last: date, today: date) -> str:
    """Return two dates as one span."""
    if first == last:
        return day_words(first, today)
    return str(_("%(first)s to %(last)s", first=day_words(first, today), last=day_words(last, today)))


def move_rows(moves: Iterable[tuple[str, date, date, int]]) -> list[list[str]]:
    """Return what moves from when to when, as cells."""
    today = clock.today()
    return [
        [sort_words(sort), day_words(before, today), day_words(after, today), str(count)]
        for sort, before, after, count in moves
    ]


def sort_words(sort: str) -> str:
    """Return what sort of date it is."""
    return str({"due": _("Book due"), "promise": _("Book promised"), "shelf": _("Kept on the shelf until")}[sort])


def effect_rows(effects: Iterable[ClosureEffect]) -> list[list[str]]:
    """Return what an undo could not take back, as cells."""
    today = clock.today()
    subjects = {"loan": _("Loan"), "hold": _("Hold")}
    return [
        [
            f"{subjects[effect.subject]} {effect.subject_id}",
            day_words(effect.before_on, today),
            day_words(effect.after_on, today),
            kept_words(effect.kept_because or ""),
        ]
        for effect in effects
    ]


def kept_words(because: str) -> str:
    """Return why a date was not taken back."""
    return str(
        {
            "ended": _("It has ended: returned, fetched or cancelled."),
            "changed_since": _("Somebody changed the date since."),
            "passed_since": _("The old day has passed; the reader would be late."),
            "closed_anyway": _("The room is closed on the old day for another cause."),
        }.get(because, because)
    )
