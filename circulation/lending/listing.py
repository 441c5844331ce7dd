"""What is on loan, for pages and the API."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, false, func, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan
from circulation.models.loans import not_undone
from library.branches.models import Branch
from library.kernel import clock


@dataclass(frozen=True, slots=True)
class LoanFilter:
    """Which loans: `state` is open, overdue, closed or all; `paths` are those of branches they were lent at or below.

    `first` and `last` are days of lending, both included. What was read in the room is left out unless it is asked for.
    """

    today: date
    state: str = "open"
    patron_id: int | None = None
    paths: Sequence[str] | None = None
    item_id: int | None = None
    group_id: int | None = None
    first: date | None = None
    last: date | None = None
    is_on_site: bool | None = False
    is_backdated: bool | None = None


def open_loans(session: Session, patron_id: int) -> Sequence[Row[Loan, Bib, str]]:
    """Return a reader's open loans as (loan, bib, barcode), the first due first."""
    return session.execute(
        select(Loan, Bib, Item.barcode)
        .join(Bib, Bib.id == Loan.bib_id)
        .join(Item, Item.id == Loan.item_id)
        .where(Loan.patron_id == patron_id, Loan.in_at.is_(None))
        .order_by(Loan.due_on, Loan.id)
    ).all()


def open_loan_of_item(session: Session, item_id: int) -> Loan | None:
    """Return the open loan of a copy."""
    return session.scalars(select(Loan).where(Loan.item_id == item_id, Loan.in_at.is_(None))).one_or_none()


def loan_figures(session: Session, patron_id: int, today: date) -> tuple[int, int]:
    """Return how many copies a reader has, and how many of them are overdue on `today`."""
    row = session.execute(
        select(func.count(), func.count().filter(Loan.due_on < today)).where(
            Loan.patron_id == patron_id, Loan.in_at.is_(None)
        )
    ).one()
    return row[0], row[1]


def whose(session: Session, loan_id: int) -> tuple[int | None, Branch | None]:
    """Return whose loan it is and where it was lent; no reader when that one is forgotten, neither for an unknown loan."""
    wanted = select(Loan.patron_id, Branch).join(Branch, Branch.id == Loan.out_branch_id).where(Loan.id == loan_id)
    row = session.execute(wanted).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def loans(session: Session, wanted: LoanFilter, *, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return a page of loans as the API shows them, the first due first, and how many there are."""
    conditions = _conditions(wanted)
    branch = Branch.id == Loan.out_branch_id
    total = session.scalar(select(func.count()).select_from(Loan).join(Branch, branch).where(*conditions)) or 0
    rows = session.execute(
        select(Loan, Item.barcode, Bib.title, Branch.code)
        .join(Item, Item.id == Loan.item_id)
        .join(Bib, Bib.id == Loan.bib_id)
        .join(Branch, branch)
        .where(*conditions)
        .order_by(Loan.due_on, Loan.id)
        .offset(offset)
        .limit(limit)
    )
    return [_shown(*row, wanted.today) for row in rows], total


def _conditions(wanted: LoanFilter) -> list[Any]:
    equal = (
        (Loan.patron_id, wanted.patron_id),
        (Loan.item_id, wanted.item_id),
        (Loan.group_id, wanted.group_id),
        (Loan.is_on_site, wanted.is_on_site),
        (Loan.is_backdated, wanted.is_backdated),
    )
    conditions: list[Any] = [not_undone(), *_of_state(wanted), *_lent_between(wanted)]
    conditions += [column == value for column, value in equal if value is not None]
    if wanted.paths is not None:
        conditions.append(or_(false(), *(Branch.path.startswith(path) for path in wanted.paths)))
    return conditions


def _of_state(wanted: LoanFilter) -> Iterator[Any]:
    if wanted.state in {"open", "overdue"}:
        yield Loan.in_at.is_(None)
    if wanted.state == "overdue":
        yield Loan.due_on < wanted.today
    if wanted.state == "closed":
        yield Loan.in_at.is_not(None)


def _lent_between(wanted: LoanFilter) -> Iterator[Any]:
    if wanted.first is not None:
        yield Loan.out_at >= clock.start_of_day(wanted.first)
    if wanted.last is not None:
        yield Loan.out_at < clock.start_of_day(wanted.last + timedelta(days=1))


def _shown(loan: Loan, barcode: str, title: str, branch: str, today: date) -> dict[str, Any]:
    return {
        "id": loan.id,
        "item": loan.item_id,
        "barcode": barcode,
        "bib": loan.bib_id,
        "title": title,
        "patron": loan.patron_id,
        "branch": branch,
        "out_at": loan.out_at,
        "due_on": loan.due_on,
        "in_at": loan.in_at,
        "closed_as": loan.closed_as,
        "renewals": loan.renewals,
        "group": loan.group_id,
        "is_on_site": loan.is_on_site,
        "is_backdated": loan.is_backdated,
        "is_recalled": loan.recalled_at is not None,
        "is_overdue": loan.in_at is None and loan.due_on < today,
    }
