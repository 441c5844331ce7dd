"""The statements of `queries`, compiled once.

What a loan needs to know of reader and copy is one statement, because on PostgreSQL each costs a way there and back. The
counts stand as scalar subqueries; those over the reader's open loans are one number, so that the loans are looked through
once. What only a few loans need (blocks, deposit, the van, cases) has statements of its own, sent only when a rule or a count
asks for them.

On PostgreSQL rows are locked by a statement of their own, before the reading one, because the counts of a statement that had
to wait for its lock are those from before the wait. A reader is locked so that others may still refer to the row.
"""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemBarcode
from circulation.cases.against import BLOCKS_IN_FORCE
from circulation.models import HOLD_CAPTURED, TRANSFER_OPEN, BoxLine, Case, Hold, Loan, Transfer
from circulation.policies.book import VERSION_NOW
from circulation.policies.calendars import CALENDARS_NOW
from circulation.whereabouts import facts
from library.branches.models import Branch, Location
from library.kernel.prepared import Prepared
from library.patrons.models import Patron, PatronBlock, PatronCard

Query = Select[*tuple[Any, ...]]

# Counts of loans share one number in this base; no limit reaches it.
COUNT_BASE = 4096
COUNTS = ("loans", "loans_here", "of_class", "of_class_here", "of_title")

_home = aliased(Branch, name="item_home")
_reader_home = aliased(Branch, name="reader_home")
_loan = aliased(Loan, name="item_loan")
_kept = aliased(Hold, name="kept")
_this_reader = bindparam("patron_id", type_=Integer)


def _counted(*kinds: Any) -> Any:
    """Return how many of the reader's open loans are of each kind, packed into one number."""
    total: Any = literal(0, BigInteger)
    for place, kind in enumerate(kinds):
        total = total + func.sum(case((kind, 1), else_=0)) * literal(COUNT_BASE**place, BigInteger)
    counted = (
        select(func.coalesce(total, 0))
        # Every date is later than the first of all. The range makes SQLite take the index of open loans; as long as it had
        # no statistics it looked through all that the reader ever borrowed.
        .where(Loan.patron_id == Patron.id, Loan.in_at.is_(None), Loan.due_on > date.min)
        .correlate(Patron, Item)
    )
    return cast(counted.scalar_subquery(), BigInteger)


_HERE = Loan.out_branch_id == bindparam("branch_id")
_OF_CLASS = Loan.item_class == Item.item_class
_OPEN_COUNTS = _counted(Loan.id.is_not(None), _HERE)
_COUNTS_BESIDE_COPY = _counted(Loan.id.is_not(None), _HERE, _OF_CLASS, _OF_CLASS & _HERE, Loan.bib_id == Item.bib_id)
_OLDEST_DUE = (
    select(func.min(Loan.due_on))
    .where(Loan.patron_id == Patron.id, Loan.in_at.is_(None), Loan.is_backdated.is_(False))
    .correlate(Patron)
    .scalar_subquery()
)
_BLOCKS = (
    select(func.count()).where(PatronBlock.patron_id == Patron.id, *BLOCKS_IN_FORCE).correlate(Patron).scalar_subquery()
)
_ANY_ACTIVE_CARD = (
    select(func.min(PatronCard.state))
    .where(PatronCard.patron_id == Patron.id, PatronCard.state == "active")
    .correlate(Patron)
    .scalar_subquery()
)


def _reader_columns(card_state: Any, counts: Any) -> list[Any]:
    return [
        Patron.id.label("reader_id"),
        Patron.category,
        Patron.born_in,
        Patron.village_id.label("reader_village_id"),
        Patron.expires_on,
        Patron.closed_on,
        _reader_home.path.label("reader_path"),
        card_state.label("card_state"),
        counts.label("counts"),
        _OLDEST_DUE.label("oldest_due_on"),
        _BLOCKS.label("blocks"),
        VERSION_NOW.label("policies"),
        CALENDARS_NOW.label("calendars"),
    ]


def _copy_counts(reader: Any) -> list[Any]:
    """Return what is counted beside a copy: box lines, open cases, conditions, other readers waiting, this reader's holds."""
    others = (
        Hold.bib_id == Item.bib_id,
        Hold.state == "waiting",
        # Said again for the index of the queue, which knows open holds only.
        Hold.ended_at.is_(None),
        or_(Hold.item_id.is_(None), Hold.item_id == Item.id),
        Hold.patron_id.is_distinct_from(reader),
    )
    own = (Hold.bib_id == Item.bib_id, Hold.ended_at.is_(None), Hold.patron_id == reader)
    counted = {
        "box_lines": select(func.count()).where(BoxLine.item_id == Item.id, BoxLine.closed_at.is_(None)),
        "open_cases": select(func.count()).where(Case.item_id == Item.id, Case.settled_at.is_(None)),
        "waiting": select(func.count()).where(*others),
        "wanted": select(func.count()).where(*own),
    }
    counts = [query.correlate(Item, Patron).scalar_subquery().label(name) for name, query in counted.items()]
    return [*counts, facts.open_conditions().label("conditions")]


def _copy_columns(reader: Any) -> list[Any]:
    return [
        Item.id.label("item_id"),
        Item.bib_id,
        Item.current_branch_id,
        Item.home_branch_id,
        Item.item_class,
        Item.acquired_on,
        _home.path.label("home_path"),
        _home.kind.label("home_kind"),
        Location.is_lendable,
        Bib.clc_top,
        _loan.id.label("loan_id"),
        _loan.patron_id.label("loan_patron_id"),
        _loan.due_on,
        _loan.out_at,
        _loan.out_branch_id,
        _loan.renewals,
        _loan.is_backdated,
        _loan.recalled_at,
        _loan.age_band,
        _loan.patron_category,
        _loan.village_id,
        _loan.clc.label("loan_clc"),
        Transfer.id.label("transfer_id"),
        Transfer.to_branch_id,
        _kept.id.label("hold_id"),
        _kept.patron_id.label("hold_patron_id"),
        _kept.pickup_branch_id,
        *_copy_counts(reader),
    ]


def _reader_query(*, by_card: bool) -> Query:
    return _of_reader(
        select(*_reader_columns(PatronCard.state if by_card else _ANY_ACTIVE_CARD, _OPEN_COUNTS)), by_card
    )


def _copy_query(*, by_barcode: bool) -> Query:
    columns = [*_copy_columns(_this_reader), VERSION_NOW.label("policies"), CALENDARS_NOW.label("calendars")]
    query = select(*columns)
    return _of_copy(query.select_from(ItemBarcode if by_barcode else Item), by_barcode)


def _both(*, by_card: bool, by_barcode: bool) -> Query:
    """Return reader and copy side by side; no row when either is not known."""
    reader = _reader_columns(PatronCard.state if by_card else _ANY_ACTIVE_CARD, _COUNTS_BESIDE_COPY)
    card = PatronCard.id if by_card else literal(0)
    query = _of_reader(select(*reader, *_copy_columns(Patron.id), card.label("card_id")), by_card)
    return _of_copy(query.join(ItemBarcode if by_barcode else Item, literal(value=True)), by_barcode)


# Each table is joined by what those before it have found: of more than eight tables PostgreSQL keeps the written order
# (`join_collapse_limit`), and with the scanned number last it read all copies of a county for each scan.
def _of_reader(query: Query, by_card: bool) -> Query:
    if by_card:
        query = (
            query.select_from(PatronCard)
            .join(Patron, Patron.id == PatronCard.patron_id)
            .where(PatronCard.number == bindparam("number"))
            .order_by(case((PatronCard.state == "active", 0), else_=1), PatronCard.id.desc())
        )
    else:
        query = query.select_from(Patron).where(Patron.id == _this_reader)
    return query.join(_reader_home, _reader_home.id == Patron.home_branch_id).where(Patron.erased_at.is_(None))


def _of_copy(query: Query, by_barcode: bool) -> Query:
    if by_barcode:
        query = (
            query.add_columns(ItemBarcode.valid_to.is_(None).label("is_current"))
            .join(Item, Item.id == ItemBarcode.item_id)
            .where(ItemBarcode.barcode == bindparam("barcode"))
            .order_by(Item.id)
        )
    else:
        query = query.add_columns(literal(value=True).label("is_current")).where(Item.id == bindparam("item_id"))
    return (
        query.join(_home, _home.id == Item.home_branch_id)
        .join(Location, Location.id == Item.location_id)
        .join(Bib, Bib.id == Item.bib_id)
        .outerjoin(_loan, (_loan.item_id == Item.id) & _loan.in_at.is_(None))
        .outerjoin(Transfer, (Transfer.item_id == Item.id) & Transfer.state.in_(TRANSFER_OPEN))
        .outerjoin(_kept, (_kept.captured_item_id == Item.id) & _kept.state.in_(HOLD_CAPTURED))
    )


READER_BY_CARD = Prepared(_reader_query(by_card=True).limit(1))
READER_BY_ID = Prepared(_reader_query(by_card=False))
COPIES_BY_BARCODE = Prepared(_copy_query(by_barcode=True))
COPY_BY_ID = Prepared(_copy_query(by_barcode=False))
# By card and not by the reader's id, by barcode and not by the copy's id.
BOTH = {
    (by_card, by_barcode): Prepared(_both(by_card=by_card, by_barcode=by_barcode))
    for by_card in (True, False)
    for by_barcode in (True, False)
}


def _locked_reader(*, by_card: bool) -> Query:
    holders = select(PatronCard.patron_id).where(PatronCard.number == bindparam("number"))
    whose = Patron.id.in_(holders) if by_card else Patron.id == _this_reader
    return select(Patron.id).where(whose).order_by(Patron.id).with_for_update(key_share=True)


def _locked_copies(meant: Any) -> Query:
    return select(Item.id).where(Item.id.in_(meant)).order_by(Item.id).with_for_update()


def _meant(*, by_barcode: bool) -> Query:
    if not by_barcode:
        return select(bindparam("item_id", type_=Integer))
    return select(ItemBarcode.item_id).where(ItemBarcode.barcode == bindparam("barcode"))


def _locked_both(*, by_card: bool, by_barcode: bool) -> Query:
    """Return a lock of the reader, and then of the copies meant and those kept for the reader, which a loan frees.

    The count is what makes PostgreSQL lock the reader before it looks at any copy.
    """
    reader = _locked_reader(by_card=by_card).cte("locked_reader")
    kept = select(Hold.captured_item_id).where(Hold.state.in_(HOLD_CAPTURED), Hold.patron_id.in_(select(reader.c.id)))
    is_locked = select(func.count()).select_from(reader).scalar_subquery() > 0
    return _locked_copies(union_all(_meant(by_barcode=by_barcode), kept)).where(is_locked)


LOCK_READER = Prepared(_locked_reader(by_card=False))
LOCK_COPIES = {by_barcode: Prepared(_locked_copies(_meant(by_barcode=by_barcode))) for by_barcode in (True, False)}
LOCK_BOTH = {
    (by_card, by_barcode): Prepared(_locked_both(by_card=by_card, by_barcode=by_barcode))
    for by_card, by_barcode in BOTH
}
