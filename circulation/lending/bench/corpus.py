"""The rows lending is measured on: a county's own or some that are made, and in both the readers of the measurement.

Two kinds of reader, because nothing may cost more for a faithful one: `fresh` readers have never borrowed anything, `busy`
ones have 500 loans behind them and 20 books at home. All is lent and taken back at one branch, where every rule is on for
them: each has a row of its own, with limits that nobody reaches and a deposit that everybody has left.
"""

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemBarcode
from circulation.lending import services
from circulation.models import LedgerEntry, Loan, PolicyRow
from circulation.policies.book import VERSION
from circulation.policies.rules import RULES
from library.branches.calendars import Route, RouteDate, RouteStop
from library.branches.models import Branch, Location
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.identifiers import CodeKind, new_code
from library.kernel.operations import new_id, system_operation
from library.kernel.versions import raise_version
from library.patrons.models import Patron, PatronCard

FRESH: Final = 2000
BUSY: Final = 10
PAST_LOANS: Final = 500
OPEN_LOANS: Final = 20
TITLES: Final = 2000
_CATEGORY: Final = "adult"
_CHUNK: Final = 5000
_FIRST_CARD: Final = 9_000_000_000  # far behind the serials that a county gives out
_DEPOSIT: Final = 100
ASKING: Final = {
    "hard_due": "term_end",
    "due_by_next_run": "yes",
    "loan_limit": "3650",
    "loan_limit_class": "3650",
    "loan_limit_title": "3650",
    "age_limit": "6",
    "new_book_protect_days": "30",
    "deposit": str(_DEPOSIT),
    "suspension_days": "1",
    "fine_per_day": "1",
    "fine_cap": "100",
    "renewal_days": "30",
}
_NOT_RETURNED: Final = {"in_at": None, "in_branch_id": None, "closed_as": None}


@dataclass(frozen=True, slots=True)
class Reader:
    id: int
    card: str


@dataclass(frozen=True, slots=True)
class Copy:
    id: int
    bib_id: int
    barcode: str


@dataclass
class Corpus:
    """The branch where all is lent, the readers, and the copies that are in; `counts` are rows of the whole database."""

    name: str
    branch_id: int
    branch: str
    fresh: Sequence[Reader]
    busy: Sequence[Reader]
    shelf: deque[Copy]
    counts: dict[str, int]

    def take(self, count: int) -> list[Copy]:
        """Return copies that are in, those first that were not used for longest; fewer when the shelf is nearly empty."""
        return [self.shelf.popleft() for _ in range(min(count, len(self.shelf)))]

    def give_back(self, copies: Iterable[Copy]) -> None:
        """Put copies back that were taken back by the desk."""
        self.shelf.extend(copies)


def lendable(session: Session) -> int:
    """Return how many copies of the county may be lent now."""
    return session.scalar(select(func.count()).select_from(Item).where(Item.is_available)) or 0


def made(database: Database, *, copies: int) -> Corpus:
    """Fill an empty database with one room, 2,000 titles and `copies` copies beside those that busy readers have."""
    now, today = clock.now(), clock.today()
    with database.writing() as session:
        branch_id, location_id = _room(session)
        bibs = _insert(session, Bib, [_bib(number, now) for number in range(TITLES)])
        wanted = copies + BUSY * OPEN_LOANS
        place = {"home": branch_id, "location": location_id, "on": today, "at": now}
        items = [_item(bibs[number % TITLES], new_code(CodeKind.ITEM, number), place) for number in range(wanted)]
        labels = [
            {"item_id": item_id, "owner_branch_id": branch_id, "barcode": item["barcode"], "valid_from": today}
            for item_id, item in zip(_insert(session, Item, items), items, strict=True)
        ]
        _insert(session, ItemBarcode, labels)
    return _prepared(database, "made", branch_id, copies)


def of_county(database: Database, *, copies: int) -> Corpus:
    """Choose the branch of a county with most copies that may be lent, and `copies` of those at random."""
    with database.reading() as session:
        most = (
            select(Item.current_branch_id)
            .where(Item.is_available)
            .group_by(Item.current_branch_id)
            .order_by(func.count().desc())
        )
        branch_id = session.scalars(most.limit(1)).one()
    return _prepared(database, "county", branch_id, copies)


def _prepared(database: Database, name: str, branch_id: int, wanted: int) -> Corpus:
    with database.writing() as session:
        for_them = {"patron_category": _CATEGORY, "branch_id": branch_id, "created_at": clock.now()}
        rules = [{"rule": rule, "value": value, **for_them} for rule, value in _all_rules()]
        session.execute(insert(PolicyRow), rules)
        raise_version(session, VERSION)
        readers = _readers(session, branch_id)
        _leave_deposits(session, readers, branch_id)
        _plan_the_van(session, branch_id)
    fresh, busy = readers[:FRESH], readers[FRESH:]
    with database.writing() as session:
        branch = session.get_one(Branch, branch_id)
        copies = _copies(session, branch, fresh[0], wanted + BUSY * OPEN_LOANS)
        at_home, shelf = copies[: BUSY * OPEN_LOANS], copies[BUSY * OPEN_LOANS :]
        _lend(session, busy, at_home, branch_id)
        counts = {
            table: session.scalar(select(func.count()).select_from(model)) or 0
            for table, model in (("bibs", Bib), ("items", Item), ("readers", Patron), ("loans", Loan))
        }
        if not database.is_sqlite:
            session.execute(text("ANALYZE"))  # as the server does by itself a minute after so many rows came
        return Corpus(name, branch_id, branch.code, fresh, busy, deque(shelf), counts)


def _all_rules() -> list[tuple[str, str]]:
    """Return every rule with a value that asks for something, and else with its usual value."""
    return [(name, ASKING.get(name, rule.kind.write(rule.default))) for name, rule in RULES.items()]


def _leave_deposits(session: Session, readers: Sequence[Reader], branch_id: int) -> None:
    line = {"branch_id": branch_id, "at": clock.now()}
    for kind, cents in (("deposit", _DEPOSIT), ("payment", -_DEPOSIT)):
        entries = [{"patron_id": reader.id, "kind": kind, "amount_cents": cents, **line} for reader in readers]
        session.execute(insert(LedgerEntry), entries)


def _plan_the_van(session: Session, branch_id: int) -> None:
    """Plan a visit to the branch on each day of half a year."""
    route = Route(code=new_id().replace("-", ""), name="bench")
    session.add(route)
    session.flush()
    session.add(RouteStop(route_id=route.id, position=1, branch_id=branch_id))
    days = (clock.today() + timedelta(days=day) for day in range(180))
    session.execute(insert(RouteDate), [{"route_id": route.id, "on": day} for day in days])


def _readers(session: Session, branch_id: int) -> list[Reader]:
    today = clock.today()
    person = {
        "name": "bench",
        "category": _CATEGORY,
        "born_in": 1980,
        "home_branch_id": branch_id,
        "village_id": branch_id,
        "registered_on": today,
    }
    ids = _insert(session, Patron, [person] * (FRESH + BUSY))
    readers = [Reader(id_, new_code(CodeKind.PATRON, _FIRST_CARD + id_)) for id_ in ids]
    cards = [{"patron_id": r.id, "number": r.card, "state": "active", "issued_on": today} for r in readers]
    _insert(session, PatronCard, cards)
    return readers


def _copies(session: Session, branch: Branch, reader: Reader, wanted: int) -> list[Copy]:
    """Return copies that the rules would lend to the reader without a question."""
    here = select(Item.id, Item.bib_id, Item.barcode).where(
        Item.current_branch_id == branch.id, Item.home_branch_id == branch.id, Item.is_available
    )
    rows = list(session.execute(here.order_by(Item.id)).all())
    random.Random(1).shuffle(rows)  # noqa: S311  the same copies every time, not secret ones
    found: list[Copy] = []
    operation = system_operation("check_out")
    for row in rows:
        if len(found) == wanted:
            break
        answer = services.check_out(
            session, operation, branch=branch, card=reader.card, barcode=row.barcode, dry_run=True
        )
        if answer["decision"] == "allowed" and not answer["reasons"]:
            found.append(Copy(row.id, row.bib_id, row.barcode))
    return found


def _lend(session: Session, busy: Sequence[Reader], at_home: Sequence[Copy], branch_id: int) -> None:
    """Give each busy reader 20 of the copies to have at home, and a past of 500 loans of the same copies."""
    common = {"out_branch_id": branch_id, "patron_category": _CATEGORY, "village_id": branch_id, "decided": {}}
    loans: list[dict[str, Any]] = []
    for position, reader in enumerate(busy):
        own = at_home[position * OPEN_LOANS : (position + 1) * OPEN_LOANS]
        for days_ago in range(1, PAST_LOANS + 1):
            copy = own[days_ago % len(own)]
            returned = {"in_at": _before(days_ago), "in_branch_id": branch_id, "closed_as": "returned"}
            loans.append({**_loan(copy, reader, days_ago + 1), **returned, **common})
        loans += [{**_loan(copy, reader, 0), **_NOT_RETURNED, **common} for copy in own]
    _insert(session, Loan, loans)
    taken = update(Item).where(Item.id.in_([copy.id for copy in at_home])).values(is_available=False)
    session.execute(taken.execution_options(synchronize_session=False))


def _loan(copy: Copy, reader: Reader, days_ago: int) -> dict[str, Any]:
    due_on = clock.today() + timedelta(days=30 - days_ago)
    return {
        "item_id": copy.id,
        "bib_id": copy.bib_id,
        "patron_id": reader.id,
        "out_at": _before(days_ago),
        "due_on": due_on,
    }


def _before(days_ago: int) -> datetime:
    return clock.now() - timedelta(days=days_ago)


def _room(session: Session) -> tuple[int, int]:
    branch = Branch(code="bench", name="bench", kind="village", path="new")
    session.add(branch)
    session.flush()
    branch.path = f"/{branch.id}/"
    location = Location(branch_id=branch.id, code="A", name="A", is_default=True)
    session.add(location)
    session.flush()
    return branch.id, location.id


def _insert(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows and return their ids in the same order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return [
        id_
        for start in range(0, len(rows), _CHUNK)
        for id_ in session.scalars(statement, list(rows[start : start + _CHUNK]))
    ]


def _bib(number: int, now: Any) -> dict[str, Any]:
    title = f"bench {number}"
    return {"title": title, "title_folded": title, "clc_top": "S", "created_at": now, "changed_at": now}


def _item(bib_id: int, barcode: str, place: dict[str, Any]) -> dict[str, Any]:
    return {
        "bib_id": bib_id,
        "barcode": barcode,
        "owner_branch_id": place["home"],
        "home_branch_id": place["home"],
        "current_branch_id": place["home"],
        "location_id": place["location"],
        "acquired_on": place["on"],
        "created_at": place["at"],
    }
