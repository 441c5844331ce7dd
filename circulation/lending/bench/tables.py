"""What is kept of a measurement, and how it is shown: series of single operations, in blocks that take turns.

A machine drifts more between two runs than the differences that are looked for. So everything that is compared is measured
in short blocks that follow each other, round after round, and a share is the median of the shares of all rounds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

SHARES: Final = (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0))
_HEAD: Final = ("per second", "p50 ms", "p95 ms", "p99 ms", "max ms", "cpu ms", "statements")


@dataclass(frozen=True, slots=True)
class Block:
    """Operations measured in one go: the seconds each took, and the seconds until all were done.

    `processor` are processor seconds of whoever did the work, None where they cannot be told.
    """

    seconds: list[float]
    wall: float
    processor: float | None = None

    @property
    def rate(self) -> float:
        """Return operations per second."""
        return len(self.seconds) / self.wall


@dataclass
class Series:
    """One kind of operation under one condition, a block in each round."""

    blocks: list[Block] = field(default_factory=list)
    statements: float | None = None

    def rate(self) -> float:
        """Return operations per second of the median block."""
        return median(block.rate for block in self.blocks)

    def percentile(self, share: float) -> float:
        """Return a percentile of all operations, in milliseconds; share 1 is the slowest."""
        times = sorted(seconds for block in self.blocks for seconds in block.seconds)
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]

    def processor_ms(self) -> float | None:
        """Return the processor time of one operation in milliseconds."""
        known = [(block.processor, len(block.seconds)) for block in self.blocks if block.processor is not None]
        return 1000 * sum(spent for spent, _ in known) / sum(count for _, count in known) if known else None

    def figures(self) -> dict[str, float | None]:
        """Return the row of a table; the keys are those of the JSON answer."""
        processor = self.processor_ms()
        return {
            "per_second": round(self.rate(), 1),
            **{name: round(self.percentile(share), 3) for name, share in SHARES},
            "processor_ms": None if processor is None else round(processor, 3),
            "statements": self.statements,
        }


def share_of(one: Series, other: Series) -> float:
    """Return the rate of one series as a share of another's, the median of the rounds in which both were measured."""
    return round(median(a.rate / b.rate for a, b in zip(one.blocks, other.blocks, strict=True)), 3)


def goal(name: str, measured: float, limit: float, *, least: bool = False) -> dict[str, Any]:
    """Return a goal: at most `limit`, or at least that with `least`."""
    return {"name": name, "measured": measured, "goal": limit, "met": measured >= limit if least else measured <= limit}


def table(title: str, series: Mapping[str, Series]) -> Iterator[str]:
    """Yield the lines of a table."""
    width = max(len(name) for name in (title, *series)) + 1
    yield title.ljust(width) + "".join(name.rjust(12) for name in _HEAD)
    for name, one in series.items():
        yield name.ljust(width) + "".join(_cell(value) for value in one.figures().values())


def verdicts(goals: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each goal."""
    for one in goals:
        yield f"{'met   ' if one['met'] else 'MISSED'} {one['name']}: {one['measured']} (goal {one['goal']})"


def _cell(value: float | None) -> str:
    return ("-" if value is None else f"{value:.2f}").rjust(12)
