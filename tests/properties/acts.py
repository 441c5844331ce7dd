"""What people at desks, readers and the night's jobs may do to a small county, each as one operation.

A state machine chooses among the acts and shrinks what fails; a soak lets threads and processes choose among the same acts
at once. An act draws what it needs from `Chance` and calls the services as an entry point would.
"""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.holds import leaving, pickup, promises, queueing
from circulation.holds import services as holds
from circulation.lending import services as lending
from circulation.models import Hold, Loan, PolicyRow
from circulation.policies.rules import RULES, parse
from circulation.policies.services import set_row
from circulation.whereabouts.services import refresh_availability
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.errors import Busy, DomainError
from library.kernel.operations import Answer, Operation, once, system_operation
from tests.properties import acts_of_accounts, acts_of_loans, acts_of_rooms, acts_of_the_van
from tests.properties.county import (
    ANNEX,
    CATEGORIES,
    DONE,
    NOTHING,
    Chance,
    County,
    Do,
    Done,
    at_a_desk,
    one_of,
    preferred,
    some_place,
)


def take(database: Database, county: County, name: str, chance: Chance, operation: Operation | None = None) -> Done:
    """Take the act `name` in a transaction of its own, as an entry point does; `operation` is one sent before."""
    operation, content = operation or operation_of(name), {"act": name}
    try:
        with database.writing() as session:
            answer = once(session, operation, content, lambda: ACTS[name](session, operation, county, chance))
    except Busy:
        raise
    except DomainError:
        return Done(operation, content, None)
    return Done(operation, content, answer)


def operation_of(name: str) -> Operation:
    """Return a new operation of the act `name`: most are done at a desk, some by the night's jobs."""
    return system_operation(name) if name in OF_THE_NIGHT else at_a_desk(name)


def send_again(database: Database, done: Done) -> Answer:
    """Send a request again; nothing may be done a second time."""

    def never() -> Answer:
        msg = f"{done.operation.kind} was done twice"
        raise AssertionError(msg)

    with database.writing() as session:
        return once(session, done.operation, done.content, never)


def _lend(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch, patron_id = some_place(session, county, chance), one_of(county.readers, chance)
    confirmed = ("item_in_transit", "item_lost", "item_damaged") if chance.below(2) else ()
    answer = lending.check_out(
        session,
        operation,
        branch=branch,
        patron_id=patron_id,
        item_id=_wanted_copy(session, county, chance),
        overrides=[{"code": code, "reason": "so it was agreed"} for code in confirmed],
        may_override=False,
    )
    if answer["decision"] == "allowed":
        _require_within_limit(session, answer["loan"]["id"])
    return answer


def _wanted_copy(session: Session, county: County, chance: Chance) -> int:
    free = session.scalars(select(Item.id).where(Item.is_available).order_by(Item.id)).all()
    return preferred(free, county.items, chance) or county.items[0]


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
    branch = some_place(session, county, chance)
    lent = session.scalars(select(Loan.item_id).where(Loan.in_at.is_(None)).order_by(Loan.item_id)).all()
    item_id = preferred(lent, county.items, chance) or county.items[0]
    answer = lending.check_in(session, operation, branch=branch, item_id=item_id)
    assert answer["decision"] == "allowed", "a check-in refuses only what it cannot tell apart"
    return answer


def _renew(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    is_open = select(Loan.id).where(Loan.in_at.is_(None)).order_by(Loan.id)
    fresh = session.scalars(is_open.where(Loan.renewals == 0, Loan.due_on >= clock.today())).all()
    loan_id = preferred(fresh, session.scalars(is_open).all(), chance)
    return lending.renew(session, operation, loan_id=loan_id) if loan_id is not None else NOTHING


def _reserve(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    wanted = (
        {"item_id": one_of(county.items, chance)} if chance.below(4) == 0 else {"bib_id": one_of(county.bibs, chance)}
    )
    return holds.place_hold(
        session,
        operation,
        patron_id=one_of(county.readers, chance),
        pickup_branch_id=_pickup(county, chance),
        **wanted,
    )


def _pickup(county: County, chance: Chance) -> int:
    rooms = ("east", "west", "school", ANNEX)
    return county.places[rooms[chance.below(len(rooms))]]


def _give_up(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    hold_id = _open_hold(session, chance)
    return holds.cancel_hold(session, operation, hold_id) if hold_id is not None else NOTHING


def _pause(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    until = clock.today() + timedelta(days=1 + chance.below(9)) if chance.below(2) else None
    hold_id = _open_hold(session, chance, "waiting")
    return queueing.suspend(session, operation, hold_id, until) if hold_id is not None else NOTHING


def _go_on(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    hold_id = _open_hold(session, chance, "suspended")
    return queueing.resume(session, operation, hold_id) if hold_id is not None else NOTHING


def _collect_elsewhere(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    hold_id, branch_id = _open_hold(session, chance, "waiting"), _pickup(county, chance)
    return queueing.move_pickup(session, operation, hold_id, branch_id) if hold_id is not None else NOTHING


def _open_hold(session: Session, chance: Chance, state: str | None = None) -> int | None:
    wanted = select(Hold.id).where(Hold.ended_at.is_(None)).order_by(Hold.id)
    found = session.scalars(wanted).all()
    return preferred(session.scalars(wanted.where(Hold.state == state)).all() if state else found, found, chance)


def _go_wrong(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    """Note a copy as lost, missing or damaged, or no longer, as a bad restore or another program would: no service asked."""
    item_id, kind = one_of(county.items, chance), ("lost", "missing", "damaged")[chance.below(3)]
    session.execute(select(Item.id).where(Item.id == item_id).with_for_update())
    same = (ItemCondition.item_id == item_id, ItemCondition.until.is_(None))
    known = session.scalar(select(ItemCondition.id).where(*same, ItemCondition.kind == kind))
    own = update(ItemCondition).where(*same, ItemCondition.operation_id.is_(None)).values(until=operation.at)
    if chance.below(2):
        session.execute(own)
    elif known is None:
        session.add(ItemCondition(item_id=item_id, kind=kind, since=operation.at))
        session.flush()
    refresh_availability(session, [item_id])
    return DONE


def _change_a_rule(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    rule, values = RULES_CHANGED[chance.below(len(RULES_CHANGED))]
    category = (None, *CATEGORIES)[chance.below(4)]
    return set_row(session, operation, rule=rule, value=values[chance.below(len(values))], patron_category=category)


def _do_the_nightly_work(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    on = clock.local_date(operation.at)
    for item_id in leaving.kept_without_a_sound_copy(session):
        leaving.lose_unsound_copy(session, operation, item_id)
    for hold_id in leaving.bound_by_suspended(session):
        leaving.unbind(session, operation, hold_id)
    for hold_id in queueing.due_to_resume(session, on):
        queueing.resume_when_due(session, operation, hold_id)
    for hold_id in queueing.past_their_last_day(session, on):
        queueing.expire_waiting(session, operation, hold_id)
    for hold_id in pickup.missed(session, on):
        holds.expire_pickup(session, operation, hold_id)
    for hold_id in holds.worth_targeting(session, on):
        holds.target(session, operation, hold_id)
    for bib_id in promises.titles_waited_for(session):
        promises.promise_again(session, operation, bib_id)
    return DONE


RULES_CHANGED = (
    ("loan_limit", ("1", "2", "5")),
    ("loan_days", ("1", "30")),
    ("renewals_max", ("0", "2")),
    ("holds_max", ("1", "5")),
    ("return_policy", ("home", "stay")),
    ("hold_scope", ("county", "township", "branch")),
    ("fine_per_day", ("0", "10")),
    ("suspension_days", ("0", "1")),
    ("lost_charge_percent", ("0", "100")),
    ("lost_after_days", ("5", "40", "never")),
)
OF_THE_NIGHT = frozenset({"nightly_work", "claim_lost", "redate"})
ACTS: dict[str, Do] = {
    "check_out": _lend,
    "check_in": _take_back,
    "renew": _renew,
    "place_hold": _reserve,
    "cancel_hold": _give_up,
    "suspend_hold": _pause,
    "resume_hold": _go_on,
    "move_hold": _collect_elsewhere,
    "note_condition": _go_wrong,
    "set_policy": _change_a_rule,
    "nightly_work": _do_the_nightly_work,
    **acts_of_accounts.ACTS,
    **acts_of_loans.ACTS,
    **acts_of_rooms.ACTS,
    **acts_of_the_van.ACTS,
}
# What is chosen from at random: as at a real desk most is lent and taken back, and what seldom finds anything is often tried.
AS_AT_A_DESK = (
    *sorted(ACTS),
    *(("check_out",) * 8 + ("check_in",) * 4 + ("renew", "undo_renewal") * 2),
    *("undo_check_in", "undo_check_out", "resume_hold", "claim_lost"),
)
