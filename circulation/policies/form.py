"""What an administrator wrote into the form of a row, read as kindly as can be: full-width digits, units, yuan, local dates.

Pure functions of values; a field that cannot be read gets a sentence that says what to do.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from circulation.policies.named import Rule
from circulation.policies.value_words import value_words
from circulation.policies.values import BadValue, Blocker, DueMode

LONGEST_NOTE = 200
# A leap year, for a yearly day that was given without one.
ANY_YEAR = 2024
_NUMBER = re.compile(r"(\d{1,9})\D{0,12}")
_YUAN = re.compile(r"¥?(\d{1,7})(?:\.(\d{1,2}))?(?:元|yuan|CNY)?", re.IGNORECASE)
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


_UNIT_WORDS: Mapping[str, LazyString] = {
    "days": _l("days"),
    "loans": _l("books"),
    "holds": _l("reservations"),
    "times": _l("times"),
    "years": _l("years of age"),
    "cents": _l("yuan"),
    "days per day late": _l("days for each day late"),
    "percent of the price": _l("percent of the price"),
}


Fields = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A row as it was written; `values` are the arguments of `services.set_row` without the place, dates read.

    `place` is `branch:CODE`, `set:CODE` or empty for the whole county. `wrong` gives a sentence per field.
    """

    values: Mapping[str, Any]
    place: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def branch(self) -> str | None:
        kind, _colon, code = self.place.partition(":")
        return code if kind == "branch" else None

    @property
    def branch_set(self) -> str | None:
        kind, _colon, code = self.place.partition(":")
        return code if kind == "set" else None


def read(rule: Rule, form: Fields) -> Written:
    """Return what the form says; the form's fields are those of the page `rule.html`."""
    wrong: dict[str, str] = {}
    value = _value(rule, form)
    try:
        rule.parse(value)
    except BadValue:
        wrong["value_on" if rule.unit == "date" else "value"] = expected_words(rule)
    is_yearly = bool(form.get("is_yearly"))
    from_on, to_on = (_day(form.get(name, ""), name, wrong) for name in ("from_on", "to_on"))
    if is_yearly:
        from_on, to_on = _yearly(from_on, to_on, wrong)
    elif from_on and to_on and to_on < from_on:
        wrong["to_on"] = _("The last day cannot be before the first.")
    values = {
        "rule": rule.name,
        "value": value,
        "item_class": form.get("item_class", "").strip()[:20] or None,
        "patron_category": form.get("patron_category", "").strip()[:20] or None,
        "from_on": from_on,
        "to_on": to_on,
        "is_yearly": is_yearly,
        "note": form.get("note", "").strip()[:LONGEST_NOTE],
    }
    return Written(values, form.get("place", ""), wrong)


def expected_words(rule: Rule) -> str:
    """Return the sentence that says what a rule's value can be."""
    kind = rule.kind
    if rule.unit == "cents":
        return str(_("Write an amount in yuan, from 0 to %(most)s, such as 0.10.", most=kind.most // 100))
    if rule.unit == "date":
        return str(_("Choose what the date does, and give the date, such as 2027-01-15."))
    if kind.choices or rule.unit == "list":
        return str(_("Choose one of the answers."))
    return str(_("Write a whole number from %(least)s to %(most)s.", least=kind.least, most=kind.most))


def nothing_words(rule: Rule) -> str:
    """Return the words for no bound, empty for a rule that always has one."""
    return value_words(rule.name, None) if rule.kind.nothing and rule.unit != "date" else ""


def unit_words(rule: Rule) -> str:
    """Return what the number in the field counts; empty where the field says it."""
    return str(_UNIT_WORDS.get(rule.unit, ""))


def as_written(rule: Rule, text: str) -> Mapping[str, Any]:
    """Return the fields that show a stored value: `value`, for lists `chosen`, for dates `value_mode` and `value_on`."""
    if rule.unit == "date":
        mode, _blank, day = text.partition(" ")
        return {"value": text, "value_mode": mode, "value_on": day}
    if rule.unit == "list":
        return {"value": text, "chosen": [] if text == rule.kind.nothing else text.replace(",", " ").split()}
    if rule.unit == "cents" and text.isdecimal():
        return {"value": f"{int(text) / 100:.2f}"}
    return {"value": "" if text == rule.kind.nothing else text, "value_none": text == rule.kind.nothing}


def _value(rule: Rule, form: Fields) -> str:
    """Return the text that the rule's kind reads, or one it refuses."""
    if rule.unit == "date":
        return _hard_due(form)
    if rule.unit == "list":
        return ", ".join(value for value in form.getlist("value") if value in set(Blocker)) or "none"
    text = _narrow(form.get("value", ""))
    if rule.kind.choices:
        return text
    if rule.kind.nothing and (form.get("value_none") or text == rule.kind.nothing):
        return rule.kind.nothing
    if rule.unit == "cents":
        yuan = _YUAN.fullmatch(text)
        return str(int(yuan[1]) * 100 + int((yuan[2] or "").ljust(2, "0"))) if yuan else text
    number = _NUMBER.fullmatch(text)
    return str(int(number[1])) if number else text


def _hard_due(form: Fields) -> str:
    mode = form.get("value_mode", "none")
    if mode in {"none", DueMode.TERM_END}:
        return mode
    day = read_day(form.get("value_on", ""))
    return f"{mode} {day.isoformat()}" if day else mode


def read_day(text: str) -> date | None:
    """Return the day of a text: 2027-01-15, 2027/1/15, 2027年1月15日, 20270115, or without a year 7-1 and 7月1日.

    A day without a year is one of the leap year 2024. None for what is no day.
    """
    narrow = _narrow(text)
    found = _DAY.fullmatch(narrow) or _COMPACT.fullmatch(narrow)
    if found is None:
        return None
    try:
        return date(int(found[1] or ANY_YEAR), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _day(text: str, name: str, wrong: dict[str, str]) -> date | None:
    if not text.strip():
        return None
    day = read_day(text)
    if day is None:
        wrong[name] = _("Write a day such as 2027-01-15.")
    return day


def _yearly(from_on: date | None, to_on: date | None, wrong: dict[str, str]) -> tuple[date | None, date | None]:
    """Return the days of a yearly row in order; one that runs over New Year ends in the next year."""
    for name, day in (("from_on", from_on), ("to_on", to_on)):
        if day is None:
            wrong.setdefault(name, _("A row for every year needs its first and its last day."))
    if from_on is None or to_on is None:
        return from_on, to_on
    runs_over = (to_on.month, to_on.day) < (from_on.month, from_on.day)
    year = from_on.year + runs_over
    try:
        return from_on, to_on.replace(year=year)
    except ValueError:
        return from_on, to_on.replace(year=year, day=28)


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").strip()
