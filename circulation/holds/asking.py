"""Gathering what the rules of holds want to know from the database, inside the transaction that decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.cases.against import blocks_of, late_since
from circulation.holds.copies import RulesOfDay, wanting_of
from circulation.holds.rules import Asked
from circulation.holds.targeting import CopyAt, in_reach
from circulation.models import Hold, Loan
from circulation.policies.values import Reach
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.errors import Invalid, NotFound
from library.patrons.models import Patron


@dataclass(frozen=True, slots=True)
class Subject:
    """What is wanted: a title, or one copy of it; `volume` tells the volumes of a set apart."""

    bib_id: int
    clc: str
    item_id: int | None = None
    item_class: str | None = None
    volume: str = ""


def subject(session: Session, *, bib_id: int | None, item_id: int | None) -> Subject:
    """Return what is wanted; a merged title is followed to the one that took over.

    Raises `Invalid` `bib_or_item_required`, `NotFound` `unknown_bib` or `unknown_item`.
    """
    if item_id is not None:
        row = session.execute(select(Item.bib_id, Item.item_class, Item.volume).where(Item.id == item_id)).one_or_none()
        if row is None:
            raise NotFound("unknown_item", item=item_id)
        return Subject(row.bib_id, _clc(session, row.bib_id), item_id, row.item_class, row.volume)
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


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants what, and would collect it where."""

    patron: Patron
    subject: Subject
    pickup: Branch


def questions(place: Branch, category: str | None, classes: Iterable[str | None], at: datetime) -> list[dict[str, Any]]:
    """Return in their stored form what the rules of a place were asked about a category and each class of copies."""
    return [
        {
            "path": place.path,
            "item_class": item_class,
            "patron_category": category,
            "on": clock.local_date(at).isoformat(),
            "at": at.isoformat(),
        }
        for item_class in sorted(set(classes), key=lambda name: name or "")
    ]


def asked_of(session: Session, rules: RulesOfDay, request: Request, copies: Iterable[CopyAt]) -> Asked:
    """Return the facts about a reader, whose row is locked, the title they want, and the copies of it."""
    patron, wanted, pickup = request.patron, request.subject, request.pickup
    on, wanting = rules.on, wanting_of(session, patron, pickup)
    terms = rules.terms(wanting, wanted.item_class)
    counted = session.execute(_counts(patron.id, wanted, on)).one()
    return Asked(
        on=on,
        holds_max=terms.holds_max,
        open_holds=counted.still,
        holds_per_day=terms.holds_per_day,
        placed_today=counted.placed_today,
        has_hold=counted.same > 0,
        has_this_copy=wanted.item_id is not None and counted.this_copy > 0,
        has_loan=bool(counted.has_loan),
        copies=[rules.obstacle(copy, wanting) for copy in copies],
        pickup_kind=pickup.kind,
        pickup_open=pickup.state == "open",
        pickup_in_reach=wanting.home is None or in_reach(Reach(terms.pickup_scope), wanting.home, pickup.path),
        blocks=blocks_of(session, patron.id, on),
        expires_on=_last_day(patron),
        oldest_due_on=late_since(
            session, patron.id, on, oldest=counted.oldest_due_on, allowed=terms.overdue_block_days
        ),
        overdue_block_days=terms.overdue_block_days,
    )


def _counts(patron_id: int, wanted: Subject, on: date) -> Select[*tuple[Any, ...]]:
    """Return the query of what a reader has: holds, those of today, of this title and copy, a loan of it, the oldest due."""
    held, lent_copy = aliased(Item), aliased(Item)
    mine = select(func.count(Hold.id)).where(Hold.patron_id == patron_id)
    still = mine.where(Hold.ended_at.is_(None))
    same = still.outerjoin(held, held.id == Hold.item_id).where(Hold.bib_id == wanted.bib_id)
    lent = (Loan.patron_id == patron_id, Loan.in_at.is_(None))
    at_home = (*lent, Loan.is_on_site.is_(False))
    has_loan = exists().where(*at_home, lent_copy.id == Loan.item_id, lent_copy.bib_id == wanted.bib_id)
    if wanted.item_id is not None:
        # Another volume of a set is another book.
        same = same.where(or_(Hold.item_id.is_(None), held.volume == wanted.volume))
        has_loan = has_loan.where(lent_copy.volume == wanted.volume)
    begins, ends = clock.start_of_day(on), clock.start_of_day(on + timedelta(days=1))
    return select(
        still.scalar_subquery().label("still"),
        mine.where(Hold.placed_at >= begins, Hold.placed_at < ends).scalar_subquery().label("placed_today"),
        same.scalar_subquery().label("same"),
        still.where(Hold.item_id == wanted.item_id).scalar_subquery().label("this_copy"),
        has_loan.label("has_loan"),
        select(func.min(Loan.due_on))
        .where(*lent, Loan.is_backdated.is_(False))
        .scalar_subquery()
        .label("oldest_due_on"),
    )


def _last_day(patron: Patron) -> date | None:
    return min((day for day in (patron.expires_on, patron.closed_on) if day is not None), default=None)


def _clc(session: Session, bib_id: int) -> str:
    return session.scalar(select(Bib.clc_top).where(Bib.id == bib_id)) or ""
