"""What a decision needs to know: reader and copy in one statement, and what only some loans ask for in others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from circulation.charges.rules import deposit_held
from circulation.lending import rare_statements, statements
from circulation.lending.rules import Copy, Reader
from circulation.policies.rules import LoansCounted
from circulation.whereabouts import facts


@dataclass(frozen=True, slots=True)
class ReaderFound:
    """A reader with what statistics keep of them, all counts of loans, and the versions of what is kept per process.

    `counts` are those of `statements.COUNTS`; `blocks` tells how many blocks are in force.
    """

    reader: Reader
    category: str
    village_id: int | None
    counts: tuple[int, ...]
    blocks: int
    policies: int
    calendars: int

    def counted_by(self, counted: LoansCounted) -> Reader:
        """Return the reader with the loans that fill the limits: of all the county, or of this branch."""
        if counted is LoansCounted.COUNTY:
            return self.reader
        _, here, _, of_class_here, _ = self.counts
        return replace(self.reader, loans=here, loans_of_class=of_class_here)


@dataclass(frozen=True, slots=True)
class LoanFound:
    """The open loan of a copy."""

    loan_id: int
    loan_patron_id: int | None
    out_at: datetime
    out_branch_id: int
    due_on: date
    renewals: int
    is_backdated: bool
    is_recalled: bool
    age_band: str | None
    patron_category: str | None
    village_id: int | None
    loan_clc: str | None

    def statistics(self) -> dict[str, Any]:
        """Return what an event keeps of the loan when its reader is forgotten."""
        return {
            "age_band": self.age_band,
            "patron_category": self.patron_category,
            "village_id": self.village_id,
            "clc": self.loan_clc,
        }


@dataclass(frozen=True, slots=True)
class LoanPlace:
    """A loan, open or ended, and the branch it was made at."""

    id: int
    item_id: int
    patron_id: int | None
    is_open: bool
    due_on: date
    is_on_site: bool
    out_branch_id: int
    out_path: str


@dataclass(frozen=True, slots=True)
class CopyFound:
    """A copy with its class for the statistics, its open loan, and the versions of what is kept per process."""

    copy: Copy
    clc: str
    loan: LoanFound | None
    policies: int
    calendars: int


@dataclass(frozen=True, slots=True)
class Known:
    """The reader and the copies a scan may mean; empty when one of them is not known."""

    reader: ReaderFound | None
    copies: list[CopyFound]


@dataclass(frozen=True, slots=True)
class AskedByRules:
    """What the deposit, the end of a term and the van's next run are, as far as rules asked for them."""

    deposit_held: int
    term_ends_on: date | None
    next_run_on: date | None


def both(
    session: Session,
    *,
    branch_id: int,
    today: date,
    number: str | None = None,
    patron_id: int | None = None,
    barcode: str | None = None,
    item_id: int | None = None,
) -> Known:
    """Return reader and copies side by side, the reader by card number or id, the copies by barcode or id.

    Of several readers who had the card, who has it now; of several copies, those that bear the barcode now.
    """
    rows = statements.BOTH[number is not None, barcode is not None].all(
        session,
        number=number,
        patron_id=patron_id,
        barcode=barcode,
        item_id=item_id,
        branch_id=branch_id,
        today=today,
    )
    if not rows:
        return Known(None, [])
    copies = _current([row for row in rows if row.card_id == rows[0].card_id]) if len(rows) > 1 else rows
    return Known(_reader(rows[0]), [_copy(row) for row in copies])


def reader_by_card(session: Session, number: str, *, branch_id: int, today: date) -> ReaderFound | None:
    """Return the reader whose card has this number, an active one before any that has ended."""
    return _reader(statements.READER_BY_CARD.first(session, number=number, branch_id=branch_id, today=today))


def reader_by_id(session: Session, patron_id: int, *, branch_id: int, today: date) -> ReaderFound | None:
    """Return a reader; the card counts as active when one of theirs is."""
    return _reader(statements.READER_BY_ID.first(session, patron_id=patron_id, branch_id=branch_id, today=today))


def copies_by_barcode(session: Session, barcode: str, *, patron_id: int | None = None) -> list[CopyFound]:
    """Return the copies that bear a barcode now, else those that once did."""
    rows = statements.COPIES_BY_BARCODE.all(session, barcode=barcode, patron_id=patron_id)
    return [_copy(row) for row in _current(rows)]


def copy_by_id(session: Session, item_id: int, *, patron_id: int | None = None) -> CopyFound | None:
    """Return a copy by its id."""
    row = statements.COPY_BY_ID.first(session, item_id=item_id, patron_id=patron_id)
    return _copy(row) if row else None


def lock_reader(session: Session, *, patron_id: int) -> None:
    """On PostgreSQL, let nobody else decide about this reader until the transaction ends."""
    if _has_row_locks(session):
        statements.LOCK_READER.all(session, patron_id=patron_id)


def lock_copies(session: Session, *, barcode: str | None = None, item_id: int | None = None) -> None:
    """On PostgreSQL, lock the copies a scan may mean, in the order of their ids."""
    if _has_row_locks(session):
        statements.LOCK_COPIES[barcode is not None].all(session, barcode=barcode, item_id=item_id)


def lock_both(
    session: Session,
    *,
    number: str | None = None,
    patron_id: int | None = None,
    barcode: str | None = None,
    item_id: int | None = None,
) -> None:
    """On PostgreSQL, lock a reader, then the copies a scan may mean and those kept for the reader, by their ids."""
    if _has_row_locks(session):
        lock = statements.LOCK_BOTH[number is not None, barcode is not None]
        lock.all(session, number=number, patron_id=patron_id, barcode=barcode, item_id=item_id)


def _has_row_locks(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def asked_by_rules(
    session: Session, patron_id: int, branch_id: int, *, run_from: date, tomorrow: date, by_term: bool
) -> AskedByRules:
    """Return what some rules need: the first run is from `run_from` on, or from the end of the reader's term."""
    row = rare_statements.ASKED_BY_RULES.first(
        session,
        patron_id=patron_id,
        branch_id=branch_id,
        run_from=run_from,
        tomorrow=tomorrow,
        by_term=int(by_term),
    )
    held = deposit_held(int(row.deposits or 0), int(row.owed or 0))
    return AskedByRules(held, row.term_ends_on, row.next_run_on)


def deposit_of(session: Session, patron_id: int) -> int:
    """Return how much of a reader's deposit is there, in cents."""
    nowhere, never = 0, date.max
    found = asked_by_rules(session, patron_id, nowhere, run_from=never, tomorrow=never, by_term=False)
    return found.deposit_held


def queue_of(session: Session, copy: Copy, patron_id: int) -> tuple[int, int]:
    """Return how many other readers wait for this very copy, and how many copies of the title stand on a shelf."""
    row = rare_statements.QUEUE.first(session, item_id=copy.id, bib_id=copy.bib_id, patron_id=patron_id)
    return row.for_copy, row.free


def bound_to(session: Session, item_id: int) -> tuple[int | None, int | None, int | None]:
    """Return (transfer's destination, captured hold, its pickup branch) of a copy as they are now."""
    row = rare_statements.BOUND_TO.first(session, item_id=item_id)
    return row[0], row[1], row[2]


def loan_by_id(session: Session, loan_id: int) -> LoanPlace | None:
    """Return where a loan was made, and whose it is."""
    row = rare_statements.LOAN_BY_ID.first(session, loan_id=loan_id)
    return LoanPlace(*row) if row else None


def _current(rows: Sequence[Any]) -> Sequence[Any]:
    return [row for row in rows if row.is_current] or rows


def _counts(packed: int) -> tuple[int, ...]:
    """Return the counts in a number that `statements` packed; those it did not count are 0."""
    found: list[int] = []
    for _name in statements.COUNTS:
        packed, count = divmod(packed, statements.COUNT_BASE)
        found.append(count)
    return tuple(found)


def _reader(row: Any) -> ReaderFound | None:
    if row is None:
        return None
    counts = _counts(row.counts) if row.counts else (0,) * len(statements.COUNTS)
    reader = Reader(
        id=row.reader_id,
        card_state=row.card_state or "closed",
        expires_on=row.expires_on,
        is_closed=row.closed_on is not None,
        loans=counts[0],
        loans_of_class=counts[2],
        loans_of_title=counts[4],
        oldest_due_on=row.oldest_due_on,
        born_in=row.born_in,
        home_path=row.reader_path,
    )
    return ReaderFound(reader, row.category, row.reader_village_id, counts, row.blocks, row.policies, row.calendars)


def _copy(row: Any) -> CopyFound:
    copy = Copy(
        id=row.item_id,
        bib_id=row.bib_id,
        current_branch_id=row.current_branch_id,
        home_branch_id=row.home_branch_id,
        home_path=row.home_path,
        home_kind=row.home_kind,
        acquired_on=row.acquired_on,
        item_class=row.item_class,
        is_location_lendable=row.is_lendable,
        loan_id=row.loan_id,
        loan_patron_id=row.loan_patron_id,
        transfer_id=row.transfer_id,
        transfer_to_id=row.to_branch_id,
        hold_id=row.hold_id,
        hold_patron_id=row.hold_patron_id,
        hold_pickup_id=row.pickup_branch_id,
        is_in_box=row.box_lines > 0,
        conditions=facts.conditions_in(row.conditions),
        waiting=row.waiting,
        is_wanted_by_reader=row.wanted > 0,
        open_cases=row.open_cases,
    )
    return CopyFound(copy, row.clc_top, _loan(row) if row.loan_id else None, row.policies, row.calendars)


def _loan(row: Any) -> LoanFound:
    return LoanFound(
        loan_id=row.loan_id,
        loan_patron_id=row.loan_patron_id,
        out_at=row.out_at,
        out_branch_id=row.out_branch_id,
        due_on=row.due_on,
        renewals=row.renewals,
        is_backdated=row.is_backdated,
        is_recalled=row.recalled_at is not None,
        age_band=row.age_band,
        patron_category=row.patron_category,
        village_id=row.village_id,
        loan_clc=row.loan_clc,
    )
