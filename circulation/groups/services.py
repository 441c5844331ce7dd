"""Lending a list to a group and taking it back, line by line: each line is decided by itself and says what it came to.

A loan to a group is a loan to its custodian, decided by the rules of the category `group`, with the group noted. Answers
hold codes, ids and dates only.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import bindparam, func, select, union_all, update
from sqlalchemy.orm import Session

from catalog.items.models import ItemBarcode
from circulation.lending import queries
from circulation.lending import services as lending
from circulation.lending.redating import lock_loans, move_due_dates
from circulation.logistics.steps import lock_items
from circulation.models import HOLD_CAPTURED, Hold, Loan
from library.branches.models import Branch
from library.branches.redating import Change
from library.kernel.db import table_of
from library.kernel.errors import Conflict
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Answer, Operation
from library.patrons import groups
from library.patrons.models import PatronGroup

_loans = table_of(Loan)
_OF_GROUP = update(_loans).where(_loans.c.id == bindparam("loan_id")).values(group_id=bindparam("group"))
Overrides = Sequence[Mapping[str, str]]


def lend_lines(
    session: Session,
    operation: Operation,
    group: PatronGroup,
    codes: Sequence[str],
    *,
    branch: Branch,
    overrides: Overrides = (),
    may_override: bool = False,
    dry_run: bool = False,
) -> list[Answer]:
    """Lend copies by their barcodes; return `{code, decision, reasons, loan {id, due_on}, item}` for each.

    Raises `Conflict` `group_ended` or `group_without_reader`.
    """
    groups.require_standing_group(group)
    if group.custodian_id is None:
        raise Conflict("group_without_reader", group=group.id)
    queries.lock_reader(session, patron_id=group.custodian_id)
    _lock_copies(session, codes, patron_id=group.custodian_id)
    lines = []
    for code in codes:
        answer = lending.check_out(
            session,
            operation,
            branch=branch,
            patron_id=group.custodian_id,
            barcode=code,
            overrides=overrides,
            may_override=may_override,
            dry_run=dry_run,
        )
        if answer["decision"] == "allowed" and not dry_run:
            session.execute(_OF_GROUP, {"loan_id": answer["loan"]["id"], "group": group.id})
        lines.append(_line(code, answer, "loan"))
    return lines


def return_lines(session: Session, operation: Operation, codes: Sequence[str], *, branch: Branch) -> list[Answer]:
    """Take copies back by their barcodes; return `{code, decision, reasons, closed_loan, next, destination, item}` each."""
    _lock_copies(session, codes)
    lines = []
    for code in codes:
        answer = lending.check_in(session, operation, branch=branch, barcode=code)
        lines.append(_line(code, answer, "closed_loan", "next", "destination", "hold"))
    return lines


def change(
    session: Session, operation: Operation, group: PatronGroup, *, name: str, term_ends_on: date | None
) -> Answer:
    """Change a group; open loans that were due at the end of its term move with it. Return `{outcome, group, moved}`."""
    before = group.term_ends_on
    groups.change_group(session, operation, group, name=name, term_ends_on=term_ends_on)
    follows = before is not None and term_ends_on is not None and term_ends_on != before
    moved = _follow_term(session, operation, group.id, before, term_ends_on) if follows else 0
    return {"outcome": "done", "group": group.id, "moved": moved}


def _follow_term(session: Session, operation: Operation, group_id: int, before: date | None, after: date | None) -> int:
    assert after is not None
    wanted = select(Loan.id).where(Loan.group_id == group_id, Loan.in_at.is_(None), Loan.due_on == before)
    lock_loans(session, list(session.scalars(wanted)))
    rows = session.execute(wanted.add_columns(Loan.out_branch_id, Loan.due_on)).all()
    changes = [Change(row.id, row.out_branch_id, "due_on", row.due_on, after) for row in rows]
    if changes:
        move_due_dates(session, operation, changes, {"group_id": group_id})
    return len(changes)


def end(session: Session, operation: Operation, group: PatronGroup) -> Answer:
    """End a group; return `{outcome, group}`. Raises `Conflict` `group_has_loans` or `group_ended`."""
    out = session.scalar(select(func.count()).where(Loan.group_id == group.id, Loan.in_at.is_(None))) or 0
    if out:
        raise Conflict("group_has_loans", group=group.id, loans=out)
    groups.end_group(session, operation, group)
    return {"outcome": "done", "group": group.id}


def _lock_copies(session: Session, codes: Sequence[str], *, patron_id: int | None = None) -> None:
    """Lock the copies a list may mean, and those kept for its reader, by their ids, before a line locks the queue of a title.

    Two lists with the same books in another order then wait for one another instead of deadlocking.
    """
    meant = select(ItemBarcode.item_id).where(ItemBarcode.barcode.in_(list(map(normalise_scan, codes))))
    kept = select(Hold.captured_item_id).where(Hold.patron_id == patron_id, Hold.state.in_(HOLD_CAPTURED))
    lock_items(session, (item_id for item_id in session.scalars(union_all(meant, kept)) if item_id is not None))


def _line(code: str, answer: Answer, *also: str) -> Answer:
    kept = ("decision", "reasons", "item", "candidates", "policy", *also)
    return {"code": code, **{name: answer.get(name) for name in kept}}
