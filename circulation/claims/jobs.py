"""Work on late loans beside the requests: after so many days nobody expects the book, and somebody has to ask."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from catalog.items.models import Item
from circulation.cases.rules import Kind
from circulation.claims.claiming import claim_lost
from circulation.claims.subjects import loan_of
from circulation.models import Case, Loan
from circulation.policies.book import book
from library.branches.models import Branch
from library.kernel import clock, jobs
from library.kernel.db import reading
from library.kernel.operations import Operation
from library.patrons.models import Patron


@jobs.scheduled("claim_lost_loans", daily="01:10")
def claim_lost_loans() -> int:
    """Open a case for each loan that has become too late; return for how many."""
    with reading() as session:
        late = given_up(session, clock.today())
    return jobs.one_by_one("claim_lost", late, _claim)


def given_up(session: Session, today: date, loan_id: int | None = None) -> Sequence[int]:
    """Return the ids of the open loans that are more days late than `lost_after_days` allows and were never claimed lost.

    Loans from a notebook are left out, whose dates may be wrong, and those somebody is being asked about. With `loan_id`, of
    that one loan.
    """
    out, home, patron_home = aliased(Branch), aliased(Branch), aliased(Branch)
    claimed_lost = exists().where(Case.loan_id == Loan.id, Case.kind == Kind.CLAIMED_LOST)
    asked_about = exists().where(Case.loan_id == Loan.id, Case.settled_at.is_(None))
    wanted = (
        select(
            Loan.id,
            Loan.due_on,
            Loan.item_class,
            Loan.patron_category,
            out.path.label("out_path"),
            home.path.label("home_path"),
            func.coalesce(patron_home.path, out.path).label("patron_path"),
        )
        .join(out, out.id == Loan.out_branch_id)
        .join(Item, Item.id == Loan.item_id)
        .join(home, home.id == Item.home_branch_id)
        .outerjoin(Patron, Patron.id == Loan.patron_id)
        .outerjoin(patron_home, patron_home.id == Patron.home_branch_id)
        .where(Loan.in_at.is_(None), Loan.due_on < today, Loan.is_backdated.is_(False), ~claimed_lost, ~asked_about)
        .order_by(Loan.id)
    )
    if loan_id is not None:
        wanted = wanted.where(Loan.id == loan_id)
    rules = book(session)
    found = []
    for row in session.execute(wanted).all():
        path = rules.deciding_path(lending=row.out_path, item_home=row.home_path, patron_home=row.patron_path)
        terms = rules.resolve(item_class=row.item_class, patron_category=row.patron_category, path=path, on=today).terms
        if terms.lost_after_days is not None and (today - row.due_on).days > terms.lost_after_days:
            found.append(row.id)
    return found


def _claim(session: Session, operation: Operation, loan_id: int) -> bool:
    """Open the case, unless the loan ended or somebody asked about it while this one waited for its turn."""
    loan = loan_of(session, loan_id)
    if not given_up(session, clock.local_date(operation.at), loan_id):
        return False
    claim_lost(session, operation, loan)
    return True
