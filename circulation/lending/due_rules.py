"""What is worth knowing of a due date, and the last of the four steps that find it; the others are `policies.due_rules`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from circulation.lending import reasons as own
from circulation.policies.named import Terms
from library.kernel.decisions import Reason, reason


@dataclass(frozen=True, slots=True)
class Due:
    """A due date that was found, and whether the van should have decided it but no run is planned."""

    on: date
    lacks_run: bool = False

    def notices(self, expires_on: date | None, today: date) -> Iterator[Reason]:
        """Yield what is worth knowing of the date; `expires_on` is the last day of the reader's card."""
        if self.lacks_run:
            yield reason(own.NO_RUN_PLANNED, due_on=self.on.isoformat())
        if expires_on is not None and today <= expires_on < self.on:
            yield reason(own.CARD_ENDS_FIRST, expires_on=expires_on.isoformat())


def due(day: date, terms: Terms, next_run_on: date | None) -> Due:
    """Return the due date after step 4; `next_run_on` is the first planned run from `day` on, if any."""
    if not terms.due_by_next_run:
        return Due(day)
    return Due(day, lacks_run=True) if next_run_on is None else Due(next_run_on)
