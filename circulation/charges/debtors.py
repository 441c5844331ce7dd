"""Who can be asked for money. Nothing is ever demanded from a child."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from library.patrons.models import Guardian, Patron

CHILD = "child"


def _debtor() -> ColumnElement[int | None]:
    """Return, beside `patrons`, the reader; for a child a guardian who is a reader, else the household's card, or nobody."""
    guardian, household = aliased(Patron), aliased(Patron)

    def is_there(person: Any) -> tuple[ColumnElement[bool], ...]:
        return person.erased_at.is_(None), person.closed_on.is_(None)

    guardian_id = (
        select(func.min(guardian.id))
        .join(Guardian, Guardian.guardian_patron_id == guardian.id)
        .where(Guardian.patron_id == Patron.id, Guardian.ended_at.is_(None), *is_there(guardian))
        .correlate(Patron)
        .scalar_subquery()
    )
    household_id = (
        select(func.min(household.id))
        .where(household.household_id == Patron.household_id, household.category == "family", *is_there(household))
        .correlate(Patron)
        .scalar_subquery()
    )
    return case((Patron.category != CHILD, Patron.id), else_=func.coalesce(guardian_id, household_id))


# A column for statements about a reader, built once.
DEBTOR_ID = _debtor()


def debtor_of(session: Session, patron_id: int | None) -> int | None:
    """Return the id of who can be asked for what a reader owes, None when nobody can, or the reader is forgotten."""
    if patron_id is None:
        return None
    debtor: int | None = session.scalar(select(DEBTOR_ID).where(Patron.id == patron_id))
    return debtor
