"""Statements that only some loans need: sent when a rule is on or a count says so, and compiled once like the others.

Each answers one question of `queries`; a desk on which no such rule is on never sends them.
"""

from sqlalchemy import Date, Integer, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from catalog.items.models import Item
from circulation.charges.debtors import DEBTOR_ID
from circulation.models import HOLD_CAPTURED, TRANSFER_OPEN, Hold, LedgerEntry, Loan, Transfer
from library.branches.calendars import Route, RouteDate, RouteStop
from library.branches.models import Branch
from library.kernel.prepared import Prepared
from library.patrons.models import Patron, PatronGroup

DEPOSITS = ("deposit", "deposit_refund")

_reader = bindparam("patron_id", type_=Integer)
_undone = aliased(LedgerEntry)
_owed = select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.patron_id == _reader)
_deposits = (
    select(func.sum(LedgerEntry.amount_cents))
    .outerjoin(_undone, _undone.id == LedgerEntry.voids_id)
    .where(LedgerEntry.patron_id == _reader, or_(LedgerEntry.kind.in_(DEPOSITS), _undone.kind.in_(DEPOSITS)))
)
_tomorrow = bindparam("tomorrow", type_=Date)
_term = (
    select(func.max(PatronGroup.term_ends_on)).where(
        PatronGroup.custodian_id == _reader, PatronGroup.term_ends_on >= _tomorrow
    )
).scalar_subquery()
_from = bindparam("run_from", type_=Date)
_by_term = bindparam("by_term", type_=Integer)
_first_run = (
    select(func.min(RouteDate.on))
    .where(
        RouteDate.route_id == RouteStop.route_id,
        RouteDate.state == "planned",
        RouteDate.on >= case((_by_term == 1, func.coalesce(_term, _from)), else_=_from),
    )
    .correlate(RouteStop)
    .scalar_subquery()
)
# The first run of each route and the first of these: over the join SQLite would read every date of three years.
_next_run = (
    select(func.min(_first_run))
    .select_from(RouteStop)
    .join(Route, Route.id == RouteStop.route_id)
    .where(RouteStop.branch_id == bindparam("branch_id"), Route.is_active)
)
# What the rules `deposit`, `hard_due` (the end of a term) and `due_by_next_run` ask for, in one.
ASKED_BY_RULES = Prepared(
    select(
        _owed.scalar_subquery().label("owed"),
        _deposits.scalar_subquery().label("deposits"),
        _term.label("term_ends_on"),
        _next_run.scalar_subquery().label("next_run_on"),
    )
)
_waiting = (
    select(func.count())
    .where(Hold.item_id == bindparam("item_id"), Hold.state == "waiting", Hold.patron_id.is_distinct_from(_reader))
    .scalar_subquery()
)
_free = select(func.count()).where(Item.bib_id == bindparam("bib_id"), Item.is_available).scalar_subquery()
# Who waits for this very copy, and how many copies of the title stand on a shelf.
QUEUE = Prepared(select(_waiting.label("for_copy"), _free.label("free")))

_reader_home = aliased(Branch)
LATE_READER = Prepared(
    select(
        Patron.id,
        Patron.category,
        _reader_home.path.label("reader_path"),
        select(Branch.path).where(Branch.id == bindparam("out_branch_id")).scalar_subquery().label("out_path"),
        DEBTOR_ID.label("debtor_id"),
    )
    .join(_reader_home, _reader_home.id == Patron.home_branch_id)
    .where(Patron.id == bindparam("patron_id"))
)
LOST_LOANS = Prepared(
    select(Loan.id).where(Loan.item_id == bindparam("item_id"), Loan.in_at.is_not(None), Loan.closed_as == "lost")
)

_hold = aliased(Hold)
BOUND_TO = Prepared(
    select(Transfer.to_branch_id, _hold.id, _hold.pickup_branch_id)
    .select_from(Item)
    .outerjoin(Transfer, (Transfer.item_id == Item.id) & Transfer.state.in_(TRANSFER_OPEN))
    .outerjoin(_hold, (_hold.captured_item_id == Item.id) & _hold.state.in_(HOLD_CAPTURED))
    .where(Item.id == bindparam("item_id"))
)
LOAN_BY_ID = Prepared(
    select(
        Loan.id,
        Loan.item_id,
        Loan.patron_id,
        Loan.in_at.is_(None),
        Loan.due_on,
        Loan.is_on_site,
        Branch.id,
        Branch.path,
    )
    .join(Branch, Branch.id == Loan.out_branch_id)
    .where(Loan.id == bindparam("loan_id"))
)
