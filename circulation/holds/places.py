"""Where a reader may collect books: the open branches within reach of the reader's own, township by township."""

from collections import defaultdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.holds.copies import RulesOfDay, wanting_of
from circulation.holds.rules import AREAS, pickup_obstacle
from circulation.holds.targeting import in_reach
from circulation.policies.values import Reach
from library.branches.models import Branch
from library.patrons.models import Patron

Area = tuple[Branch, list[Branch]]


def pickup_places(session: Session, patron: Patron, on: date) -> list[Area]:
    """Return the places at which a reader may collect books, by the area they lie in; the reader's own area first.

    An area is a township, or what stands at the top of the tree for the libraries of the whole county.
    """
    branches = session.scalars(select(Branch).where(Branch.state == "open").order_by(Branch.path)).all()
    by_id = {branch.id: branch for branch in branches}
    rules, places = RulesOfDay(session, on), defaultdict(list)
    for branch in branches:
        area = _area_of(branch, by_id)
        if area is not None and _may_collect(session, rules, patron, branch):
            places[area.id].append(branch)
    own = by_id.get(patron.home_branch_id)
    own_area = _area_of(own, by_id) if own is not None else None
    listed = [(by_id[area_id], found) for area_id, found in places.items()]
    return sorted(listed, key=lambda one: one[0] is not own_area)


def _may_collect(session: Session, rules: RulesOfDay, patron: Patron, branch: Branch) -> bool:
    if branch.kind in AREAS:
        return False
    wanting = wanting_of(session, patron, branch)
    reach = Reach(rules.terms(wanting, None).pickup_scope)
    is_near = wanting.home is None or in_reach(reach, wanting.home, branch.path)
    return pickup_obstacle(branch.kind, is_open=True, is_in_reach=is_near) is None


def _area_of(branch: Branch, by_id: dict[int, Branch]) -> Branch | None:
    """Return the township a branch is or lies in, else the nearest open branch above it that only groups others."""
    line = [int(part) for part in branch.path.strip("/").split("/")]
    above = [by_id[branch_id] for branch_id in reversed(line) if branch_id in by_id]
    town = next((one for one in above if one.kind == "township"), None)
    return town or next((one for one in above if one.kind in AREAS), None)
