"""Writing the sample county into an empty database, row by row as the values tell them.

Ids are given here, so that rows can name each other before they are stored: the titles come last, because describing them
takes the other core as long as all the rest takes this one. On PostgreSQL the sequences are set behind the ids. No consumer
hears of the load: index and figures are built from the rows afterwards.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib, BibIdentifier, BibSourceRecord
from catalog.items.models import Item, ItemBarcode, ItemCondition, ItemMovement
from catalog.items.services import BARCODE_COUNTER
from circulation.models import Case, EmptySearch, Hold, Loan, LoanRenewal, Transfer, TransferStep, Wish
from library.accounts.models import StaffAccount
from library.branches.calendars import OpeningException, OpeningLog, OpeningSession, Route, RouteDate, RouteStop
from library.branches.models import Branch, BranchChange, BranchCode, Location
from library.branches.services import DIVISION_SCHEME
from library.kernel.db import Model, table_of
from library.kernel.filling import AT_ONCE, insert_rows
from library.kernel.models import Counter, EventRow
from library.kernel.operations import Operation, remember
from library.patrons.cards import CARD_COUNTER
from library.patrons.models import Consent, Guardian, Household, Patron, PatronCard, PatronGroup, PatronGroupMember
from library.sample import people
from library.sample.ahead import ahead
from library.sample.catalogue import Row, barcode_rows, bib_rows, in_parts, item_rows
from library.sample.county import County
from library.sample.hours import exception_rows, opening_log_rows, round_dates, session_rows
from library.sample.journal import Figures, Journal
from library.sample.phases import Phases, Step, no_step
from library.sample.places import branch_rows
from library.sample.telling import Telling

_CLOSED_TRANSFERS = frozenset({"shelved", "cancelled", "missing"})
_FINISHED_HOLDS = frozenset({"fulfilled", "expired", "waiting"})


def is_empty(session: Session) -> bool:
    """Tell whether nothing that a county consists of is in the database yet."""
    return not any(
        session.scalar(select(func.count()).select_from(model)) for model in (Branch, Bib, Patron, StaffAccount)
    )


def load(session: Session, operation: Operation, county: County, phases: Phases | None = None) -> None:
    """Write everything but staff, rules, PINs and figures."""
    phases = phases or Phases()
    remember(session, operation, "done")
    happened, figures = county.happened, Figures(county.titles)
    journal = Journal(operation.id, figures, county.copies, happened)
    telling = Telling(operation, figures, county.copies, county.readers, county.wishes, happened)
    with ahead(bib_rows, in_parts(county.titles, operation.at, AT_ONCE)) as parts:
        _places(session, operation, county)
        _people(session, operation, county)
        with phases.phase("Items", 2 * len(county.copies)) as step:
            _items(session, county, step)
        rows = len(county.copies) + len(happened.movements) + len(happened.loans) + 6 * len(happened.transfers)
        with phases.phase("Circulation", rows) as step:
            _circulation(session, journal, county, step)
        with phases.phase("Events", telling.count()) as step:
            _write(session, EventRow, telling.events(), step)
        with phases.phase("Bibs", len(county.titles)) as step:
            _bibs(session, parts, county, step)
    counters = {BARCODE_COUNTER: len(county.copies), CARD_COUNTER: len(county.readers)}
    _write(session, Counter, [{"name": name, "value": value} for name, value in counters.items()])
    set_sequences(session)


def _places(session: Session, operation: Operation, county: County) -> None:
    places = county.places
    _write(session, Branch, branch_rows(list(places)))
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
    _write(session, BranchCode, codes)
    change = {"kind": "opened", "at": operation.at, "note": "", "operation_id": operation.id}
    _write(session, BranchChange, [{"branch_id": place.id, **change} for place in places])
    spots = [{name: getattr(spot, name) for name in spot.__slots__} for spot in county.spots]
    _write(session, Location, spots)
    _write(session, OpeningSession, session_rows(places, county.calendars))
    _write(session, OpeningException, exception_rows(places, county.calendars))
    _write(session, OpeningLog, opening_log_rows(places, county.calendars, county.now))
    rounds = county.rounds
    van = {"van": "流动图书车 1 号", "capacity_boxes": 24, "is_active": True}
    _write(session, Route, [{"id": r.id, "code": r.code, "name": r.name, **van} for r in rounds])
    stops = [
        {"route_id": r.id, "position": position, "branch_id": stop, "minutes": 30 + 12 * position}
        for r in rounds
        for position, stop in enumerate(r.stops, start=1)
    ]
    _write(session, RouteStop, stops)
    dates = [
        {"route_id": r.id, "on": on, "state": state, "note": ""}
        for r in rounds
        for on, state in round_dates(r, county.today)
    ]
    _write(session, RouteDate, dates)


def _people(session: Session, operation: Operation, county: County) -> None:
    readers = county.readers
    _write(session, Household, people.household_rows(readers))
    _write(session, Patron, people.patron_rows(readers))
    _write(session, PatronCard, people.card_rows(readers))
    _write(session, Guardian, people.guardian_rows(readers, operation.at))
    _write(session, Consent, people.consent_rows(readers))
    _write(session, PatronGroup, people.group_rows(county.classes))
    _write(session, PatronGroupMember, people.member_rows(county.classes))


def _bibs(session: Session, parts: Iterator[tuple[list[Row], ...]], county: County, step: Step) -> None:
    loans = Tally(loan.copy.title for loan in county.happened.loans)
    for bibs, sources, identifiers in parts:
        _write(session, Bib, ({**bib, "popularity": loans[bib["id"] - 1]} for bib in bibs), step)
        _write(session, BibSourceRecord, sources)
        _write(session, BibIdentifier, identifiers)


def _items(session: Session, county: County, step: Step) -> None:
    last_loan = {loan.copy.id: loan.out_at.date() for loan in county.happened.loans}
    _write(session, Item, item_rows(county.copies, county.titles, busy_copies(county), last_loan), step)
    _write(session, ItemBarcode, barcode_rows(county.copies), step)


def _circulation(session: Session, journal: Journal, county: County, step: Step) -> None:
    _write(session, ItemMovement, journal.movements(), step)
    _write(session, Loan, journal.loans(), step)
    _write(session, LoanRenewal, journal.renewals())
    _write(session, Hold, journal.holds())
    _write(session, Transfer, journal.transfers(), step)
    _write(session, TransferStep, journal.steps(), step)
    _write(session, Case, journal.cases())
    _write(session, ItemCondition, journal.conditions())
    _write(session, Wish, county.wishes)
    _write(session, EmptySearch, county.empty_searches)


def busy_copies(county: County) -> set[int]:
    """Return the ids of copies that are on loan, lost, under way or kept for a reader."""
    happened = county.happened
    busy = {loan.copy.id for loan in happened.loans if loan.in_at is None or loan.is_lost}
    busy |= {transfer.copy.id for transfer in happened.transfers if transfer.state not in _CLOSED_TRANSFERS}
    return busy | {hold.copy.id for hold in happened.holds if hold.state not in _FINISHED_HOLDS}


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


def _write(session: Session, model: type[Model], rows: Iterable[Mapping[str, Any]], step: Step = no_step) -> None:
    insert_rows(session, table_of(model), rows, step)
