"""A county with shelves in the database, and loans to put into it."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.models import Loan
from library.branches.models import Branch
from library.kernel import clock as kernel_clock
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item


def stocked(session: Session) -> dict[str, Branch]:
    """A county whose rooms each have ten children's and ten farming books, and forty more of each in the catalogue."""
    places = a_county(session)
    for number in range(50):
        price = 1_800 + 20 * (number % 10)
        child = a_bib(
            session, title=f"小河的故事{number}", clc="I287", clc_top="I", audience="children", price_cents=price
        )
        farm = a_bib(session, title=f"种菜{number}讲", price_cents=price)
        if number < 10:
            for code in ("east", "west", "central"):
                an_item(session, branch=places[code], bib=child)
                an_item(session, branch=places[code], bib=farm)
    return places


def lend(session: Session, branch: Branch, count: int, *, audience: str = "children") -> list[Loan]:
    patron = a_patron(session, branch=branch)
    items = [item for item in branch_items(session, branch) if audience_of(session, item.bib_id) == audience]
    out = kernel_clock.now() - timedelta(days=9)
    back = out + timedelta(days=1)
    return [a_loan(session, item=items[n % len(items)], patron=patron, out_at=out, in_at=back) for n in range(count)]


def branch_items(session: Session, branch: Branch) -> list[Item]:
    return list(session.scalars(select(Item).where(Item.home_branch_id == branch.id).order_by(Item.id)))


def audience_of(session: Session, bib_id: int) -> str:
    return session.get_one(Bib, bib_id).audience
