"""The sample county's lending rules: rows for everybody, and rows for the categories that differ, all for the whole county.

Reading rooms' observed rules, generous to children, elders and households: nobody pays for being late, and a child or an
elder is never sent away for it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from circulation.policies.book import PolicyBook
from circulation.policies.rules import Line, LoansCounted, WhoseRule, parse
from library.sample.places import ROOT_ID

PLACE = ROOT_ID
# Before the first loan of any scale, so that every due date can be explained by the rows of its time.
ENTERED_ON = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A value of one rule; `category` None is everybody. With dates it holds between them in every year."""

    rule: str
    value: str
    category: str | None = None
    from_on: date | None = None
    to_on: date | None = None


# The year of a yearly row's dates says nothing.
_SUMMER = (date(2026, 7, 1), date(2026, 8, 31))
POLICIES: tuple[Row, ...] = (
    Row("loan_days", "30"),
    Row("loan_limit", "5"),
    Row("renewals_max", "1"),
    Row("holds_max", "5"),
    Row("pickup_days", "14"),
    Row("overdue_block_days", "30"),
    Row("lost_after_days", "90"),
    Row("lost_charge_percent", "0"),
    Row("deposit", "0"),
    Row("fine_per_day", "0"),
    Row("return_policy", "home"),
    Row("loan_limit", "10", "child", *_SUMMER),
    Row("overdue_block_days", "never", "child"),
    Row("loan_days", "60", "elder"),
    Row("loan_limit", "8", "elder"),
    Row("renewals_max", "2", "elder"),
    Row("overdue_block_days", "never", "elder"),
    Row("loan_days", "60", "disabled"),
    Row("loan_limit", "8", "disabled"),
    Row("renewals_max", "2", "disabled"),
    Row("loan_limit", "20", "family"),
    Row("loan_limit", "60", "group"),
    Row("loan_limit_title", "none", "group"),  # a class reads one book together
    Row("hard_due", "term_end", "group"),
    Row("loan_days", "90", "group"),  # of a group that has no term
    Row("loan_limit", "10", "staff"),
    Row("loan_days", "60", "staff"),
)


def policy_book() -> PolicyBook:
    """Return the rows as the program reads them, so that the simulated readers are held to the same decisions."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for number, row in enumerate(POLICIES, start=1):
        line = Line(
            id=number,
            rule=row.rule,
            value=parse(row.rule, row.value),
            patron_category=row.category,
            branch_id=PLACE,
            from_on=row.from_on,
            to_on=row.to_on,
            is_yearly=row.from_on is not None,
        )
        lines[row.rule].append(line)
    return PolicyBook(
        lines={rule: tuple(of_rule) for rule, of_rule in lines.items()},
        sets={},
        place=WhoseRule.LENDING_BRANCH,
        counted=LoansCounted.COUNTY,
    )
