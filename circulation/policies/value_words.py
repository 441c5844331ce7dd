"""The values and rows of the lending rules in words, in the language of whoever looks.

Everything here is made of plain values, as explanations hold them, so that a stored explanation can be told as well.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from babel.numbers import format_currency
from flask_babel import LazyString, format_date, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from circulation.policies.named import RULES
from circulation.policies.rules import plain
from circulation.policies.values import Value
from library.patrons.rules import Category

CURRENCY = "CNY"
# Rules whose length is counted in the unit that another rule names.
IN_LOAN_UNITS = frozenset({"loan_days", "renewal_days"})

CATEGORIES: Mapping[str, LazyString] = {
    Category.ADULT: _l("Adults"),
    Category.CHILD: _l("Children"),
    Category.ELDER: _l("Elders"),
    Category.DISABLED: _l("Disabled readers"),
    Category.FAMILY: _l("Households"),
    Category.GROUP: _l("School classes and groups"),
    Category.STAFF: _l("Library staff"),
}
ITEM_CLASSES: Mapping[str, LazyString] = {
    "book": _l("Books"),
    "magazine": _l("Magazines"),
    "newspaper": _l("Newspapers"),
    "disc": _l("Discs"),
    "picture_book": _l("Picture books"),
    "reference": _l("Reference works"),
    "reading_only": _l("For reading in the room"),
}
_CHOICES: Mapping[str, Mapping[str, LazyString]] = {
    "loan_unit": {"days": _l("in days"), "weeks": _l("in weeks"), "months": _l("in months")},
    "closed_day_mode": {
        "ignore": _l("stays, closed or not"),
        "next_open": _l("moves to the next open day"),
        "previous_open": _l("moves to the last open day before"),
        "skip_closed": _l("only open days are counted"),
        "same_weekday": _l("moves on by weeks to an open day of the same weekday"),
    },
    "renew_from": {
        "due": _l("the old due date"),
        "today": _l("the day of renewing"),
        "later": _l("the old due date or the day of renewing, whichever is later"),
    },
    "hold_scope": {
        "branch": _l("only from the same place"),
        "township": _l("from the same township"),
        "county": _l("from the whole county"),
    },
    "pickup_scope": {
        "branch": _l("only where the copy stands"),
        "township": _l("in the township of the copy"),
        "county": _l("in the whole county"),
    },
    "return_policy": {"home": _l("sent home"), "stay": _l("stay where they are")},
}
_BLOCKERS: Mapping[str, LazyString] = {
    "hold": _l("others wait for the book"),
    "overdue": _l("the reader has late books"),
    "restriction": _l("the reader is blocked"),
}
# What no bound means; a rule that is not here says "no limit".
_NOTHING: Mapping[str, LazyString] = {
    "hard_due": _l("none"),
    "overdue_block_days": _l("never blocks"),
    "lost_after_days": _l("never"),
    "renewal_days": _l("as long as the loan"),
    "hold_expiry_days": _l("never"),
}
_HARD_DUE: Mapping[str, LazyString] = {
    "latest": _l("on %(day)s at the latest"),
    "earliest": _l("not before %(day)s"),
    "exactly": _l("on %(day)s exactly"),
}


def value_words(rule: str, value: Any, *, loan_unit: str = "days") -> str:
    """Return a value in words: "30 days", "no limit", "moves to the next open day".

    `value` is as `rules.plain` gives it. `loan_unit` is the unit that holds where the value does.
    """
    if value is None:
        return str(_NOTHING.get(rule, _l("no limit")))
    if rule in _CHOICES:
        return str(_CHOICES[rule].get(value, value))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return _list_words(value)
    if rule == "hard_due":
        return _hard_due_words(str(value))
    return _UNITS[loan_unit if rule in IN_LOAN_UNITS else RULES[rule].unit](int(value))


def blocker_options() -> list[tuple[str, str]]:
    """Return what may stand against a renewal, as values and words."""
    return [(blocker, str(words)) for blocker, words in _BLOCKERS.items()]


def due_options() -> list[tuple[str, str]]:
    """Return what a fixed due date may do, as values and words."""
    return [
        ("none", _("No fixed date")),
        ("latest", _("Not later than this day")),
        ("earliest", _("Not earlier than this day")),
        ("exactly", _("Exactly on this day")),
        ("term_end", _("At the end of the reader's term")),
    ]


def parsed_words(rule: str, value: Value, *, loan_unit: str = "days") -> str:
    """Return a value that `parse` has read, in words."""
    return value_words(rule, plain(value), loan_unit=loan_unit)


def _list_words(values: Iterable[str]) -> str:
    words = [str(_BLOCKERS.get(value, value)) for value in values]
    return str(_(" or ").join(words) if words else _("nothing"))


def _hard_due_words(text: str) -> str:
    mode, _space, day = text.partition(" ")
    if not day:
        return str(_("at the end of the reader's term"))
    return str(_HARD_DUE[mode]) % {"day": date_words(date.fromisoformat(day))}


def _money(cents: int) -> str:
    locale = get_locale() or "zh_Hans"
    return format_currency(cents / 100, CURRENCY, locale=locale) if cents else str(_("none"))


_UNITS: Mapping[str, Callable[[int], str]] = {
    "days": lambda number: ngettext("%(num)s day", "%(num)s days", number),
    "weeks": lambda number: ngettext("%(num)s week", "%(num)s weeks", number),
    "months": lambda number: ngettext("%(num)s month", "%(num)s months", number),
    "loans": lambda number: ngettext("%(num)s book", "%(num)s books", number),
    "holds": lambda number: ngettext("%(num)s reservation", "%(num)s reservations", number),
    "times": lambda number: ngettext("%(num)s time", "%(num)s times", number) if number else _("not at all"),
    "years": lambda number: ngettext("%(num)s year", "%(num)s years", number) if number else _("any age"),
    "cents": _money,
    "days per day late": lambda number: ngettext("%(num)s day", "%(num)s days", number),
    "percent of the price": lambda number: _("%(num)s %% of the price", num=number) if number else _("no charge"),
}


def row_words(row: Mapping[str, Any]) -> str:
    """Return for whom, where and when a row holds: "Elders · whole county · all year".

    `row` is a row of an explanation or of the list: `patron_category, item_class, branch_name, set_name, from_on, to_on,
    is_yearly`.
    """
    parts = [_who(row), _what(row), place_words(row), when_words(row)]
    return " · ".join(part for part in parts if part)


def place_words(row: Mapping[str, Any]) -> str:
    """Return where a row holds."""
    return str(row.get("branch_name") or row.get("set_name") or _("whole county"))


def when_words(row: Mapping[str, Any]) -> str:
    """Return when a row holds; both ends count."""
    begins, ends = _date(row.get("from_on")), _date(row.get("to_on"))
    if begins and ends:
        if row.get("is_yearly"):
            return str(_("every year from %(begins)s to %(ends)s", begins=_month_day(begins), ends=_month_day(ends)))
        return str(_("from %(begins)s to %(ends)s", begins=date_words(begins), ends=date_words(ends)))
    if begins:
        return str(_("from %(begins)s on", begins=date_words(begins)))
    return str(_("until %(ends)s", ends=date_words(ends)) if ends else _("all year"))


def category_words(category: str | None) -> str:
    """Return a category of readers in words; None is everybody."""
    return str(CATEGORIES.get(category, category)) if category else str(_("All readers"))


def class_words(item_class: str | None) -> str:
    """Return a class of copies in words; None is every one. A county may have classes of its own."""
    return str(ITEM_CLASSES.get(item_class, item_class)) if item_class else str(_("All kinds of copies"))


def _who(row: Mapping[str, Any]) -> str:
    return category_words(row.get("patron_category"))


def _what(row: Mapping[str, Any]) -> str:
    return class_words(row["item_class"]) if row.get("item_class") else ""


def _date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def date_words(day: date) -> str:
    """Return a date with its year."""
    return str(format_date(day, "y年M月d日" if _is_chinese() else "d MMMM y"))


def _month_day(day: date) -> str:
    return str(format_date(day, "M月d日" if _is_chinese() else "d MMMM"))


def _is_chinese() -> bool:
    return str(get_locale()).startswith("zh")
