"""What a closure or a harvest postponement does to dates: pure arithmetic, and the Protocol of those who keep the dates.

Loans and holds belong to circulation, which implements `Dates` for each sort of thing; the batch that moves them, its rooms
and its effects belong to the branches.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

from library.branches.rules import Calendar, next_day_to_come
from library.kernel.operations import Operation

_EXTENSION = "library.branches.redating"


class Kind(StrEnum):
    """The rooms are closed, or they only postpone what is due."""

    CLOSURE = "closure"
    POSTPONEMENT = "postponement"


class Sort(StrEnum):
    """How a date behaves: a book is due on it, a book is promised for it, a book is kept on the shelf until it."""

    DUE = "due"
    PROMISE = "promise"
    SHELF = "shelf"


# The columns a batch may move, and how each behaves.
SORTS = {"due_on": Sort.DUE, "promised_on": Sort.PROMISE, "pickup_until_on": Sort.SHELF}


@dataclass(frozen=True, slots=True)
class Span:
    """The dates of a batch, both included; `days` only for a postponement.

    What was put on a pickup shelf after `known_at` was given its time by a calendar that knew the closure.
    """

    kind: Kind
    first_on: date
    last_on: date
    days: int | None = None
    known_at: datetime | None = None

    def covers(self, day: date) -> bool:
        """Tell whether `day` is one of the dates."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of a loan or a hold: of `id` the column `field`; for a shelf `begins_on` is the first day it was kept."""

    id: int
    branch_id: int
    field: str
    on: date
    begins_on: date | None = None

    @property
    def sort(self) -> Sort:
        """Return how the date behaves."""
        return SORTS[self.field]


@dataclass(frozen=True, slots=True)
class Change:
    """A date that moves, from `before` to `after`."""

    id: int
    branch_id: int
    field: str
    before: date
    after: date

    @property
    def sort(self) -> Sort:
        """Return how the date behaves."""
        return SORTS[self.field]


def change_of(span: Span, dated: Dated, calendar: Calendar) -> Change | None:
    """Return how a date moves, None when it stays; `calendar` is the room's with the closure in it.

    A date never moves to an earlier day. What is due or promised on a closed day moves to the next open one. A book on the
    pickup shelf is kept longer by as many days as the closure takes from the time it was to be kept. A postponement moves
    what a reader in the fields would have to come for: a book due, or kept until, on one of its dates. The van still comes,
    so promises stay.
    """
    after = _moved(span, dated, calendar)
    if after <= dated.on:
        return None
    return Change(dated.id, dated.branch_id, dated.field, dated.on, after)


def _moved(span: Span, dated: Dated, calendar: Calendar) -> date:
    if span.kind is Kind.POSTPONEMENT:
        if dated.sort is Sort.PROMISE or not span.covers(dated.on):
            return dated.on
        return next_day_to_come(calendar, dated.on + timedelta(days=span.days or 0))
    if dated.sort is Sort.SHELF:
        begins = max(span.first_on, dated.begins_on or span.first_on)
        if dated.on < span.first_on or begins > span.last_on:
            return dated.on
        return next_day_to_come(calendar, dated.on + (span.last_on - begins) + timedelta(days=1))
    return next_day_to_come(calendar, dated.on) if span.covers(dated.on) else dated.on


def why_kept(
    *, before: date, after: date, current: date | None, span: Span, calendar: Calendar, confirmed_on: date, today: date
) -> str | None:
    """Return why an undo leaves a date where the batch put it; None when it goes back to `before`.

    `current` is the date as it stands, None for what has ended. Going back to a day that has passed since `confirmed_on`
    would make a reader late who never was; going back to one closed by another batch would ask for the impossible.
    """
    if current is None:
        return "ended"
    if current != after:
        return "changed_since"
    if confirmed_on <= before < today:
        return "passed_since"
    closed = span.kind is Kind.CLOSURE and any(other.covers(before) for other in calendar.closures)
    return "closed_anyway" if closed else None


class Dates(Protocol):
    """The dates of one sort of thing, as its keeper reads and writes them. Ids are the keeper's own."""

    def find(
        self, session: Session, span: Span, branch_ids: Sequence[int], *, after_id: int, limit: int
    ) -> Sequence[int]:
        """Return the ids, in their order and up to `limit`, of what a batch could move in these rooms."""
        ...

    def read(self, session: Session, span: Span, ids: Sequence[int], *, lock: bool) -> Sequence[Dated]:
        """Return the dates of those that a batch can still move; `lock` takes the locks that writing them needs."""
        ...

    def standing(self, session: Session, ids: Iterable[int]) -> Mapping[int, Mapping[str, date | None]]:
        """Return `{id: {field: date}}` of those that are still open, locked."""
        ...

    def write(self, session: Session, operation: Operation, changes: Sequence[Change], closure_id: int) -> None:
        """Write the new dates of what was found under lock, each with its event."""
        ...


def register_dates(app: Flask, subject: str, dates: Dates) -> None:
    """Let `dates` answer for `subject` (`loan`, `hold`) in this application."""
    app.extensions.setdefault(_EXTENSION, {})[subject] = dates


def dates_of(subject: str) -> Dates | None:
    """Return the keeper of `subject` in the current application."""
    registered: Mapping[str, Dates] = current_app.extensions.get(_EXTENSION, {})
    return registered.get(subject)
