"""The figures of a replay: how many loans would have gone differently, by category of readers and by township."""

from collections import Counter
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Tally:
    """How many loans, and what would have been different for them; days are sums."""

    loans: int = 0
    later: int = 0
    earlier: int = 0
    days_later: int = 0
    days_earlier: int = 0
    now_late: int = 0
    no_longer_late: int = 0
    now_lost: int = 0
    no_longer_lost: int = 0
    refused: int = 0
    allowed: int = 0
    renewals: int = 0
    renewals_refused: int = 0
    renewals_allowed: int = 0

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    @property
    def touched(self) -> int:
        """How many loans and renewals would have gone differently; one that did in several ways counts for each."""
        dates = self.later + self.earlier + self.now_lost + self.no_longer_lost
        return dates + self.refused + self.allowed + self.renewals_refused + self.renewals_allowed


Cell = tuple[str | None, int]


@dataclass(slots=True)
class Figures:
    """The whole replay, by category and township; readers; and by which rule check-outs would be refused."""

    cells: dict[Cell, Tally] = field(default_factory=dict)
    readers: int = 0
    readers_touched: int = 0
    refused_by: Counter[str] = field(default_factory=Counter)

    def of(self, cell: Cell) -> Tally:
        """Return the tally of a category in a township."""
        found = self.cells.get(cell)
        if found is None:
            found = self.cells[cell] = Tally()
        return found

    def total(self) -> Tally:
        """Return everything together."""
        total = Tally()
        for tally in self.cells.values():
            total.add(tally)
        return total
