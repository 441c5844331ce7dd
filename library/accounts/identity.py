"""Who makes this request: a bearer token, else the session cookie, else nobody. Asked once, before every request.

A token that is wrong is refused even where nobody need be signed in: a program must not go on believing in it. A cookie
that no longer counts is simply taken back, so that the page appears as to any visitor.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy import Select, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from library.accounts import services
from library.accounts.models import ApiToken, RoleGrant, SignInSession, StaffAccount
from library.branches.models import Branch
from library.kernel import clock, sessions
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import reading, writing
from library.kernel.errors import Busy, SignInRequired
from library.kernel.guard import COOKIE
from library.patrons.models import Patron

BEARER = "bearer "
# What must answer without the database, and what belongs to nobody.
IMPERSONAL = frozenset({"health.healthy", "health.ready", "health.metrics", "static", "assets.bundle"})
# One statement tells the account and its grants; a grant that ended is not joined.
_WITH_GRANTS = (RoleGrant.role, RoleGrant.branch_id, Branch.path)


def register(app: Flask) -> None:
    """Find out the actor before every request of `app`."""
    app.before_request(_identify)
    app.after_request(_take_back_dead_cookie)


def _identify() -> None:
    if request.endpoint in IMPERSONAL:
        return
    header = request.headers.get("Authorization", "")
    if header.lower().startswith(BEARER):
        with reading() as session:
            g.actor = actor_of_token(session, header[len(BEARER) :].strip(), clock.now())
    elif COOKIE in request.cookies:
        secret = sessions.secret_of_request()
        g.dead_cookie = secret is None or not _resume(secret)


def _resume(secret: str) -> bool:
    now = clock.now()
    with reading() as session:
        found = actor_of_session(session, secret, now)
    if found is None:
        return False
    g.actor, session_id, seen_at = found
    if now - seen_at > sessions.TOUCH_EVERY:
        _touch(session_id)
    return True


def _touch(session_id: int) -> None:
    try:
        with writing() as session:
            services.touch_session(session, session_id)
    except Busy:
        return  # the next request will do; nobody shall wait for a time stamp


def _take_back_dead_cookie(response: Response) -> Response:
    if g.get("dead_cookie") and "Set-Cookie" not in response.headers:
        sessions.drop_cookie(response)
    return response


def actor_of_token(session: Session, token: str, now: datetime) -> Actor:
    """Return the account a token stands for; raises `SignInRequired` `invalid_token` or `token_expired`."""
    rows = session.execute(
        _joined(select(StaffAccount.id, StaffAccount.display_name, ApiToken.expires_at, *_WITH_GRANTS))
        .join(ApiToken, ApiToken.account_id == StaffAccount.id)
        .where(ApiToken.token_hash == sessions.digest(token), ApiToken.revoked_at.is_(None))
    ).all()
    if not rows:
        raise SignInRequired("invalid_token")
    expires_at = rows[0].expires_at
    if expires_at is not None and expires_at <= now:
        raise SignInRequired("token_expired")
    return Actor(ActorKind.STAFF, rows[0].id, rows[0].display_name, _grants(rows), by_token=True)


def actor_of_session(session: Session, secret: str, now: datetime) -> tuple[Actor, int, datetime] | None:
    """Return the actor, the session's id and when it was last seen; None when it is over."""
    row = session.execute(
        select(SignInSession).where(
            SignInSession.secret_hash == sessions.digest(secret), SignInSession.revoked_at.is_(None)
        )
    ).scalar_one_or_none()
    if row is None:
        return None
    lifetime = sessions.STAFF if row.account_id is not None else sessions.READER
    if not sessions.is_alive(lifetime, seen_at=row.seen_at, expires_at=row.expires_at, now=now):
        return None
    actor = _staff(session, row.account_id) if row.account_id is not None else _reader(session, row.patron_id)
    return (actor, row.id, row.seen_at) if actor else None


def _staff(session: Session, account_id: int) -> Actor | None:
    rows = session.execute(
        _joined(select(StaffAccount.id, StaffAccount.display_name, *_WITH_GRANTS)).where(StaffAccount.id == account_id)
    ).all()
    return Actor(ActorKind.STAFF, account_id, rows[0].display_name, _grants(rows)) if rows else None


def _reader(session: Session, patron_id: int | None) -> Actor | None:
    name = session.scalar(
        select(Patron.name).where(Patron.id == patron_id, Patron.closed_on.is_(None), Patron.erased_at.is_(None))
    )
    return Actor(ActorKind.PATRON, patron_id, name) if name is not None else None


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(StaffAccount)
        .join(RoleGrant, (RoleGrant.account_id == StaffAccount.id) & RoleGrant.ended_at.is_(None), isouter=True)
        .join(Branch, Branch.id == RoleGrant.branch_id, isouter=True)
        .where(StaffAccount.disabled_at.is_(None))
    )


def _grants(rows: Iterable[Row[*tuple[Any, ...]]]) -> tuple[Grant, ...]:
    return tuple(Grant(row.role, row.branch_id, row.path) for row in rows if row.role is not None)
