"""When a late loan keeps its reader from borrowing and reserving. Pure functions; lending and holds ask the same one.

A loan is due at the end of its day: it is one day late on the day after. It blocks when it is *more* days late than the
county allows, so `30` lets a reader borrow on the thirtieth day and not on the thirty-first; `0` blocks every late reader.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from circulation.policies.reasons import OVERDUE_BLOCK, PATRON_BLOCKED, SUSPENDED_LATE
from library.kernel.decisions import Reason, reason

# The code of the block that a late return sets until a date.
SUSPENDED = "suspended_late"


@dataclass(frozen=True, slots=True)
class Block:
    """What staff, or a late return, has set against a reader; `until_on` is its last day, None when it has no end."""

    code: str
    until_on: date | None = None


def block_reasons(blocks: Iterable[Block]) -> Iterator[Reason]:
    """Yield the refusal that follows from each block in force."""
    for block in blocks:
        if block.code == SUSPENDED and block.until_on is not None:
            yield reason(SUSPENDED_LATE, until=block.until_on.isoformat())
        else:
            until = {"until": block.until_on.isoformat()} if block.until_on is not None else {}
            yield reason(PATRON_BLOCKED, block=block.code, **until)


def days_late(due: date | None, today: date) -> int:
    """Return how many days a loan is late, 0 on its last day and before."""
    return max(0, (today - due).days) if due is not None else 0


def blocks(late: int, allowed: int | None) -> bool:
    """Tell whether a loan that is `late` days late blocks its reader; `allowed` None is never."""
    return allowed is not None and late > allowed


def overdue_reasons(oldest_due_on: date | None, today: date, allowed: int | None) -> Iterator[Reason]:
    """Yield the refusal that follows from a reader's oldest loan, if there is one."""
    late = days_late(oldest_due_on, today)
    if blocks(late, allowed):
        yield reason(OVERDUE_BLOCK, days=late, allowed=allowed)
