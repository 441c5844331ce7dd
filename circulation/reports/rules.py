"""Which event counts as what, and the figures made of the counts. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from library.kernel import clock
from library.kernel.events import ON

COUNTED: Final[Mapping[str, str]] = {
    "loan.opened": "loans",
    "loan.closed": "returns",
    "loan.renewed": "renewals",
    "hold.placed": "holds",
    "wish.recorded": "wishes",
    "visit.recorded": "visits",
    "use.recorded": "uses",
    "use.undone": "uses",
    "loan.undone": "loans",
    "return.undone": "returns",
    "renewal.undone": "renewals",
}
UNDOING: Final = frozenset({"use.undone", "loan.undone", "return.undone", "renewal.undone"})
"""What takes one away where the first event had added one, on the same day."""
FIGURES: Final = tuple(dict.fromkeys(COUNTED.values()))
_DAYS_A_YEAR: Final = 365.25


class Cell(NamedTuple):
    """A row of the rollups: local day, branch, class letter and age band, empty when unknown."""

    on: date
    branch_id: int
    clc: str
    age_band: str


def tally(events: Iterable[Any], counts: dict[Cell, Counter[str]] | None = None) -> dict[Cell, Counter[str]]:
    """Count events by cell and figure, on top of `counts` where given.

    What happened at no branch belongs to no branch's figures and is left out.
    """
    counts = {} if counts is None else counts
    for event in events:
        figure = COUNTED.get(event.kind)
        if figure is None or event.branch_id is None:
            continue
        cell = Cell(day_of(event), event.branch_id, (event.clc or "")[:20], (event.age_band or "")[:12])
        figures = counts.get(cell)
        if figures is None:
            figures = counts[cell] = Counter()
        figures[figure] += _times(event)
    return counts


def _times(event: Any) -> int:
    """Return how many it stands for: a visit may be written down for a whole afternoon at once."""
    if event.kind in UNDOING:
        return -1
    count = (event.payload or {}).get("count", 1) if event.kind == "visit.recorded" else 1
    return count if isinstance(count, int) and count > 0 else 1


def day_of(event: Any) -> date:
    """Return the local day an event counts on: the one it tells, when it was written later, else that of its instant."""
    told = (event.payload or {}).get(ON)
    return date.fromisoformat(told) if isinstance(told, str) else clock.local_date(event.at)


def turnover(loans: int, copies: int, days: int) -> float | None:
    """Return loans per copy and year, or None for a branch without copies."""
    return round(loans / copies * _DAYS_A_YEAR / days, 3) if copies and days else None


def share(part: int, whole: int) -> float | None:
    """Return a share to four places, or None of nothing."""
    return round(part / whole, 4) if whole else None
