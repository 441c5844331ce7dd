"""Gathering what `rules.may_hold` wants to know from the database, inside the transaction that decides."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ScalarSelect, exists, func, not_, or_, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.holds.rules import Asked
from circulation.models import Hold, Loan
from circulation.policies.services import resolve
from circulation.whereabouts import facts
from circulation.whereabouts.rules import GONE, READING_ONLY_CLASSES
from library.branches.models import Branch
from library.kernel.errors import Invalid, NotFound
from library.patrons.models import Patron, PatronBlock


@dataclass(frozen=True, slots=True)
class Subject:
    """What is wanted: a title, or one copy of it."""

    bib_id: int
    clc: str
    item_id: int | None = None
    item_class: str | None = None


def subject(session: Session, *, bib_id: int | None, item_id: int | None) -> Subject:
    """Return what is wanted; a merged title is followed to the one that took over.

    Raises `Invalid` `bib_or_item_required`, `NotFound` `unknown_bib` or `unknown_item`.
    """
    if item_id is not None:
        row = session.execute(select(Item.bib_id, Item.item_class).where(Item.id == item_id)).one_or_none()
        if row is None:
            raise NotFound("unknown_item", item=item_id)
        return Subject(row.bib_id, _clc(session, row.bib_id), item_id, row.item_class)
    if bib_id is None:
        raise Invalid("bib_or_item_required")
    current: int | None = bib_id
    while current is not None:
        bib_id = current
        found = session.execute(select(Bib.id, Bib.merged_into_id).where(Bib.id == bib_id)).one_or_none()
        if found is None:
            raise NotFound("unknown_bib", bib=bib_id)
        current = found.merged_into_id
    return Subject(bib_id, _clc(session, bib_id))


def asked_of(session: Session, patron: Patron, wanted: Subject, pickup: Branch, on: date) -> Asked:
    """Return the facts about a reader, whose row is locked, and the title they want."""
    policy = resolve(session, item_class=wanted.item_class, patron_category=patron.category, branch=pickup, on=on)
    open_holds = select(func.count()).where(Hold.patron_id == patron.id, Hold.ended_at.is_(None))
    same = open_holds.where(Hold.bib_id == wanted.bib_id)
    lent = (Loan.patron_id == patron.id) & Loan.in_at.is_(None)
    row = session.execute(
        select(
            open_holds.scalar_subquery(),
            same.scalar_subquery(),
            select(exists().where(lent, Item.id == Loan.item_id, Item.bib_id == wanted.bib_id)).scalar_subquery(),
            select(func.min(Loan.due_on)).where(lent, Loan.is_backdated.is_(False)).scalar_subquery(),
            _copies_that_could(wanted),
        )
    ).one()
    return Asked(
        on=on,
        holds_max=policy.terms.holds_max,
        open_holds=row[0],
        has_hold=row[1] > 0,
        has_loan=bool(row[2]),
        oldest_due_on=row[3],
        copies_that_could=row[4],
        pickup_open=pickup.state == "open",
        blocks=_blocks(session, patron.id, on),
        expires_on=_last_day(patron),
        overdue_block_days=policy.terms.overdue_block_days,
    )


def _copies_that_could(wanted: Subject) -> ScalarSelect[int]:
    """Return the count of copies that could ever be kept for a reader: not gone, and of a class and place that lend."""
    copies = select(func.count(Item.id)).where(
        Item.bib_id == wanted.bib_id,
        Item.item_class.not_in(sorted(READING_ONLY_CLASSES)),
        facts.lendable_location(),
        not_(facts.condition(*GONE)),
    )
    return (copies.where(Item.id == wanted.item_id) if wanted.item_id is not None else copies).scalar_subquery()


def _blocks(session: Session, patron_id: int, on: date) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            select(PatronBlock.code)
            .where(
                PatronBlock.patron_id == patron_id,
                PatronBlock.lifted_at.is_(None),
                PatronBlock.from_on <= on,
                or_(PatronBlock.until_on.is_(None), PatronBlock.until_on >= on),
            )
            .order_by(PatronBlock.id)
        )
    )


def _last_day(patron: Patron) -> date | None:
    return min((day for day in (patron.expires_on, patron.closed_on) if day is not None), default=None)


def _clc(session: Session, bib_id: int) -> str:
    return session.scalar(select(Bib.clc_top).where(Bib.id == bib_id)) or ""
