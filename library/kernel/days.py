"""Dates in words a reader uses: "3 days left", "December 3"."""

from datetime import date

from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _

SOON_DAYS = 3


def day_words(day: date, today: date) -> str:
    """Return a date in the reader's language; the year only when it is not the present one."""
    chinese = str(get_locale()).startswith("zh")
    if day.year == today.year:
        return str(format_date(day, "M月d日" if chinese else "d MMMM"))
    return str(format_date(day, "y年M月d日" if chinese else "d MMMM y"))


def weekday_words(day: date) -> str:
    """Return the short name of a weekday, 周五 or Fri."""
    return str(format_date(day, "EEE"))


def due_words(due_on: date, today: date) -> tuple[str, str]:
    """Return how a due date stands, as (kind of chip, words); due today is still in time."""
    days = (due_on - today).days
    if days < 0:
        return "bad", ngettext("%(num)s day overdue", "%(num)s days overdue", -days)
    if days == 0:
        return "warn", _("Due today")
    words = ngettext("%(num)s day left", "%(num)s days left", days)
    words = _("%(words)s, until %(day)s", words=words, day=day_words(due_on, today))
    return ("warn" if days <= SOON_DAYS else "ok"), words
