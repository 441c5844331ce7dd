"""Lending a copy to a reader: decide on what the transaction sees, then write loan, copy and event.

Nine statements on SQLite, `BEGIN` and the entry point's branch and operation included, and one more when a rule asks for the
deposit, the end of a term or the van; PostgreSQL adds the two locks. The database itself allows one open loan per copy:
should another loan have come between, whatever the reason, the insertion does nothing and the answer is a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.items.models import Item
from catalog.items.services import move_item
from circulation.cases.services import settle_on_return
from circulation.holds.services import fulfil
from circulation.lending import queries
from circulation.lending.asking import Question, completed, due_of
from circulation.lending.in_hand import end_conditions, leave_box
from circulation.lending.rules import Desk, Override, may_borrow, settle
from circulation.lending.scans import Scan, stored, told, unknown_card
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.logistics.services import arrive_by_check_in, cancel
from circulation.models import Loan
from circulation.policies.book import book
from circulation.policies.due_rules import Loaned
from circulation.policies.rules import ResolvedPolicy
from library.branches.places import Place
from library.kernel import clock, events
from library.kernel.db import table_of
from library.kernel.decisions import Decision, Reason, reason
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, Operation
from library.kernel.prepared import Prepared, given
from library.patrons.rules import age_band

CAUSE = "check_out"
# Lending a copy disproves these; one noted as damaged stays so.
_ENDED_BY_LENDING = frozenset({"lost", "missing", "in_processing"})

LOANS, _items = table_of(Loan), table_of(Item)
_OPENED = (
    "item_id bib_id patron_id out_branch_id out_at due_on renewals is_on_site item_class decided operation_id"
    " age_band patron_category village_id clc"
)
_INSERT = Prepared(
    **{
        name: dialect.insert(LOANS)
        .values(given(*(LOANS.c[column] for column in _OPENED.split())))
        .on_conflict_do_nothing(index_elements=["item_id"], index_where=LOANS.c.in_at.is_(None))
        .returning(LOANS.c.id)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }
)
_TAKEN = Prepared(
    update(_items).where(_items.c.id == bindparam("taken_id")).values(is_available=False, last_loan_on=bindparam("on"))
)


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants which copy where; `card` as scanned, or `patron_id` where the reader is known already."""

    branch: Place
    scan: Scan
    card: str | None = None
    patron_id: int | None = None
    overrides: Sequence[Override] = ()
    may_override: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    """Everything a loan needs, found and decided."""

    request: Request
    reader: queries.ReaderFound
    found: queries.CopyFound
    policy: ResolvedPolicy
    decision: Decision
    used: Sequence[Override]
    due_on: date
    today: date
    asked: dict[str, Any]


def check_out(session: Session, operation: Operation, request: Request, *, dry_run: bool = False) -> Answer:
    """Lend a copy, or say why not; a dry run decides only and stores nothing.

    Return `{decision, reasons, loan {id, due_on}, item, patron, candidates, policy}` of ids, codes and dates; `policy` is
    what the rules were asked for, from which an explanation can be made.
    """
    known = _known(session, request, clock.local_date(operation.at))
    if isinstance(known, dict):
        return known
    agreed = _decide(session, request, *known, operation.at)
    if not agreed.decision.is_allowed:
        return _answer(agreed, loan=_present_loan(agreed))
    if dry_run:
        return _answer(agreed, loan={"id": None, "due_on": agreed.due_on.isoformat()})
    return _lend(session, operation, agreed)


def _known(session: Session, request: Request, today: date) -> tuple[queries.ReaderFound, queries.CopyFound] | Answer:
    """Return the reader and the one copy that were meant, locked on PostgreSQL, or the answer that they cannot be told."""
    number = normalise_scan(request.card or "") if request.patron_id is None else None
    scan = request.scan
    barcode = normalise_scan(scan.barcode or "") if scan.item_id is None else None
    meant: dict[str, Any] = {
        "number": number,
        "patron_id": request.patron_id,
        "barcode": barcode,
        "item_id": scan.item_id,
    }
    queries.lock_both(session, **meant)
    known = queries.both(session, branch_id=request.branch.id, today=today, **meant)
    if known.reader is not None and len(known.copies) == 1:
        return known.reader, known.copies[0]
    return _cannot_tell(session, request, number, known, today)


def _cannot_tell(session: Session, request: Request, number: str | None, known: queries.Known, today: date) -> Answer:
    """Return the answer that names what cannot be told: the card before the copy."""
    reader = known.reader
    if reader is None and request.patron_id is not None:
        reader = queries.reader_by_id(session, request.patron_id, branch_id=request.branch.id, today=today)
    elif reader is None:
        reader = queries.reader_by_card(session, number or "", branch_id=request.branch.id, today=today)
    if reader is None:
        return _refused(unknown_card(request.card or ""))
    identified = told(known.copies, request.scan)
    assert identified.refusal is not None
    return _refused(identified.refusal, patron=reader.reader.id, candidates=list(identified.candidates))


def _decide(
    session: Session, request: Request, reader: queries.ReaderFound, found: queries.CopyFound, at: datetime
) -> Agreed:
    """Decide, and note what the rules were asked for, so that the answer can be explained later."""
    today = clock.local_date(at)
    rules = book(session, reader.policies)
    branch = request.branch
    path = rules.deciding_path(lending=branch.path, item_home=found.copy.home_path, patron_home=reader.reader.home_path)
    question = Question(path, found.copy.item_class, reader.category, today)
    policy = question.of(rules)
    terms = policy.terms
    person = completed(session, reader, reader.counted_by(rules.counted), terms, today)
    loaned = Loaned(branch.id, today, terms.loan_days, today)
    person, due = due_of(session, person, terms, loaned, reader.calendars)
    desk = Desk(branch.id, branch.kind, branch.state)
    decision = may_borrow(person, found.copy, desk, terms, today)
    decision, used = settle(decision, request.overrides, may_override=request.may_override)
    if decision.is_allowed:
        decision = Decision.of((*decision.reasons, *due.notices(person.expires_on, today)))
    return Agreed(request, reader, found, policy, decision, used, due.on, today, question.stored(at))


def _lend(session: Session, operation: Operation, agreed: Agreed) -> Answer:
    branch_id, copy, reader = agreed.request.branch.id, agreed.found.copy, agreed.reader
    _free_the_copy(session, operation, agreed)
    statistics = {
        "age_band": str(age_band(reader.reader.born_in, agreed.today)),
        "patron_category": reader.category,
        "village_id": reader.village_id,
        "clc": agreed.found.clc,
    }
    loan_id = _insert(session, operation, agreed, statistics)
    if loan_id is None:
        return _refused(reason(ITEM_ON_LOAN), patron=reader.reader.id, item=copy.id)
    _TAKEN.run(session, taken_id=copy.id, on=agreed.today)
    if copy.is_wanted_by_reader or copy.hold_id is not None:
        fulfil(session, operation, patron_id=reader.reader.id, item_id=copy.id, loan_id=loan_id)
    opened = {"id": loan_id, "due_on": agreed.due_on.isoformat()}
    payload = {"loan_id": loan_id, "due_on": opened["due_on"], "overridden": [used.code for used in agreed.used]}
    events.record(
        session,
        operation,
        "loan.opened",
        branch_id=branch_id,
        bib_id=copy.bib_id,
        item_id=copy.id,
        patron_id=reader.reader.id,
        statistics=statistics,
        payload=payload,
    )
    return _answer(agreed, loan=opened)


def _insert(session: Session, operation: Operation, agreed: Agreed, statistics: dict[str, Any]) -> int | None:
    """Write the loan; None when the copy has an open one after all."""
    copy = agreed.found.copy
    opened = _INSERT.first(
        session,
        item_id=copy.id,
        bib_id=copy.bib_id,
        patron_id=agreed.reader.reader.id,
        out_branch_id=agreed.request.branch.id,
        out_at=operation.at,
        due_on=agreed.due_on,
        renewals=0,
        is_on_site=False,
        item_class=copy.item_class,
        decided=_decided(agreed),
        operation_id=operation.id,
        **statistics,
    )
    return int(opened.id) if opened else None


def _free_the_copy(session: Session, operation: Operation, agreed: Agreed) -> None:
    """End what stood against the loan and was settled: its transfer, its place in a box, conditions; and move it here."""
    branch_id, copy = agreed.request.branch.id, agreed.found.copy
    if copy.transfer_id is not None:
        if copy.transfer_to_id == branch_id:
            arrive_by_check_in(session, operation, copy.id, branch_id)
        else:
            cancel(session, operation, copy.transfer_id, "lent")
    elif copy.is_in_box:
        leave_box(session, operation, copy.id)
    ended = copy.conditions & _ENDED_BY_LENDING
    end_conditions(session, operation, copy.id, copy.bib_id, ended, branch_id=branch_id)
    if copy.open_cases:
        settle_on_return(session, operation, copy.id, branch_id=branch_id)
    if copy.current_branch_id != branch_id:
        move_item(session, operation, copy.id, branch_id, CAUSE)


def _decided(agreed: Agreed) -> dict[str, Any]:
    """Return what is kept with the loan: the rows that decided, what was confirmed, what was set aside and why."""
    decided: dict[str, Any] = {"rows": agreed.policy.rows}
    if agreed.decision.reasons:
        decided["reasons"] = [one.stored() for one in agreed.decision.reasons]
    if agreed.used:
        decided["overrides"] = [{"code": used.code, "reason": used.reason} for used in agreed.used]
    return decided


def _present_loan(agreed: Agreed) -> dict[str, Any] | None:
    """Return the loan the reader has of this copy already, so that the desk can offer to renew it."""
    loan = agreed.found.loan
    if loan is None or loan.loan_patron_id != agreed.reader.reader.id:
        return None
    return {"id": loan.loan_id, "due_on": loan.due_on.isoformat()}


def _answer(agreed: Agreed, *, loan: dict[str, Any] | None) -> Answer:
    return stored(
        agreed.decision.reasons,
        loan=loan,
        item=agreed.found.copy.id,
        patron=agreed.reader.reader.id,
        candidates=[],
        policy=[agreed.asked],
    )


def _refused(refusal: Reason, **members: Any) -> Answer:
    """Return the answer to what cannot be decided at all."""
    return stored([refusal], **{"loan": None, "item": None, "patron": None, "candidates": [], **members})
