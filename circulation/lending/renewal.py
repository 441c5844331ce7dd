"""Giving a reader more time: a whole loan more, unless somebody waits, it was done too often, or the reader is blocked."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from circulation.lending import queries
from circulation.lending.calendars import renewed_at
from circulation.lending.rules import Override, Terms, may_renew, settle
from circulation.lending.scans import stored
from circulation.models import Loan, LoanRenewal
from circulation.policies import reasons
from circulation.policies.book import book
from circulation.policies.rules import ResolvedPolicy
from library.kernel import clock, events
from library.kernel.decisions import Decision, reason
from library.kernel.errors import NotFound
from library.kernel.operations import Answer, Operation


def renew(
    session: Session,
    operation: Operation,
    loan_id: int,
    *,
    overrides: Sequence[Override] = (),
    may_override: bool = False,
) -> Answer:
    """Renew a loan, or say why not; return `{decision, reasons, loan {id, due_on}, item, patron}`.

    The branch of the loan decides, wherever it is asked for. Raises `NotFound` `unknown_loan`, also for a loan whose reader
    has been forgotten.
    """
    place = queries.loan_by_id(session, loan_id)
    if place is None or place.patron_id is None:
        raise NotFound("unknown_loan", loan=loan_id)
    queries.lock_copies(session, item_id=place.item_id)
    found = queries.copy_by_id(session, place.item_id, patron_id=place.patron_id)
    today = clock.local_date(operation.at)
    reader = queries.reader_by_id(session, place.patron_id, branch_id=place.out_branch_id, today=today)
    assert found is not None
    loan = found.loan
    if reader is None or loan is None or loan.loan_id != loan_id:
        return _answer(Decision.of([reason(reasons.LOAN_ENDED)]), place, place.due_on)
    policy = _policy(session, place, found, reader, today)
    terms = Terms(policy.terms.loan_limit, policy.terms.overdue_block_days, policy.terms.renewals_max)
    decision = may_renew(
        reader.reader,
        due_on=loan.due_on,
        renewals=loan.renewals,
        waiting=found.copy.waiting,
        terms=terms,
        today=today,
    )
    decision, used = settle(decision, overrides, may_override=may_override)
    if not decision.is_allowed:
        return _answer(decision, place, loan.due_on)
    days, version = policy.terms.loan_days, reader.calendars
    due = renewed_at(session, place.out_branch_id, due=loan.due_on, today=today, loan_days=days, version=version)
    _write(session, operation, place, bib_id=found.copy.bib_id, loan=loan, due=due, used=used)
    return _answer(decision, place, due)


def _policy(
    session: Session, place: queries.LoanPlace, found: queries.CopyFound, reader: queries.ReaderFound, today: date
) -> ResolvedPolicy:
    rules = book(session, reader.policies)
    path = rules.deciding_path(lending=place.out_path, item_home=found.home_path, patron_home=reader.home_path)
    return rules.resolve(item_class=found.copy.item_class, patron_category=reader.category, path=path, on=today)


def _write(
    session: Session,
    operation: Operation,
    place: queries.LoanPlace,
    *,
    bib_id: int,
    loan: queries.LoanFound,
    due: date,
    used: Sequence[Override],
) -> None:
    branch_id = operation.branch_id or place.out_branch_id
    session.execute(
        update(Loan)
        .where(Loan.id == place.id)
        .values(due_on=due, renewals=Loan.renewals + 1)
        .execution_options(synchronize_session=False)
    )
    row = {"loan_id": place.id, "due_before": loan.due_on, "due_after": due, "branch_id": branch_id}
    session.execute(insert(LoanRenewal).values(**row, at=operation.at, operation_id=operation.id))
    events.record(
        session,
        operation,
        "loan.renewed",
        branch_id=branch_id,
        bib_id=bib_id,
        item_id=place.item_id,
        patron_id=place.patron_id,
        statistics=loan.statistics(),
        payload={
            "loan_id": place.id,
            "due_before": loan.due_on.isoformat(),
            "due_after": due.isoformat(),
            "overridden": [override.code for override in used],
        },
    )


def _answer(decision: Decision, place: queries.LoanPlace, due: date) -> Answer:
    return stored(
        decision.reasons,
        loan={"id": place.id, "due_on": due.isoformat()},
        item=place.item_id,
        patron=place.patron_id,
        candidates=[],
    )
