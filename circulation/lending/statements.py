"""The statements of `queries`, built once when the module is loaded.

The counts stand as scalar subqueries beside the row they belong to: on PostgreSQL each statement costs a round trip, and
building a statement anew costs more than running it on SQLite. On PostgreSQL rows are locked by statements of their own,
before the reading ones, because the counts of a statement that had to wait for its lock are those from before the wait.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Select, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from catalog.bibs.models import Bib
from catalog.items.models import Item, ItemBarcode
from circulation.lending.calendars import CALENDARS_NOW
from circulation.models import HOLD_CAPTURED, TRANSFER_OPEN, BoxLine, Hold, Loan, Transfer
from circulation.policies.book import VERSION_NOW
from circulation.whereabouts import facts
from library.branches.models import Branch, Location
from library.patrons.models import Patron, PatronBlock, PatronCard


def _reader_query(conditions: Sequence[Any], card_state: Any) -> Select[*tuple[Any, ...]]:
    home = aliased(Branch)
    open_loans = (Loan.patron_id == Patron.id, Loan.in_at.is_(None))

    def loans(*also: Any) -> Any:
        return select(func.count()).where(*open_loans, *also).correlate(Patron).scalar_subquery()

    block = (
        select(func.min(PatronBlock.code))
        .where(
            PatronBlock.patron_id == Patron.id,
            PatronBlock.lifted_at.is_(None),
            PatronBlock.from_on <= bindparam("today"),
            or_(PatronBlock.until_on.is_(None), PatronBlock.until_on >= bindparam("today")),
        )
        .correlate(Patron)
        .scalar_subquery()
    )
    return (
        select(
            Patron.id,
            Patron.category,
            Patron.born_in,
            Patron.village_id,
            Patron.expires_on,
            Patron.closed_on,
            home.path,
            card_state.label("card_state"),
            loans().label("loans"),
            loans(Loan.out_branch_id == bindparam("branch_id")).label("loans_here"),
            select(func.min(Loan.due_on)).where(*open_loans).correlate(Patron).scalar_subquery().label("oldest_due_on"),
            block.label("block"),
            VERSION_NOW.label("policies"),
            CALENDARS_NOW.label("calendars"),
        )
        .join(home, home.id == Patron.home_branch_id)
        .where(Patron.erased_at.is_(None), *conditions)
    )


def _copy_counts() -> list[Any]:
    """Return what is counted beside a copy: box lines, conditions, other readers waiting, this reader's holds."""
    this_reader = bindparam("patron_id", type_=Integer)
    others = (
        Hold.bib_id == Item.bib_id,
        Hold.state == "waiting",
        or_(Hold.item_id.is_(None), Hold.item_id == Item.id),
        Hold.patron_id.is_distinct_from(this_reader),
    )
    own = (Hold.bib_id == Item.bib_id, Hold.ended_at.is_(None), Hold.patron_id == this_reader)
    counted = {
        "box_lines": select(func.count()).where(BoxLine.item_id == Item.id, BoxLine.closed_at.is_(None)),
        "waiting": select(func.count()).where(*others),
        "wanted": select(func.count()).where(*own),
    }
    counts = [query.correlate(Item).scalar_subquery().label(name) for name, query in counted.items()]
    return [*counts, facts.open_conditions().label("conditions")]


def _copy_query() -> Select[*tuple[Any, ...]]:
    home = aliased(Branch)
    kept = aliased(Hold)
    return (
        select(
            Item.id,
            Item.bib_id,
            Item.current_branch_id,
            Item.home_branch_id,
            Item.item_class,
            home.path,
            Location.is_lendable,
            Bib.clc_top,
            Loan.id.label("loan_id"),
            Loan.patron_id.label("loan_patron_id"),
            Loan.due_on,
            Loan.out_at,
            Loan.renewals,
            Loan.age_band,
            Loan.patron_category,
            Loan.village_id,
            Loan.clc.label("loan_clc"),
            Transfer.id.label("transfer_id"),
            Transfer.to_branch_id,
            kept.id.label("hold_id"),
            kept.patron_id.label("hold_patron_id"),
            kept.pickup_branch_id,
            *_copy_counts(),
            VERSION_NOW.label("policies"),
        )
        .join(home, home.id == Item.home_branch_id)
        .join(Location, Location.id == Item.location_id)
        .join(Bib, Bib.id == Item.bib_id)
        .outerjoin(Loan, (Loan.item_id == Item.id) & Loan.in_at.is_(None))
        .outerjoin(Transfer, (Transfer.item_id == Item.id) & Transfer.state.in_(TRANSFER_OPEN))
        .outerjoin(kept, (kept.captured_item_id == Item.id) & kept.state.in_(HOLD_CAPTURED))
    )


_ANY_ACTIVE_CARD = (
    select(func.min(PatronCard.state))
    .where(PatronCard.patron_id == Patron.id, PatronCard.state == "active")
    .correlate(Patron)
    .scalar_subquery()
)
READER_BY_CARD = (
    _reader_query([PatronCard.number == bindparam("number")], PatronCard.state)
    .join(PatronCard, PatronCard.patron_id == Patron.id)
    .order_by(case((PatronCard.state == "active", 0), else_=1), PatronCard.id.desc())
    .limit(1)
)
READER_BY_ID = _reader_query([Patron.id == bindparam("patron_id")], _ANY_ACTIVE_CARD)
COPIES_BY_BARCODE = (
    _copy_query()
    .add_columns(ItemBarcode.valid_to.is_(None).label("is_current"))
    .join(ItemBarcode, ItemBarcode.item_id == Item.id)
    .where(ItemBarcode.barcode == bindparam("barcode"))
    .order_by(Item.id)
)
COPY_BY_ID = _copy_query().where(Item.id == bindparam("item_id"))
LOCK_READER = (
    select(Patron.id)
    .where(
        or_(
            Patron.id == bindparam("patron_id"),
            Patron.id.in_(select(PatronCard.patron_id).where(PatronCard.number == bindparam("number"))),
        )
    )
    .order_by(Patron.id)
    .with_for_update()
)
LOCK_COPIES = (
    select(Item.id)
    .where(
        or_(
            Item.id == bindparam("item_id"),
            Item.id.in_(select(ItemBarcode.item_id).where(ItemBarcode.barcode == bindparam("barcode"))),
            # A loan frees the copy kept for the same reader when another one is taken.
            Item.id.in_(
                select(Hold.captured_item_id).where(
                    Hold.patron_id == bindparam("patron_id", type_=Integer), Hold.state.in_(HOLD_CAPTURED)
                )
            ),
        )
    )
    .order_by(Item.id)
    .with_for_update()
)
_hold = aliased(Hold)
BOUND_TO = (
    select(Transfer.to_branch_id, _hold.id, _hold.pickup_branch_id)
    .select_from(Item)
    .outerjoin(Transfer, (Transfer.item_id == Item.id) & Transfer.state.in_(TRANSFER_OPEN))
    .outerjoin(_hold, (_hold.captured_item_id == Item.id) & _hold.state.in_(HOLD_CAPTURED))
    .where(Item.id == bindparam("item_id"))
)
LOAN_BY_ID = (
    select(
        Loan.id,
        Loan.item_id,
        Loan.patron_id,
        Loan.in_at.is_(None),
        Loan.due_on,
        Loan.renewals,
        Branch.id,
        Branch.path,
    )
    .join(Branch, Branch.id == Loan.out_branch_id)
    .where(Loan.id == bindparam("loan_id"))
)
