"""What a lost copy's coming back undoes: the charges for it, as far as that is still right."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from circulation.charges.rules import yuan
from circulation.charges.services import balance, charged_for, take_back
from circulation.lending import rare_statements
from circulation.lending.reasons import COMPENSATION_KEPT, COMPENSATION_TAKEN_BACK
from circulation.lending.return_rules import GIVE_BACK_DAYS, is_given_back
from library.kernel import clock
from library.kernel.decisions import Reason, reason
from library.kernel.operations import Operation


def undo_charges(
    session: Session, operation: Operation, item_id: int, today: date, *, branch_id: int
) -> Iterator[Reason]:
    """Undo what was charged for a lost copy, and yield what was undone and what has to be decided by a librarian.

    Undoing a line that was paid leaves the reader a credit, which a cash desk gives back as a `refund`.
    """
    loans = [row.id for row in rare_statements.LOST_LOANS.all(session, item_id=item_id)]
    undone = kept = 0
    for charged in charged_for(session, loans):
        owed = balance(session, charged.patron_id)
        charged_on = clock.local_date(charged.at)
        if is_given_back(charged.amount_cents, owed, charged_on, today):
            undone += charged.amount_cents * take_back(session, operation, charged, branch_id=branch_id)
        else:
            kept += charged.amount_cents
    if undone:
        yield reason(COMPENSATION_TAKEN_BACK, yuan=yuan(undone))
    if kept:
        yield reason(COMPENSATION_KEPT, yuan=yuan(kept), days=GIVE_BACK_DAYS)
