"""Hashing PINs with argon2id: slow on purpose, so it runs before a transaction begins and never inside one."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from library.kernel.errors import Invalid
from library.patrons.rules import pin_fault


def hash_pin(pin: str, card_number: str = "") -> str:
    """Return the argon2id hash of a PIN.

    Raises `Invalid` `pin_shape` or `pin_trivial`.
    """
    fault = pin_fault(pin, card_number)
    if fault is not None:
        raise Invalid(fault)
    return _hasher().hash(pin)


def pin_matches(pin_hash: str | None, pin: str) -> bool:
    """Tell whether a PIN is the one of the hash; a reader without PIN costs as much time as one with."""
    try:
        _hasher().verify(pin_hash or _nobodys_hash(), pin)
    except (Argon2Error, InvalidHashError):
        return False
    return pin_hash is not None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody")
