"""The parts of making and loading a county: each has a bar of its own, and its seconds are told at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from library.kernel import console

Step = Callable[[int], None]


def no_step(count: int) -> None:
    """Tell nobody."""
    del count


@dataclass
class Phases:
    """What took how long; `seconds` by the name of the phase, in their order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, total: int) -> Iterator[Step]:
        """Show a bar for `total` steps and keep the seconds of the block; the same name again adds to them."""
        began = monotonic()
        with console.progress(f"{name:<12}", total) as step:
            yield step
        self.seconds[name] = round(self.seconds.get(name, 0.0) + monotonic() - began, 1)
