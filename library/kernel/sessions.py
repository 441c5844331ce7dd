"""The session cookie: a random secret, signed; the database keeps only its SHA-256 and decides whether it still counts.

The signature lets a made-up cookie be refused without asking the database; the row makes a session revocable. Flask-Login
would keep the whole session in the cookie, which cannot be taken back.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import current_app, request
from itsdangerous import BadSignature, Signer
from werkzeug.wrappers import Response

from library.kernel.guard import COOKIE

SECRET_BYTES: Final = 32
TOUCH_EVERY: Final = timedelta(minutes=5)
"""How exact `seen_at` is; a write on every page would queue readers behind the desk."""


@dataclass(frozen=True)
class Lifetime:
    """A session ends `idle` after its last use and `absolute` after its beginning, whichever comes first."""

    idle: timedelta
    absolute: timedelta


STAFF: Final = Lifetime(timedelta(hours=10), timedelta(days=7))
READER: Final = Lifetime(timedelta(days=14), timedelta(days=90))


def new_secret() -> str:
    """Return the secret of a new session."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what the database keeps of a secret; it is random, so it needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_alive(lifetime: Lifetime, *, seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Tell whether a session that was not revoked still counts at `now`."""
    return now < expires_at and now - seen_at < lifetime.idle


def set_cookie(response: Response, secret: str, lifetime: Lifetime) -> None:
    """Give the browser its session, out of reach of scripts and of forms on other sites."""
    response.set_cookie(
        COOKIE,
        _signer().sign(secret).decode(),
        max_age=int(lifetime.absolute.total_seconds()),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: Response) -> None:
    """Take the session back from the browser."""
    response.delete_cookie(COOKIE, secure=request.is_secure, httponly=True, samesite="Lax")


def secret_of_request() -> str | None:
    """Return the secret in the request's cookie; None when there is none or its signature is not ours."""
    try:
        return _signer().unsign(request.cookies.get(COOKIE, "")).decode()
    except (BadSignature, UnicodeDecodeError):
        return None


def _signer() -> Signer:
    return Signer(str(current_app.secret_key), salt="library.session", digest_method=hashlib.sha256)
