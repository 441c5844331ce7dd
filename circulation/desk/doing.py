"""What is done with a copy at the desk: lent, taken back, renewed, read here, or asked about."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.desk import reasons
from circulation.desk.at_desk import AtDesk, answered, refused
from circulation.desk.kinds import Did, Mode
from circulation.desk.rules import Holder, Step, step_for, wants_settled_reader
from circulation.lending import services as lending
from circulation.lending.listing import open_loan_of_item
from circulation.lending.onsite import use_on_site
from circulation.lending.queries import lock_reader
from circulation.policies.reasons import ITEM_IN_TRANSIT
from library.accounts.access import permits
from library.kernel.decisions import Outcome, reason
from library.kernel.operations import Answer, Operation

_WISHES = {"take_back": Step.TAKE_BACK, "lend": Step.LEND, "renew": Step.RENEW_OWN}


def with_copy(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    """Do with a copy what a button, the mode or the state of the desk asks for."""
    step = _WISHES.get(desk.wish)
    if step is Step.RENEW_OWN and desk.mode is Mode.RENEW:
        step = Step.RENEW
    if step is None:
        if desk.standing.is_unsettled and wants_settled_reader(desk.mode):
            return refused(desk, reason(reasons.READER_NOT_SETTLED), item=item.id)
        step = step_for(_holder(session, desk, item), has_reader=desk.reader_id is not None, mode=desk.mode)
    return _DOING[step](session, operation, desk, item)


def _holder(session: Session, desk: AtDesk, item: Item) -> Holder:
    loan = open_loan_of_item(session, item.id)
    if loan is None:
        return Holder.NOBODY
    return Holder.THIS_READER if loan.patron_id == desk.reader_id else Holder.ANOTHER_READER


def _take_back(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    answer = lending.check_in(session, operation, branch=desk.branch, item_id=item.id)
    return _passed_on(desk, Did.TAKEN_BACK, item, answer)


def _lend(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    return _lent(session, operation, desk, item, confirmed=set(desk.confirmed))


def _take_back_and_lend(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    assert desk.reader_id is not None
    lock_reader(session, patron_id=desk.reader_id)  # before the copy, as every loan does
    back = _take_back(session, operation, desk, item)
    if back["decision"] != Outcome.ALLOWED:
        return back
    # Coming back may just have sent it home; the next reader stands here, so there is nothing to ask.
    lent = _lent(session, operation, desk, item, confirmed={*desk.confirmed, ITEM_IN_TRANSIT})
    both = {
        "reasons": [reason(reasons.TAKEN_BACK_FROM_ANOTHER).stored(), *back["reasons"], *lent["reasons"]],
        "policy": [*(back["policy"] or ()), *(lent.get("policy") or ())],
    }
    if lent["decision"] == Outcome.ALLOWED:
        return {**lent, **both, "closed_loan": back["closed_loan"]}
    # The other reader's loan has ended, whatever was said of the next one: that is what the line tells and what is undone.
    return {**back, **both, "lending": lent["decision"]}


def _lent(session: Session, operation: Operation, desk: AtDesk, item: Item, *, confirmed: set[str]) -> Answer:
    if desk.reader_id is None:
        return refused(desk, reason(reasons.NO_READER_AT_DESK), item=item.id)
    answer = lending.check_out(
        session,
        operation,
        branch=desk.branch,
        patron_id=desk.reader_id,
        item_id=item.id,
        overrides=_overrides(desk, confirmed),
        may_override=permits(operation.actor, "override", desk.branch),
    )
    return _passed_on(desk, Did.LENT, item, answer)


def _overrides(desk: AtDesk, confirmed: Iterable[str]) -> list[dict[str, str]]:
    return [{"code": code, "reason": desk.because} for code in sorted(confirmed)]


def _renew(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    """Renew the loan of a copy that was scanned to be renewed, whoever has it."""
    loan = open_loan_of_item(session, item.id)
    if loan is None or loan.patron_id is None:
        return refused(desk, reason(reasons.RENEW_NOT_ON_LOAN), item=item.id)
    answer = lending.renew(
        session,
        operation,
        loan_id=loan.id,
        overrides=_overrides(desk, desk.confirmed),
        may_override=permits(operation.actor, "override", desk.branch),
    )
    return _passed_on(desk, Did.RENEWED, item, answer)


def _renew_own(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    """Renew a loan of the reader at the desk."""
    loan = open_loan_of_item(session, item.id)
    if loan is None or loan.patron_id != desk.reader_id:
        return refused(desk, reason(reasons.NO_READER_AT_DESK), item=item.id)
    return _renew(session, operation, desk, item)


def _use_here(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    answer = use_on_site(session, operation, branch=desk.branch, item_id=item.id, patron_id=desk.reader_id)
    return _passed_on(desk, Did.USED, item, answer)


def _want_reader(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    del session, operation
    return refused(desk, reason(reasons.CARD_FIRST), item=item.id)


def _ask(session: Session, operation: Operation, desk: AtDesk, item: Item) -> Answer:
    del session, operation
    return answered(desk, Did.ASK, Outcome.NEEDS_CONFIRMATION, item=item.id)


_DOING: Mapping[Step, Callable[[Session, Operation, AtDesk, Item], Answer]] = {
    Step.TAKE_BACK: _take_back,
    Step.LEND: _lend,
    Step.TAKE_BACK_AND_LEND: _take_back_and_lend,
    Step.RENEW: _renew,
    Step.RENEW_OWN: _renew_own,
    Step.USE_HERE: _use_here,
    Step.WANT_READER: _want_reader,
    Step.ASK: _ask,
}


def _passed_on(desk: AtDesk, did: Did, item: Item, answer: Answer) -> Answer:
    """Return lending's answer with what the desk adds."""
    return {**answered(desk, did, Outcome.ALLOWED), **answer, "item": item.id}
