"""What may happen to a loan besides going out and coming back: read on site, recalled, claimed, lost, undone, back-dated."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.cases.rules import outcomes_of
from circulation.claims import claiming, damage, jobs, lost, recall, settling
from circulation.claims.subjects import loan_of
from circulation.lending import onsite, undo
from circulation.lending import services as lending
from circulation.models import Case, Loan, LoanRenewal
from circulation.notebook import services as notebook
from circulation.notebook.services import Entry
from library.kernel import clock
from library.kernel.models import EventRow
from library.kernel.operations import Answer, Operation
from library.patrons.models import PatronCard
from tests.properties.county import DONE, NOTHING, Chance, County, Do, one_of, preferred, some_place


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


def _claim_lost(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    late = jobs.given_up(session, clock.today())
    if not late:
        return NOTHING
    claiming.claim_lost(session, operation, loan_of(session, one_of(late, chance)))
    return DONE


def _find(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    """A copy that was lost or missing turns up at some desk."""
    gone = select(ItemCondition.item_id).where(
        ItemCondition.kind.in_(("lost", "missing")), ItemCondition.until.is_(None)
    )
    found = session.scalars(gone.distinct().order_by(ItemCondition.item_id)).all()
    if not found:
        return NOTHING
    item_id = one_of(found, chance)
    answer = lending.check_in(session, operation, branch=some_place(session, county, chance), item_id=item_id)
    assert session.scalars(gone.where(ItemCondition.item_id == item_id)).all() == [], "what is found is not lost"
    return answer


def _call_back(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    loan_id = _open_loan(session, chance)
    if loan_id is None:
        return NOTHING
    act = recall.undo_recall if chance.below(3) == 0 else recall.recall
    return act(session, operation, loan_id)


def _note(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    sound = session.scalars(select(Item.id).where(Item.is_available).order_by(Item.id)).all()
    branch, item_id = some_place(session, county, chance), preferred(sound, county.items, chance) or county.items[0]
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
    is_open = select(Loan.id).where(Loan.in_at.is_(None)).order_by(Loan.id)
    of_today = Loan.out_at >= clock.start_of_day(clock.today())
    today = session.scalars(is_open.where(of_today, Loan.renewals == 0)).all()
    loan_id = preferred(today, session.scalars(is_open).all(), chance)
    if loan_id is None:
        return NOTHING
    return undo.undo_check_out(session, operation, loan_id, branch=some_place(session, county, chance))


def _undo_a_return(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    returned = select(Loan.id).where(Loan.closed_as == "returned", Loan.is_on_site.is_(False)).order_by(Loan.id)
    today = session.scalars(returned.where(Loan.in_at >= clock.start_of_day(clock.today()))).all()
    loan_id = preferred(today[-1:], session.scalars(returned).all(), chance)
    if loan_id is None:
        return NOTHING
    loan = session.get_one(Loan, loan_id)
    closing = select(EventRow.operation_id).where(EventRow.kind == "loan.closed", EventRow.item_id == loan.item_id)
    returned_by = session.scalar(closing.order_by(EventRow.id.desc()).limit(1))
    return undo.undo_check_in(session, operation, loan.id, returned_by=returned_by or "")


def _undo_a_renewal(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    renewals = select(LoanRenewal).where(LoanRenewal.undone_at.is_(None)).order_by(LoanRenewal.id)
    today = session.scalars(renewals.where(LoanRenewal.at >= clock.start_of_day(clock.today()))).all()
    if not today:
        return NOTHING
    one = today[chance.below(len(today))]
    return undo.undo_renewal(session, operation, one.loan_id, renewed_by=one.operation_id or "")


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
    "claim_lost": _claim_lost,
    "declare_lost": _lose,
    "find": _find,
    "recall": _call_back,
    "note_damaged": _note,
    "settle_case": _settle_a_case,
    "undo_check_out": _undo_a_loan,
    "undo_check_in": _undo_a_return,
    "undo_renewal": _undo_a_renewal,
    "back_date": _back_date,
}
