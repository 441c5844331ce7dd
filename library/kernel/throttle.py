"""Failed sign-ins, counted in the database per card or account name and per address.

Counting in a process would multiply the guesses by the number of workers. An attempt is charged *before* the secret is
verified and given back when it was right: a thousand guesses sent at once are then a thousand charges, of which the
first few get through.

How long a six-digit PIN holds: five free failures, then a pause that doubles from one minute to one day. After about
16 failures an attacker has one guess a day, so in a year 380 of 1,000,000. An address has more free failures, because a
whole reading room shares one, and its pause ends at one hour. Failures are forgotten after a quiet time.

Written here because Flask-Limiter counts in memory per worker or needs Redis.
"""

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from library.kernel.errors import TooManyAttempts
from library.kernel.models import SignInThrottle


@dataclass(frozen=True)
class Limit:
    """`free` failures without a pause, then `first_pause` doubling up to `longest_pause`; forgotten after `quiet`."""

    free: int
    first_pause: timedelta
    longest_pause: timedelta
    quiet: timedelta


PERSON: Final = Limit(5, timedelta(minutes=1), timedelta(days=1), timedelta(days=30))
ADDRESS: Final = Limit(30, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True)
class Subject:
    """Whose failures are counted; `key` is a keyed hash, so that the table names nobody."""

    key: str
    limit: Limit


@dataclass(frozen=True)
class Record:
    """The failures of one subject so far."""

    failures: int
    last_at: datetime
    locked_until: datetime | None


def pause_after(failures: int, limit: Limit) -> timedelta:
    """Return how long a subject must wait after this many failures."""
    beyond = failures - limit.free
    if beyond < 0:
        return timedelta(0)
    doublings = math.ceil(math.log2(limit.longest_pause / limit.first_pause))
    pause: timedelta = limit.first_pause * (1 << min(beyond, doublings))
    return min(pause, limit.longest_pause)


def after_failure(record: Record, limit: Limit, now: datetime) -> Record:
    """Return the record with one more failure at `now`; one that was quiet for long starts again."""
    failures = 1 if now - record.last_at > limit.quiet else record.failures + 1
    pause = pause_after(failures, limit)
    return Record(failures, now, now + pause if pause else None)


def subject(kind: str, name: str, limit: Limit = PERSON) -> Subject:
    """Return the subject of a card number or an account name of the current application."""
    key = str(current_app.secret_key).encode()
    return Subject(hmac.new(key, f"{kind}:{name}".encode(), hashlib.sha256).hexdigest(), limit)


def address_subject(address: str | None) -> Subject:
    """Return the subject of a network address; one household's IPv6 network counts as one address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return subject("address", address or "unknown", ADDRESS)
    prefix = 64 if parsed.version == 6 else 32
    return subject("address", str(ipaddress.ip_network((parsed, prefix), strict=False)), ADDRESS)


def charge(session: Session, subjects: Iterable[Subject], now: datetime) -> None:
    """Count one attempt against every subject; raises `TooManyAttempts` when one of them must still wait.

    Rows are locked in the order of their keys, so that two attempts never wait for each other.
    """
    for one in sorted(subjects, key=lambda found: found.key):
        record = _locked_record(session, one, now)
        if record.locked_until is not None and record.locked_until > now:
            wait = math.ceil((record.locked_until - now).total_seconds())
            raise TooManyAttempts("too_many_attempts", retry_after=wait)
        _store(session, one, after_failure(record, one.limit, now))


def give_back(session: Session, subjects: Iterable[Subject]) -> None:
    """Take back the charge of an attempt that was right: a person starts again, an address has one failure less.

    An address is not cleared: who owns one card could otherwise guess at all the others.
    """
    for one in sorted(subjects, key=lambda found: found.key):
        if one.limit is PERSON:
            forgive(session, one)
        else:
            session.execute(
                update(SignInThrottle)
                .where(SignInThrottle.subject == one.key, SignInThrottle.failures > 0)
                .values(failures=SignInThrottle.failures - 1, locked_until=None)
            )


def forgive(session: Session, one: Subject) -> None:
    """Forget the failures of a subject, as when the desk has set a new PIN."""
    session.execute(delete(SignInThrottle).where(SignInThrottle.subject == one.key))


def forget_quiet(session: Session, now: datetime) -> int:
    """Delete the records nobody needs any more; return how many."""
    result = session.execute(delete(SignInThrottle).where(SignInThrottle.last_at < now - PERSON.quiet))
    return int(getattr(result, "rowcount", 0))


def _locked_record(session: Session, one: Subject, now: datetime) -> Record:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(SignInThrottle)
        .values(subject=one.key, failures=0, first_at=now, last_at=now)
        .on_conflict_do_nothing(index_elements=["subject"])
    )
    columns = (SignInThrottle.failures, SignInThrottle.last_at, SignInThrottle.locked_until)
    row = session.execute(select(*columns).where(SignInThrottle.subject == one.key).with_for_update()).one()
    return Record(row.failures, row.last_at, row.locked_until)


def _store(session: Session, one: Subject, record: Record) -> None:
    session.execute(
        update(SignInThrottle)
        .where(SignInThrottle.subject == one.key)
        .values(failures=record.failures, last_at=record.last_at, locked_until=record.locked_until)
    )
