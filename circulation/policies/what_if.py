"""What a row would have changed in the past year: loans taken again under the rules as they are and as they would be.

What is replayed: due dates and renewals, lateness, and the limits that the loans themselves tell (books at a time, of one
kind, of one title, late books, age). Every loan and every renewal of the year is judged with what its reader really had in
hand at that moment; a refused loan is not taken out of the later ones. Who was refused, or did not even ask, left no loan
and cannot be counted; neither can reservations, blocks, deposits and money. Everything here is a pure function of values.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from circulation.policies.due_rules import renewal_begins_on
from circulation.policies.figures import Figures, Tally
from circulation.policies.lateness import blocks, days_late
from circulation.policies.named import Terms
from circulation.policies.rules import Line, LoansCounted, Question, chain_of, resolve
from circulation.policies.values import Blocker

# Rules whose effect the loans themselves tell.
REPLAYED = frozenset(
    {
        "loan_days",
        "loan_unit",
        "closed_day_mode",
        "hard_due",
        "due_by_next_run",
        "loan_limit",
        "loan_limit_class",
        "loan_limit_title",
        "age_limit",
        "overdue_block_days",
        "lost_after_days",
        "renewals_max",
        "renewal_days",
        "renew_from",
        "renew_blocked_by",
    }
)


class PastLoan(NamedTuple):
    """A loan as it went; `in_at` is None while it is out, `path` is the place whose rows decide, `area` the township.

    `is_judged` is false for one lent before the year that was still in the reader's hands during it. A back-dated one was
    copied from a notebook: no limit was asked, and it never blocks its reader.
    """

    id: int
    patron_id: int | None
    category: str | None
    born_in: int | None
    item_class: str
    bib_id: int
    branch_id: int
    area: int
    path: str
    out_at: datetime
    out_on: date
    in_at: datetime | None = None
    in_on: date | None = None
    renewed_on: tuple[date, ...] = ()
    is_judged: bool = True
    is_backdated: bool = False

    @property
    def last_day(self) -> date:
        """The last day on which the rules were asked."""
        return self.renewed_on[-1] if self.renewed_on else self.out_on


@dataclass(frozen=True, slots=True)
class Rules:
    """The rows by rule, the members of named sets, and which loans fill a limit."""

    lines: Mapping[str, tuple[Line, ...]]
    sets: Mapping[int, frozenset[int]]
    counted: LoansCounted = LoansCounted.COUNTY


# The due date of a loan: branch, reader, first day, length, terms.
DueOn = Callable[[int, int | None, date, int, Terms], date]


class World:
    """The rules as they are and as they would be. Each distinct question is resolved once, however many loans ask it.

    Days count only by which dated rows hold on them, so a year of loans asks few questions. `years` moves the loans that far
    ahead, so that a row which begins next summer is tried on last summer's loans.
    """

    def __init__(self, present: Rules, changed: Rules, due_on: DueOn, today: date, years: int = 0) -> None:
        self.present, self.changed, self.today = present, changed, today
        self._due_on, self._years = due_on, years
        self._dated = [
            line
            for rules in (present, changed)
            for lines in rules.lines.values()
            for line in lines
            if line.from_on or line.to_on
        ]
        self._eras: dict[date, int] = {}
        self._known_eras: dict[tuple[date | None, ...], int] = {}
        self.resolved: dict[tuple[str, str | None, str, int], tuple[Terms, Terms]] = {}

    def terms(self, loan: PastLoan, day: date) -> tuple[Terms, Terms]:
        """Return what the rules say of a loan on a day, as they are and as they would be; the same object when equal."""
        era = self._eras.get(day)
        if era is None:
            era = self._eras[day] = self._era(self.moved(day))
        asked = (loan.item_class, loan.category, loan.path, era)
        known = self.resolved.get(asked)
        if known is None:
            question = Question(loan.item_class, loan.category, chain_of(loan.path), self.moved(day))
            now, then = (resolve(rules.lines, question, rules.sets).terms for rules in (self.present, self.changed))
            known = self.resolved[asked] = (now, now) if now == then else (now, then)
        return known

    def _era(self, day: date) -> int:
        """Return the number of the days on which the same dated rows hold."""
        begun = tuple(line.begun_on(day) for line in self._dated)
        return self._known_eras.setdefault(begun, len(self._known_eras))

    def due_on(self, loan: PastLoan, begins_on: date, length: int, terms: Terms) -> date:
        """Return the due date of a loan or renewal that begins on a day."""
        moved = self.moved(begins_on)
        return self._due_on(loan.branch_id, loan.patron_id, moved, length, terms) - (moved - begins_on)

    def moved(self, day: date) -> date:
        """Return the day in the year the replay is set in."""
        if not self._years:
            return day
        try:
            return day.replace(year=day.year + self._years)
        except ValueError:
            return day.replace(year=day.year + self._years, day=28)


def replay(loans: Iterable[PastLoan], world: World) -> Figures:
    """Return the figures of a stream of loans in which every reader's loans stand together.

    Loans of readers who have been forgotten are judged one by one, and their readers are not counted.
    """
    figures = Figures()
    for patron_id, group in groupby(loans, key=attrgetter("patron_id")):
        if patron_id is None:
            for loan in group:
                _replay_reader([loan], world, figures)
            continue
        own = sorted(group, key=attrgetter("out_at", "id"))
        figures.readers += any(loan.is_judged for loan in own)
        figures.readers_touched += _replay_reader(own, world, figures)
    return figures


def _replay_reader(loans: Sequence[PastLoan], world: World, figures: Figures) -> bool:
    """Judge one reader's loans in the order of lending; tell whether anything would have been different."""
    touching = [_is_touched(loan, world) for loan in loans]
    touched = False
    in_hand: list[tuple[PastLoan, _Courses]] = []
    for loan, is_touched in zip(loans, touching, strict=True):
        tally = figures.of((loan.category, loan.area))
        if loan.is_judged:
            tally.loans += 1
            tally.renewals += len(loan.renewed_on)
        if not any(touching):
            continue
        courses = _courses(loan, world, is_touched=is_touched)
        in_hand = [(other, its) for other, its in in_hand if other.in_at is None or other.in_at > loan.out_at]
        if loan.is_judged:
            if is_touched:
                touched |= _compare(loan, courses, world, tally)
            if not loan.is_backdated:
                touched |= _judge(loan, in_hand, world, tally, figures.refused_by)
        in_hand.append((loan, courses))
    return touched


def _is_touched(loan: PastLoan, world: World) -> bool:
    """Tell whether the rules would say anything else of a loan on any of its days."""
    now, then = world.terms(loan, loan.out_on)
    if now is not then:
        return True
    return any(now is not then for now, then in (world.terms(loan, day) for day in loan.renewed_on))


@dataclass(frozen=True, slots=True)
class _Course:
    """How a loan runs under one set of rules: its due dates, each from a day on, and the renewals that are refused."""

    dues: tuple[tuple[date, date], ...]
    refused: frozenset[int]

    @property
    def due_on(self) -> date:
        return self.dues[-1][1]

    def due_as_of(self, day: date) -> date:
        """Return the due date as it stood on a day of the loan."""
        if len(self.dues) == 1:
            return self.dues[0][1]
        return next(due for since, due in reversed(self.dues) if since <= day)


_Courses = tuple[_Course, _Course]


def _courses(loan: PastLoan, world: World, *, is_touched: bool) -> _Courses:
    now = _course(loan, world, 0)
    return now, _course(loan, world, 1) if is_touched else now


def _course(loan: PastLoan, world: World, side: int) -> _Course:
    terms = world.terms(loan, loan.out_on)[side]
    due = world.due_on(loan, loan.out_on, terms.loan_days, terms)
    dues, refused, renewals = [(loan.out_on, due)], set(), 0
    for number, day in enumerate(loan.renewed_on):
        terms = world.terms(loan, day)[side]
        is_late = day > due and Blocker.OVERDUE in terms.renew_blocked_by
        if renewals >= terms.renewals_max or is_late:
            refused.add(number)
            continue
        begins_on = renewal_begins_on(terms.renew_from, due, day)
        due = max(due, world.due_on(loan, begins_on, terms.renewal_days or terms.loan_days, terms))
        dues.append((day, due))
        renewals += 1
    return _Course(tuple(dues), frozenset(refused))


def _compare(loan: PastLoan, courses: _Courses, world: World, tally: Tally) -> bool:
    """Note what would have been different in the course of one loan; tell whether anything would."""
    now, then = courses
    days = (then.due_on - now.due_on).days
    ended_on = loan.in_on or world.today
    late = [(ended_on - course.due_on).days for course in courses]
    lost = [_is_lost(lateness, terms) for lateness, terms in zip(late, world.terms(loan, loan.last_day), strict=True)]
    if not days and lost[0] == lost[1] and now.refused == then.refused:
        return False
    tally.later += days > 0
    tally.earlier += days < 0
    tally.days_later += max(days, 0)
    tally.days_earlier += max(-days, 0)
    tally.now_late += late[1] > 0 >= late[0]
    tally.no_longer_late += late[0] > 0 >= late[1]
    tally.now_lost += lost[1] and not lost[0]
    tally.no_longer_lost += lost[0] and not lost[1]
    tally.renewals_refused += len(then.refused - now.refused)
    tally.renewals_allowed += len(now.refused - then.refused)
    return True


def _is_lost(lateness: int, terms: Terms) -> bool:
    """Tell whether a loan would be looked for: late by more days than the rule says, as with what blocks a reader."""
    return lateness > 0 and blocks(lateness, terms.lost_after_days)


def _judge(
    loan: PastLoan, in_hand: Sequence[tuple[PastLoan, _Courses]], world: World, tally: Tally, refused_by: Counter[str]
) -> bool:
    """Note whether the check-out would have been refused or allowed, with what the reader had in hand then."""
    now_terms, then_terms = world.terms(loan, loan.out_on)
    if now_terms is then_terms and all(now is then for _, (now, then) in in_hand):
        return False
    now, then = (
        set(_refusals(loan, [(other, its[side]) for other, its in in_hand], terms, rules.counted))
        for side, terms, rules in ((0, now_terms, world.present), (1, then_terms, world.changed))
    )
    if bool(now) == bool(then):
        return False
    tally.refused += not now
    tally.allowed += not then
    refused_by.update(then)
    return True


def _refusals(
    loan: PastLoan, in_hand: Sequence[tuple[PastLoan, _Course]], terms: Terms, counted: LoansCounted
) -> Iterator[str]:
    """Yield the rules that stand against a check-out."""
    if loan.born_in is not None and loan.out_on.year - loan.born_in < terms.age_limit:
        yield "age_limit"
    here = [other for other, _ in in_hand if counted is LoansCounted.COUNTY or other.branch_id == loan.branch_id]
    if len(here) >= terms.loan_limit:
        yield "loan_limit"
    if terms.loan_limit_class is not None:
        of_class = sum(other.item_class == loan.item_class for other in here)
        if of_class >= terms.loan_limit_class:
            yield "loan_limit_class"
    if terms.loan_limit_title is not None:
        of_title = sum(other.bib_id == loan.bib_id for other, _ in in_hand)
        if of_title >= terms.loan_limit_title:
            yield "loan_limit_title"
    dues = (course.due_as_of(loan.out_on) for other, course in in_hand if not other.is_backdated)
    if blocks(days_late(min(dues, default=None), loan.out_on), terms.overdue_block_days):
        yield "overdue_block_days"
