"""Giving a reader more time: unless somebody waits, it was done too often, or something stands against reader or loan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from circulation.cases.rules import ABOUT_OPEN_LOANS
from circulation.cases.services import open_cases_of
from circulation.lending import queries
from circulation.lending import reasons as own
from circulation.lending.asking import Question, completed, due_of
from circulation.lending.renewal_rules import Renewable, may_renew
from circulation.lending.rules import Override, settle
from circulation.lending.scans import stored
from circulation.models import Loan, LoanRenewal
from circulation.policies import reasons
from circulation.policies.book import book
from circulation.policies.due_rules import Loaned, renewal_begins_on
from library.kernel import clock, events
from library.kernel.decisions import Decision, reason
from library.kernel.errors import NotFound
from library.kernel.operations import Answer, Operation


@dataclass(frozen=True, slots=True)
class Renewing:
    """A loan to renew: where it was made, its copy, the loan itself, and its reader."""

    place: queries.LoanPlace
    found: queries.CopyFound
    loan: queries.LoanFound
    reader: queries.ReaderFound


def renew(
    session: Session,
    operation: Operation,
    loan_id: int,
    *,
    overrides: Sequence[Override] = (),
    may_override: bool = False,
) -> Answer:
    """Renew a loan, or say why not; return `{decision, reasons, loan {id, due_on}, item, patron, policy}`.

    The branch of the loan decides, wherever it is asked for. Raises `NotFound` `unknown_loan`, also for a loan whose reader
    has been forgotten.
    """
    place = queries.loan_by_id(session, loan_id)
    if place is None or place.patron_id is None:
        raise NotFound("unknown_loan", loan=loan_id)
    today = clock.local_date(operation.at)
    renewing = _found(session, place, place.patron_id, today)
    if renewing is None:
        ended = own.ON_SITE_NOT_RENEWED if place.is_on_site else reasons.LOAN_ENDED
        return _answer(Decision.of([reason(ended)]), place, place.due_on, [])
    decision, due_on, question = _decide(session, renewing, today)
    decision, used = settle(decision, overrides, may_override=may_override)
    asked = [question.stored(operation.at)]
    if not decision.is_allowed:
        return _answer(decision, place, renewing.loan.due_on, asked)
    _write(session, operation, place, bib_id=renewing.found.copy.bib_id, loan=renewing.loan, due=due_on, used=used)
    return _answer(decision, place, due_on, asked)


def _found(session: Session, place: queries.LoanPlace, patron_id: int, today: date) -> Renewing | None:
    """Return the loan with its copy and reader, or None when it has ended."""
    queries.lock_reader(session, patron_id=patron_id)
    queries.lock_copies(session, item_id=place.item_id)
    known = queries.both(
        session, branch_id=place.out_branch_id, today=today, patron_id=patron_id, item_id=place.item_id
    )
    if known.reader is None or known.copies[0].loan is None or known.copies[0].loan.loan_id != place.id:
        return None
    return Renewing(place, known.copies[0], known.copies[0].loan, known.reader)


def _decide(session: Session, renewing: Renewing, today: date) -> tuple[Decision, date, Question]:
    """Return the decision, the due date a renewal would give, and what the rules were asked for."""
    place, found, loan, reader = renewing.place, renewing.found, renewing.loan, renewing.reader
    rules = book(session, reader.policies)
    path = rules.deciding_path(
        lending=place.out_path, item_home=found.copy.home_path, patron_home=reader.reader.home_path
    )
    question = Question(path, found.copy.item_class, reader.category, today)
    terms = question.of(rules).terms
    person = completed(session, reader, reader.reader, terms, today)
    begins_on = renewal_begins_on(terms.renew_from, loan.due_on, today)
    loaned = Loaned(place.out_branch_id, begins_on, terms.renewal_days or terms.loan_days, today)
    person, due = due_of(session, person, terms, loaned, reader.calendars)
    decision = may_renew(person, _renewable(session, renewing), due.on, terms, today)
    if decision.is_allowed:
        decision = Decision.of((*decision.reasons, *due.notices(person.expires_on, today)))
    return decision, due.on, question


def _renewable(session: Session, renewing: Renewing) -> Renewable:
    copy, loan = renewing.found.copy, renewing.loan
    cases = open_cases_of(session, copy.id) if copy.open_cases else ()
    for_copy, free = queries.queue_of(session, copy, renewing.reader.reader.id) if copy.waiting else (0, 0)
    return Renewable(
        due_on=loan.due_on,
        renewals=loan.renewals,
        is_recalled=loan.is_recalled,
        is_claimed=any(case.kind in ABOUT_OPEN_LOANS for case in cases),
        waiting=copy.waiting,
        waiting_for_copy=for_copy,
        free=free,
    )


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
        .values(due_on=due, renewals=Loan.renewals + 1, **_kept_with_loan(session, place.id, used))
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


def _kept_with_loan(session: Session, loan_id: int, used: Sequence[Override]) -> dict[str, Any]:
    """Return the column that keeps, after what was decided before, which exceptions a renewal needed and why."""
    if not used:
        return {}
    decided = session.scalar(select(Loan.decided).where(Loan.id == loan_id)) or {}
    excepted = [{"code": override.code, "reason": override.reason} for override in used]
    return {"decided": {**decided, "renewed_by": [*decided.get("renewed_by", ()), *excepted]}}


def _answer(decision: Decision, place: queries.LoanPlace, due: date, asked: list[dict[str, Any]]) -> Answer:
    return stored(
        decision.reasons,
        loan={"id": place.id, "due_on": due.isoformat()},
        item=place.item_id,
        patron=place.patron_id,
        candidates=[],
        policy=asked,
    )
