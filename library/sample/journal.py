"""The years of the sample county as rows of circulation; `library.sample.telling` tells the same as events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from library.kernel.actors import SYSTEM
from library.patrons.rules import age_band
from library.sample.catalogue import arrived_at
from library.sample.happened import Happened
from library.sample.readers import Reader
from library.sample.stock import Copy
from library.sample.titles import Title

Row = dict[str, Any]
NOT_COLLECTED = "not_collected"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the statistics keep of a reader and a title."""

    titles: Sequence[Title]

    def of(self, reader: Reader, copy: Copy, at: datetime) -> Row:
        """Return the columns of a loan or an event at an instant."""
        return {
            "age_band": _band(reader.born_in, at.year),
            "patron_category": reader.category,
            "village_id": reader.village,
            "clc": self.titles[copy.title].clc[0],
        }


@cache
def _band(born_in: int | None, year: int) -> str:
    return str(age_band(born_in, date(year, 12, 31)))


@dataclass(frozen=True, slots=True)
class Journal:
    """Turns values into rows, one after the other; every row names the one operation of the load, but for arrivals."""

    operation_id: str
    figures: Figures
    copies: Sequence[Copy]
    happened: Happened

    def loans(self) -> Iterator[Row]:
        """Yield the rows of the loans."""
        for loan in self.happened.loans:
            yield {
                "id": loan.id,
                "item_id": loan.copy.id,
                "bib_id": loan.copy.title + 1,
                "patron_id": loan.reader.id,
                "out_branch_id": loan.out_branch,
                "in_branch_id": loan.in_branch,
                "out_at": loan.out_at,
                "due_on": loan.due_on,
                "in_at": loan.in_at,
                "closed_as": loan.closed_as,
                "renewals": len(loan.renewals),
                "group_id": loan.group,
                "operation_id": self.operation_id,
                **self.figures.of(loan.reader, loan.copy, loan.out_at),
            }

    def renewals(self) -> Iterator[Row]:
        """Yield the rows of the renewals."""
        for loan in self.happened.loans:
            for renewal in loan.renewals:
                yield {
                    "loan_id": loan.id,
                    "at": renewal.at,
                    "due_before": renewal.before,
                    "due_after": renewal.after,
                    "operation_id": self.operation_id,
                }

    def cases(self) -> Iterator[Row]:
        """Yield the rows of the cases."""
        for case in self.happened.cases:
            loan = case.loan
            is_claim = case.kind == "claimed_lost"
            yield {
                "id": case.id,
                "kind": case.kind,
                "branch_id": loan.out_branch,
                "item_id": loan.copy.id,
                "loan_id": loan.id,
                "patron_id": loan.reader.id,
                "details": {"due_on": loan.due_on.isoformat(), "days_late": case.days_late}
                if is_claim
                else {"by": str(SYSTEM.kind)},
                "opened_at": case.opened_at,
                "settled_at": case.settled_at,
                "outcome": case.outcome,
                "settled_operation_id": self.operation_id if case.settled_at else None,
                "operation_id": self.operation_id,
            }

    def conditions(self) -> Iterator[Row]:
        """Yield that copies are lost."""
        for loan in self.happened.loans:
            if loan.is_lost:
                yield {
                    "item_id": loan.copy.id,
                    "kind": "lost",
                    "since": loan.in_at,
                    "operation_id": self.operation_id,
                }

    def transfers(self) -> Iterator[Row]:
        """Yield the rows of the transfers."""
        for transfer in self.happened.transfers:
            yield {
                "id": transfer.id,
                "item_id": transfer.copy.id,
                "from_branch_id": transfer.from_branch,
                "to_branch_id": transfer.to_branch,
                "reason": transfer.reason,
                "state": transfer.state,
                "hold_id": transfer.hold,
                "requested_at": transfer.reached("requested"),
                "dispatched_at": transfer.reached("dispatched"),
                "arrived_at": transfer.reached("arrived"),
                "ended_at": transfer.reached("shelved"),
                "operation_id": self.operation_id,
            }

    def steps(self) -> Iterator[Row]:
        """Yield the rows of the transfers' steps, each transfer's in their order."""
        for transfer in self.happened.transfers:
            for step in transfer.steps:
                yield {
                    "transfer_id": transfer.id,
                    "state": step.state,
                    "branch_id": step.branch,
                    "actor_kind": str(SYSTEM.kind),
                    "at": step.at,
                    "cause": transfer.reason if step.state == "requested" else None,
                    "operation_id": self.operation_id,
                }

    def holds(self) -> Iterator[Row]:
        """Yield the rows of the holds; who waits for a book on loan waits for that copy."""
        for hold in self.happened.holds:
            is_waiting = hold.state == "waiting"
            figures = self.figures.of(hold.reader, hold.copy, hold.placed_at)
            yield {
                "id": hold.id,
                "patron_id": hold.reader.id,
                "bib_id": hold.copy.title + 1,
                "item_id": hold.copy.id if is_waiting else None,
                "pickup_branch_id": hold.pickup,
                "state": hold.state,
                "cause": NOT_COLLECTED if hold.state == "expired" else None,
                "captured_item_id": None if is_waiting else hold.copy.id,
                "placed_at": hold.placed_at,
                "captured_at": hold.captured_at,
                "ready_at": hold.ready_at,
                "pickup_until_on": hold.pickup_until,
                "ended_at": hold.ended_at,
                "loan_id": hold.lent,
                "age_band": figures["age_band"],
                "patron_category": figures["patron_category"],
                "operation_id": self.operation_id,
            }

    def movements(self) -> Iterator[Row]:
        """Yield every arrival of a copy: in the county first, then what the years moved."""
        for copy in self.copies:
            yield {
                "item_id": copy.id,
                "from_branch_id": None,
                "to_branch_id": copy.home,
                "at": arrived_at(copy),
                "cause": "acquired",
                "operation_id": None,
            }
        for moved in self.happened.movements:
            yield {
                "item_id": moved.copy.id,
                "from_branch_id": moved.from_branch,
                "to_branch_id": moved.to_branch,
                "at": moved.at,
                "cause": moved.cause,
                "operation_id": self.operation_id,
            }
