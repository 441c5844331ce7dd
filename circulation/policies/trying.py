"""Trying a change of the rules on the past year's loans before it is saved. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.policies.book import PolicyBook, book
from circulation.policies.figures import Cell, Figures, Tally
from circulation.policies.listing import place_name
from circulation.policies.replaying import YEAR, Sampled, Scope, due_dates, past_loans
from circulation.policies.rules import Line, parse
from circulation.policies.services import check_row, row_by_id
from circulation.policies.what_if import REPLAYED, Rules, World, replay
from library.branches.models import Branch
from library.kernel import clock

# Entered last, as a row is that is about to be saved.
_NEWEST = 2**62
_SCOPE = ("item_class", "patron_category", "branch_id", "set_id", "from_on", "to_on", "is_yearly")
Tried = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that would no longer hold, by id, and the one that would hold instead, if any."""

    rule: str
    without: frozenset[int]
    line: Line | None

    def lines(self, present: PolicyBook) -> list[Line | None]:
        """Return every row that the change is about."""
        return [self.line, *(line for line in present.lines.get(self.rule, ()) if line.id in self.without)]


def try_row(session: Session, *, replaces: int | None = None, **row: Any) -> Tried:
    """Return what a row would have changed; `row` is that of `services.set_row`, whose errors this raises too."""
    check_row(session, **row)
    scope = {name: row[name] for name in _SCOPE if name in row}
    line = Line(id=_NEWEST, rule=row["rule"], value=parse(row["rule"], row["value"]), **scope)
    present = book(session)
    same = {
        other.id
        for other in present.lines.get(line.rule, ())
        if all(getattr(other, name) == getattr(line, name) for name in _SCOPE)
    }
    without = frozenset(same | ({row_by_id(session, replaces).id} if replaces is not None else set()))
    return _tried(session, present, Change(line.rule, without, line))


def try_end(session: Session, policy_id: int) -> Tried:
    """Return what ending a row would have changed. Raises `NotFound` `unknown_policy`."""
    row = row_by_id(session, policy_id)
    return _tried(session, book(session), Change(row.rule, frozenset({row.id}), None))


def _tried(session: Session, present: PolicyBook, change: Change) -> Tried:
    now = clock.now()
    today = clock.local_date(now)
    years = max(years_ahead(line, today) for line in change.lines(present))
    lines = [line for line in present.lines.get(change.rule, ()) if line.id not in change.without]
    changed = {**present.lines, change.rule: (*lines, change.line) if change.line else tuple(lines)}
    world = World(
        Rules(present.lines, present.sets, present.counted),
        Rules(changed, present.sets, present.counted),
        due_dates(session),
        today,
        years,
    )
    is_replayed = change.rule in REPLAYED
    sampled = (
        past_loans(session, present, _scope(session, present, change), now) if is_replayed else Sampled(1, iter(()))
    )
    figures = replay(sampled.loans, world)
    return {
        "rule": change.rule,
        "is_replayed": is_replayed,
        "from_on": today - YEAR,
        "to_on": today,
        "years": years,
        "one_in": sampled.one_in,
        "readers": figures.readers,
        "readers_touched": figures.readers_touched,
        "refused_by": dict(figures.refused_by),
        **asdict(figures.total()),
        "by": _by_place(session, figures),
    }


def years_ahead(line: Line | None, today: date) -> int:
    """Return how many years the loans are moved on, so that a dated row is tried on days on which it holds.

    A row with an end is tried in the year that includes it, an open one in the first whole year after it begins.
    """
    if line is None or line.is_yearly or line.from_on is None:
        return 0
    if line.to_on is not None:
        return _years_until(line.to_on, today)
    return max(0, _years_until(line.from_on, today) + 1) if line.from_on > today - YEAR else 0


def _years_until(day: date, today: date) -> int:
    later_in_year = (day.month, day.day) > (today.month, today.day)
    return max(0, day.year - today.year + later_in_year)


def _scope(session: Session, present: PolicyBook, change: Change) -> Scope:
    """Return which readers the rows of a change mean, all of them together."""
    lines = [line for line in change.lines(present) if line]
    categories = {line.patron_category for line in lines}
    branches = {line.branch_id for line in lines if line.set_id is None}
    is_one_place = len(branches) == 1 and None not in branches and all(line.set_id is None for line in lines)
    path = session.scalar(select(Branch.path).where(Branch.id == branches.pop())) if is_one_place else None
    return Scope(category=categories.pop() if len(categories) == 1 else None, branch_path=path)


def _by_place(session: Session, figures: Figures) -> list[Tried]:
    """Return the figures by category and township, the most touched first; only those where something would change."""
    touched: Mapping[Cell, Tally] = {cell: tally for cell, tally in figures.cells.items() if tally.touched}
    wanted = select(Branch).where(Branch.id.in_({area for _category, area in touched}))
    places = {branch.id: branch for branch in session.scalars(wanted)}
    ordered = sorted(touched.items(), key=lambda one: (-one[1].touched, places[one[0][1]].path, str(one[0])))
    return [
        {"category": category, "branch": places[area].code, "branch_name": place_name(places[area]), **asdict(tally)}
        for (category, area), tally in ordered
    ]
