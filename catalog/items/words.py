"""Where a book may be had, in words for pages: the reader's own village first, then what is nearest."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from library.kernel.days import day_words

# Steps through the tree of branches: a room to its township is one, on to another of its rooms two.
SAME_TOWNSHIP = 2


class Chip(NamedTuple):
    """A state in the colours and with the icon of the pages; the kinds are those of `macros/book.html`."""

    kind: str
    words: str
    icon: str | None = None


class Place(NamedTuple):
    """One line of the list of places."""

    name: str
    is_here: bool
    far: str
    kind: str
    words: str


Entries = Sequence[Mapping[str, Any]]


def state_of(entries: Entries, here: str | None, today: date) -> Chip:
    """Return the one thing a reader wants to know of a book; `here` is the code of the chosen branch."""
    mine = next((entry for entry in entries if entry["branch"] == here), None)
    if mine and mine["available"]:
        words = ngettext("%(num)s copy here to take", "%(num)s copies here to take", mine["available"])
        return Chip("ok", words, "check")
    elsewhere = nearest_first(entry for entry in entries if entry["available"])
    if elsewhere:
        name = elsewhere[0]["branch_name"]
        return Chip("info", _("At %(place)s", place=name), "truck" if here else "pin")
    due = [entry["due_on"] for entry in entries if entry.get("due_on")]
    if due:
        return Chip("warn", _("On loan, back about %(day)s", day=day_words(max(min(due), today), today)), "clock")
    if any(entry["total"] for entry in entries):
        return Chip("warn", _("Not to be had just now"), "clock")
    return Chip("plainly", _("No copy yet"), "info")


def hold_offer(entries: Entries, here: str | None) -> str:
    """Return what a reader may do: nothing (it stands here), `bring` it from elsewhere, or `queue`."""
    if any(entry["available"] and entry["branch"] == here for entry in entries):
        return ""
    return "bring" if any(entry["available"] for entry in entries) else "queue"


def nearest_first(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries by distance, unknown ones last, then by name."""
    return sorted(entries, key=lambda entry: (_distance(entry), str(entry["branch_name"])))


def places(entries: Entries, here: str | None, today: date) -> list[Place]:
    """Return where the copies are, the chosen branch first."""
    ordered = sorted(nearest_first(entries), key=lambda entry: entry["branch"] != here)
    return [_place(entry, here, today) for entry in ordered]


def _place(entry: Mapping[str, Any], here: str | None, today: date) -> Place:
    is_here = entry["branch"] == here
    name = str(entry["branch_name"])
    if entry["available"]:
        words = ngettext("%(num)s to take", "%(num)s to take", entry["available"])
        return Place(name, is_here, _far(entry, is_here=is_here), "ok", words)
    due = entry.get("due_on")
    words = (
        _("On loan, back about %(day)s", day=day_words(max(due, today), today)) if due else _("Not to be had just now")
    )
    return Place(name, is_here, _far(entry, is_here=is_here), "warn" if due else "plainly", words)


def _distance(entry: Mapping[str, Any]) -> float:
    distance = entry.get("distance")
    return float("inf") if distance is None else float(distance)


def _far(entry: Mapping[str, Any], *, is_here: bool) -> str:
    if is_here:
        return str(_("Your village"))
    return str(_("In your township")) if _distance(entry) <= SAME_TOWNSHIP else ""
