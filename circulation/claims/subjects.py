"""What a claim is about, read under lock in the order every service uses: readers by id, then the copy."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.charges.debtors import debtor_of
from circulation.lending import queries
from circulation.lending.asking import Question
from circulation.models import Loan
from circulation.policies.book import book
from library.branches.models import Branch
from library.kernel.errors import NotFound
from library.patrons.models import Patron


def loan_of(session: Session, loan_id: int) -> Loan:
    """Return a loan with its reader and then its copy locked. Raises `NotFound` `unknown_loan`."""
    place = queries.loan_by_id(session, loan_id)
    if place is None:
        raise NotFound("unknown_loan", loan=loan_id)
    concerned = {place.patron_id, debtor_of(session, place.patron_id)}
    for patron_id in sorted(one for one in concerned if one is not None):
        queries.lock_reader(session, patron_id=patron_id)
    queries.lock_copies(session, item_id=place.item_id)
    return session.get_one(Loan, loan_id, populate_existing=True)


def copy_of(session: Session, item_id: int) -> Item:
    """Return a copy, locked. Raises `NotFound` `unknown_item`."""
    queries.lock_copies(session, item_id=item_id)
    item = session.get(Item, item_id, populate_existing=True)
    if item is None:
        raise NotFound("unknown_item", item=item_id)
    return item


def question_of(session: Session, loan: Loan, on: date) -> Question:
    """Return what the rules are to be asked about a loan on a day, at the place the county lets decide."""
    rules = book(session)
    out_path = session.get_one(Branch, loan.out_branch_id).path
    item_home = select(Branch.path).join(Item, Item.home_branch_id == Branch.id).where(Item.id == loan.item_id)
    patron_home = select(Branch.path).join(Patron, Patron.home_branch_id == Branch.id)
    path = rules.deciding_path(
        lending=out_path,
        item_home=session.scalars(item_home).one(),
        patron_home=session.scalar(patron_home.where(Patron.id == loan.patron_id)) or out_path,
    )
    return Question(path, loan.item_class, loan.patron_category, on)
