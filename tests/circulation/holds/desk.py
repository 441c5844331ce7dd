"""A county with one title, and the use cases of holds with fresh operations."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds import services
from circulation.logistics import services as transfers
from circulation.models import Hold, Loan
from library.branches.rounds import define_route, plan_dates
from library.kernel import clock
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from tests.factories import a_bib, a_county, a_loan, a_patron, an_item, county_policies

Make = Callable[..., Operation]


class Desk:
    """What keepers, readers and the van do, as far as the queue sees it."""

    def __init__(self, session: Session, make: Make) -> None:
        self.session = session
        self.make = make
        self.branches = a_county(session)
        county_policies(session)
        self.bib = a_bib(session)

    def copy(self, at: str, **values: Any) -> Item:
        values.setdefault("bib", self.bib)
        return an_item(self.session, branch=self.branches[at], **values)

    def reader(self, at: str = "east", **values: Any) -> Patron:
        return a_patron(self.session, branch=self.branches[at], **values)

    def place(self, patron: Patron, pickup: str = "east", **values: Any) -> Answer:
        if "item_id" not in values:
            values.setdefault("bib_id", self.bib.id)
        return services.place_hold(
            self.session,
            self.make("place_hold"),
            patron_id=patron.id,
            pickup_branch_id=self.branches[pickup].id,
            **values,
        )

    def lend(self, item: Item, patron: Patron, **values: Any) -> Loan:
        loan = a_loan(self.session, item=item, patron=patron, **values)
        services.fulfil(self.session, self.make("check_out"), patron_id=patron.id, item_id=item.id, loan_id=loan.id)
        return loan

    def bring_back(self, item: Item, at: str) -> services.Trapped | None:
        """What a check-in does."""
        loan = self.session.scalars(select(Loan).where(Loan.item_id == item.id, Loan.in_at.is_(None))).one_or_none()
        if loan is not None:
            loan.in_at, loan.closed_as = clock.now(), "returned"
            self.session.flush()
        operation = self.make("check_in")
        transfers.arrive_by_check_in(self.session, operation, item.id, self.branches[at].id)
        return services.trap(self.session, operation, item, self.branches[at].id)

    def send(self, transfer_id: int, until: str = "shelve") -> None:
        for name in ("pick", "dispatch", "receive", "shelve"):
            assert getattr(transfers, name)(self.session, self.make(name), transfer_id)["decision"] == "allowed"
            if name == until:
                return

    def drive(self, name: str, stops: tuple[str, ...], days: tuple[date, ...]) -> int:
        """Plan a round of the van and return its id."""
        ids = [self.branches[stop].id for stop in stops]
        route = define_route(self.session, self.make(), code=name, name=name, stops=ids)
        plan_dates(self.session, self.make(), route, days)
        return route.id

    def row(self, hold_id: int) -> Hold:
        return self.session.get_one(Hold, hold_id, populate_existing=True)

    def state(self, hold_id: int) -> str:
        return self.session.scalars(select(Hold.state).where(Hold.id == hold_id)).one()

    def told(self, hold_id: int) -> list[tuple[str, str]]:
        """Return the events of a hold as (kind, cause), in their order."""
        rows = self.session.scalars(select(EventRow).where(EventRow.kind.like("hold.%")).order_by(EventRow.id))
        return [(row.kind, row.payload["cause"]) for row in rows if row.payload["hold_id"] == hold_id]


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]
