"""The question every entry point asks first: may this actor do this, here?

`require("lend", branch)` answers the actor or raises; `permits(actor, "override", branch)` only tells. Who the actor is was
found out before the request by `library.accounts.identity`.
"""

from typing import Protocol

from library.accounts.rules import covers, gives
from library.kernel.actors import Actor, ActorKind, current_actor
from library.kernel.errors import NotAllowed, SignInRequired


class Place(Protocol):
    """A branch as far as access is concerned."""

    @property
    def code(self) -> str: ...

    @property
    def path(self) -> str: ...


def permits(actor: Actor, permission: str, branch: Place | None = None) -> bool:
    """Tell whether the actor may do this at the branch, or anywhere when `branch` is None.

    The system may do everything: commands and jobs are run by whoever owns the machine.
    """
    if actor.kind == ActorKind.SYSTEM:
        return True
    return covers(actor.grants, permission, branch.path if branch is not None else None)


def require(permission: str, branch: Place | None = None) -> Actor:
    """Return the present actor when they may do this at the branch (anywhere when None).

    Raises `SignInRequired`; `NotAllowed` `not_allowed` when no role of theirs includes the permission, `outside_grant` when
    one does, but not at this branch.
    """
    actor = current_actor()
    if permits(actor, permission, branch):
        return actor
    if actor.kind == ActorKind.ANONYMOUS:
        raise SignInRequired("sign_in_required")
    if branch is not None and permits(actor, permission):
        raise NotAllowed("outside_grant", branch=branch.code, permission=permission)
    raise NotAllowed("not_allowed", permission=permission)


def granted_paths(actor: Actor, permission: str) -> tuple[str, ...]:
    """Return the tree paths at and below which the actor may do this, for lists that name no branch."""
    if actor.kind == ActorKind.SYSTEM:
        return ("/",)
    return tuple(grant.branch_path for grant in actor.grants if gives(grant.role, permission))


def require_signed_in() -> Actor:
    """Return whoever is signed in, reader or staff; raises `SignInRequired`."""
    actor = current_actor()
    if actor.kind == ActorKind.ANONYMOUS:
        raise SignInRequired("sign_in_required")
    return actor


def require_reader() -> Actor:
    """Return the signed-in reader; raises `SignInRequired`, also for staff, who have no reader's account."""
    actor = current_actor()
    if actor.kind != ActorKind.PATRON:
        raise SignInRequired("sign_in_required")
    return actor


def require_staff() -> Actor:
    """Return the signed-in member of staff, whatever their role; raises `SignInRequired`."""
    actor = current_actor()
    if actor.kind not in {ActorKind.STAFF, ActorKind.SYSTEM}:
        raise SignInRequired("sign_in_required")
    return actor
