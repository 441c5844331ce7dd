"""Who a line of the notebook means: by the number of a card, also one that has ended since, or by a name of this room."""

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from circulation.lending.scans import unknown_card
from circulation.notebook.reasons import NAME_NOT_CLEAR
from library.branches.models import Branch
from library.kernel.decisions import Reason, reason
from library.kernel.identifiers import normalise_scan
from library.patrons.models import Patron, PatronCard


def reader_named(session: Session, text: str, branch: Branch) -> tuple[Patron | None, Reason | None]:
    """Return the reader, or why nobody can be told; a name counts when one reader of the room has it."""
    number = normalise_scan(text)
    by_card = (
        select(Patron)
        .join(PatronCard, PatronCard.patron_id == Patron.id)
        .where(PatronCard.number == number, Patron.erased_at.is_(None))
        .order_by(case((PatronCard.state == "active", 0), else_=1), PatronCard.id.desc())
        .limit(1)
    )
    found = session.scalars(by_card).first() if number else None
    if found is not None:
        return found, None
    by_name = select(Patron).where(
        Patron.name == text.strip(), Patron.home_branch_id == branch.id, Patron.erased_at.is_(None)
    )
    named = session.scalars(by_name.order_by(Patron.id).limit(2)).all() if text.strip() else []
    if len(named) == 1:
        return named[0], None
    return None, reason(NAME_NOT_CLEAR) if named else unknown_card(text)
