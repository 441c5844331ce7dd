"""What would be left behind if a branch were closed."""

import pytest
from sqlalchemy.orm import Session

from catalog.items.models import ItemCondition
from circulation.whereabouts.dependents import DependentsOfBranch
from library.branches.dependents import dependents
from library.kernel import clock as kernel_clock
from tests.factories import a_county, a_loan, a_patron, an_item


@pytest.fixture(autouse=True)
def _noon(clock: object) -> None:
    del clock


def test_copies_readers_and_open_rows_are_counted(session: Session) -> None:
    places = a_county(session)
    east, west = places["east"], places["west"]
    assert set(dependents().uses(session, east.id).values()) == {0}
    reader = a_patron(session, branch=east)
    item = an_item(session, branch=east)
    an_item(session, branch=west, home_branch_id=east.id)
    a_loan(session, item=item, patron=reader)
    gone = an_item(session, branch=east)
    session.add(ItemCondition(item_id=gone.id, kind="withdrawn", since=kernel_clock.now()))
    session.flush()
    uses = DependentsOfBranch().uses(session, east.id)
    assert uses == {"items": 2, "patrons": 1, "loans": 1, "holds": 0, "transfers": 0, "boxes": 0}
