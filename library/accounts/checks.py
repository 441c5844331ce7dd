"""Invariants of access."""

from sqlalchemy import func, select

from library.accounts.models import RoleGrant, SignInSession
from library.kernel.checks import Invariant

INVARIANTS = (
    Invariant(
        "one_open_grant",
        "An account has a role on a branch once.",
        select(RoleGrant.account_id, RoleGrant.role, RoleGrant.branch_id)
        .where(RoleGrant.ended_at.is_(None))
        .group_by(RoleGrant.account_id, RoleGrant.role, RoleGrant.branch_id)
        .having(func.count() > 1),
    ),
    Invariant(
        "session_is_one_persons",
        "A signed-in session is of one member of staff or one reader.",
        select(SignInSession.id).where((SignInSession.account_id.is_(None)) == (SignInSession.patron_id.is_(None))),
    ),
)
