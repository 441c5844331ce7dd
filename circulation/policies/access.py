"""Who may change a row: whoever administers every place it holds for."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from circulation.policies import services
from library.accounts.access import require
from library.branches.models import Branch
from library.branches.services import branch_by_code


def require_place(session: Session, *, branch: str | None = None, branch_set: str | None = None) -> dict[str, int]:
    """Return where a new row holds, as arguments of `set_row`, after asking whether the actor administers all of it.

    No place at all is the whole county. Raises `NotFound` `unknown_branch` and `unknown_set`.
    """
    place: dict[str, int] = {}
    if branch is not None:
        found = branch_by_code(session, branch)
        require_all([found])
        place["branch_id"] = found.id
    if branch_set is not None:
        place["set_id"] = services.branch_set_by_code(session, branch_set).id
        require_all(services.members_of(session, place["set_id"]))
    if not place:
        require_all(services.roots(session))
    return place


def require_row(session: Session, policy_id: int) -> None:
    """Ask whether the actor administers every place a row holds for. Raises `NotFound` `unknown_policy`."""
    require_all(services.places_of(session, services.row_by_id(session, policy_id)))


def require_all(places: Sequence[Branch]) -> None:
    """Ask whether the actor administers every one of these branches."""
    require("administer")
    for place in places:
        require("administer", place)
