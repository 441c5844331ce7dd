"""What a late return costs: a line in the ledger, a time without borrowing; written in the check-in's transaction."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from circulation.charges.services import charge_overdue
from circulation.lending import rare_statements
from circulation.lending.asking import Question
from circulation.lending.queries import CopyFound, LoanFound
from circulation.lending.return_rules import Lateness, LateReader, lateness, may_cost
from circulation.policies.book import book
from circulation.policies.calendars import answerable_on
from circulation.policies.lateness import SUSPENDED, days_late
from circulation.policies.rules import ResolvedPolicy
from library.kernel import clock, events
from library.kernel.operations import Operation
from library.patrons.models import PatronBlock

# The rules that are named when a late return is explained.
RULES = ("suspension_days", "fine_per_day", "fine_grace_days", "fine_cap")


@dataclass(frozen=True, slots=True)
class Late:
    """A late return: its consequences, and what the rules were asked for."""

    cost: Lateness
    question: Question


def days_late_of(session: Session, loan: LoanFound, today: date, version: int) -> int:
    """Return how late a loan is, not counting the days before its branch could have taken it back."""
    if days_late(loan.due_on, today) == 0:
        return 0
    return days_late(answerable_on(session, loan.out_branch_id, loan.due_on, version), today)


def settle_lateness(
    session: Session, operation: Operation, found: CopyFound, late: int, today: date, *, branch_id: int
) -> Late | None:
    """Write what follows from a late return.

    None when the rules were not asked: it was in time, copied from a notebook, or its reader is forgotten.
    """
    loan = found.loan
    if loan is None or not late or loan.is_backdated or loan.loan_patron_id is None:
        return None
    row = rare_statements.LATE_READER.first(session, patron_id=loan.loan_patron_id, out_branch_id=loan.out_branch_id)
    rules = book(session, found.policies)
    path = rules.deciding_path(lending=row.out_path, item_home=found.copy.home_path, patron_home=row.reader_path)
    question = Question(path, found.copy.item_class, row.category, today)
    policy = question.of(rules)
    reader = LateReader(row.id, row.category, row.debtor_id)
    cost = Lateness(late)
    if may_cost(policy.terms):
        by_name = _names_category(policy, row.category)
        cost = lateness(late, policy.terms, reader, today, suspends_by_name=by_name)
        _write(session, operation, loan, cost, item_id=found.copy.id, branch_id=branch_id)
    return Late(cost, question)


def _names_category(policy: ResolvedPolicy, category: str) -> bool:
    line = policy.answers["suspension_days"].line
    return line is not None and line.patron_category == category


def _write(
    session: Session, operation: Operation, loan: LoanFound, cost: Lateness, *, item_id: int, branch_id: int
) -> None:
    if cost.debtor_id is not None:
        charge_overdue(
            session,
            operation,
            patron_id=cost.debtor_id,
            amount_cents=cost.fine_cents,
            branch_id=branch_id,
            loan_id=loan.loan_id,
            item_id=item_id,
        )
    if cost.suspended_until is not None:
        days = {"from_on": clock.local_date(operation.at), "until_on": cost.suspended_until}
        row = {"patron_id": loan.loan_patron_id, "code": SUSPENDED, "operation_id": operation.id, **days}
        session.execute(insert(PatronBlock).values(row))
        payload = {"loan_id": loan.loan_id, "code": SUSPENDED, "until_on": cost.suspended_until.isoformat()}
        about: dict[str, Any] = {"branch_id": branch_id, "item_id": item_id, "patron_id": loan.loan_patron_id}
        events.record(session, operation, "patron.blocked", **about, payload=payload)
