"""A loan that ends because the copy is lost: the copy counts as lost, a case stays open, and a rule may ask for its price.

What is charged is `lost_charge_percent` of the copy's price, of the title's when the copy has none. The same or a newer
edition is accepted instead; a copy found again undoes the charge.
"""

from collections.abc import Iterator

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemCondition
from circulation.cases.rules import ABOUT_OPEN_LOANS, Kind, Outcome
from circulation.cases.services import open_case, open_cases_of, settle_row
from circulation.charges import services as charges
from circulation.charges.debtors import debtor_of
from circulation.charges.rules import yuan
from circulation.claims import reasons
from circulation.claims.answers import about, answer, case_ref
from circulation.claims.rules import loss_cents
from circulation.claims.subjects import loan_of, question_of
from circulation.models import Loan
from circulation.policies.book import book
from circulation.policies.reasons import LOAN_ENDED
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel import clock, events
from library.kernel.decisions import Reason, reason
from library.kernel.operations import Answer, Operation

FORGIVEN = "case settled"


def declare_lost(
    session: Session, operation: Operation, loan_id: int, *, branch: Branch | None = None, note: str = ""
) -> Answer:
    """End an open loan because the copy is lost; `branch` is where that is said, the lending one when left out.

    Claims that are open on the loan end with it. Return `{decision, reasons, case, loan, item, patron, policy}`. Raises
    `NotFound` `unknown_loan`.
    """
    loan = loan_of(session, loan_id)
    if loan.in_at is not None:
        return answer([reason(LOAN_ENDED)], **about(loan))
    here = branch or session.get_one(Branch, loan.out_branch_id)
    for case in open_cases_of(session, loan.item_id):
        if case.kind in ABOUT_OPEN_LOANS:
            settle_row(session, operation, case, Outcome.LOST, branch_id=here.id)
    return end_as_lost(session, operation, loan, here, note)


def end_as_lost(session: Session, operation: Operation, loan: Loan, branch: Branch, note: str = "") -> Answer:
    """Close a locked loan as lost, with everything that follows."""
    _close(session, operation, loan, branch.id)
    case_id = open_case(
        session,
        operation,
        Kind.LOST,
        branch.id,
        item_id=loan.item_id,
        loan_id=loan.id,
        patron_id=loan.patron_id,
        details={"by": str(operation.actor.kind)},
        note=note,
    )
    make_condition(session, operation, session.get_one(Item, loan.item_id), "lost", branch.id)
    refresh_availability(session, [loan.item_id])
    question = question_of(session, loan, clock.local_date(operation.at))
    percent = question.of(book(session)).terms.lost_charge_percent
    found = list(_charge(session, operation, loan, branch, percent))
    asked = question.stored(operation.at, ["lost_charge_percent"])
    return answer(found, **about(loan), case=case_ref(case_id, Kind.LOST), policy=[asked])


def make_condition(session: Session, operation: Operation, item: Item, kind: str, branch_id: int) -> bool:
    """Note that a copy is lost, missing or damaged from now on; False when it was noted before."""
    same = (ItemCondition.item_id == item.id, ItemCondition.kind == kind, ItemCondition.until.is_(None))
    if session.scalar(select(ItemCondition.id).where(*same)) is not None:
        return False
    row = {"item_id": item.id, "kind": kind, "since": operation.at, "operation_id": operation.id}
    session.execute(insert(ItemCondition).values(row))
    events.record(session, operation, f"item.{kind}", branch_id=branch_id, bib_id=item.bib_id, item_id=item.id)
    return True


def forgive(session: Session, operation: Operation, loan_id: int, branch: Branch) -> int:
    """Undo what was charged for a lost copy and is not undone yet; return how much, in cents."""
    charged = charges.charged_for(session, [loan_id])
    for line in charged:
        charges.void(session, operation, line.entry, branch=branch, note=FORGIVEN)
    return sum(line.amount_cents for line in charged)


def _close(session: Session, operation: Operation, loan: Loan, branch_id: int) -> None:
    at = max(operation.at, loan.out_at)
    values = {"in_at": at, "in_branch_id": branch_id, "closed_as": "lost"}
    session.execute(update(Loan).where(Loan.id == loan.id, Loan.in_at.is_(None)).values(values))
    session.refresh(loan)
    today = clock.local_date(operation.at)
    events.record(
        session,
        operation,
        "loan.lost",
        branch_id=branch_id,
        bib_id=loan.bib_id,
        item_id=loan.item_id,
        patron_id=loan.patron_id,
        statistics={name: getattr(loan, name) for name in events.STATISTICS},
        payload={"loan_id": loan.id, "days_late": max(0, (today - loan.due_on).days)},
    )


def _charge(session: Session, operation: Operation, loan: Loan, branch: Branch, percent: int) -> Iterator[Reason]:
    cents = loss_cents(_price(session, loan.item_id), percent)
    debtor_id = debtor_of(session, loan.patron_id)
    if cents is None:
        yield reason(reasons.PRICE_UNKNOWN)
    elif not cents or debtor_id is None:
        yield reason(reasons.LOSS_NOT_CHARGED)
    else:
        charges.append(
            session,
            operation,
            patron_id=debtor_id,
            kind="compensation",
            amount_cents=cents,
            branch=branch,
            loan_id=loan.id,
        )
        code = reasons.LOSS_CHARGED if debtor_id == loan.patron_id else reasons.GUARDIAN_OWES
        yield reason(code, yuan=yuan(cents))


def _price(session: Session, item_id: int) -> int | None:
    """Return the price of a copy in cents, else that of its title."""
    row = session.execute(
        select(Item.price_cents, Bib.price_cents).join(Bib, Bib.id == Item.bib_id).where(Item.id == item_id)
    ).one()
    return row[0] if row[0] is not None else row[1]
