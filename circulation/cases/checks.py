"""Invariants of cases: what they are about, and that they end as their table says."""

from sqlalchemy import and_, or_, select

from circulation.cases.rules import ABOUT_OPEN_LOANS, EDGES
from circulation.models import Case, Loan
from library.kernel.checks import Invariant

_ends_as_its_kind_may = or_(
    *(and_(Case.kind == kind, Case.outcome.in_([edge.outcome for edge in edges])) for kind, edges in EDGES.items())
)

INVARIANTS = (
    Invariant(
        "claim_is_about_an_open_loan",
        "A claim that is not settled belongs to a loan that has not ended.",
        select(Case.id, Case.loan_id)
        .outerjoin(Loan, Loan.id == Case.loan_id)
        .where(
            Case.kind.in_(sorted(ABOUT_OPEN_LOANS)),
            Case.settled_at.is_(None),
            or_(Loan.id.is_(None), Loan.in_at.is_not(None)),
        ),
    ),
    Invariant(
        "case_ends_as_its_kind_may",
        "A case ends in one of the ways of its kind.",
        select(Case.id, Case.kind, Case.outcome).where(Case.settled_at.is_not(None), ~_ends_as_its_kind_may),
    ),
    Invariant(
        "case_is_about_the_copy_of_its_loan",
        "A case about a loan is about the copy that was lent.",
        select(Case.id, Case.loan_id)
        .join(Loan, Loan.id == Case.loan_id)
        .where(or_(Case.item_id.is_(None), Case.item_id != Loan.item_id)),
    ),
    Invariant(
        "backdated_loan_is_never_claimed_lost",
        "A loan copied from a notebook never becomes claimed lost by itself.",
        select(Case.id, Case.loan_id)
        .join(Loan, Loan.id == Case.loan_id)
        .where(Case.kind == "claimed_lost", Loan.is_backdated),
    ),
    Invariant(
        "case_forgets_with_its_loan",
        "A case keeps no reader whom its loan has forgotten.",
        select(Case.id, Case.loan_id)
        .join(Loan, Loan.id == Case.loan_id)
        .where(Case.patron_id.is_not(None), Case.patron_id.is_distinct_from(Loan.patron_id)),
    ),
)
