"""Who makes this request: a bearer token, else the session cookie, else nobody. Asked once, before every request.

A token that is wrong is refused even where nobody need be signed in: a program must not go on believing in it. A cookie
that no longer counts is simply taken back, so that the page appears as to any visitor.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from library.accounts import services
from library.accounts.models import ApiToken, RoleGrant, SignInSession, StaffAccount
from library.branches.models import Branch
from library.kernel import clock, sessions
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.db import reading, table_of, writing
from library.kernel.errors import Busy, SignInRequired
from library.kernel.guard import COOKIE
from library.kernel.prepared import Prepared
from library.patrons.models import Patron

BEARER = "bearer "
# What must answer without the database, and what belongs to nobody.
IMPERSONAL = frozenset({"health.healthy", "health.ready", "health.metrics", "static", "assets.bundle"})
_accounts, _grant_rows, _branches = table_of(StaffAccount), table_of(RoleGrant), table_of(Branch)
_tokens, _sessions, _patrons = table_of(ApiToken), table_of(SignInSession), table_of(Patron)

# This precedes every request. One statement tells the account and its grants; a grant that ended is not joined.
_WITH_GRANTS = (
    select(_accounts.c.id, _accounts.c.display_name, _grant_rows.c.role, _grant_rows.c.branch_id, _branches.c.path)
    .select_from(_accounts)
    .outerjoin(_grant_rows, (_grant_rows.c.account_id == _accounts.c.id) & _grant_rows.c.ended_at.is_(None))
    .outerjoin(_branches, _branches.c.id == _grant_rows.c.branch_id)
    .where(_accounts.c.disabled_at.is_(None))
)
_BY_ACCOUNT = Prepared(_WITH_GRANTS.where(_accounts.c.id == bindparam("account")))
_BY_TOKEN = Prepared(
    _WITH_GRANTS.add_columns(_tokens.c.expires_at)
    .join(_tokens, _tokens.c.account_id == _accounts.c.id)
    .where(_tokens.c.token_hash == bindparam("digest"), _tokens.c.revoked_at.is_(None))
)
# A reader whose account was closed or erased has no session any more, whatever its row says.
_BY_SECRET = Prepared(
    select(_sessions, _patrons.c.name)
    .outerjoin(_patrons, _patrons.c.id == _sessions.c.patron_id)
    .where(
        _sessions.c.secret_hash == bindparam("digest"),
        _sessions.c.revoked_at.is_(None),
        _patrons.c.closed_on.is_(None),
        _patrons.c.erased_at.is_(None),
    )
)


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
    rows = _BY_TOKEN.all(session, digest=sessions.digest(token))
    if not rows:
        raise SignInRequired("invalid_token")
    expires_at = rows[0].expires_at
    if expires_at is not None and expires_at <= now:
        raise SignInRequired("token_expired")
    return Actor(ActorKind.STAFF, rows[0].id, rows[0].display_name, _grants(rows), by_token=True)


def actor_of_session(session: Session, secret: str, now: datetime) -> tuple[Actor, int, datetime] | None:
    """Return the actor, the session's id and when it was last seen; None when it is over."""
    row = _BY_SECRET.first(session, digest=sessions.digest(secret))
    if row is None:
        return None
    lifetime = sessions.STAFF if row.account_id is not None else sessions.READER
    if not sessions.is_alive(lifetime, seen_at=row.seen_at, expires_at=row.expires_at, now=now):
        return None
    if row.account_id is None:
        return Actor(ActorKind.PATRON, row.patron_id, row.name), row.id, row.seen_at
    staff = _BY_ACCOUNT.all(session, account=row.account_id)
    if not staff:
        return None
    actor = Actor(ActorKind.STAFF, row.account_id, staff[0].display_name, _grants(staff))
    return actor, row.id, row.seen_at


def _grants(rows: Iterable[Any]) -> tuple[Grant, ...]:
    return tuple(Grant(row.role, row.branch_id, row.path) for row in rows if row.role is not None)
