"""The figures of a branch and everything below it between two dates."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.orm import Session

from catalog.items.models import Item, ItemCondition
from circulation.models import DailyRollup, Loan, RolledUpEvent
from circulation.models.loans import not_undone
from circulation.reports.rules import COUNTED, FIGURES, share, tally, turnover
from circulation.whereabouts.rules import GONE
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.errors import Invalid, NotFound
from library.kernel.models import EventRow

EARLIEST: Final = date(1949, 10, 1)
_events = EventRow.__table__


def root_branch(session: Session) -> Branch:
    """Return the top of the tree; raises `NotFound` `unknown_branch` in a county without places."""
    found = session.scalars(select(Branch).where(Branch.parent_id.is_(None)).order_by(Branch.id).limit(1)).one_or_none()
    if found is None:
        raise NotFound("unknown_branch", branch="")
    return found


def period(first: date | None, last: date | None) -> tuple[date, date]:
    """Return both days of a period; the last year up to today when they are left out.

    Raises `Invalid` `date_in_future`, `dates_reversed`, `date_out_of_range`.
    """
    today = clock.today()
    last = last or today
    if last > today or (first is not None and first > today):
        raise Invalid("date_in_future", date=max(last, first or last).isoformat())
    if last < EARLIEST or (first is not None and first < EARLIEST):
        raise Invalid("date_out_of_range", earliest=EARLIEST.isoformat())
    first = first or max(last - timedelta(days=364), EARLIEST)
    if first > last:
        raise Invalid("dates_reversed", first=first.isoformat(), last=last.isoformat())
    return first, last


def figures(session: Session, branch: Branch, first: date, last: date) -> dict[str, Any]:
    """Return loans, returns, renewals, holds, wishes, visits, active readers, copies, turnover a year and share never lent.

    Counts come from the rollups and from the events they have not reached yet, so that a loan shows at once. Readers who were
    forgotten since cannot be told apart any more: `active_readers` is then a lower bound.
    """
    counts, by_class = _counted(session, branch.path, first, last)
    copies, used = _copies(session, branch.path), _used(session, branch.path, first, last)
    days = (last - first).days + 1
    return {
        "branch": branch.code,
        "from": first,
        "to": last,
        **counts,
        "active_readers": _active_readers(session, branch.path, first, last),
        "copies": copies,
        "turnover": turnover(counts["loans"], copies, days),
        "non_use": share(copies - used, copies),
        "by_class": [{"class": name, "loans": by_class[name]} for name in sorted(by_class)],
    }


def _counted(session: Session, path: str, first: date, last: date) -> tuple[dict[str, int], dict[str, int]]:
    columns = [func.coalesce(func.sum(getattr(DailyRollup, name)), 0).label(name) for name in FIGURES]
    rows = session.execute(
        select(DailyRollup.clc, *columns)
        .join(Branch, Branch.id == DailyRollup.branch_id)
        .where(Branch.path.startswith(path), DailyRollup.on.between(first, last))
        .group_by(DailyRollup.clc)
    ).all()
    counts = {name: sum(int(getattr(row, name)) for row in rows) for name in FIGURES}
    by_class = {row.clc: int(row.loans) for row in rows if row.loans}
    for cell, fresh in tally(session.execute(_not_rolled_up(path, first)).all()).items():
        if not first <= cell.on <= last:
            continue
        for name, count in fresh.items():
            counts[name] += count
        if fresh["loans"]:
            by_class[cell.clc] = by_class.get(cell.clc, 0) + fresh["loans"]
    return counts, by_class


def _not_rolled_up(path: str, first: date) -> Select[*tuple[Any, ...]]:
    """Return the events that no figure counts yet; one from a notebook was written after the day on which it counts."""
    return (
        select(_events)
        .join(Branch, Branch.id == _events.c.branch_id)
        .outerjoin(RolledUpEvent, RolledUpEvent.event_id == _events.c.id)
        .where(RolledUpEvent.event_id.is_(None), _events.c.kind.in_(COUNTED), Branch.path.startswith(path))
        .where(_events.c.at >= clock.start_of_day(first))
    )


def _active_readers(session: Session, path: str, first: date, last: date) -> int:
    return session.scalar(select(func.count(distinct(Loan.patron_id))).where(_lent_here(path, first, last))) or 0


def _lent_here(path: str, first: date, last: date) -> Any:
    places = select(Branch.id).where(Branch.path.startswith(path))
    begin, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    return Loan.out_branch_id.in_(places) & (Loan.out_at >= begin) & (Loan.out_at < end) & not_undone()


def _standing(path: str) -> Select[*tuple[Any, ...]]:
    gone = select(ItemCondition.item_id).where(ItemCondition.kind.in_(GONE), ItemCondition.until.is_(None))
    return (
        select(Item.id)
        .join(Branch, Branch.id == Item.home_branch_id)
        .where(Branch.path.startswith(path), Item.id.not_in(gone))
    )


def _copies(session: Session, path: str) -> int:
    return session.scalar(select(func.count()).select_from(_standing(path).subquery())) or 0


def _used(session: Session, path: str, first: date, last: date) -> int:
    """Count copies at home here that anyone borrowed anywhere in the period."""
    begin, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    lent = select(Loan.item_id).where(Loan.out_at >= begin, Loan.out_at < end, not_undone())
    return session.scalar(select(func.count()).select_from(_standing(path).where(Item.id.in_(lent)).subquery())) or 0
