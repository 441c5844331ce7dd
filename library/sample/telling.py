"""What happened in the sample county as events, made by the one event builder, in the order of time.

Nothing is kept: each kind of event is told in its own order of time, and the tellings are merged as they are read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from operator import attrgetter, itemgetter
from typing import Any

from library.kernel import clock
from library.kernel.events import row
from library.kernel.operations import Operation
from library.patrons.rules import age_band
from library.sample.catalogue import arrived_at
from library.sample.happened import Happened
from library.sample.journal import NOT_COLLECTED, Figures, Row
from library.sample.readers import Reader
from library.sample.stock import Copy

_HOLDS = (
    ("hold.placed", "placed_at", "waiting"),
    ("hold.captured", "captured_at", "in_transit"),
    ("hold.readied", "ready_at", "ready"),
)
_at = itemgetter("at")


@dataclass(frozen=True, slots=True)
class Telling:
    """Turns values into events; every event names the one operation of the load, but for the arrivals of copies.

    Those are older than any operation, and naming it a million times more takes forty megabytes; the same holds for the
    rows of their movements.
    """

    operation: Operation
    figures: Figures
    copies: Sequence[Copy]
    readers: Sequence[Reader]
    wishes: Sequence[Row]
    happened: Happened

    def count(self) -> int:
        """Return about how many events there are, for a progress bar."""
        happened = self.happened
        told = 5 * len(happened.transfers) + 4 * len(happened.holds) + len(happened.movements) + 2 * len(self.wishes)
        return len(self.figures.titles) + len(self.copies) + len(self.readers) + 2 * len(happened.loans) + told

    def events(self) -> Iterator[Row]:
        """Yield all events in the order of time."""
        tellings = (
            self._copies(),
            self._readers(),
            self._opened(),
            self._renewed(),
            self._closed(),
            self._cases(),
            self._lost(),
            *(self._holds(*step) for step in _HOLDS),
            self._ended_holds(),
            self._transfers(),
            self._movements(),
            self._wishes("wish.recorded", "wished_at"),
            self._wishes("wish.answered", "answered_at"),
        )
        yield from merge(*tellings, key=_at)
        for number in range(1, len(self.figures.titles) + 1):
            yield row(self.operation, "bib.created", bib_id=number, payload={"source": "sample"})

    def _copies(self) -> Iterator[Row]:
        for copy in sorted(self.copies, key=attrgetter("acquired_on")):
            created = row(
                self.operation,
                "item.created",
                at=arrived_at(copy),
                branch_id=copy.home,
                bib_id=copy.title + 1,
                item_id=copy.id,
                payload={"owner_branch_id": copy.owner, "source": copy.source},
            )
            created["operation_id"] = None
            yield created

    def _readers(self) -> Iterator[Row]:
        for reader in sorted(self.readers, key=attrgetter("registered_on")):
            figures = {
                "age_band": str(age_band(reader.born_in, reader.registered_on)),
                "patron_category": reader.category,
                "village_id": reader.village,
            }
            yield row(
                self.operation,
                "patron.registered",
                at=clock.start_of_day(reader.registered_on),
                branch_id=reader.home,
                patron_id=reader.id,
                statistics=figures,
            )

    def _opened(self) -> Iterator[Row]:
        for loan in sorted(self.happened.loans, key=attrgetter("out_at")):
            first_due = loan.renewals[0].before if loan.renewals else loan.due_on
            payload = {"loan_id": loan.id, "due_on": first_due.isoformat(), "overridden": []}
            yield self._lent("loan.opened", loan, loan.out_at, loan.out_branch, payload)

    def _renewed(self) -> Iterator[Row]:
        renewed = [(renewal.at, loan.id, loan, renewal) for loan in self.happened.loans for renewal in loan.renewals]
        for at, _, loan, renewal in sorted(renewed, key=itemgetter(0, 1)):
            payload = {"loan_id": loan.id, "due_on": renewal.after.isoformat()}
            yield self._lent("loan.renewed", loan, at, loan.out_branch, payload)

    def _closed(self) -> Iterator[Row]:
        closed = [(loan.in_at, loan.id, loan) for loan in self.happened.loans if loan.in_at is not None]
        for at, _, loan in sorted(closed, key=itemgetter(0, 1)):
            payload: Row = {"loan_id": loan.id}
            if loan.is_lost:
                payload["days_late"] = (clock.local_date(at) - loan.due_on).days
            else:
                payload["closed_as"] = "returned"
            yield self._lent("loan.lost" if loan.is_lost else "loan.closed", loan, at, loan.in_branch, payload)

    def _cases(self) -> Iterator[Row]:
        told = [(case.opened_at, case.id, "case.opened", case) for case in self.happened.cases]
        told += [(case.settled_at, case.id, "case.settled", case) for case in self.happened.cases if case.settled_at]
        for at, _, kind, case in sorted(told, key=itemgetter(0, 1)):
            also = {"outcome": case.outcome} if kind == "case.settled" else {}
            yield row(
                self.operation,
                kind,
                at=at,
                branch_id=case.loan.out_branch,
                item_id=case.loan.copy.id,
                patron_id=case.loan.reader.id,
                payload={"case_id": case.id, "case": case.kind, "loan_id": case.loan.id, **also},
            )

    def _lost(self) -> Iterator[Row]:
        lost = (loan for loan in self.happened.loans if loan.is_lost)
        for loan in sorted(lost, key=attrgetter("in_at")):
            copy = loan.copy
            yield row(
                self.operation,
                "item.lost",
                at=loan.in_at,
                branch_id=loan.in_branch,
                bib_id=copy.title + 1,
                item_id=copy.id,
            )

    def _lent(self, kind: str, loan: Any, at: datetime | None, branch_id: int | None, payload: Row) -> Row:
        return row(
            self.operation,
            kind,
            at=at,
            branch_id=branch_id,
            bib_id=loan.copy.title + 1,
            item_id=loan.copy.id,
            patron_id=loan.reader.id,
            statistics=self.figures.of(loan.reader, loan.copy, loan.out_at),
            payload=payload,
        )

    def _transfers(self) -> Iterator[Row]:
        steps = [
            (step.at, transfer.id, step, transfer) for transfer in self.happened.transfers for step in transfer.steps
        ]
        for at, _, step, transfer in sorted(steps, key=itemgetter(0, 1)):
            payload = {
                "transfer_id": transfer.id,
                "from_branch_id": transfer.from_branch,
                "to_branch_id": transfer.to_branch,
                "reason": transfer.reason,
            }
            if transfer.hold is not None:
                payload["hold_id"] = transfer.hold
            yield row(
                self.operation,
                f"transfer.{step.state}",
                at=at,
                branch_id=step.branch,
                bib_id=transfer.copy.title + 1,
                item_id=transfer.copy.id,
                statistics={"clc": self.figures.titles[transfer.copy.title].clc[0]},
                payload=payload,
            )

    def _movements(self) -> Iterator[Row]:
        for moved in sorted(self.happened.movements, key=attrgetter("at")):
            payload = {"from_branch_id": moved.from_branch, "to_branch_id": moved.to_branch, "cause": moved.cause}
            yield row(
                self.operation,
                "item.moved",
                at=moved.at,
                branch_id=moved.to_branch,
                item_id=moved.copy.id,
                payload=payload,
            )

    def _holds(self, kind: str, instant: str, state: str) -> Iterator[Row]:
        reached = [hold for hold in self.happened.holds if getattr(hold, instant) is not None]
        for hold in sorted(reached, key=attrgetter(instant)):
            yield self._asked(kind, hold, getattr(hold, instant), {"hold_id": hold.id, "state": state})

    def _ended_holds(self) -> Iterator[Row]:
        ended = [hold for hold in self.happened.holds if hold.ended_at is not None]
        for hold in sorted(ended, key=attrgetter("ended_at")):
            payload: Row = {"hold_id": hold.id, "state": hold.state}
            if hold.state == "expired":
                payload["cause"] = NOT_COLLECTED
            yield self._asked(f"hold.{hold.state}", hold, hold.ended_at, payload)

    def _asked(self, kind: str, hold: Any, at: datetime | None, payload: Row) -> Row:
        assert at is not None
        return row(
            self.operation,
            kind,
            at=at,
            branch_id=hold.pickup,
            bib_id=hold.copy.title + 1,
            item_id=hold.copy.id,
            patron_id=hold.reader.id,
            statistics=self.figures.of(hold.reader, hold.copy, at),
            payload={**payload, "pickup_branch_id": hold.pickup},
        )

    def _wishes(self, kind: str, instant: str) -> Iterator[Row]:
        told: Iterable[Row] = (wish for wish in self.wishes if wish[instant] is not None)
        for wish in sorted(told, key=itemgetter(instant)):
            figures = {"age_band": wish["age_band"], "patron_category": wish["patron_category"], "clc": wish["clc"][:1]}
            yield row(
                self.operation,
                kind,
                at=wish[instant],
                branch_id=wish["branch_id"],
                patron_id=wish["patron_id"] if kind == "wish.recorded" else None,
                statistics=figures,
                payload={"wish_id": wish["id"]},
            )
