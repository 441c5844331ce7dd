"""The named lending rules: thirty, each with the unit of its value and what holds when no row says otherwise.

The list follows the common ground of Koha's circulation rules, Evergreen's circulation matrix and FOLIO's policies. `Terms`
has one typed field a rule, in the same order, so that code reads `terms.loan_days` and the type checker knows what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from circulation.policies.values import (
    LARGEST_CENTS,
    NEVER,
    NONE,
    Blocker,
    HardDue,
    Kind,
    Reach,
    RenewFrom,
    ReturnPolicy,
    Value,
    blockers,
    choice,
    hard_due,
    whole,
    yes_or_no,
)

LOAN_UNITS = ("days", "weeks", "months")
# What happens to a due date on a closed day; the arithmetic is in `library.branches.rules`.
CLOSED_DAY_MODES = ("ignore", "next_open", "previous_open", "skip_closed", "same_weekday")


class Subject(StrEnum):
    """What a rule is about; pages show the rules in these groups."""

    PERIOD = "period"
    LIMITS = "limits"
    LATENESS = "lateness"
    RENEWALS = "renewals"
    HOLDS = "holds"
    RETURNS = "returns"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name, what it is about, the kind of its value, and what holds when no row fits."""

    name: str
    subject: Subject
    kind: Kind
    default: Value

    @property
    def unit(self) -> str:
        return self.kind.unit

    def parse(self, text: str) -> Value:
        """Return the value a text gives the rule. Raises `BadValue`."""
        return self.kind.parse(text)


_DAYS = whole("days")
_DAYS_OR_NEVER = whole("days", nothing=NEVER)
_CENTS = whole("cents", most=LARGEST_CENTS)

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        # How long a loan is, in days unless `loan_unit` says otherwise; so are renewals.
        Rule("loan_days", Subject.PERIOD, whole("days", least=1), 30),
        Rule("loan_unit", Subject.PERIOD, choice(LOAN_UNITS), "days"),
        Rule("closed_day_mode", Subject.PERIOD, choice(CLOSED_DAY_MODES), "next_open"),
        Rule("hard_due", Subject.PERIOD, hard_due(), None),
        # The due date moves on to the van's next planned visit.
        Rule("due_by_next_run", Subject.PERIOD, yes_or_no(), default=False),
        Rule("loan_limit", Subject.LIMITS, whole("loans"), 3),
        # Of these loans at most so many copies of the item class that is asked for, and of one title.
        Rule("loan_limit_class", Subject.LIMITS, whole("loans", nothing=NONE), None),
        Rule("loan_limit_title", Subject.LIMITS, whole("loans", nothing=NONE), 1),
        Rule("age_limit", Subject.LIMITS, whole("years", most=99), 0),
        # A new copy is lent and kept for readers of its own township only, so many days after it came.
        Rule("new_book_protect_days", Subject.LIMITS, _DAYS, 0),
        Rule("deposit", Subject.LIMITS, _CENTS, 0),
        # Blocked when a loan is more days late than this.
        Rule("overdue_block_days", Subject.LATENESS, _DAYS_OR_NEVER, 30),
        # Days without borrowing for each day late, instead of money.
        Rule("suspension_days", Subject.LATENESS, whole("days per day late", most=30), 0),
        Rule("fine_per_day", Subject.LATENESS, _CENTS, 0),
        Rule("fine_grace_days", Subject.LATENESS, _DAYS, 0),
        Rule("fine_cap", Subject.LATENESS, whole("cents", most=LARGEST_CENTS, nothing=NONE), None),
        # So many days late a loan becomes a case: claimed lost.
        Rule("lost_after_days", Subject.LATENESS, _DAYS_OR_NEVER, 90),
        Rule("lost_charge_percent", Subject.LATENESS, whole("percent of the price", most=1000), 0),
        Rule("renewals_max", Subject.RENEWALS, whole("times"), 1),
        Rule("renewal_days", Subject.RENEWALS, whole("days", least=1, nothing="same"), None),
        Rule("renew_from", Subject.RENEWALS, choice(RenewFrom), RenewFrom.LATER.value),
        Rule(
            "renew_blocked_by",
            Subject.RENEWALS,
            blockers(),
            frozenset({Blocker.HOLD, Blocker.RESTRICTION}),
        ),
        # How long a reader may still keep a copy that is called back.
        Rule("recall_days", Subject.RENEWALS, whole("days", least=1), 7),
        Rule("holds_max", Subject.HOLDS, whole("holds"), 3),
        Rule("holds_per_day", Subject.HOLDS, whole("holds", nothing=NONE), 10),
        Rule("hold_scope", Subject.HOLDS, choice(Reach), Reach.COUNTY.value),
        Rule("hold_expiry_days", Subject.HOLDS, whole("days", least=1, nothing=NEVER), None),
        Rule("pickup_scope", Subject.HOLDS, choice(Reach), Reach.COUNTY.value),
        # Kept so long from the first opening after it came.
        Rule("pickup_days", Subject.HOLDS, whole("days", least=1), 7),
        Rule("return_policy", Subject.RETURNS, choice(ReturnPolicy), ReturnPolicy.HOME.value),
    )
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The value of every rule for one question. None means no bound, or never."""

    loan_days: int
    loan_unit: str
    closed_day_mode: str
    hard_due: HardDue | None
    due_by_next_run: bool
    loan_limit: int
    loan_limit_class: int | None
    loan_limit_title: int | None
    age_limit: int
    new_book_protect_days: int
    deposit: int
    overdue_block_days: int | None
    suspension_days: int
    fine_per_day: int
    fine_grace_days: int
    fine_cap: int | None
    lost_after_days: int | None
    lost_charge_percent: int
    renewals_max: int
    renewal_days: int | None
    renew_from: str
    renew_blocked_by: frozenset[Blocker]
    recall_days: int
    holds_max: int
    holds_per_day: int | None
    hold_scope: str
    hold_expiry_days: int | None
    pickup_scope: str
    pickup_days: int
    return_policy: str


DEFAULT_TERMS = Terms(**{name: rule.default for name, rule in RULES.items()})  # type: ignore[arg-type]  # checked by a test
