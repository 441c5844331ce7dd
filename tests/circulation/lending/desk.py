"""A county with a reader at a desk, and short ways to lend and take back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.lending import services
from circulation.whereabouts import facts
from library.branches.models import Branch
from library.kernel.operations import Answer, Operation
from library.patrons.models import Patron
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card


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

    def renew(self, loan_id: int, **more: Any) -> Answer:
        return services.renew(self.session, self.operation("renew"), loan_id=loan_id, **more)


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def available(desk: Desk, item: Item) -> bool:
    """Return the stored flag of a copy, after looking that no flag is wrong."""
    assert desk.session.execute(facts.wrongly_flagged()).all() == []
    return bool(desk.session.scalar(select(Item.is_available).where(Item.id == item.id)))
