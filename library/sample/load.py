"""Writing the sample county into an empty database: Core inserts in bulk, in one transaction, parents before children.

Ids are given here, so that rows can name each other before they are stored; on PostgreSQL the sequences are set behind
them. No consumer hears of the load: index and figures are built from the rows afterwards.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier, BibSourceRecord
from catalog.items.models import Item, ItemBarcode, ItemMovement
from catalog.items.services import BARCODE_COUNTER
from circulation.models import EmptySearch, Hold, Loan, LoanRenewal, Transfer, TransferStep, Wish
from library.accounts.models import StaffAccount
from library.branches.calendars import OpeningException, OpeningLog, OpeningSession, Route, RouteDate, RouteStop
from library.branches.models import Branch, BranchChange, BranchCode, Location
from library.branches.services import DIVISION_SCHEME
from library.kernel.db import Model, table_of
from library.kernel.events import record_many
from library.kernel.models import Counter
from library.kernel.operations import Operation, remember
from library.patrons.cards import CARD_COUNTER
from library.patrons.models import Consent, Guardian, Household, Patron, PatronCard
from library.sample import people
from library.sample.catalogue import barcode_rows, bib_rows, item_rows
from library.sample.county import County
from library.sample.hours import exception_rows, opening_log_rows, round_dates, session_rows
from library.sample.journal import Journal
from library.sample.places import branch_rows

CHUNK = 5_000
_CLOSED_TRANSFERS = frozenset({"shelved", "cancelled", "missing"})
Step = Callable[[int], None]


def is_empty(session: Session) -> bool:
    """Tell whether nothing that a county consists of is in the database yet."""
    return not any(
        session.scalar(select(func.count()).select_from(model)) for model in (Branch, Bib, Patron, StaffAccount)
    )


def load(session: Session, operation: Operation, county: County, step: Step) -> None:
    """Write everything but staff, rules and PINs; `step(n)` hears how many rows were written."""
    remember(session, operation, "done")
    journal = Journal(operation.id, county.titles)
    _places(session, operation, county, step)
    _people(session, operation, county, step)
    _catalogue(session, operation, county, step)
    _circulation(session, journal, county, step)
    _events(session, journal, operation, county, step)
    counters = {BARCODE_COUNTER: len(county.copies), CARD_COUNTER: len(county.readers)}
    _write(session, Counter, [{"name": name, "value": value} for name, value in counters.items()], step)
    set_sequences(session)


def _places(session: Session, operation: Operation, county: County, step: Step) -> None:
    places = county.places
    _write(session, Branch, branch_rows(list(places)), step)
    own_codes = [place for place in places if place.division_code and place.village_id in {None, place.id}]
    codes = [
        {
            "branch_id": place.id,
            "scheme": DIVISION_SCHEME,
            "code": place.division_code,
            "valid_from": place.opened_on,
        }
        for place in own_codes
    ]
    _write(session, BranchCode, codes, step)
    change = {"kind": "opened", "at": operation.at, "note": "", "operation_id": operation.id}
    _write(session, BranchChange, [{"branch_id": place.id, **change} for place in places], step)
    spots = [{name: getattr(spot, name) for name in spot.__slots__} for spot in county.spots]
    _write(session, Location, spots, step)
    calendars = dict(county.calendars)
    _write(session, OpeningSession, session_rows(places, calendars), step)
    _write(session, OpeningException, exception_rows(places, calendars), step)
    _write(session, OpeningLog, opening_log_rows(places, calendars, county.now), step)
    rounds = county.rounds
    van = {"van": "流动图书车 1 号", "capacity_boxes": 24, "is_active": True}
    _write(session, Route, [{"id": r.id, "code": r.code, "name": r.name, **van} for r in rounds], step)
    stops = [
        {"route_id": r.id, "position": position, "branch_id": stop, "minutes": 30 + 12 * position}
        for r in rounds
        for position, stop in enumerate(r.stops, start=1)
    ]
    _write(session, RouteStop, stops, step)
    dates = [
        {"route_id": r.id, "on": on, "state": state, "note": ""}
        for r in rounds
        for on, state in round_dates(r, county.today)
    ]
    _write(session, RouteDate, dates, step)


def _people(session: Session, operation: Operation, county: County, step: Step) -> None:
    readers = county.readers
    _write(session, Household, people.household_rows(readers), step)
    _write(session, Patron, people.patron_rows(readers), step)
    _write(session, PatronCard, people.card_rows(readers), step)
    _write(session, Guardian, people.guardian_rows(readers, operation.at), step)
    _write(session, Consent, people.consent_rows(readers), step)


def _catalogue(session: Session, operation: Operation, county: County, step: Step) -> None:
    happened = county.happened
    per_title = Tally(loan.copy.title for loan in happened.loans)
    loans = [per_title[position] for position in range(len(county.titles))]
    bibs, sources, identifiers = bib_rows(county.titles, loans, operation.at)
    _write(session, Bib, bibs, step)
    _write(session, BibSourceRecord, sources, step)
    _write(session, BibIdentifier, identifiers, step)
    last_loan = {loan.copy.id: loan.out_at.date() for loan in happened.loans}
    _write(session, Item, item_rows(county.copies, county.titles, busy_copies(county), last_loan), step)
    _write(session, ItemBarcode, barcode_rows(county.copies), step)


def _circulation(session: Session, journal: Journal, county: County, step: Step) -> None:
    happened = county.happened
    _write(session, ItemMovement, journal.movements(county.copies, happened), step)
    _write(session, Loan, journal.loans(happened), step)
    _write(session, LoanRenewal, journal.renewals(happened), step)
    _write(session, Hold, journal.holds(happened), step)
    _write(session, Transfer, journal.transfers(happened), step)
    _write(session, TransferStep, journal.steps(happened), step)
    _write(session, Wish, county.wishes, step)
    _write(session, EmptySearch, county.empty_searches, step)


def _events(session: Session, journal: Journal, operation: Operation, county: County, step: Step) -> None:
    rows = journal.events(county.copies, county.happened, operation.at)
    rows += journal.reader_events(county.readers)
    rows += journal.wish_events(county.wishes)
    rows.sort(key=lambda event: event["at"])
    for part in _parts(rows):
        record_many(session, part, deliver=False)
        step(len(part))


def busy_copies(county: County) -> set[int]:
    """Return the ids of copies that are on loan, under way or kept for a reader."""
    happened = county.happened
    busy = {loan.copy.id for loan in happened.loans if loan.in_at is None}
    busy |= {transfer.copy.id for transfer in happened.transfers if transfer.state not in _CLOSED_TRANSFERS}
    return busy | {hold.copy.id for hold in happened.holds if hold.state in {"in_transit", "ready"}}


def set_sequences(session: Session) -> None:
    """Let PostgreSQL go on counting behind the ids that were given here; SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Model.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = session.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        if sequence is not None:
            largest = f"(SELECT coalesce(max({column.name}), 0) + 1 FROM {table.name})"  # noqa: S608  our own names
            session.execute(text(f"SELECT setval('{sequence}', {largest}, false)"))


def _write(session: Session, model: type[Model], rows: Iterable[Mapping[str, Any]], step: Step) -> None:
    statement = insert(table_of(model))
    for part in _parts(rows):
        session.execute(statement, part)
        step(len(part))


def _parts(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    left = iter(rows)
    while part := list(islice(left, CHUNK)):
        yield part
