"""Roles and where they hold."""

from dataclasses import dataclass

import pytest

from library.accounts.models import ROLES
from library.accounts.rules import PERMISSIONS, Permission, Role, covers


@dataclass(frozen=True)
class At:
    role: str
    branch_path: str


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("county_administrator", set(Permission)),
        ("cataloguer", {"catalogue", "view"}),
        ("distribution", {"distribute", "plan", "view"}),
        ("branch_librarian", {"lend", "override", "register_patrons", "distribute", "set_hours", "view"}),
        ("room_keeper", {"lend", "register_patrons", "distribute", "view"}),
        ("supervisor", {"view"}),
    ],
)
def test_a_role_may_exactly_this(role: str, may: set[str]) -> None:
    assert {permission for permission in Permission if covers([At(role, "/1/")], permission, "/1/")} == may


@pytest.mark.parametrize(
    ("granted_on", "asked_at", "holds"),
    [
        ("/1/4/", "/1/4/", True),
        ("/1/4/", "/1/4/9/", True),
        ("/1/4/", "/1/", False),
        ("/1/4/", "/1/42/", False),
        ("/1/4/", "/1/5/", False),
        ("/1/", "/1/4/9/33/", True),
        ("/1/4/", None, True),
    ],
)
def test_a_grant_covers_the_branch_and_all_below_it(granted_on: str, asked_at: str | None, holds: bool) -> None:
    assert covers([At(Role.ROOM_KEEPER, granted_on)], Permission.LEND, asked_at) is holds


def test_a_permission_of_one_grant_does_not_leak_to_the_place_of_another() -> None:
    grants = [At(Role.SUPERVISOR, "/1/"), At(Role.ROOM_KEEPER, "/1/4/")]
    assert covers(grants, Permission.LEND, "/1/4/")
    assert not covers(grants, Permission.LEND, "/1/5/")
    assert covers(grants, Permission.VIEW, "/1/5/")


def test_the_database_knows_the_same_roles() -> None:
    assert set(ROLES) == set(Role) == set(PERMISSIONS)


def test_an_unknown_role_may_nothing() -> None:
    assert not any(covers([At("king", "/1/")], permission, None) for permission in Permission)
