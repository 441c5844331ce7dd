"""Use cases of access: accounts, grants, tokens, and signed-in sessions.

None of them hashes a password: that is slow and belongs before the transaction (`library.kernel.passwords`).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from library.accounts.models import ApiToken, RoleGrant, SignInSession, StaffAccount
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel import clock, sessions, throttle
from library.kernel.errors import Conflict, Invalid, NotFound
from library.patrons.models import Patron, PatronCard

NAME_SUBJECT: Final = "name"
"""Under which kind of subject failures of a staff account are counted."""
TOKEN_PREFIX: Final = "lib_"  # noqa: S105  tells people and secret scanners what it is


@dataclass(frozen=True)
class Credentials:
    """Who may sign in with which hash; `secret_hash` None when no PIN or password was ever set."""

    id: int
    secret_hash: str | None


def add_account(session: Session, name: str, *, display_name: str = "", password_hash: str | None = None) -> int:
    """Add a staff account; raises `Invalid` `account_name_invalid` or `Conflict` `account_exists`."""
    name = name.strip()
    if not name or len(name) > 60 or any(character.isspace() for character in name):
        raise Invalid("account_name_invalid")
    if session.scalar(select(StaffAccount.id).where(StaffAccount.name == name)) is not None:
        raise Conflict("account_exists", name=name)
    account = StaffAccount(
        name=name, display_name=display_name or name, password_hash=password_hash, created_at=clock.now()
    )
    session.add(account)
    session.flush()
    return account.id


def account_by_name(session: Session, name: str) -> StaffAccount:
    """Return an account; raises `NotFound` `unknown_account`."""
    account = session.scalar(select(StaffAccount).where(StaffAccount.name == name))
    if account is None:
        raise NotFound("unknown_account", name=name)
    return account


def set_password(session: Session, account: StaffAccount, password_hash: str) -> None:
    """Change a password; every session of the account ends, and failures to sign in are forgotten."""
    account.password_hash = password_hash
    throttle.forgive(session, throttle.subject(NAME_SUBJECT, account.name))
    end_sessions(session, account_id=account.id)


def grant(session: Session, account: StaffAccount, role: str, branch_code: str | None) -> bool:
    """Give a role on a branch, on the whole tree when `branch_code` is None; False when it was given before.

    Raises `Invalid` `unknown_role`, `NotFound` `unknown_branch`.
    """
    if role not in set(Role):
        raise Invalid("unknown_role", role=role, roles=", ".join(Role))
    branch_id = _branch_id(session, branch_code)
    open_grant = select(RoleGrant.id).where(
        RoleGrant.account_id == account.id,
        RoleGrant.role == role,
        RoleGrant.branch_id == branch_id,
        RoleGrant.ended_at.is_(None),
    )
    if session.scalar(open_grant) is not None:
        return False
    session.add(RoleGrant(account_id=account.id, role=role, branch_id=branch_id, granted_at=clock.now()))
    session.flush()
    return True


def _branch_id(session: Session, code: str | None) -> int:
    query = select(Branch.id)
    query = query.where(Branch.code == code) if code else query.where(Branch.parent_id.is_(None)).order_by(Branch.id)
    branch_id = session.scalar(query.limit(1))
    if branch_id is None:
        raise NotFound("unknown_branch", branch=code or "")
    return branch_id


def end_grants(session: Session, account: StaffAccount, *, role: str | None = None) -> int:
    """End the account's grants, or only those of one role; return how many."""
    query = update(RoleGrant).where(RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None))
    if role is not None:
        query = query.where(RoleGrant.role == role)
    return _count(session.execute(query.values(ended_at=clock.now())))


def issue_token(session: Session, account: StaffAccount, *, label: str = "", expires_at: datetime | None = None) -> str:
    """Return a new API token with the account's grants; it is shown this once and kept only as its SHA-256."""
    token = f"{TOKEN_PREFIX}{secrets.token_urlsafe(sessions.SECRET_BYTES)}"
    session.add(
        ApiToken(
            account_id=account.id,
            token_hash=sessions.digest(token),
            label=label[:80],
            created_at=clock.now(),
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def revoke_account(session: Session, account: StaffAccount) -> None:
    """Shut an account: its sessions and tokens end at once; grants stay, to be read later."""
    account.disabled_at = clock.now()
    end_sessions(session, account_id=account.id)
    revoke_tokens(session, account)


def revoke_tokens(session: Session, account: StaffAccount) -> int:
    """End all tokens of an account; return how many."""
    query = update(ApiToken).where(ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
    return _count(session.execute(query.values(revoked_at=clock.now())))


def staff_credentials(session: Session, name: str) -> Credentials | None:
    """Return what a sign-in by name and password is checked against; None for nobody and for a shut account."""
    row = session.execute(
        select(StaffAccount.id, StaffAccount.password_hash).where(
            StaffAccount.name == name, StaffAccount.disabled_at.is_(None)
        )
    ).first()
    return Credentials(row.id, row.password_hash) if row else None


def reader_credentials(session: Session, card_number: str) -> Credentials | None:
    """Return what a sign-in by card and PIN is checked against; None unless the card is active."""
    row = session.execute(
        select(Patron.id, Patron.pin_hash)
        .join(PatronCard, PatronCard.patron_id == Patron.id)
        .where(
            PatronCard.number == card_number,
            PatronCard.state == "active",
            Patron.closed_on.is_(None),
            Patron.erased_at.is_(None),
        )
    ).first()
    return Credentials(row.id, row.pin_hash) if row else None


def open_session(
    session: Session, *, account_id: int | None = None, patron_id: int | None = None, device: str = ""
) -> str:
    """Return the secret of a new session of a member of staff or of a reader."""
    secret, now = sessions.new_secret(), clock.now()
    lifetime = sessions.STAFF if account_id is not None else sessions.READER
    session.execute(
        insert(SignInSession).values(
            secret_hash=sessions.digest(secret),
            account_id=account_id,
            patron_id=patron_id,
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime.absolute,
            device=device[:120],
        )
    )
    return secret


def end_session(session: Session, secret: str) -> None:
    """Revoke one session."""
    session.execute(
        update(SignInSession).where(SignInSession.secret_hash == sessions.digest(secret)).values(revoked_at=clock.now())
    )


def end_sessions(session: Session, *, account_id: int | None = None, patron_id: int | None = None) -> int:
    """Revoke every session of a member of staff or of a reader; return how many."""
    mine = SignInSession.account_id == account_id if account_id is not None else SignInSession.patron_id == patron_id
    query = update(SignInSession).where(mine, SignInSession.revoked_at.is_(None))
    return _count(session.execute(query.values(revoked_at=clock.now())))


def end_all_sessions(session: Session) -> int:
    """Revoke every session there is; return how many."""
    query = update(SignInSession).where(SignInSession.revoked_at.is_(None))
    return _count(session.execute(query.values(revoked_at=clock.now())))


def touch_session(session: Session, session_id: int) -> None:
    """Remember that a session was used now."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=clock.now()))


def forget_ended_sessions(session: Session) -> int:
    """Delete the sessions that ended; return how many."""
    over = (SignInSession.expires_at < clock.now()) | SignInSession.revoked_at.is_not(None)
    return _count(session.execute(delete(SignInSession).where(over)))


def accounts_listed(session: Session) -> list[dict[str, object]]:
    """Return every account with its open grants, for the console."""
    rows = session.execute(
        select(StaffAccount.name, StaffAccount.display_name, StaffAccount.disabled_at, RoleGrant.role, Branch.code)
        .join(RoleGrant, (RoleGrant.account_id == StaffAccount.id) & RoleGrant.ended_at.is_(None), isouter=True)
        .join(Branch, Branch.id == RoleGrant.branch_id, isouter=True)
        .order_by(func.lower(StaffAccount.name), RoleGrant.role, Branch.code)
    )
    listed: dict[str, dict[str, object]] = {}
    for name, display_name, disabled_at, role, code in rows:
        entry = listed.setdefault(
            name, {"name": name, "display_name": display_name, "disabled": disabled_at is not None, "grants": []}
        )
        if role is not None:
            grants = entry["grants"]
            assert isinstance(grants, list)
            grants.append({"role": role, "branch": code})
    return list(listed.values())


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
