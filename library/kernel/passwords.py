"""Passwords and PINs: argon2id, 19 MiB and two passes (OWASP's second choice, about 25 ms on a small server).

Hashing is slow on purpose, so it never runs inside a transaction: one hash there would stop every writer of the county.
An unknown card costs the same time as a wrong PIN, so that nobody learns from the clock which cards exist.
"""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_secret(secret: str) -> str:
    """Return the hash of a password or PIN, salt and parameters included."""
    return _HASHER.hash(secret)


def verify(stored: str | None, secret: str) -> bool:
    """Tell whether `secret` is the one that was hashed; `stored` None takes as long and is False."""
    try:
        _HASHER.verify(stored or _dummy(), secret)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _dummy() -> str:
    return hash_secret("the secret of nobody")
