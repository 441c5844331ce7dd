"""What a line of the ledger may say. Amounts are in cents; positive is owed by the reader, negative was paid or waived.

| kind             | sign | what it is                                        |
|------------------|------|---------------------------------------------------|
| `deposit`        | +    | a deposit the reader has to pay                   |
| `compensation`   | +    | for a copy lost or damaged                        |
| `processing`     | +    | the work of replacing it                          |
| `overdue`        | +    | for days late, where the county asks for that     |
| `refund`         | +    | money given back: what was paid, or a deposit     |
| `payment`        | −    | money received                                    |
| `waiver`         | −    | a debt let go, with its reason                    |
| `deposit_refund` | −    | a deposit the reader need not leave any longer    |
| `void`           | ±    | the opposite of an earlier line                   |

Room keepers never handle cash: payments, and refunds, are taken only where a librarian stands at the desk.
"""

from dataclasses import dataclass

OWED = frozenset({"deposit", "compensation", "processing", "overdue", "refund"})
SETTLED = frozenset({"payment", "waiver", "deposit_refund"})
CASH = frozenset({"payment", "refund", "deposit_refund"})
CASH_DESKS = frozenset({"central", "township"})
LARGEST_CENTS = 100_000_00
# A debt let go, or a line undone, is asked about later.
NEEDS_NOTE = frozenset({"waiver", "void"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line somebody wants to write."""

    kind: str
    amount_cents: int
    branch_kind: str
    note: str = ""


def fault(line: Line) -> str | None:
    """Return why a line cannot be written, or None.

    The codes are `unknown_charge`, `bad_amount` (zero, the wrong sign, above 100,000 yuan), `cash_not_here` and
    `note_required`.
    """
    if line.kind not in OWED | SETTLED:
        return "unknown_charge"
    is_positive = line.amount_cents > 0
    if line.amount_cents == 0 or abs(line.amount_cents) > LARGEST_CENTS or is_positive != (line.kind in OWED):
        return "bad_amount"
    if line.kind in CASH and line.branch_kind not in CASH_DESKS:
        return "cash_not_here"
    return "note_required" if line.kind in NEEDS_NOTE and not line.note.strip() else None


def deposit_held(deposits: int, balance: int) -> int:
    """Return how much of a reader's deposit is there, in cents: what is owed, itself included, is set against it."""
    return max(0, deposits - max(0, balance))


def yuan(cents: int) -> str:
    """Return an amount in yuan as it is written, `35` or `0.50`."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:02}"
