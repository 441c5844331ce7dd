"""The copies that could serve a hold, and the holds that a copy could serve, read from the database for the pure rules."""

from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from catalog.items.models import Item
from circulation.holds import changes
from circulation.holds.changes import Held
from circulation.holds.copies import RulesOfDay, copies_of, wanting_of
from circulation.holds.states import State
from circulation.holds.targeting import Candidate, CopyAt, Place, Wanting, best_first, candidate
from circulation.models import Hold
from library.branches.journeys import Timetable
from library.branches.models import Branch
from library.branches.rounds import timetable_of
from library.patrons.models import Patron


def candidates(session: Session, hold: Held, on: date) -> list[Candidate]:
    """Return the copies on shelves that a hold may have, the best first; none while its pickup branch is closed."""
    pickup = session.get_one(Branch, hold.pickup_branch_id)
    if pickup.state != "open":
        return []
    wanting = wanting_of_hold(session, hold, pickup)
    copies = [copy for copy in copies_of(session, hold.bib_id, hold.item_id) if copy.is_on_shelf]
    return ranked(session, RulesOfDay(session, on).fitting(copies, wanting), wanting.pickup, on)


def ranked(session: Session, copies: list[CopyAt], pickup: Place, on: date) -> list[Candidate]:
    """Return copies in the order in which they are asked for; the van's rounds are read only when it depends on them."""
    away = {copy.at.id for copy in copies if copy.at.id != pickup.id}
    is_here = any(copy.at.id == pickup.id for copy in copies)
    timetable = timetable_of(session, {*away, pickup.id}, on) if away and not is_here else Timetable()
    return best_first((candidate(copy, pickup, timetable, on) for copy in copies), on)


def waiting_for(session: Session, item_id: int, at_branch_id: int, on: date) -> list[Held]:
    """Return the holds that wait for a copy which is at a branch now, locked: those it may be given to, in no order.

    Those whose pickup branch is closed wait on.
    """
    home, pickup = aliased(Branch), aliased(Branch)
    wanted = (
        changes.query()
        .add_columns(Patron.category, Patron.born_in)
        .add_columns(home.id.label("home_id"), home.path.label("home_path"), home.kind.label("home_kind"))
        .add_columns(pickup.path.label("pickup_path"), pickup.kind.label("pickup_kind"))
        .join(pickup, pickup.id == Hold.pickup_branch_id)
        .outerjoin(Patron, Patron.id == Hold.patron_id)
        .outerjoin(home, home.id == Patron.home_branch_id)
        .where(
            Hold.bib_id == select(Item.bib_id).where(Item.id == item_id).scalar_subquery(),
            Hold.state == str(State.WAITING),
            or_(Hold.expires_on.is_(None), Hold.expires_on >= on),
            or_(pickup.state == "open", pickup.id == at_branch_id),
        )
        .order_by(Hold.id)
        .with_for_update(of=Hold)
    )
    rows = session.execute(wanted).all()
    if not rows:
        return []
    rules, copy = RulesOfDay(session, on), _copy_at(session, item_id, at_branch_id)
    return [changes.held_of(row) for row in rows if rules.obstacle(copy, _wanting(row)) is None]


def wanting_of_hold(session: Session, hold: Held, pickup: Branch) -> Wanting:
    """Return what decides which copies a hold may have."""
    patron = session.get(Patron, hold.patron_id) if hold.patron_id is not None else None
    return wanting_of(session, patron, pickup)


def _wanting(row: Any) -> Wanting:
    place = Place(row.pickup_branch_id, row.pickup_path, row.pickup_kind)
    home = Place(row.home_id, row.home_path, row.home_kind) if row.home_id is not None else None
    return Wanting(place, home, row.category, row.born_in)


def _copy_at(session: Session, item_id: int, at_branch_id: int) -> CopyAt:
    """Return a copy as if it stood on the shelf of the branch where it is seen."""
    at, home = aliased(Branch), aliased(Branch)
    row = session.execute(
        select(Item.item_class, Item.acquired_on, at.path, at.kind, home.id, home.path, home.kind)
        .join(home, home.id == Item.home_branch_id)
        .join(at, at.id == at_branch_id)
        .where(Item.id == item_id)
    ).one()
    item_class, acquired_on, path, kind, home_id, home_path, home_kind = row
    seen_at, belongs_to = Place(at_branch_id, path, kind), Place(home_id, home_path, home_kind)
    return CopyAt(item_id, seen_at, belongs_to, item_class, acquired_on)
