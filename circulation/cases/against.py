"""What stands against a reader who asks for a book: blocks in force and late loans. Lending and holds ask the same."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, exists, not_, select
from sqlalchemy.orm import Session

from circulation.cases.rules import Kind
from circulation.models import Case, Loan
from circulation.policies.calendars import answerable_on
from circulation.policies.lateness import Block, blocks, days_late
from library.kernel.prepared import Prepared
from library.patrons.models import PatronBlock

_is_lasting = (PatronBlock.until_on.is_(None)) | (PatronBlock.until_on >= bindparam("today"))
BLOCKS_IN_FORCE: Sequence[Any] = (
    PatronBlock.lifted_at.is_(None),
    PatronBlock.from_on <= bindparam("today"),
    _is_lasting,
)
BLOCKS = Prepared(
    select(PatronBlock.code, PatronBlock.until_on)
    .where(PatronBlock.patron_id == bindparam("patron_id"), *BLOCKS_IN_FORCE)
    .order_by(PatronBlock.code, PatronBlock.id)
)
_is_claimed = exists().where(
    Case.loan_id == Loan.id, Case.kind == str(Kind.CLAIMED_RETURNED), Case.settled_at.is_(None)
)
# One that the reader says came back blocks nobody until that is settled.
LATE_LOANS = Prepared(
    select(Loan.due_on, Loan.out_branch_id).where(
        Loan.patron_id == bindparam("patron_id"),
        Loan.in_at.is_(None),
        Loan.is_backdated.is_(False),
        Loan.due_on < bindparam("today"),
        not_(_is_claimed),
    )
)


def blocks_of(session: Session, patron_id: int, today: date) -> tuple[Block, ...]:
    """Return the blocks of a reader that are in force; of several suspensions the one that lasts longest."""
    rows = BLOCKS.all(session, patron_id=patron_id, today=today)
    longest: dict[str, date | None] = {}
    for code, until in rows:
        known = longest.get(code, date.min)
        longest[code] = None if until is None or known is None else max(until, known)
    return tuple(Block(code, until) for code, until in longest.items())


def late_since(
    session: Session,
    patron_id: int,
    today: date,
    *,
    oldest: date | None,
    allowed: int | None,
    version: int | None = None,
) -> date | None:
    """Return the first due date that counts against a reader; `oldest` is the first of all open loans, claimed or not.

    A loan whose branch did not open since its due date could not be brought back; it is late only from its next opening on.
    Only when `oldest` is more than `allowed` days late are the loans looked at one by one.
    """
    if not blocks(days_late(oldest, today), allowed):
        return oldest
    late = LATE_LOANS.all(session, patron_id=patron_id, today=today)
    return min((answerable_on(session, branch_id, due_on, version) for due_on, branch_id in late), default=None)
