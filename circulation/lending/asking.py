"""Gathering what a decision about a loan asks for beyond the merged statement, each only when a rule or a count asks for it.

Checking out and renewing ask the same: which rules hold, whether blocks or late loans stand against the reader, what the
deposit is, and when the loan would be due.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from circulation.cases.against import blocks_of, late_since
from circulation.lending import queries
from circulation.lending.due_rules import Due, due
from circulation.lending.rules import Reader
from circulation.policies.calendars import counted_at
from circulation.policies.due_rules import Loaned, hardened, needs_term
from circulation.policies.named import Terms
from circulation.policies.rules import ResolvedPolicy


@dataclass(frozen=True, slots=True)
class Question:
    """What the rules were asked for; kept with an answer, so that it can be explained however late."""

    path: str
    item_class: str | None
    patron_category: str | None
    on: date

    def stored(self, at: datetime, rules: Iterable[str] = ()) -> dict[str, Any]:
        """Return the form that goes into a stored answer; `rules` names the ones that mattered, none means all."""
        asked = {
            "path": self.path,
            "item_class": self.item_class,
            "patron_category": self.patron_category,
            "on": self.on.isoformat(),
            "at": at.isoformat(),
        }
        return asked | ({"rules": list(rules)} if rules else {})

    def of(self, rules: Any) -> ResolvedPolicy:
        """Return the answer of a book of rules."""
        resolved: ResolvedPolicy = rules.resolve(
            item_class=self.item_class, patron_category=self.patron_category, path=self.path, on=self.on
        )
        return resolved


def completed(session: Session, found: queries.ReaderFound, reader: Reader, terms: Terms, today: date) -> Reader:
    """Return the reader with blocks and lateness as they really are."""
    if found.blocks:
        reader = replace(reader, blocks=blocks_of(session, reader.id, today))
    oldest, allowed = reader.oldest_due_on, terms.overdue_block_days
    late = late_since(session, reader.id, today, oldest=oldest, allowed=allowed, version=found.calendars)
    return reader if late == oldest else replace(reader, oldest_due_on=late)


def due_of(session: Session, reader: Reader, terms: Terms, loan: Loaned, version: int) -> tuple[Reader, Due]:
    """Return the reader with the deposit that is there, and the due date; one more statement where a rule asks for it."""
    day = counted_at(session, loan, terms, version)
    by_term = needs_term(terms)
    if not (by_term or terms.due_by_next_run or terms.deposit):
        return reader, due(hardened(day, terms, loan.today), terms, None)
    asked = queries.asked_by_rules(
        session,
        reader.id,
        loan.branch_id,
        run_from=hardened(day, terms, loan.today),
        tomorrow=loan.today + timedelta(days=1),
        by_term=by_term,
    )
    found = due(hardened(day, terms, loan.today, asked.term_ends_on), terms, asked.next_run_on)
    return replace(reader, deposit_held=asked.deposit_held), found
