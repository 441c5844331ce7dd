"""A person settles a case: the outcome has to be one of its kind, and what follows is done in the same transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.cases.rules import Effect, Kind, Outcome, effect_of, outcomes_of
from circulation.cases.services import OpenCase, open_case, settle_row
from circulation.charges.rules import yuan
from circulation.claims import reasons
from circulation.claims.answers import answer, case_ref
from circulation.claims.damage import put_right, take_out_of_the_way
from circulation.claims.lost import end_as_lost, forgive, make_condition
from circulation.claims.subjects import copy_of, loan_of
from circulation.lending import services as lending
from circulation.lending.in_hand import end_conditions
from circulation.lending.listing import open_loan_of_item
from circulation.logistics.reasons import ITEM_ON_LOAN
from circulation.models import Case, Loan
from circulation.policies.reasons import LOAN_ENDED
from circulation.whereabouts.services import refresh_availability
from library.branches.models import Branch
from library.kernel.decisions import reason
from library.kernel.errors import Invalid, NotFound
from library.kernel.operations import Answer, Operation


@dataclass(frozen=True, slots=True)
class Settling:
    """A case being settled, what it is about under lock, and where."""

    session: Session
    operation: Operation
    case: OpenCase
    loan: Loan | None
    item: Item | None
    branch: Branch


def case_by_id(session: Session, case_id: int) -> Case:
    """Return a case. Raises `NotFound` `unknown_case`."""
    case = session.get(Case, case_id, populate_existing=True)
    if case is None:
        raise NotFound("unknown_case", case=case_id)
    return case


def settle(
    session: Session, operation: Operation, case_id: int, outcome: str, *, branch: Branch, note: str = ""
) -> Answer:
    """Settle a case at a branch; a copy that is found again is taken back there.

    Return `{decision, reasons, case {id, kind, outcome}, loan, item, patron, next, destination, hold}`. Raises `NotFound`
    `unknown_case`, `Invalid` `outcome_not_possible` with the `outcomes` that are.
    A copy on loan is not set aside, and its case stays open.
    """
    row = case_by_id(session, case_id)
    effect = effect_of(row.kind, outcome)
    if effect is None:
        raise Invalid("outcome_not_possible", outcome=outcome[:40], outcomes=", ".join(outcomes_of(row.kind)))
    loan = loan_of(session, row.loan_id) if row.loan_id is not None else None
    item = copy_of(session, row.item_id) if row.item_id is not None else None
    members = {"item": row.item_id, "patron": row.patron_id}
    row = case_by_id(session, case_id)
    if row.settled_at is not None:
        known = case_ref(case_id, row.kind, row.outcome)
        return answer([reason(reasons.CASE_ALREADY_SETTLED)], **members, case=known)
    if effect is Effect.END_LOAN_AS_LOST and (loan is None or loan.in_at is not None):
        return answer([reason(LOAN_ENDED)], **members, case=case_ref(case_id, row.kind))
    if effect is Effect.MAKE_DAMAGED and item is not None and open_loan_of_item(session, item.id) is not None:
        return answer([reason(ITEM_ON_LOAN)], **members, case=case_ref(case_id, row.kind))
    case = OpenCase(row.id, row.kind, row.branch_id, row.item_id, row.loan_id, row.patron_id, row.opened_at)
    settle_row(session, operation, case, Outcome(outcome), branch_id=branch.id, note=note)
    followed = _FOLLOW[effect](Settling(session, operation, case, loan, item, branch))
    ended = {"case": case_ref(case_id, row.kind, outcome), "patron": row.patron_id}
    return {**followed, **ended}


def _nothing(settling: Settling) -> Answer:
    return answer([], item=settling.case.item_id)


def _take_back(settling: Settling) -> Answer:
    assert settling.item is not None
    loan = settling.loan
    # The case is closed already, with what a person said about it, so the check-in cannot find it open.
    was_claimed = settling.case.kind == Kind.CLAIMED_RETURNED and loan is not None and loan.in_at is None
    back = lending.check_in(
        settling.session,
        settling.operation,
        branch=settling.branch,
        item_id=settling.item.id,
        was_claimed=was_claimed,
    )
    kept = {name: back[name] for name in ("decision", "reasons", "item", "next", "destination", "hold")}
    return {**answer([]), **kept}


def _end_loan_as_lost(settling: Settling) -> Answer:
    assert settling.loan is not None
    return end_as_lost(settling.session, settling.operation, settling.loan, settling.branch)


def _make_lost(settling: Settling) -> Answer:
    assert settling.item is not None
    session, operation, item = settling.session, settling.operation, settling.item
    looked_for = (ItemCondition.item_id == item.id, ItemCondition.kind == "missing", ItemCondition.until.is_(None))
    ended = session.scalars(select(ItemCondition.kind).where(*looked_for)).all()
    end_conditions(session, operation, item.id, item.bib_id, ended, branch_id=settling.branch.id)
    # Last, so that the copy's last event says that it is lost.
    make_condition(session, operation, item, "lost", settling.branch.id)
    refresh_availability(session, [item.id])
    return answer([], item=item.id)


def _forgive(settling: Settling) -> Answer:
    loan_id = settling.case.loan_id
    cents = forgive(settling.session, settling.operation, loan_id, settling.branch) if loan_id is not None else 0
    told = [reason(reasons.LOSS_FORGIVEN, yuan=yuan(cents))] if cents else []
    return answer(told, item=settling.case.item_id)


def _end_damage(settling: Settling) -> Answer:
    assert settling.item is not None
    put_right(settling.session, settling.operation, settling.item, "damaged", settling.branch.id)
    return answer([], item=settling.item.id)


def _make_damaged(settling: Settling) -> Answer:
    assert settling.item is not None
    session, operation, item, branch = settling.session, settling.operation, settling.item, settling.branch
    if make_condition(session, operation, item, "damaged", branch.id):
        open_case(session, operation, Kind.DAMAGED, branch.id, item_id=item.id)
        take_out_of_the_way(session, operation, item, "damaged")
    return answer([], item=item.id)


_FOLLOW: Mapping[Effect, Callable[[Settling], Answer]] = {
    Effect.NOTHING: _nothing,
    Effect.TAKE_BACK: _take_back,
    Effect.END_LOAN_AS_LOST: _end_loan_as_lost,
    Effect.MAKE_LOST: _make_lost,
    Effect.FORGIVE: _forgive,
    Effect.END_DAMAGE: _end_damage,
    Effect.MAKE_DAMAGED: _make_damaged,
}
