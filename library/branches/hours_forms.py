"""Forms of the pages of opening hours as the content of a request: dates, weeks, and which rooms are meant."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from library.kernel.errors import Invalid

Form = MultiDict[str, str]


def day(form: Form, name: str, *, required: bool = True) -> date | None:
    """Return a date of a form. Raises `Invalid` `dates_invalid`."""
    text = form.get(name, "").strip()
    if not text and not required:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("dates_invalid", date=text[:20]) from error


def week(form: Form) -> dict[str, str]:
    """Return the hours of a week as text by weekday."""
    return {str(weekday): form.get(f"day{weekday}", "").strip() for weekday in range(7)}


def scope(form: Form) -> dict[str, Any]:
    """Return which rooms a form means; ticked rooms count when no place and no set is chosen."""
    return {
        "below": form.get("below", "").strip(),
        "set": form.get("set", "").strip(),
        "rooms": [code.strip() for code in form.getlist("rooms") if code.strip()],
    }


def closure(form: Form) -> dict[str, Any]:
    """Return a closure or a postponement as it was asked for."""
    kind = "postponement" if form.get("kind") == "postponement" else "closure"
    given = form.get("days", "").strip()
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
    return {
        **scope(form),
        "operation_id": form.get("operation_id"),
        "kind": kind,
        "first_on": day(form, "first_on"),
        "last_on": day(form, "last_on"),
        "days": days if kind == "postponement" else None,
        "cause": form.get("cause", "").strip(),
    }


def season(form: Form) -> dict[str, Any]:
    """Return a season as it was asked for."""
    return {
        **scope(form),
        "operation_id": form.get("operation_id"),
        "name": form.get("name", "").strip()[:60],
        "first_on": day(form, "first_on"),
        "last_on": day(form, "last_on"),
        "week": week(form),
    }


def choice(form: Form) -> dict[str, Any]:
    """Return what a place chooses; an empty choice takes over what the place above chose."""
    modes = {"scheduled", "keeper_home"}
    holidays = {"as_usual", "closed", "own_hours"}
    return {
        "operation_id": form.get("operation_id"),
        "opening_mode": form.get("opening_mode") if form.get("opening_mode") in modes else None,
        "holiday_mode": form.get("holiday_mode") if form.get("holiday_mode") in holidays else None,
        "holiday_hours": form.get("holiday_hours", "").strip(),
        "makeup_as_weekday": {"yes": True, "no": False}.get(form.get("makeup", "")),
    }


def again(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form to be shown again, as hidden fields or as values; lists are kept apart."""
    return {name: value for name, value in form.items() if name not in {"operation_id", "rooms", "step"}}
