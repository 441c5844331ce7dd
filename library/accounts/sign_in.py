"""Signing in: charge the attempt, verify the secret, open the session — three steps, the slow one outside transactions.

A wrong PIN, an unknown card, a reader without a PIN and a closed card are answered alike and in the same time.
"""

from collections.abc import Callable

from flask import request
from sqlalchemy.orm import Session

from library.accounts import services
from library.accounts.services import Credentials
from library.kernel import clock, passwords, throttle
from library.kernel.db import reading, writing
from library.kernel.errors import Invalid
from library.kernel.identifiers import normalise_scan

LONGEST_SECRET = 200


def sign_in_reader(card: str, pin: str) -> str:
    """Return the secret of a new reader's session.

    Raises `Invalid` `wrong_credentials`, `TooManyAttempts`.
    """
    number = normalise_scan(card)
    found = _verified(
        throttle.subject("card", number), lambda session: services.reader_credentials(session, number), pin
    )
    with writing() as session:
        return services.open_session(session, patron_id=found.id, device=_device())


def sign_in_staff(name: str, password: str) -> str:
    """Return the secret of a new staff session; raises like `sign_in_reader`."""
    name = name.strip()
    found = _verified(
        throttle.subject(services.NAME_SUBJECT, name),
        lambda session: services.staff_credentials(session, name),
        password,
    )
    with writing() as session:
        return services.open_session(session, account_id=found.id, device=_device())


def _verified(
    person: throttle.Subject, credentials: Callable[[Session], Credentials | None], secret: str
) -> Credentials:
    subjects = (person, throttle.address_subject(request.remote_addr))
    with writing() as session:
        throttle.charge(session, subjects, clock.now())
    with reading() as session:
        found = credentials(session)
    # A very long secret would only cost us time: argon2 reads all of it.
    right = passwords.verify(found.secret_hash if found else None, secret[:LONGEST_SECRET])
    if found is None or not right:
        raise Invalid("wrong_credentials")
    with writing() as session:
        throttle.give_back(session, subjects)
    return found


def _device() -> str:
    return (request.user_agent.string or "")[:120]
