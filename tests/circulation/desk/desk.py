"""A desk to scan at, as the page does it: every scan is stored with its answer and chained to the one before."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.desk import forms
from circulation.desk.chain import DESK_KIND
from circulation.desk.scanning import act
from circulation.models import Loan
from library.accounts.rules import Role
from library.branches.models import Branch
from library.kernel.actors import Actor, ActorKind, Grant
from library.kernel.operations import Answer, Operation, new_id, once
from library.patrons.models import Patron
from tests.factories import a_county, a_patron, an_item, county_policies, patron_card


def keeper_of(branch: Branch, role: Role = Role.ROOM_KEEPER, account_id: int = 7) -> Actor:
    return Actor(ActorKind.STAFF, account_id, "keeper", (Grant(str(role), branch.id, branch.path),))


@dataclass
class ScanDesk:
    """The desk of the room `east`; `after` is the last scan of the visit, and every scan comes a second after it."""

    session: Session
    operation: Callable[..., Operation]
    after: str = ""
    scans: int = 0
    places: dict[str, Branch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = a_county(self.session)
        county_policies(self.session)
        self.actor = keeper_of(self.here)

    @property
    def here(self) -> Branch:
        return self.places["east"]

    def reader(self, where: str = "east", **values: Any) -> Patron:
        return a_patron(self.session, branch=self.places[where], **values)

    def item(self, where: str = "east", **values: Any) -> Item:
        return an_item(self.session, branch=self.places[where], **values)

    def send(self, *, at: datetime | None = None, titles: tuple[int, ...] = (), **fields: str) -> Answer:
        """Send a form of the desk and chain the next one to it."""
        form = {"operation_id": new_id(), "branch": "east", "after": self.after, **fields}
        asked = forms.read(form)
        operation = self.operation(DESK_KIND, id=form["operation_id"], actor=self.actor, branch_id=self.here.id)
        self.scans += 1
        operation = replace(operation, at=at or operation.at + timedelta(seconds=self.scans))
        answer = once(
            self.session,
            operation,
            asked.content,
            lambda: act(self.session, operation, self.here, asked, titles=titles),
        )
        self.after = operation.id
        return answer

    def scan(self, code: str, **fields: Any) -> Answer:
        return self.send(code=code, **fields)

    def open_for(self, reader: Patron) -> Answer:
        return self.scan(patron_card(self.session, reader))

    def pick(self, number: int, target: str | None = None, **fields: Any) -> Answer:
        return self.send(pick=str(number), target=target or self.after, **fields)

    def undo(self, target: str = "", **fields: Any) -> Answer:
        return self.send(wish="undo", target=target, **fields)

    def finish(self) -> None:
        self.after = ""

    def holder(self, item: Item) -> int | None:
        """Return the reader who has a copy."""
        wanted = select(Loan.patron_id).where(Loan.item_id == item.id, Loan.in_at.is_(None))
        return self.session.scalars(wanted).one_or_none()


def codes(answer: Answer) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]
