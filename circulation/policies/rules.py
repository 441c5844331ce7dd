"""The lending rules: what each is called, what its value means, and which of several rows wins.

A row gives one rule a value, on some dates, for an item class, a patron category and a place, each of which may be left
open. Every rule is resolved on its own. Of the rows that fit, the winner is found by these comparisons, in this order:

1. a row that names the item class beats one that does not;
2. a row that names the patron category beats one that does not;
3. the nearer place wins: the branch itself, a named set it is a member of, its parent, a set the parent is a member of,
   and so on up the tree; a row for no place at all is farthest. A set is nearer than the parent because whoever made it
   meant these branches, and farther than the branch itself because a row for one branch means exactly that one;
4. the row that begins to hold latest wins (a row without a beginning held always);
5. the row with the highest id, the one entered last, wins.

Everything here is a pure function of values.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

NEVER = "never"
LARGEST = 3650
_NO_PLACE = 1000.0


class ReturnPolicy(StrEnum):
    """Where a copy goes that came back away from home: `home` sends it there, `stay` shelves it where it is."""

    HOME = "home"
    STAY = "stay"


class WhoseRule(StrEnum):
    """County setting `policy_place`: the branch whose rows decide a loan."""

    LENDING_BRANCH = "lending_branch"
    ITEM_HOME = "item_home"
    PATRON_HOME = "patron_home"


class LoansCounted(StrEnum):
    """County setting `loans_counted`: the loans that fill the limit, all of the county's or those of the branch."""

    COUNTY = "county"
    BRANCH = "branch"


Value = int | str | None


class BadValue(ValueError):
    """The text is no value of the rule; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name, the unit of its value, what holds when no row fits, and how its text is read."""

    name: str
    unit: str
    default: Value
    parse: Callable[[str], Value]


def _whole(least: int) -> Callable[[str], Value]:
    def parse(text: str) -> Value:
        digits = text.strip()
        if not (digits.isascii() and digits.isdecimal()) or not least <= int(digits[:9]) <= LARGEST:
            raise BadValue(f"a whole number from {least} to {LARGEST}")
        return int(digits)

    return parse


def _whole_or_never(text: str) -> Value:
    return None if text.strip() == NEVER else _whole(0)(text)


def _return_policy(text: str) -> Value:
    try:
        return ReturnPolicy(text.strip())
    except ValueError as error:
        raise BadValue("home or stay") from error


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("loan_days", "days", 30, _whole(1)),
        Rule("loan_limit", "loans", 3, _whole(0)),
        Rule("renewals_max", "times", 1, _whole(0)),
        Rule("holds_max", "holds", 3, _whole(0)),
        # How late the latest loan may be before nothing more is lent; `never` does not block at all.
        Rule("overdue_block_days", "days", 30, _whole_or_never),
        Rule("return_policy", "choice", ReturnPolicy.HOME, _return_policy),
    )
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its value read. Open class, category and place are None; dates include both ends."""

    id: int
    rule: str
    value: Value
    item_class: str | None = None
    patron_category: str | None = None
    branch_id: int | None = None
    set_id: int | None = None
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """For what a rule is wanted. `chain` is the branch and what is above it, nearest first."""

    item_class: str | None
    patron_category: str | None
    chain: Sequence[int]
    on: date


@dataclass(frozen=True, slots=True)
class Answered:
    """The value of one rule, the row it came from (None: the default) and the rows that row beat, best first."""

    rule: Rule
    value: Value
    line: Line | None
    beat: tuple[Line, ...]

    def explained(self) -> dict[str, Any]:
        """Return the answer as plain values, for the API and for a stored loan."""
        return {
            "rule": self.rule.name,
            "unit": self.rule.unit,
            "value": self.value,
            "row": described(self.line) if self.line else None,
            "beat": [described(line) for line in self.beat],
        }


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """The six rules resolved for one question."""

    answers: Mapping[str, Answered]

    @property
    def loan_days(self) -> int:
        return self._number("loan_days")

    @property
    def loan_limit(self) -> int:
        return self._number("loan_limit")

    @property
    def renewals_max(self) -> int:
        return self._number("renewals_max")

    @property
    def holds_max(self) -> int:
        return self._number("holds_max")

    @property
    def overdue_block_days(self) -> int | None:
        """Return the days of lateness that block, None when lateness never does."""
        value = self.answers["overdue_block_days"].value
        return None if value is None else int(value)

    @property
    def return_policy(self) -> ReturnPolicy:
        return ReturnPolicy(str(self.answers["return_policy"].value))

    def explain(self) -> list[dict[str, Any]]:
        """Return, per rule, its value, the row that won and the rows it beat."""
        return [answer.explained() for answer in self.answers.values()]

    def rows(self) -> dict[str, int | None]:
        """Return, per rule, the id of the row that won; None is the default."""
        return {name: answer.line.id if answer.line else None for name, answer in self.answers.items()}

    def _number(self, name: str) -> int:
        value = self.answers[name].value
        assert isinstance(value, int)
        return value


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
    """Return the six rules for `question`; `lines` are the rows by rule, `sets` the members of each named set."""
    return ResolvedPolicy({name: _answer(rule, lines.get(name, ()), question, sets) for name, rule in RULES.items()})


def _answer(rule: Rule, lines: Iterable[Line], question: Question, sets: Mapping[int, frozenset[int]]) -> Answered:
    ranked = sorted(
        ((_rank(line, away), line) for line in lines if (away := _fit(line, question, sets)) is not None),
        key=lambda pair: pair[0],
    )
    if not ranked:
        return Answered(rule, rule.default, None, ())
    first, *others = (line for _, line in ranked)
    return Answered(rule, first.value, first, tuple(others))


def _fit(line: Line, question: Question, sets: Mapping[int, frozenset[int]]) -> float | None:
    if line.item_class not in {None, question.item_class}:
        return None
    if line.patron_category not in {None, question.patron_category}:
        return None
    if (line.from_on and question.on < line.from_on) or (line.to_on and line.to_on < question.on):
        return None
    return distance(line, question.chain, sets)


def _rank(line: Line, away: float) -> tuple[bool, bool, float, int, int]:
    begins = line.from_on or date.min
    return (line.item_class is None, line.patron_category is None, away, -begins.toordinal(), -line.id)


def described(line: Line) -> dict[str, Any]:
    """Return a row as plain values."""
    return {
        "id": line.id,
        "value": line.value,
        "item_class": line.item_class,
        "patron_category": line.patron_category,
        "branch_id": line.branch_id,
        "set_id": line.set_id,
        "from_on": line.from_on.isoformat() if line.from_on else None,
        "to_on": line.to_on.isoformat() if line.to_on else None,
    }
