"""The past year's loans, read for a replay: some readers at a time, so that memory does not grow with the county."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.models import Loan, LoanRenewal
from circulation.models.loans import not_undone
from circulation.policies.book import PolicyBook
from circulation.policies.due_rules import Loaned, counted, hardened
from circulation.policies.named import Terms
from circulation.policies.rules import WhoseRule
from circulation.policies.what_if import PastLoan
from library.branches.calendars import Route, RouteDate, RouteStop
from library.branches.models import Branch
from library.branches.opening import calendars_of
from library.kernel import clock
from library.patrons.models import Patron, PatronGroup

YEAR = timedelta(days=365)
# A larger county is judged by a part of its readers: it takes seconds, and the answer hardly differs.
MOST_LOANS = 60_000
READERS_AT_ONCE = 500
LOANS_AT_ONCE = 20_000
IDS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Scope:
    """Which readers a row can touch: of one category, or who borrowed below one place. None is no bound."""

    category: str | None = None
    branch_path: str | None = None


class _Place(NamedTuple):
    path: str
    area: int


class _Reader(NamedTuple):
    born_in: int | None
    home: int | None


_NOBODY = _Reader(None, None)


def past_loans(session: Session, book: PolicyBook, scope: Scope, now: datetime, most: int = MOST_LOANS) -> "Sampled":
    """Return the loans of the year before `now`, every reader's together, with those that were still out when it began.

    What was undone and on-site reading are left out. Readers whom the scope cannot touch are not read at all. Above `most`
    loans only every so manieth reader is read.
    """
    reading = _Reading(session, book, now)
    conditions = _touching(scope, reading.since, book.place)
    found = session.execute(select(Loan.patron_id, func.count()).where(*conditions).group_by(Loan.patron_id)).all()
    every = max(1, -(-sum(count for _, count in found) // most))
    readers = sorted(patron_id for patron_id, _ in found if patron_id is not None)[::every]
    has_forgotten = any(patron_id is None for patron_id, _ in found)
    return Sampled(every, _all(reading, readers, every if has_forgotten else 0))


class Sampled(NamedTuple):
    """Loans of every reader, or of one reader in `one_in`."""

    one_in: int
    loans: Iterator[PastLoan]


def _all(reading: "_Reading", readers: Sequence[int], forgotten_every: int) -> Iterator[PastLoan]:
    for start in range(0, len(readers), READERS_AT_ONCE):
        yield from reading.of_readers(readers[start : start + READERS_AT_ONCE])
    if forgotten_every:
        yield from reading.of_forgotten(forgotten_every)


def _touching(scope: Scope, since: datetime, place: WhoseRule) -> list[ColumnElement[bool]]:
    """Return the conditions of the loans of the year that the scope may mean."""
    conditions: list[ColumnElement[bool]] = [Loan.out_at >= since, Loan.is_on_site.is_(False), not_undone()]
    if scope.category is not None:
        conditions.append(Loan.patron_category == scope.category)
    if scope.branch_path is not None and place is WhoseRule.LENDING_BRANCH:
        below = select(Branch.id).where(Branch.path.startswith(scope.branch_path))
        conditions.append(Loan.out_branch_id.in_(below))
    return conditions


class _Reading:
    """What is the same for every piece: the places, the year, and the columns."""

    def __init__(self, session: Session, book: PolicyBook, now: datetime) -> None:
        self.since = clock.start_of_day(clock.local_date(now) - YEAR)
        self._session, self._place = session, book.place
        self._places = _places(session)

    def of_readers(self, ids: Sequence[int]) -> Iterator[PastLoan]:
        """Yield all loans of some readers."""
        wanted = select(Patron.id, Patron.born_in, Patron.home_branch_id).where(Patron.id.in_(ids))
        known = {row.id: _Reader(row.born_in, row.home_branch_id) for row in self._session.execute(wanted)}
        return self._loans(Loan.patron_id.in_(ids), known)

    def of_forgotten(self, every: int) -> Iterator[PastLoan]:
        """Yield the loans of readers who have been forgotten; nobody can tell which of them belong together."""
        forgotten, last = and_(Loan.patron_id.is_(None), Loan.id % every == 0), 0
        while ids := self._session.scalars(
            select(Loan.id)
            .where(Loan.id > last, forgotten, Loan.out_at >= self.since)
            .order_by(Loan.id)
            .limit(LOANS_AT_ONCE)
        ).all():
            yield from self._loans(and_(Loan.id > last, Loan.id <= ids[-1], forgotten), {})
            last = ids[-1]

    def _loans(self, within: ColumnElement[bool], readers: Mapping[int | None, _Reader]) -> Iterator[PastLoan]:
        """Yield the loans that fulfil a condition, with their renewals."""
        matters = or_(Loan.out_at >= self.since, Loan.in_at.is_(None), Loan.in_at >= self.since)
        conditions = (within, matters, Loan.is_on_site.is_(False), not_undone())
        rows = self._session.execute(self._query().where(*conditions).order_by(Loan.patron_id, Loan.id)).all()
        renewed = self._renewals([row.id for row in rows if row.renewals])
        for row in rows:
            (
                loan_id,
                patron_id,
                category,
                item_class,
                bib_id,
                branch_id,
                out_at,
                in_at,
                _renewals,
                backdated,
                item_home,
            ) = row
            lent_at, reader = self._places[branch_id], readers.get(patron_id, _NOBODY)
            # By position: naming sixteen values took longer than reading them.
            yield PastLoan(
                loan_id,
                patron_id,
                category,
                reader.born_in,
                item_class,
                bib_id,
                branch_id,
                lent_at.area,
                self._deciding(lent_at.path, item_home, reader.home),
                out_at,
                clock.local_date(out_at),
                in_at,
                clock.local_date(in_at) if in_at else None,
                tuple(renewed.get(loan_id, ())),
                out_at >= self.since,
                backdated,
            )

    def _query(self) -> Select[*tuple[Any, ...]]:
        columns: list[Any] = [
            Loan.id,
            Loan.patron_id,
            Loan.patron_category,
            Loan.item_class,
            Loan.bib_id,
            Loan.out_branch_id,
            Loan.out_at,
            Loan.in_at,
            Loan.renewals,
            Loan.is_backdated,
        ]
        if self._place is WhoseRule.ITEM_HOME:
            return select(*columns, Item.home_branch_id).join(Item, Item.id == Loan.item_id)
        return select(*columns, null())

    def _renewals(self, loan_ids: Sequence[int]) -> Mapping[int, list[date]]:
        renewed: dict[int, list[date]] = defaultdict(list)
        for start in range(0, len(loan_ids), IDS_AT_ONCE):
            counted = LoanRenewal.undone_at.is_(None)
            wanted = select(LoanRenewal.loan_id, LoanRenewal.at).where(counted).order_by(LoanRenewal.id)
            some = loan_ids[start : start + IDS_AT_ONCE]
            for loan_id, at in self._session.execute(wanted.where(LoanRenewal.loan_id.in_(some))):
                renewed[loan_id].append(clock.local_date(at))
        return renewed

    def _deciding(self, lent_at: str, item_home: int | None, reader_home: int | None) -> str:
        """Return the path of the place whose rows decide; a forgotten reader's home is taken to be where they borrowed."""
        if self._place is WhoseRule.ITEM_HOME and item_home is not None:
            return self._places[item_home].path
        if self._place is WhoseRule.PATRON_HOME and reader_home is not None:
            return self._places[reader_home].path
        return lent_at


def _places(session: Session) -> dict[int, _Place]:
    """Return path and township of every branch; one that stands below none is its own area."""
    rows = session.execute(select(Branch.id, Branch.path, Branch.kind)).all()
    townships = {row.id for row in rows if row.kind == "township"}
    places = {}
    for row in rows:
        above = [int(part) for part in row.path.strip("/").split("/")]
        places[row.id] = _Place(row.path, next((one for one in reversed(above) if one in townships), row.id))
    return places


def due_dates(session: Session) -> Callable[[int, int | None, date, int, Terms], date]:
    """Return the function that counts due dates by the calendars, runs and terms that are known now.

    As in lending, a term that is over on the day decides nothing.
    """
    calendars = calendars_of(session, session.scalars(select(Branch.id)).all())
    runs, terms_of_readers = _runs(session), _ends_of_terms(session)
    known: dict[tuple[Any, ...], date] = {}

    def due_on(branch_id: int, patron_id: int | None, begins_on: date, length: int, terms: Terms) -> date:
        asked = (branch_id, begins_on, length, terms.loan_unit, terms.closed_day_mode)
        day = known.get(asked)
        if day is None:
            day = known[asked] = counted(calendars[branch_id], Loaned(branch_id, begins_on, length, begins_on), terms)
        term_ends_on = terms_of_readers.get(patron_id or 0)
        is_over = term_ends_on is not None and term_ends_on <= begins_on
        day = hardened(day, terms, begins_on, None if is_over else term_ends_on)
        if terms.due_by_next_run:
            planned = runs.get(branch_id, [])
            at = bisect_left(planned, day)
            day = planned[at] if at < len(planned) else day
        return day

    return due_on


def _runs(session: Session) -> Mapping[int, list[date]]:
    rows = session.execute(
        select(RouteStop.branch_id, RouteDate.on)
        .join(RouteDate, RouteDate.route_id == RouteStop.route_id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(Route.is_active, RouteDate.state != "cancelled")
        .order_by(RouteDate.on)
    )
    runs: dict[int, list[date]] = defaultdict(list)
    for branch_id, on in rows:
        runs[branch_id].append(on)
    return runs


def _ends_of_terms(session: Session) -> Mapping[int, date]:
    wanted = (
        select(PatronGroup.custodian_id, func.max(PatronGroup.term_ends_on))
        .where(PatronGroup.custodian_id.is_not(None), PatronGroup.term_ends_on.is_not(None))
        .group_by(PatronGroup.custodian_id)
    )
    return dict(session.execute(wanted).all())  # type: ignore[arg-type]  # neither is NULL
