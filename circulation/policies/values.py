"""What the value of a lending rule can be: how its text is read, in which unit it counts, what may be chosen.

A value is kept as text, because rows of every rule share one table; each rule reads its own. Nothing here knows the web or
the database.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

NEVER = "never"
NONE = "none"
YES, NO = "yes", "no"
LARGEST = 3650
LARGEST_CENTS = 1_000_000


class BadValue(ValueError):
    """The text is no value of the rule; the message says what would be."""


class ReturnPolicy(StrEnum):
    """Where a copy goes that came back away from home: `home` sends it there, `stay` shelves it where it is."""

    HOME = "home"
    STAY = "stay"


class RenewFrom(StrEnum):
    """From where a renewal counts: the old due date, today, or whichever is later."""

    DUE = "due"
    TODAY = "today"
    LATER = "later"


class Blocker(StrEnum):
    """What may stand against a renewal."""

    HOLD = "hold"
    OVERDUE = "overdue"
    RESTRICTION = "restriction"


class Reach(StrEnum):
    """How far around a place something may be: the branch itself, its township, the whole county."""

    BRANCH = "branch"
    TOWNSHIP = "township"
    COUNTY = "county"


class DueMode(StrEnum):
    """What a hard due date does to the date that was counted."""

    LATEST = "latest"
    EARLIEST = "earliest"
    EXACTLY = "exactly"
    TERM_END = "term_end"


@dataclass(frozen=True, slots=True)
class HardDue:
    """A due date that does not follow from counting days; `on` is None only for the end of the reader's term."""

    mode: DueMode
    on: date | None = None

    def __str__(self) -> str:
        return str(self.mode) if self.on is None else f"{self.mode} {self.on.isoformat()}"

    def applied_to(self, counted: date, term_ends_on: date | None) -> date:
        """Return the due date for one that was counted; a reader without a term keeps it."""
        if self.mode is DueMode.TERM_END:
            return term_ends_on or counted
        assert self.on is not None
        if self.mode is DueMode.LATEST:
            return min(counted, self.on)
        return max(counted, self.on) if self.mode is DueMode.EARLIEST else self.on


Value = int | str | bool | HardDue | frozenset[Blocker] | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: its unit, what may be written, and how that is read. `choices` is empty for numbers and dates.

    `nothing` is the word for no bound, where there may be none; `least` and `most` bound whole numbers.
    """

    unit: str
    expected: str
    read: Callable[[str], Value]
    choices: tuple[str, ...] = ()
    nothing: str = ""
    least: int = 0
    most: int = 0

    def parse(self, text: str) -> Value:
        """Return the value of a text. Raises `BadValue`, whose message says what is expected."""
        return self.read(text.strip())

    def write(self, value: Value) -> str:
        """Return the text that `parse` reads as the value."""
        if value is None:
            return self.nothing
        if isinstance(value, bool):
            return YES if value else NO
        return (", ".join(sorted(value)) or NONE) if isinstance(value, frozenset) else str(value)


def whole(unit: str, *, least: int = 0, most: int = LARGEST, nothing: str | None = None) -> Kind:
    """Return whole numbers from `least` to `most`; the word `nothing`, where given, means that there is no bound."""
    expected = f"a whole number from {least} to {most}" + (f", or {nothing}" if nothing else "")

    def read(text: str) -> Value:
        if nothing is not None and text == nothing:
            return None
        if not (text.isascii() and text.isdecimal()) or not least <= int(text[:9]) <= most:
            raise BadValue(expected)
        return int(text)

    return Kind(unit, expected, read, nothing=nothing or "", least=least, most=most)


def choice(words: Iterable[str]) -> Kind:
    """Return the choice of one word."""
    names = tuple(str(word) for word in words)
    expected = " | ".join(names)

    def read(text: str) -> Value:
        if text not in names:
            raise BadValue(expected)
        return text

    return Kind("choice", expected, read, names)


def yes_or_no() -> Kind:
    """Return yes or no, as a truth value."""

    def read(text: str) -> Value:
        if text not in {YES, NO}:
            raise BadValue(f"{YES} | {NO}")
        return text == YES

    return Kind("choice", f"{YES} | {NO}", read, (YES, NO))


def blockers() -> Kind:
    """Return several of what may stand against a renewal, parted by commas or blanks; `none` is nothing."""
    expected = f"{', '.join(Blocker)} (one or more), or {NONE}"

    def read(text: str) -> Value:
        words = [] if text == NONE else text.replace(",", " ").split()
        if not set(words) <= set(Blocker) or (not words and text != NONE):
            raise BadValue(expected)
        return frozenset(Blocker(word) for word in words)

    return Kind("list", expected, read)


def hard_due() -> Kind:
    """Return a hard due date: `latest 2027-01-15`, `earliest …`, `exactly …`, `term_end`, or `none`."""
    expected = f"latest | earliest | exactly and a date such as 2027-01-15, or {DueMode.TERM_END}, or {NONE}"

    def read(text: str) -> Value:
        if text in {NONE, DueMode.TERM_END}:
            return None if text == NONE else HardDue(DueMode.TERM_END)
        mode, _, day = text.partition(" ")
        try:
            if DueMode(mode) is DueMode.TERM_END:
                raise BadValue(expected)
            return HardDue(DueMode(mode), date.fromisoformat(day.strip()))
        except ValueError as error:
            raise BadValue(expected) from error

    return Kind("date", expected, read, nothing=NONE)
