"""Where a member of staff works: the rooms a grant covers, and the one the desk is set to."""

from collections.abc import Sequence

from flask import session as cookie
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from library.accounts.access import granted_paths, require
from library.branches.choice import ROOM_KINDS
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel.actors import Actor
from library.kernel.errors import NotAllowed

_COOKIE = "desk"
DESK_KINDS = (*ROOM_KINDS, "township")


def desks_of(session: Session, actor: Actor, permission: str = "lend") -> Sequence[Branch]:
    """Return the rooms and libraries in which the actor may work, in the order of the tree."""
    paths = granted_paths(actor, permission)
    if not paths:
        return ()
    return session.scalars(
        select(Branch)
        .where(
            Branch.kind.in_(DESK_KINDS), Branch.state == "open", or_(*(Branch.path.startswith(path) for path in paths))
        )
        .order_by(Branch.path)
    ).all()


def desk_of(session: Session, actor: Actor, code: str | None, permission: str = "lend") -> Branch:
    """Return the desk the actor asks for, else the last one used here, else the first one.

    Raises `NotFound` `unknown_branch`, `NotAllowed` `outside_grant` or `not_allowed`.
    """
    if code:
        branch = branch_by_code(session, code)
        require(permission, branch)
        cookie[_COOKIE] = branch.code
        return branch
    desks = desks_of(session, actor, permission)
    if not desks:
        raise NotAllowed("not_allowed", permission=permission)
    return next((desk for desk in desks if desk.code == cookie.get(_COOKIE)), desks[0])
