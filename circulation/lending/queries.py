"""What a decision needs to know, each in one statement: the reader, the copies a scan may mean, a loan."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from circulation.lending import statements
from circulation.lending.rules import Copy, Reader
from circulation.policies.rules import LoansCounted
from circulation.whereabouts import facts


@dataclass(frozen=True, slots=True)
class ReaderFound:
    """A reader with what statistics keep of them, both counts of loans, and the versions of what is kept per process."""

    reader: Reader
    category: str
    born_in: int | None
    village_id: int | None
    home_path: str
    loans_here: int
    policies: int
    calendars: int

    def counted_by(self, counted: LoansCounted) -> Reader:
        """Return the reader with the number of loans that fills the limit."""
        return self.reader if counted is LoansCounted.COUNTY else replace(self.reader, loans=self.loans_here)


@dataclass(frozen=True, slots=True)
class LoanFound:
    """The open loan of a copy."""

    loan_id: int
    loan_patron_id: int | None
    out_at: datetime
    due_on: date
    renewals: int
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


_LOAN_COLUMNS = tuple(field.name for field in fields(LoanFound))


@dataclass(frozen=True, slots=True)
class LoanPlace:
    """A loan, open or ended, and the branch it was made at."""

    id: int
    item_id: int
    patron_id: int | None
    is_open: bool
    due_on: date
    renewals: int
    out_branch_id: int
    out_path: str


@dataclass(frozen=True, slots=True)
class CopyFound:
    """A copy with its class for the statistics, the tree path of its home, its open loan, and the policies' version."""

    copy: Copy
    clc: str
    home_path: str
    loan: LoanFound | None
    policies: int


def reader_by_card(session: Session, number: str, *, branch_id: int, today: date) -> ReaderFound | None:
    """Return the reader whose card has this number, an active one before any that has ended."""
    values = {"number": number, "branch_id": branch_id, "today": today}
    return _reader(session.execute(statements.READER_BY_CARD, values).first())


def reader_by_id(session: Session, patron_id: int, *, branch_id: int, today: date) -> ReaderFound | None:
    """Return a reader; the card counts as active when one of theirs is."""
    values = {"patron_id": patron_id, "branch_id": branch_id, "today": today}
    return _reader(session.execute(statements.READER_BY_ID, values).first())


def copies_by_barcode(session: Session, barcode: str, *, patron_id: int | None = None) -> list[CopyFound]:
    """Return the copies that bear a barcode now, else those that once did."""
    rows = session.execute(statements.COPIES_BY_BARCODE, {"barcode": barcode, "patron_id": patron_id}).all()
    current = [row for row in rows if row.is_current]
    return [_copy(row) for row in current or rows]


def copy_by_id(session: Session, item_id: int, *, patron_id: int | None = None) -> CopyFound | None:
    """Return a copy by its id."""
    row = session.execute(statements.COPY_BY_ID, {"item_id": item_id, "patron_id": patron_id}).first()
    return _copy(row) if row else None


def lock_reader(session: Session, *, number: str | None = None, patron_id: int | None = None) -> None:
    """On PostgreSQL, let nobody else decide about this reader until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(statements.LOCK_READER, {"number": number, "patron_id": patron_id}).all()


def lock_copies(
    session: Session, *, barcode: str | None = None, item_id: int | None = None, patron_id: int | None = None
) -> None:
    """On PostgreSQL, lock the copies a scan may mean and those kept for a reader, in the order of their ids."""
    if session.get_bind().dialect.name == "postgresql":
        values = {"barcode": barcode, "item_id": item_id, "patron_id": patron_id}
        session.execute(statements.LOCK_COPIES, values).all()


def bound_to(session: Session, item_id: int) -> tuple[int | None, int | None, int | None]:
    """Return (transfer's destination, captured hold, its pickup branch) of a copy as they are now."""
    row = session.execute(statements.BOUND_TO, {"item_id": item_id}).one()
    return row[0], row[1], row[2]


def loan_by_id(session: Session, loan_id: int) -> LoanPlace | None:
    """Return where a loan was made, and whose it is."""
    row = session.execute(statements.LOAN_BY_ID, {"loan_id": loan_id}).first()
    return LoanPlace(*row) if row else None


def _reader(row: Any) -> ReaderFound | None:
    if row is None:
        return None
    reader = Reader(
        id=row.id,
        card_state=row.card_state or "closed",
        expires_on=row.expires_on,
        is_closed=row.closed_on is not None,
        loans=row.loans,
        oldest_due_on=row.oldest_due_on,
        block=row.block,
    )
    return ReaderFound(
        reader=reader,
        category=row.category,
        born_in=row.born_in,
        village_id=row.village_id,
        home_path=row.path,
        loans_here=row.loans_here,
        policies=row.policies,
        calendars=row.calendars,
    )


def _copy(row: Any) -> CopyFound:
    copy = Copy(
        id=row.id,
        bib_id=row.bib_id,
        current_branch_id=row.current_branch_id,
        home_branch_id=row.home_branch_id,
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
    )
    loan = LoanFound(*(getattr(row, name) for name in _LOAN_COLUMNS)) if row.loan_id else None
    return CopyFound(copy, row.clc_top, row.path, loan, row.policies)
