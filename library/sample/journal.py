"""The year of the sample county as rows of circulation and as events, made by the one event builder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from library.kernel import clock
from library.kernel.actors import SYSTEM
from library.kernel.events import row
from library.kernel.operations import Operation
from library.patrons.rules import age_band
from library.sample.catalogue import arrived_at
from library.sample.happened import Asked, Carried, Happened, Lent, Moved
from library.sample.readers import Reader
from library.sample.stock import Copy
from library.sample.titles import Title

Row = dict[str, Any]
ENDED = frozenset({"shelved", "cancelled", "missing"})


@dataclass(frozen=True, slots=True)
class Journal:
    """Turns values into rows; every row and event names the one operation of the load."""

    operation_id: str
    titles: Sequence[Title]

    def loans(self, happened: Happened) -> Iterator[Row]:
        """Yield the rows of the loans."""
        for loan in happened.loans:
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
                "closed_as": "returned" if loan.in_at else None,
                "renewals": len(loan.renewals),
                "is_on_site": False,
                "item_class": "book",
                "decided": {},
                "operation_id": self.operation_id,
                **self._statistics(loan.reader, loan.copy, loan.out_at),
            }

    def renewals(self, happened: Happened) -> Iterator[Row]:
        """Yield the rows of the renewals."""
        for loan in happened.loans:
            for renewal in loan.renewals:
                yield {
                    "loan_id": loan.id,
                    "at": renewal.at,
                    "due_before": renewal.before,
                    "due_after": renewal.after,
                    "branch_id": None,
                    "operation_id": self.operation_id,
                }

    def transfers(self, happened: Happened) -> Iterator[Row]:
        """Yield the rows of the transfers."""
        for transfer in happened.transfers:
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

    def steps(self, happened: Happened) -> Iterator[Row]:
        """Yield the rows of the transfers' steps, each transfer's in their order."""
        for transfer in happened.transfers:
            for step in transfer.steps:
                yield {
                    "transfer_id": transfer.id,
                    "state": step.state,
                    "branch_id": step.branch,
                    "actor_kind": str(SYSTEM.kind),
                    "actor_id": None,
                    "at": step.at,
                    "cause": transfer.reason if step.state == "requested" else None,
                    "operation_id": self.operation_id,
                }

    def holds(self, happened: Happened) -> Iterator[Row]:
        """Yield the rows of the holds; who waits for a book on loan waits for that copy."""
        for hold in happened.holds:
            is_waiting = hold.state == "waiting"
            figures = self._statistics(hold.reader, hold.copy, hold.placed_at)
            yield {
                "id": hold.id,
                "patron_id": hold.reader.id,
                "bib_id": hold.copy.title + 1,
                "item_id": hold.copy.id if is_waiting else None,
                "pickup_branch_id": hold.pickup,
                "state": hold.state,
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

    def movements(self, copies: Sequence[Copy], happened: Happened) -> Iterator[Row]:
        """Yield every arrival of a copy: in the county first, then what the year moved."""
        for copy in copies:
            yield self._movement(copy.id, None, copy.home, arrived_at(copy), "acquired")
        for moved in happened.movements:
            yield self._movement(moved.copy.id, moved.from_branch, moved.to_branch, moved.at, moved.cause)

    def events(self, copies: Sequence[Copy], happened: Happened, loaded_at: datetime) -> list[Row]:
        """Return all events in the order of time."""
        rows = [self._bib_created(number, loaded_at) for number in range(1, len(self.titles) + 1)]
        rows += [self._item_created(copy) for copy in copies]
        for loan in happened.loans:
            rows += self._of_loan(loan)
        for transfer in happened.transfers:
            rows += self._of_transfer(transfer)
        for hold in happened.holds:
            rows += self._of_hold(hold)
        rows += [self._of_movement(moved) for moved in happened.movements]
        rows.sort(key=lambda event: event["at"])
        return rows

    def reader_events(self, readers: Sequence[Reader]) -> Iterator[Row]:
        """Yield the registrations."""
        for reader in readers:
            at = clock.start_of_day(reader.registered_on)
            figures = {
                "age_band": str(age_band(reader.born_in, reader.registered_on)),
                "patron_category": reader.category,
                "village_id": reader.village,
            }
            yield row(self._at(at), "patron.registered", branch_id=reader.home, patron_id=reader.id, statistics=figures)

    def wish_events(self, wishes: Sequence[Row]) -> Iterator[Row]:
        """Yield the wishes and their answers."""
        for wish in wishes:
            figures = {"age_band": wish["age_band"], "patron_category": wish["patron_category"], "clc": wish["clc"][:1]}
            common = {"branch_id": wish["branch_id"], "statistics": figures, "payload": {"wish_id": wish["id"]}}
            yield row(self._at(wish["wished_at"]), "wish.recorded", patron_id=wish["patron_id"], **common)
            if wish["answered_at"] is not None:
                yield row(self._at(wish["answered_at"]), "wish.answered", **common)

    def _at(self, at: datetime, branch_id: int | None = None) -> Operation:
        return Operation(self.operation_id, "load_sample", SYSTEM, "job", at, branch_id)

    def _statistics(self, reader: Reader, copy: Copy, at: datetime) -> dict[str, Any]:
        return {
            "age_band": str(age_band(reader.born_in, at.date())),
            "patron_category": reader.category,
            "village_id": reader.village,
            "clc": self.titles[copy.title].clc[0],
        }

    def _movement(self, item_id: int, from_id: int | None, to_id: int, at: datetime, cause: str) -> Row:
        return {
            "item_id": item_id,
            "from_branch_id": from_id,
            "to_branch_id": to_id,
            "at": at,
            "cause": cause,
            "operation_id": self.operation_id,
        }

    def _bib_created(self, bib_id: int, at: datetime) -> Row:
        return row(self._at(at), "bib.created", bib_id=bib_id, payload={"source": "sample"})

    def _item_created(self, copy: Copy) -> Row:
        payload = {"owner_branch_id": copy.owner, "source": copy.source}
        operation = self._at(arrived_at(copy), copy.home)
        return row(operation, "item.created", bib_id=copy.title + 1, item_id=copy.id, payload=payload)

    def _of_loan(self, loan: Lent) -> Iterator[Row]:
        subject: dict[str, Any] = {
            "bib_id": loan.copy.title + 1,
            "item_id": loan.copy.id,
            "patron_id": loan.reader.id,
            "statistics": self._statistics(loan.reader, loan.copy, loan.out_at),
        }
        first_due = loan.renewals[0].before if loan.renewals else loan.due_on
        opened = {"loan_id": loan.id, "due_on": first_due.isoformat(), "overridden": []}
        yield row(self._at(loan.out_at, loan.out_branch), "loan.opened", payload=opened, **subject)
        for renewal in loan.renewals:
            renewed = {"loan_id": loan.id, "due_on": renewal.after.isoformat()}
            yield row(self._at(renewal.at, loan.out_branch), "loan.renewed", payload=renewed, **subject)
        if loan.in_at is not None:
            closed = {"loan_id": loan.id, "closed_as": "returned"}
            yield row(self._at(loan.in_at, loan.in_branch), "loan.closed", payload=closed, **subject)

    def _of_transfer(self, transfer: Carried) -> Iterator[Row]:
        payload: Mapping[str, Any] = {
            "transfer_id": transfer.id,
            "from_branch_id": transfer.from_branch,
            "to_branch_id": transfer.to_branch,
            "reason": transfer.reason,
            **({"hold_id": transfer.hold} if transfer.hold is not None else {}),
        }
        clc = {"clc": self.titles[transfer.copy.title].clc[0]}
        for step in transfer.steps:
            yield row(
                self._at(step.at, step.branch),
                f"transfer.{step.state}",
                bib_id=transfer.copy.title + 1,
                item_id=transfer.copy.id,
                statistics=clc,
                payload=payload,
            )

    def _of_hold(self, hold: Asked) -> Iterator[Row]:
        reached = (
            ("hold.placed", hold.placed_at, "waiting"),
            ("hold.captured", hold.captured_at, "in_transit"),
            ("hold.readied", hold.ready_at, "ready"),
            ("hold.fulfilled", hold.ended_at, "fulfilled"),
        )
        for kind, at, state in reached:
            if at is not None:
                yield row(
                    self._at(at, hold.pickup),
                    kind,
                    bib_id=hold.copy.title + 1,
                    item_id=hold.copy.id,
                    patron_id=hold.reader.id,
                    statistics=self._statistics(hold.reader, hold.copy, at),
                    payload={"hold_id": hold.id, "state": state, "pickup_branch_id": hold.pickup},
                )

    def _of_movement(self, moved: Moved) -> Row:
        payload = {"from_branch_id": moved.from_branch, "to_branch_id": moved.to_branch, "cause": moved.cause}
        operation = self._at(moved.at, moved.to_branch)
        return row(operation, "item.moved", item_id=moved.copy.id, payload=payload)
