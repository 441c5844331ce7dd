"""What people at desks, readers and the night's jobs may do to a small county, each as one operation.

A state machine chooses among the acts and shrinks what fails; a soak lets threads and processes choose among the same acts
at once. An act draws what it needs from `Chance` and calls the services as an entry point would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibSourceRecord
from catalog.items.models import Item, ItemCondition
from circulation.holds import services as holds
from circulation.lending import services as lending
from circulation.logistics import services as transfers
from circulation.models import TRANSFER_OPEN, Hold, Loan, PolicyRow, Transfer
from circulation.policies.rules import RULES, parse
from circulation.policies.services import set_row
from circulation.whereabouts.services import refresh_availability
from library.branches import services as branches
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.errors import Busy, DomainError
from library.kernel.operations import Answer, Operation, once, system_operation
from tests.factories import a_bib, a_county, a_patron, an_item, county_policies

PLACES = ("east", "west", "central", "school")
CATEGORIES = ("adult", "child", "elder")


class Chance(Protocol):
    """Where an act's choices come from."""

    def below(self, bound: int) -> int:
        """Return a number from 0 to `bound` - 1."""


@dataclass(frozen=True)
class County:
    """The ids of what there is: places by name, copies, their titles, readers."""

    places: dict[str, int]
    items: Sequence[int]
    bibs: Sequence[int]
    readers: Sequence[int]


Do = Callable[[Session, Operation, County, Chance], Answer]


@dataclass(frozen=True)
class Done:
    """An act that was taken, with what is needed to send it again; `answer` is None when it could not be acted on."""

    operation: Operation
    content: dict[str, Any]
    answer: Answer | None


def settle(session: Session, *, copies: int, readers: int) -> County:
    """Fill an empty database with a county of a few readers who all want the same few copies."""
    made = a_county(session)
    county_policies(session)
    bibs = [_title(session) for _ in range(max(2, copies // 3))]
    at = [PLACES[number % len(PLACES)] for number in range(copies)]
    titles = [bibs[number % len(bibs)] for number in range(copies)]
    items = [
        an_item(session, branch=made[place], bib=session.get_one(Bib, bib)).id
        for place, bib in zip(at, titles, strict=True)
    ]
    people = [
        a_patron(session, branch=made[PLACES[number % 2]], category=CATEGORIES[number % 3]).id
        for number in range(readers)
    ]
    return County({name: branch.id for name, branch in made.items()}, items, bibs, people)


def _title(session: Session) -> int:
    bib_id = a_bib(session).id
    source = {"source": "form", "flavour": "form", "record": {}, "checksum": str(bib_id), "created_at": clock.now()}
    session.add(BibSourceRecord(bib_id=bib_id, **source))
    return bib_id


def take(database: Database, county: County, name: str, chance: Chance, operation: Operation | None = None) -> Done:
    """Take the act `name` in a transaction of its own, as an entry point does; `operation` is one sent before."""
    operation, content = operation or system_operation(name), {"act": name}
    try:
        with database.writing() as session:
            answer = once(session, operation, content, lambda: ACTS[name](session, operation, county, chance))
    except Busy:
        raise
    except DomainError:
        return Done(operation, content, None)
    return Done(operation, content, answer)


def send_again(database: Database, done: Done) -> Answer:
    """Send a request again; nothing may be done a second time."""

    def never() -> Answer:
        msg = f"{done.operation.kind} was done twice"
        raise AssertionError(msg)

    with database.writing() as session:
        return once(session, done.operation, done.content, never)


def _one(ids: Sequence[int], chance: Chance) -> int:
    return ids[chance.below(len(ids))]


def _place(session: Session, county: County, chance: Chance) -> Branch:
    return session.get_one(Branch, county.places[PLACES[chance.below(len(PLACES))]])


def _lend(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch, patron_id = _place(session, county, chance), _one(county.readers, chance)
    confirmed = ("item_in_transit", "item_lost", "item_damaged") if chance.below(2) else ()
    answer = lending.check_out(
        session,
        operation,
        branch=branch,
        patron_id=patron_id,
        item_id=_one(county.items, chance),
        overrides=[{"code": code, "reason": "so it was agreed"} for code in confirmed],
        may_override=False,
    )
    if answer["decision"] == "allowed":
        _require_within_limit(session, answer["loan"]["id"])
    return answer


def _require_within_limit(session: Session, loan_id: int) -> None:
    """Within the transaction that lent: the reader has no more than the row allows that decided."""
    loan = session.get_one(Loan, loan_id)
    row_id = loan.decided["rows"].get("loan_limit")
    limit = parse("loan_limit", session.get_one(PolicyRow, row_id).value) if row_id else RULES["loan_limit"].default
    assert isinstance(limit, int)
    counted = (Loan.patron_id == loan.patron_id, Loan.in_at.is_(None), Loan.is_on_site.is_(False))
    held = session.scalar(select(func.count()).where(*counted)) or 0
    assert held <= limit, f"{held} loans, {limit} are allowed"


def _take_back(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch = _place(session, county, chance)
    answer = lending.check_in(session, operation, branch=branch, item_id=_one(county.items, chance))
    assert answer["decision"] == "allowed", "a check-in refuses only what it cannot tell apart"
    return answer


def _renew(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    open_loans = session.scalars(select(Loan.id).where(Loan.in_at.is_(None)).order_by(Loan.id)).all()
    if not open_loans:
        return NOTHING
    return lending.renew(session, operation, loan_id=_one(open_loans, chance))


def _reserve(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    wanted = {"item_id": _one(county.items, chance)} if chance.below(4) == 0 else {"bib_id": _one(county.bibs, chance)}
    return holds.place_hold(
        session,
        operation,
        patron_id=_one(county.readers, chance),
        pickup_branch_id=_place(session, county, chance).id,
        **wanted,
    )


def _give_up(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    open_holds = session.scalars(select(Hold.id).where(Hold.ended_at.is_(None)).order_by(Hold.id)).all()
    return holds.cancel_hold(session, operation, _one(open_holds, chance)) if open_holds else NOTHING


def _send(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    return transfers.request_transfer(
        session,
        operation,
        item_id=_one(county.items, chance),
        to_branch_id=_place(session, county, chance).id,
        reason="rotation",
    )


def _move_on(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    moving = session.scalars(select(Transfer.id).where(Transfer.state.in_(TRANSFER_OPEN)).order_by(Transfer.id)).all()
    steps = (transfers.pick, transfers.dispatch, transfers.receive, transfers.shelve, transfers.cancel, transfers.miss)
    return steps[chance.below(len(steps))](session, operation, _one(moving, chance)) if moving else NOTHING


def _go_wrong(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    """Note a copy as lost, missing or damaged, as a bad restore or another program would: no service asked."""
    item_id, kind = _one(county.items, chance), ("lost", "missing", "damaged")[chance.below(3)]
    session.execute(select(Item.id).where(Item.id == item_id).with_for_update())
    known = select(ItemCondition.id).where(
        ItemCondition.item_id == item_id, ItemCondition.kind == kind, ItemCondition.until.is_(None)
    )
    if session.scalar(known) is None:
        session.add(ItemCondition(item_id=item_id, kind=kind, since=operation.at))
        session.flush()
    refresh_availability(session, [item_id])
    return NOTHING


def _close_a_room(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch = _place(session, county, chance)
    if branch.state == "open":
        branches.suspend(session, operation, branch)
    else:
        branches.reopen(session, operation, branch)
    return NOTHING


def _change_a_rule(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    rule, values = RULES_CHANGED[chance.below(len(RULES_CHANGED))]
    category = (None, *CATEGORIES)[chance.below(4)]
    return set_row(session, operation, rule=rule, value=values[chance.below(len(values))], patron_category=category)


def _do_the_nightly_work(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    for hold_id in holds.expired_pickups(session, clock.today() + timedelta(days=chance.below(30))):
        holds.expire_pickup(session, operation, hold_id)
    for hold_id in holds.worth_targeting(session):
        holds.target(session, operation, hold_id)
    return NOTHING


NOTHING: Answer = {"decision": "allowed", "reasons": []}
RULES_CHANGED = (
    ("loan_limit", ("1", "2", "5")),
    ("loan_days", ("1", "30")),
    ("renewals_max", ("0", "2")),
    ("holds_max", ("1", "5")),
    ("return_policy", ("home", "stay")),
    ("hold_scope", ("county", "township", "branch")),
)
ACTS: dict[str, Do] = {
    "check_out": _lend,
    "check_in": _take_back,
    "renew": _renew,
    "place_hold": _reserve,
    "cancel_hold": _give_up,
    "request_transfer": _send,
    "move_transfer": _move_on,
    "note_condition": _go_wrong,
    "close_branch": _close_a_room,
    "set_policy": _change_a_rule,
    "nightly_work": _do_the_nightly_work,
}
