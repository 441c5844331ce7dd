"""A PIN on its way into the database: checked, then hashed, both before the transaction begins."""

from library.kernel.errors import Invalid
from library.kernel.passwords import hash_secret
from library.patrons.rules import pin_fault


def hash_pin(pin: str, card_number: str = "") -> str:
    """Return the slow hash of a PIN that a reader may have.

    Raises `Invalid` `pin_shape` or `pin_trivial`.
    """
    fault = pin_fault(pin, card_number)
    if fault is not None:
        raise Invalid(fault)
    return hash_secret(pin)
