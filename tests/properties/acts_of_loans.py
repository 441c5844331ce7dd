"""What may happen to a loan besides going out and coming back: read on site, recalled, claimed, lost, undone, back-dated."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.cases.rules import outcomes_of
from circulation.claims import claiming, damage, lost, recall, settling
from circulation.lending import onsite, undo
from circulation.models import Case, Loan
from circulation.notebook import services as notebook
from circulation.notebook.services import Entry
from library.kernel import clock
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from library.patrons.models import PatronCard
from tests.properties.county import NOTHING, Chance, County, Do, one_of, some_place


def _open_loan(session: Session, chance: Chance) -> int | None:
    found = session.scalars(select(Loan.id).where(Loan.in_at.is_(None)).order_by(Loan.id)).all()
    return one_of(found, chance) if found else None


def _use_on_site(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    patron_id = one_of(county.readers, chance) if chance.below(2) else None
    branch = some_place(session, county, chance)
    return onsite.use_on_site(
        session, operation, branch=branch, item_id=one_of(county.items, chance), patron_id=patron_id
    )


def _claim(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    loan_id = _open_loan(session, chance)
    return claiming.claim_returned(session, operation, loan_id) if loan_id else NOTHING


def _lose(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    loan_id = _open_loan(session, chance)
    return lost.declare_lost(session, operation, loan_id) if loan_id else NOTHING


def _call_back(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    loan_id = _open_loan(session, chance)
    if loan_id is None:
        return NOTHING
    act = recall.undo_recall if chance.below(3) == 0 else recall.recall
    return act(session, operation, loan_id)


def _note(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    branch, item_id = some_place(session, county, chance), one_of(county.items, chance)
    act = damage.note_damaged if chance.below(2) else damage.note_missing
    return act(session, operation, item_id, branch=branch)


def _settle_a_case(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    found = session.execute(select(Case.id, Case.kind).where(Case.settled_at.is_(None)).order_by(Case.id)).all()
    if not found:
        return NOTHING
    case_id, kind = found[chance.below(len(found))]
    outcomes = outcomes_of(kind)
    outcome = outcomes[chance.below(len(outcomes))]
    return settling.settle(session, operation, case_id, str(outcome), branch=some_place(session, county, chance))


def _undo_a_loan(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    loan_id = _open_loan(session, chance)
    if loan_id is None:
        return NOTHING
    return undo.undo_check_out(session, operation, loan_id, branch=some_place(session, county, chance))


def _undo_a_return(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    returned = select(Loan.id).where(Loan.closed_as == "returned", Loan.is_on_site.is_(False)).order_by(Loan.id)
    found = session.scalars(returned).all()
    if not found:
        return NOTHING
    loan = session.get_one(Loan, one_of(found, chance))
    closing = select(EventRow.operation_id).where(EventRow.kind == "loan.closed", EventRow.item_id == loan.item_id)
    returned_by = session.scalar(closing.order_by(EventRow.id.desc()).limit(1))
    return undo.undo_check_in(session, operation, loan.id, returned_by=returned_by or "")


def _back_date(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    """Copy a line of the notebook: lent some days ago, back since, or not, or only brought back."""
    card = session.scalar(select(PatronCard.number).where(PatronCard.patron_id == one_of(county.readers, chance)))
    lent_on = clock.local_date(operation.at) - timedelta(days=chance.below(60))
    returned_on = lent_on + timedelta(days=chance.below(20)) if chance.below(2) else None
    line = Entry(
        branch=some_place(session, county, chance),
        item_id=one_of(county.items, chance),
        card=card or "",
        lent_on=None if returned_on is not None and chance.below(3) == 0 else lent_on,
        returned_on=returned_on,
        is_still_out=chance.below(2) == 1,
    )
    return notebook.enter(session, operation, line)


ACTS: dict[str, Do] = {
    "use_on_site": _use_on_site,
    "claim_returned": _claim,
    "declare_lost": _lose,
    "recall": _call_back,
    "note_damaged": _note,
    "settle_case": _settle_a_case,
    "undo_check_out": _undo_a_loan,
    "undo_check_in": _undo_a_return,
    "back_date": _back_date,
}
