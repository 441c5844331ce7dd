"""Opening hours and the van's next visit, in words for pages."""

from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _

from library.branches.rules import Calendar, next_open_day
from library.kernel.days import day_words, weekday_words


def hours_words(calendar: Calendar, moment: datetime) -> tuple[str, str] | None:
    """Return whether a place is open at a local date and time, as (kind of notice, words); None without any calendar."""
    today = moment.date()
    for session in calendar.sessions_on(today):
        if session.contains(moment.time()):
            return "ok", _("Open now, until %(time)s", time=_clock(session.closes))
        if moment.time() < session.opens:
            return "info", _("Opens today at %(time)s", time=_clock(session.opens))
    day = next_open_day(calendar, today + timedelta(days=1))
    if day is None:
        return None
    opens = _clock(calendar.sessions_on(day)[0].opens)
    words = _(
        "Closed now. Open again %(weekday)s, %(day)s, %(time)s",
        weekday=weekday_words(day),
        day=day_words(day, today),
        time=opens,
    )
    return "warn", words


def van_words(day: date | None, today: date) -> str:
    """Return when the van comes next, empty when nobody knows."""
    if day is None:
        return ""
    return str(_("The van comes next on %(weekday)s, %(day)s.", weekday=weekday_words(day), day=day_words(day, today)))


def _clock(moment: time) -> str:
    return f"{moment.hour}:{moment.minute:02}"
