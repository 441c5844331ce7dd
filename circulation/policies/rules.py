"""The lending rules: which of several rows wins, and why.

A row gives one rule a value, on some dates, for an item class, a patron category and a place, each of which may be left
open. Every rule is resolved on its own. Of the rows that fit, the winner is found by these comparisons, in this order:

1. a row that names the item class beats one that does not;
2. a row that names the patron category beats one that does not;
3. the nearer place wins: the branch itself, a named set it is a member of, its parent, a set the parent is a member of,
   and so on up the tree; a row for no place at all is farthest. A set is nearer than the parent because whoever made it
   meant these branches, and farther than the branch itself because a row for one branch means exactly that one;
4. the row that begins to hold latest wins (a row without a beginning held always; a yearly one begins anew each year);
5. the row with the highest id, the one entered last, wins.

Everything here is a pure function of values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from circulation.policies.named import RULES, Rule, Subject, Terms
from circulation.policies.values import BadValue, HardDue, ReturnPolicy, Value

__all__ = [
    "RULES",
    "BadValue",
    "Because",
    "Line",
    "LoansCounted",
    "Question",
    "ResolvedPolicy",
    "ReturnPolicy",
    "Terms",
    "WhoseRule",
]

_NO_PLACE = 1000.0
_DECIDING_A_LOAN = (
    *(rule.name for rule in RULES.values() if rule.subject in {Subject.PERIOD, Subject.LIMITS}),
    "overdue_block_days",
)
# One part for each member of `Because`, smaller is better.
_Rank = tuple[bool, bool, float, int, int]


class WhoseRule(StrEnum):
    """County setting `policy_place`: the branch whose rows decide a loan."""

    LENDING_BRANCH = "lending_branch"
    ITEM_HOME = "item_home"
    PATRON_HOME = "patron_home"


class LoansCounted(StrEnum):
    """County setting `loans_counted`: the loans that fill the limit, all of the county's or those of the branch."""

    COUNTY = "county"
    BRANCH = "branch"


class Because(StrEnum):
    """By which of the five comparisons a row was beaten, in their order."""

    ITEM_CLASS = "item_class"
    PATRON_CATEGORY = "patron_category"
    PLACE = "place"
    BEGUN = "begun"
    ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its value read. Open class, category and place are None; dates include both ends.

    The dates of a yearly row stand for every year; it may run over New Year.
    """

    id: int
    rule: str
    value: Value
    item_class: str | None = None
    patron_category: str | None = None
    branch_id: int | None = None
    set_id: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    is_yearly: bool = False

    def begun_on(self, day: date) -> date | None:
        """Return since when the row holds on `day` (`date.min`: always), or None when it does not hold then."""
        if self.is_yearly and self.from_on is not None and self.to_on is not None:
            return _begun_this_year(self.from_on, self.to_on, day)
        if (self.from_on and day < self.from_on) or (self.to_on and self.to_on < day):
            return None
        return self.from_on or date.min


@dataclass(frozen=True, slots=True)
class Question:
    """For what a rule is wanted. `chain` is the branch and what is above it, nearest first."""

    item_class: str | None
    patron_category: str | None
    chain: Sequence[int]
    on: date


@dataclass(frozen=True, slots=True)
class Answered:
    """The value of one rule, the row it came from (None: the default) and the rows that row beat, best first, with why."""

    rule: Rule
    value: Value
    line: Line | None
    beat: tuple[tuple[Line, Because], ...]

    def explained(self) -> dict[str, Any]:
        """Return the answer as plain values, for the API and for a stored loan."""
        return {
            "rule": self.rule.name,
            "unit": self.rule.unit,
            "value": plain(self.value),
            "row": described(self.line) if self.line else None,
            "beat": [{**described(line), "because": str(because)} for line, because in self.beat],
        }


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """Every rule resolved for one question: the values as typed `terms`, and where each came from.

    `rows` are the ids of the rows that won for the rules that decide a loan, by rule; every loan keeps them.
    """

    terms: Terms
    answers: Mapping[str, Answered]
    rows: Mapping[str, int]

    def explain(self) -> list[dict[str, Any]]:
        """Return, per rule, its value, the row that won and the rows it beat."""
        return [answer.explained() for answer in self.answers.values()]


def plain(value: Value) -> int | str | bool | list[str] | None:
    """Return a value as JSON can hold it."""
    if isinstance(value, HardDue):
        return str(value)
    return sorted(value) if isinstance(value, frozenset) else value


def parse(rule: str, text: str) -> Value:
    """Return the value a text gives a rule; raises `BadValue`, `KeyError` for an unknown rule."""
    return RULES[rule].parse(text)


def chain_of(path: str) -> tuple[int, ...]:
    """Return the branch ids of a tree path, nearest first: `/1/4/9/` gives (9, 4, 1)."""
    return tuple(int(part) for part in reversed(path.strip("/").split("/")) if part)


def distance(line: Line, chain: Sequence[int], sets: Mapping[int, frozenset[int]]) -> float | None:
    """Return how far the row's place is from the nearest branch of `chain`, None when it is not for it at all.

    The branch itself is 0, its parent 1 and so on; a named set counts half a step more than its nearest member.
    """
    if line.branch_id is not None:
        return float(chain.index(line.branch_id)) if line.branch_id in chain else None
    if line.set_id is None:
        return _NO_PLACE
    members = sets.get(line.set_id, frozenset())
    return next((step + 0.5 for step, branch_id in enumerate(chain) if branch_id in members), None)


def resolve(
    lines: Mapping[str, Iterable[Line]], question: Question, sets: Mapping[int, frozenset[int]]
) -> ResolvedPolicy:
    """Return every rule for `question`; `lines` are the rows by rule, `sets` the members of each named set."""
    answers = {name: _answer(rule, lines.get(name, ()), question, sets) for name, rule in RULES.items()}
    # Each rule reads its own values, so the types are those of the fields; a test compares names and types.
    terms = Terms(**{name: answer.value for name, answer in answers.items()})  # type: ignore[arg-type]
    rows = {name: answers[name].line for name in _DECIDING_A_LOAN}
    return ResolvedPolicy(terms, answers, {name: line.id for name, line in rows.items() if line})


def _answer(rule: Rule, lines: Iterable[Line], question: Question, sets: Mapping[int, frozenset[int]]) -> Answered:
    fitting = ((rank, line) for line in lines if (rank := _rank(line, question, sets)) is not None)
    ranked = sorted(fitting, key=lambda pair: pair[0])
    if not ranked:
        return Answered(rule, rule.default, None, ())
    (best, first), *others = ranked
    return Answered(rule, first.value, first, tuple((line, _why(best, rank)) for rank, line in others))


def _why(better: _Rank, worse: _Rank) -> Because:
    """Return the first comparison in which two rows differ."""
    return next(because for because, one, other in zip(Because, better, worse, strict=True) if one != other)


def _rank(line: Line, question: Question, sets: Mapping[int, frozenset[int]]) -> _Rank | None:
    """Return by what a row is compared with the others, smallest first; None when it is not for this question."""
    if line.item_class not in {None, question.item_class}:
        return None
    if line.patron_category not in {None, question.patron_category}:
        return None
    begun, away = line.begun_on(question.on), distance(line, question.chain, sets)
    if begun is None or away is None:
        return None
    return (line.item_class is None, line.patron_category is None, away, -begun.toordinal(), -line.id)


def _begun_this_year(from_on: date, to_on: date, day: date) -> date | None:
    """Return the last time a yearly row began before `day`, unless it has ended since."""
    for year in (day.year, day.year - 1):
        begins = _in_year(from_on, year)
        runs_over = (to_on.month, to_on.day) < (from_on.month, from_on.day)
        if begins <= day <= _in_year(to_on, year + 1 if runs_over else year):
            return begins
    return None


def _in_year(day: date, year: int) -> date:
    """Return the same day of another year; 29 February is 28 February where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def described(line: Line) -> dict[str, Any]:
    """Return a row as plain values."""
    return {
        "id": line.id,
        "value": plain(line.value),
        "item_class": line.item_class,
        "patron_category": line.patron_category,
        "branch_id": line.branch_id,
        "set_id": line.set_id,
        "from_on": line.from_on.isoformat() if line.from_on else None,
        "to_on": line.to_on.isoformat() if line.to_on else None,
        "is_yearly": line.is_yearly,
    }
