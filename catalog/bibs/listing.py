"""Lists to browse for those who do not search: new, most borrowed, for children; in the county or in one room now."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item

LISTS = ("new", "rank", "kids")


def shown() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a bib that readers see: neither withdrawn nor merged into another."""
    return Bib.withdrawn_at.is_(None), Bib.merged_into_id.is_(None)


def resolve(session: Session, bib_id: int) -> Bib | None:
    """Return a bib that readers see; one that was merged leads to the one it was merged into."""
    bib = session.get(Bib, bib_id)
    while bib is not None and bib.merged_into_id is not None:
        bib = session.get(Bib, bib.merged_into_id)
    return bib if bib is not None and bib.withdrawn_at is None else None


def browse(session: Session, name: str, *, branch_id: int | None, limit: int, offset: int = 0) -> Sequence[Bib]:
    """Return a page of the list `name` (one of `LISTS`); with a branch only what may be taken there now."""
    wanted = _wanted(name, branch_id)
    if name == "new" and branch_id is not None:
        newest = (
            select(Item.bib_id, func.max(Item.acquired_on).label("came_on"))
            .where(Item.current_branch_id == branch_id, Item.is_available)
            .group_by(Item.bib_id)
            .subquery()
        )
        wanted = wanted.join(newest, newest.c.bib_id == Bib.id).order_by(newest.c.came_on.desc(), Bib.id.desc())
    elif name == "new":
        wanted = wanted.order_by(Bib.id.desc())
    else:
        wanted = wanted.order_by(Bib.popularity.desc(), Bib.id)
    return session.scalars(wanted.limit(limit).offset(offset)).all()


def count(session: Session, name: str, *, branch_id: int | None) -> int:
    """Return how many bibs the list has."""
    return session.scalar(select(func.count()).select_from(_wanted(name, branch_id).subquery())) or 0


def _wanted(name: str, branch_id: int | None) -> Select[Bib]:
    wanted = select(Bib).where(*shown())
    if name == "kids":
        wanted = wanted.where(Bib.audience == "children")
    if branch_id is not None:
        here = exists().where(Item.bib_id == Bib.id, Item.current_branch_id == branch_id, Item.is_available)
        wanted = wanted.where(here)
    return wanted
