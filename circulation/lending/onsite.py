"""A copy read in the room (馆内阅读), with or without a reader's card: one tap, and nothing to give back.

It is written as a loan that opens and closes at the same instant, so that the history of a copy shows it and no limit ever
counts it; its event is of a kind of its own, so that figures of loans stay what was taken home.
"""

from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from circulation.lending import checkin, queries
from circulation.lending.rules import AREAS, Copy
from circulation.lending.scans import Scan, identify, stored
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.models import Loan
from circulation.policies import reasons
from library.branches.places import Place
from library.kernel import clock, events
from library.kernel.decisions import Reason, reason
from library.kernel.errors import NotFound
from library.kernel.operations import Answer, Operation
from library.patrons.services import patron_by_id, statistics_of

# Having the copy in hand disproves these; a damaged one may be read all the same.
_DISPROVED = frozenset({"lost", "missing"})


def use_on_site(
    session: Session,
    operation: Operation,
    *,
    branch: Place,
    barcode: str | None = None,
    item_id: int | None = None,
    patron_id: int | None = None,
) -> Answer:
    """Count a copy as read in the room of a branch, or say why not; class and location need not be lendable.

    A copy that should be elsewhere, was given up or is under way is first taken in, as a check-in does; `next` and
    `destination` then say where it goes after reading. Return `{decision, reasons, use, item, patron, next, destination,
    hold, candidates}` of ids and codes; `use` is the id of the row. Raises `NotFound` `unknown_patron`.
    """
    reader = patron_by_id(session, patron_id) if patron_id is not None else None
    identified = identify(session, Scan(barcode, item_id))
    found = identified.found
    if found is None:
        assert identified.refusal is not None
        return _answer([identified.refusal], candidates=list(identified.candidates))
    refusal = _refusal(found, branch)
    if refusal is not None:
        return _answer([refusal], item=found.copy.id)
    taken_in = _take_in(session, operation, found, branch)
    figures = statistics_of(reader, clock.local_date(operation.at)) if reader else {}
    values = {"patron_id": patron_id, **figures, "clc": found.clc}
    use_id = _write(session, operation, found.copy, branch.id, values)
    return {**taken_in, "use": use_id, "patron": patron_id}


def undo_use(session: Session, operation: Operation, use_id: int) -> bool:
    """Undo what was counted by mistake; False when it was undone before. Raises `NotFound` `unknown_loan`."""
    use = session.get(Loan, use_id)
    if use is None or not use.is_on_site:
        raise NotFound("unknown_loan", loan=use_id)
    undone = session.execute(
        update(Loan)
        .where(Loan.id == use_id, Loan.closed_as == "returned")
        .values(closed_as="undone")
        .returning(Loan.id)
    ).all()
    if undone:
        _note(session, operation, "use.undone", use)
    return bool(undone)


def _refusal(found: queries.CopyFound, branch: Place) -> Reason | None:
    if branch.state != "open" or branch.kind in AREAS:
        return reason(reasons.BRANCH_NOT_OPEN)
    if "withdrawn" in found.copy.conditions:
        return reason(reasons.ITEM_WITHDRAWN)
    return reason(ITEM_ON_LOAN) if found.loan is not None else None


def _take_in(session: Session, operation: Operation, found: queries.CopyFound, branch: Place) -> Answer:
    """Let place, conditions, box and transfer follow; a copy that plainly stands here needs no statement for it."""
    copy = found.copy
    is_plain = copy.current_branch_id == branch.id and copy.transfer_id is None and not copy.is_in_box
    if is_plain and copy.conditions.isdisjoint(_DISPROVED):
        return _answer([], item=copy.id, next="shelve", destination=branch.id)
    answer = checkin.check_in(session, operation, branch, Scan(item_id=copy.id))
    found_now = [one for one in answer["reasons"] if one["code"] != reasons.NOT_ON_LOAN]
    kept = {name: answer[name] for name in ("decision", "item", "next", "destination", "hold", "candidates")}
    return {**kept, "reasons": found_now}


def _write(session: Session, operation: Operation, copy: Copy, branch_id: int, values: dict[str, Any]) -> int:
    row = {
        "item_id": copy.id,
        "bib_id": copy.bib_id,
        "out_branch_id": branch_id,
        "in_branch_id": branch_id,
        "out_at": operation.at,
        "in_at": operation.at,
        "due_on": clock.local_date(operation.at),
        "closed_as": "returned",
        "is_on_site": True,
        "item_class": copy.item_class,
        "operation_id": operation.id,
        **values,
    }
    use = session.scalars(insert(Loan).values(row).returning(Loan)).one()
    _note(session, operation, "use.recorded", use)
    return use.id


def _note(session: Session, operation: Operation, kind: str, use: Loan) -> None:
    events.record(
        session,
        operation,
        kind,
        branch_id=use.out_branch_id,
        bib_id=use.bib_id,
        item_id=use.item_id,
        patron_id=use.patron_id,
        statistics={name: getattr(use, name) for name in events.STATISTICS},
        payload={"loan_id": use.id},
    )


def _answer(found: list[Reason], **members: Any) -> Answer:
    empty = {"use": None, "item": None, "patron": None, "next": None, "destination": None, "hold": None}
    return stored(found, **{**empty, "candidates": [], **members})
