"""What would be left behind if a branch were closed or merged; implements the places' Protocol."""

from collections.abc import Mapping

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import TRANSFER_OPEN, Box, Hold, Loan, Transfer
from circulation.whereabouts import facts
from library.patrons.models import Patron


class DependentsOfBranch:
    """Implements `library.branches.dependents.Dependents`."""

    def uses(self, session: Session, branch_id: int) -> Mapping[str, int]:
        """Return how many copies, readers, loans, holds, transfers and boxes still name a branch.

        Copies withdrawn do not count; they will not be anywhere again. One statement.
        """
        counts = {name: query.scalar_subquery().label(name) for name, query in _queries(branch_id).items()}
        row = session.execute(select(*counts.values())).one()
        return dict(zip(counts, row, strict=True))


def _queries(branch_id: int) -> dict[str, Select[int]]:
    def count(*conditions: object) -> Select[int]:
        return select(func.count()).where(*conditions)  # type: ignore[arg-type]  # SQL conditions of any table

    here = or_(Item.owner_branch_id == branch_id, Item.home_branch_id == branch_id, Item.current_branch_id == branch_id)
    return {
        "items": count(here, ~facts.condition("withdrawn")),
        "patrons": count(Patron.home_branch_id == branch_id, Patron.closed_on.is_(None), Patron.erased_at.is_(None)),
        "loans": count(Loan.out_branch_id == branch_id, Loan.in_at.is_(None)),
        "holds": count(Hold.pickup_branch_id == branch_id, Hold.ended_at.is_(None)),
        "transfers": count(
            or_(Transfer.from_branch_id == branch_id, Transfer.to_branch_id == branch_id),
            Transfer.state.in_(TRANSFER_OPEN),
        ),
        "boxes": count(
            or_(Box.holder_branch_id == branch_id, Box.to_branch_id == branch_id),
            Box.state.in_(("open", "sealed", "dispatched")),
        ),
    }
