"""Opening hours, why a day is as it is, and the van's next visit, in words for pages."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from library.branches.national import Arrangement, Festival, arrangement
from library.branches.rules import Calendar, Day, HolidayMode, OpeningMode, Why, next_open_day
from library.kernel.days import day_words, weekday_words

FESTIVALS: dict[Festival, LazyString] = {
    Festival.NEW_YEAR: _l("New Year’s Day"),
    Festival.SPRING: _l("Spring Festival"),
    Festival.TOMB_SWEEPING: _l("Tomb-Sweeping Day"),
    Festival.LABOUR: _l("Labour Day"),
    Festival.DRAGON_BOAT: _l("Dragon Boat Festival"),
    Festival.MID_AUTUMN: _l("Mid-Autumn Festival"),
    Festival.NATIONAL_DAY: _l("National Day"),
    Festival.OTHER: _l("national holiday"),
}


class Door(NamedTuple):
    """What the opening log knows, in local times: since when a room is open, and when it was opened last."""

    open_since: datetime | None = None
    last_opened: datetime | None = None


def hours_words(calendar: Calendar, moment: datetime, door: Door | None = None) -> tuple[str, str] | None:
    """Return whether a place is open at a local date and time, as (kind of notice, words); None without any calendar."""
    today = moment.date()
    day = calendar.day(today)
    for session in day.sessions:
        if session.contains(moment.time()):
            return "ok", _("Open now, until %(time)s", time=_clock(session.closes))
        if moment.time() < session.opens:
            return "info", _("Opens today at %(time)s", time=_clock(session.opens))
    if calendar.mode is OpeningMode.KEEPER_HOME and day.why is Why.KEEPER_HOME:
        return door_words(door or Door(), today)
    return _closed_words(calendar, day, today)


def door_words(door: Door, today: date) -> tuple[str, str]:
    """Return how a room without a timetable stands, from its log alone."""
    if door.open_since is not None:
        return "ok", _("Open now, since %(time)s", time=_clock(door.open_since.time()))
    words = _("This room opens when the keeper is home.")
    if door.last_opened is not None:
        last = _near_day(door.last_opened.date(), today)
        words += " " + _("Last opened: %(day)s, %(time)s.", day=last, time=_clock(door.last_opened.time()))
    return "info", words


def _closed_words(calendar: Calendar, today: Day, on: date) -> tuple[str, str] | None:
    following = next_open_day(calendar, on + timedelta(days=1))
    because = _cause(today)
    if following is None:
        return ("warn", _("Closed: %(cause)s.", cause=because)) if because else None
    opens = _clock(calendar.sessions_on(following)[0].opens)
    when = {"weekday": weekday_words(following), "day": day_words(following, on), "time": opens}
    if because:
        return "warn", _("Closed: %(cause)s. Open again %(weekday)s, %(day)s, %(time)s", cause=because, **when)
    return "warn", _("Closed now. Open again %(weekday)s, %(day)s, %(time)s", **when)


def _cause(day: Day) -> str:
    """Return why a place is closed on a day that its week would perhaps open, empty for the week itself."""
    if day.sessions:
        return ""
    if day.why is Why.HOLIDAY and day.national is not None:
        return str(FESTIVALS[day.national.festival])
    return day.about if day.why in {Why.CLOSURE, Why.EXCEPTION} else ""


def day_reason(day: Day) -> str:
    """Return in one sentence why a day has its hours."""
    if day.why is Why.CLOSURE:
        return str(_("Closed: %(cause)s", cause=day.about or _("no cause given")))
    if day.why is Why.EXCEPTION:
        words = _("Other hours on this day") if day.sessions else _("Closed on this day")
        return f"{words}{_(': %(what)s', what=day.about)}" if day.about else str(words)
    if day.why is Why.HOLIDAY and day.national is not None:
        words = _("holiday hours") if day.sessions else _("closed")
        return f"{FESTIVALS[day.national.festival]}{_(': %(what)s', what=words)}"
    if day.why is Why.MAKEUP and day.national is not None:
        name = FESTIVALS[day.national.festival]
        return str(_("Worked in exchange for %(holiday)s: hours of a weekday", holiday=name))
    return _ordinary_reason(day)


def _ordinary_reason(day: Day) -> str:
    words = {
        Why.KEEPER_HOME: _("When the keeper is home"),
        Why.NO_HOURS: _("No hours are known"),
        Why.SEASON: day.about,
        Why.WEEK: _("Usual hours") if day.sessions else _("Closed every %(weekday)s", weekday=weekday_words(day.on)),
    }[day.why]
    if day.national is None:
        return str(words)
    name = FESTIVALS[day.national.festival]
    if day.national.is_workday:
        name = _("worked in exchange for %(holiday)s", holiday=name)
    return str(_("%(words)s (%(holiday)s)", words=words, holiday=name))


def arrangement_words(year: int) -> str:
    """Return what has to be said about the holidays of a year that nobody has published, empty when they are known."""
    known = arrangement(year)
    if known is Arrangement.PUBLISHED:
        return ""
    if known is Arrangement.ESTIMATED:
        return str(
            _(
                "The holidays of %(year)s are not published yet: festivals are computed, weekends to be worked are unknown.",
                year=year,
            )
        )
    return str(_("The holidays of %(year)s are unknown: only the weekly hours count.", year=year))


def due_reasons(calendar: Calendar, plain: date, due: date) -> list[str]:
    """Return in sentences why a book is due on `due` and not on `plain`, the end of its loan, and what nobody knows yet.

    For the explanation of a decision; empty when the date stayed and everything about its year is known.
    """
    found = []
    if due != plain:
        because = day_reason(calendar.day(plain))
        found.append(
            str(_("%(day)s: %(why)s. Due on %(due)s.", day=plain.isoformat(), why=because, due=due.isoformat()))
        )
    if calendar.holidays.mode is not HolidayMode.AS_USUAL:
        found += [words for year in sorted({plain.year, due.year}) if (words := arrangement_words(year))]
    return found


def van_words(day: date | None, today: date) -> str:
    """Return when the van comes next, empty when nobody knows."""
    if day is None:
        return ""
    return str(_("The van comes next on %(weekday)s, %(day)s.", weekday=weekday_words(day), day=day_words(day, today)))


def _near_day(day: date, today: date) -> str:
    if day == today:
        return str(_("today"))
    if day == today - timedelta(days=1):
        return str(_("yesterday"))
    return day_words(day, today)


def _clock(moment: time) -> str:
    return f"{moment.hour}:{moment.minute:02}"
