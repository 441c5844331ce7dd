"""Roles, what each may do, and where: a role is granted on a branch and holds for everything below it.

Readers have no role; what they may do concerns only themselves and is asked for by `access.require_reader`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol


class Permission(StrEnum):
    """What may be done; `VIEW` is looking at what is not public, such as readers and figures."""

    LEND = "lend"
    OVERRIDE = "override"
    REGISTER_PATRONS = "register_patrons"
    CATALOGUE = "catalogue"
    DISTRIBUTE = "distribute"
    PLAN = "plan"
    ADMINISTER = "administer"
    SET_HOURS = "set_hours"
    VIEW = "view"


class Role(StrEnum):
    COUNTY_ADMINISTRATOR = "county_administrator"
    CATALOGUER = "cataloguer"
    DISTRIBUTION = "distribution"
    BRANCH_LIBRARIAN = "branch_librarian"
    ROOM_KEEPER = "room_keeper"
    SUPERVISOR = "supervisor"


# A keeper is a villager with an hour in the evening: lends, registers and handles boxes, but overrides nothing.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.COUNTY_ADMINISTRATOR: frozenset(Permission),
    Role.CATALOGUER: frozenset({Permission.CATALOGUE, Permission.VIEW}),
    Role.DISTRIBUTION: frozenset({Permission.DISTRIBUTE, Permission.PLAN, Permission.VIEW}),
    Role.BRANCH_LIBRARIAN: frozenset(
        {
            Permission.LEND,
            Permission.OVERRIDE,
            Permission.REGISTER_PATRONS,
            Permission.DISTRIBUTE,
            Permission.SET_HOURS,
            Permission.VIEW,
        }
    ),
    Role.ROOM_KEEPER: frozenset({Permission.LEND, Permission.REGISTER_PATRONS, Permission.DISTRIBUTE, Permission.VIEW}),
    Role.SUPERVISOR: frozenset({Permission.VIEW}),
}


class RoleOnBranch(Protocol):
    """A grant as the rules see it; `branch_path` is `/1/4/`."""

    @property
    def role(self) -> str: ...

    @property
    def branch_path(self) -> str: ...


def gives(role: str, permission: str) -> bool:
    """Tell whether a role includes a permission."""
    return permission in PERMISSIONS.get(role, frozenset())


def covers(grants: Iterable[RoleOnBranch], permission: str, branch_path: str | None) -> bool:
    """Tell whether one of the grants gives the permission at the branch; `branch_path` None asks for anywhere.

    Paths end in a slash, so that the branch `/1/4/` does not cover `/1/42/`.
    """
    return any(
        gives(grant.role, permission) and (branch_path is None or branch_path.startswith(grant.branch_path))
        for grant in grants
    )
