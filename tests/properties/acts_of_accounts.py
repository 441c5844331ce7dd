"""What may happen to a reader's account: a debt is paid or let go, a line is undone."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from circulation.charges import services as charges
from circulation.models import LedgerEntry
from library.branches.models import Branch
from library.kernel.operations import Answer, Operation
from tests.properties.county import NOTHING, Chance, County, Do, one_of


def _settle_a_debt(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    owed = func.sum(LedgerEntry.amount_cents)
    by_reader = select(LedgerEntry.patron_id, owed).where(LedgerEntry.patron_id.is_not(None))
    debtors = session.execute(by_reader.group_by(LedgerEntry.patron_id).having(owed > 0).order_by("patron_id")).all()
    if not debtors:
        return NOTHING
    patron_id, cents = debtors[chance.below(len(debtors))]
    kind, central = ("payment", "waiver")[chance.below(2)], session.get_one(Branch, county.places["central"])
    part = 1 + chance.below(cents)
    return charges.append(
        session, operation, patron_id=patron_id, kind=kind, amount_cents=-part, branch=central, note="so it was agreed"
    )


def _undo_a_line(session: Session, operation: Operation, county: County, chance: Chance) -> Answer:
    lines = session.scalars(select(LedgerEntry.id).where(LedgerEntry.kind != "void").order_by(LedgerEntry.id)).all()
    if not lines:
        return NOTHING
    central = session.get_one(Branch, county.places["central"])
    return charges.void(session, operation, one_of(lines, chance), branch=central, note="a mistake")


ACTS: dict[str, Do] = {"settle_debt": _settle_a_debt, "void_line": _undo_a_line}
