"""What a lost copy costs, and until when a copy that is called back may be kept. Pure functions of values."""

from datetime import date

# What somebody pays for half a yuan is not worth the receipt.
LEAST_CENTS = 50


def loss_cents(price_cents: int | None, percent: int) -> int | None:
    """Return what a lost copy costs in cents: its price by the percentage of the rule; None when no price is known.

    Nothing under half a yuan is charged.
    """
    if percent == 0:
        return 0
    if price_cents is None:
        return None
    cents = price_cents * percent // 100
    return cents if cents >= LEAST_CENTS else 0


def recalled_until(due_on: date, wanted_on: date) -> date:
    """Return when a loan that is called back is due: on the wanted day, but never later than before."""
    return min(due_on, wanted_on)
