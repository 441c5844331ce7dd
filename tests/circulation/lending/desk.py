"""A county with a reader at a desk, and short ways to lend and take back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.holds.services import place_hold
from circulation.lending import services
from circulation.logistics.services import dispatch, pick, request_transfer
from circulation.models import Box, BoxLine, Loan
from circulation.policies.services import set_row
from circulation.whereabouts import facts
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from tests.factories import a_county, a_loan, a_patron, an_item, county_policies, patron_card


@dataclass
class Desk:
    """A desk in the room `east` with a reader, and whatever else a test asks for."""

    session: Session
    operation: Callable[..., Operation]
    places: dict[str, Branch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = a_county(self.session)
        county_policies(self.session)
        self.reader = self.patron()

    @property
    def here(self) -> Branch:
        return self.places["east"]

    def patron(self, **values: Any) -> Patron:
        return a_patron(self.session, branch=self.here, **values)

    def item(self, where: str = "east", **values: Any) -> Item:
        return an_item(self.session, branch=self.places[where], **values)

    def scan_out(self, barcode: str) -> Answer:
        return services.check_out(
            self.session, self.operation(), branch=self.here, patron_id=self.reader.id, barcode=barcode
        )

    def scan_in(self, barcode: str) -> Answer:
        return services.check_in(self.session, self.operation(), branch=self.here, barcode=barcode)

    def scan_card(self, card: str, item: Item) -> Answer:
        return services.check_out(self.session, self.operation(), branch=self.here, card=card, item_id=item.id)

    def lend(self, item: Item, reader: Patron | None = None, where: str = "east", **more: Any) -> Answer:
        return services.check_out(
            self.session,
            self.operation("check_out", branch_id=self.places[where].id),
            branch=self.places[where],
            card=patron_card(self.session, reader or self.reader),
            barcode=item.barcode,
            **more,
        )

    def take_back(self, item: Item, where: str = "east") -> Answer:
        branch = self.places[where]
        return services.check_in(
            self.session, self.operation("check_in", branch_id=branch.id), branch=branch, barcode=item.barcode
        )

    def take_back_chosen(self, item: Item) -> Answer:
        return services.check_in(self.session, self.operation(), branch=self.here, item_id=item.id)

    def renew(self, loan_id: int, **more: Any) -> Answer:
        return services.renew(self.session, self.operation("renew"), loan_id=loan_id, **more)

    def rule(self, name: str, value: object, **scope: Any) -> int:
        """Set a row of a rule; return its id."""
        row: int = set_row(self.session, self.operation(), rule=name, value=str(value), **scope)["policy"]
        return row

    def loan(self, item: Item | None = None, reader: Patron | None = None, **values: Any) -> Loan:
        """An open loan as it stands in the table, whoever might have refused it."""
        return a_loan(self.session, item=item or self.item(), patron=reader or self.reader, **values)

    def be(self, item: Item, kind: str) -> None:
        """Note a condition of a copy that keeps it from being lent."""
        self.session.add(ItemCondition(item_id=item.id, kind=kind, since=clock.now()))
        item.is_available = False
        self.session.flush()

    def send(self, item: Item, to: str, *, on_the_road: bool = False) -> int:
        """Request a copy's transfer, and let it leave; return its id."""
        here = self.places[to].id
        answer = request_transfer(self.session, self.operation(), item_id=item.id, to_branch_id=here, reason="manual")
        transfer_id: int = answer["transfer"]["id"]
        if on_the_road:
            pick(self.session, self.operation(), transfer_id)
            dispatch(self.session, self.operation(), transfer_id)
        return transfer_id

    def hold(self, item: Item, reader: Patron | None = None, pickup: str = "east", **of: Any) -> int:
        """Reserve a copy's title, or with `item_id` that copy; return the hold's id."""
        answer = place_hold(
            self.session,
            self.operation(),
            patron_id=(reader or self.reader).id,
            pickup_branch_id=self.places[pickup].id,
            **(of or {"bib_id": item.bib_id}),
        )
        assert answer["decision"] == "allowed", answer
        hold_id: int = answer["hold"]["id"]
        return hold_id

    def in_a_box(self, item: Item) -> None:
        """Put a copy into a box without a transfer."""
        here = self.here.id
        box = Box(code="500000000017", from_branch_id=here, holder_branch_id=here, created_at=clock.now())
        self.session.add(box)
        self.session.flush()
        self.session.add(BoxLine(box_id=box.id, item_id=item.id, packed_at=clock.now()))
        item.is_available = False
        self.session.flush()


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def available(desk: Desk, item: Item) -> bool:
    """Return the stored flag of a copy, after looking that no flag is wrong."""
    assert desk.session.execute(facts.wrongly_flagged()).all() == []
    return bool(desk.session.scalar(select(Item.is_available).where(Item.id == item.id)))
