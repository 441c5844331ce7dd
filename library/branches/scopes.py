"""Which rooms an operation on many concerns: everything below a place, a named set, or rooms ticked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from library.branches.models import Branch, BranchSet, BranchSetMember
from library.branches.services import branch_by_code
from library.kernel.errors import Invalid, NotFound

# Areas only group places; nobody opens a door there.
AREAS = ("city", "county")
MOST_ROOMS = 2000


@dataclass(frozen=True, slots=True)
class Scope:
    """`sort` is `subtree`, `set` or `rooms`; `code` names the place or the set."""

    sort: str
    code: str
    rooms: tuple[Branch, ...]

    @property
    def ids(self) -> list[int]:
        return [room.id for room in self.rooms]


def scope_of(session: Session, *, below: str = "", set_code: str = "", rooms: Sequence[str] = ()) -> Scope:
    """Return the rooms meant, exactly one of the three ways being given; closed and merged ones are left out.

    Raises `Invalid` `no_rooms_chosen` or `one_way_of_choosing`, `NotFound` `unknown_branch` or `unknown_set`.
    """
    if sum(map(bool, (below, set_code, rooms))) > 1:
        raise Invalid("one_way_of_choosing")
    if below:
        top = branch_by_code(session, below)
        found = Scope("subtree", below, _standing(session, select(Branch).where(Branch.path.startswith(top.path))))
    elif set_code:
        found = Scope("set", set_code, _standing(session, _members(session, set_code)))
    else:
        codes = list(dict.fromkeys(rooms))[:MOST_ROOMS]
        ticked = _standing(session, select(Branch).where(Branch.code.in_(codes)))
        unknown = set(codes) - {branch.code for branch in ticked}
        if unknown:
            raise NotFound("unknown_branch", branch=min(unknown))
        found = Scope("rooms", "", ticked)
    if not found.rooms:
        raise Invalid("no_rooms_chosen")
    return found


def _members(session: Session, code: str) -> Select[Branch]:
    set_id = session.scalar(select(BranchSet.id).where(BranchSet.code == code))
    if set_id is None:
        raise NotFound("unknown_set", set=code)
    return select(Branch).join(BranchSetMember).where(BranchSetMember.set_id == set_id)


def _standing(session: Session, wanted: Select[Branch]) -> tuple[Branch, ...]:
    kept = wanted.where(Branch.kind.not_in(AREAS), Branch.state.in_(("open", "suspended")))
    return tuple(session.scalars(kept.order_by(Branch.path)))
