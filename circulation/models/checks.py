"""Invariants of what moves: one open row of a kind per copy, and no two of them that contradict each other."""

from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from catalog.bibs.models import BibMerge
from catalog.items.models import Item
from circulation.models import (
    HOLD_CAPTURED,
    TRANSFER_OPEN,
    Box,
    BoxLine,
    Hold,
    Loan,
    LoanRenewal,
    Transfer,
    TransferStep,
)
from library.kernel.checks import Invariant
from library.kernel.db import table_of

ON_THE_ROAD = ("packed", "dispatched")


def _more_than_one(column: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    return select(column).where(condition).group_by(column).having(func.count() > 1)


def _merged(bib_id: Any) -> Exists:
    """Return whether a title ever was merged: its copies may bear another one, and a merge rewrites nothing."""
    return exists().where(or_(BibMerge.from_id == bib_id, BibMerge.into_id == bib_id))


_last_step = select(
    TransferStep.transfer_id,
    TransferStep.state,
    func.row_number().over(partition_by=TransferStep.transfer_id, order_by=TransferStep.id.desc()).label("from_last"),
).subquery()
_renewed = aliased(LoanRenewal)

INVARIANTS = (
    Invariant(
        "one_open_loan",
        "A copy is on loan once.",
        _more_than_one(table_of(Loan).c.item_id, Loan.in_at.is_(None)),
    ),
    Invariant(
        "one_open_transfer",
        "A copy is in one open transfer.",
        _more_than_one(table_of(Transfer).c.item_id, Transfer.state.in_(TRANSFER_OPEN)),
    ),
    Invariant(
        "one_captured_hold",
        "A copy is kept for one reader.",
        _more_than_one(table_of(Hold).c.captured_item_id, Hold.state.in_(HOLD_CAPTURED)),
    ),
    Invariant(
        "one_open_box_line",
        "A copy is in one box.",
        _more_than_one(table_of(BoxLine).c.item_id, BoxLine.closed_at.is_(None)),
    ),
    Invariant(
        "one_open_hold_per_title",
        "A reader waits for a title once.",
        select(Hold.patron_id, Hold.bib_id)
        .where(Hold.ended_at.is_(None), Hold.item_id.is_(None), Hold.patron_id.is_not(None))
        .group_by(Hold.patron_id, Hold.bib_id)
        .having(func.count() > 1),
    ),
    Invariant(
        "lent_is_not_on_the_road",
        "A copy on loan is not in a box or on the van.",
        select(Loan.id, Loan.item_id)
        .join(Transfer, Transfer.item_id == Loan.item_id)
        .where(Loan.in_at.is_(None), Transfer.state.in_(ON_THE_ROAD)),
    ),
    Invariant(
        "lent_is_not_kept_for_another",
        "A copy on loan is not kept for a reader.",
        select(Loan.id, Hold.id)
        .join(Hold, Hold.captured_item_id == Loan.item_id)
        .where(Loan.in_at.is_(None), Hold.state.in_(HOLD_CAPTURED)),
    ),
    Invariant(
        "queued_hold_has_no_copy",
        "A hold that waits or is suspended has no copy.",
        select(Hold.id, Hold.captured_item_id).where(
            Hold.state.in_(("waiting", "suspended")), Hold.captured_item_id.is_not(None)
        ),
    ),
    Invariant(
        "sent_hold_has_a_transfer",
        "A copy on its way to a reader is in an open transfer.",
        select(Hold.id, Hold.captured_item_id)
        .outerjoin(Transfer, (Transfer.item_id == Hold.captured_item_id) & Transfer.state.in_(TRANSFER_OPEN))
        .where(Hold.state == "in_transit", Transfer.id.is_(None)),
    ),
    Invariant(
        "pickup_days_run_on_the_shelf",
        "Only a book on the pickup shelf, or one that was there, has a last day of collecting.",
        select(Hold.id, Hold.pickup_until_on).where(
            Hold.state.in_(("waiting", "suspended", "in_transit")), Hold.pickup_until_on.is_not(None)
        ),
    ),
    Invariant(
        "suspended_has_the_day_of_going_on",
        "Only a suspended hold has a day on which it goes on.",
        select(Hold.id, Hold.suspended_until_on).where(Hold.state != "suspended", Hold.suspended_until_on.is_not(None)),
    ),
    Invariant(
        "captured_is_of_the_title",
        "The copy kept for a hold is of the title it asks for, or the queue is about to follow a merge.",
        select(Hold.id, Hold.captured_item_id)
        .join(Item, Item.id == Hold.captured_item_id)
        .where(
            Hold.state.in_(HOLD_CAPTURED),
            or_(
                (Item.bib_id != Hold.bib_id) & ~_merged(Hold.bib_id),
                (Hold.item_id.is_not(None)) & (Hold.item_id != Hold.captured_item_id),
            ),
        ),
    ),
    Invariant(
        "loan_is_of_the_title",
        "A loan names the title of its copy, or one that was merged with others since.",
        select(Loan.id, Loan.bib_id)
        .join(Item, Item.id == Loan.item_id)
        .where(Loan.in_at.is_(None), Loan.bib_id != Item.bib_id, ~_merged(Loan.bib_id)),
    ),
    Invariant(
        "used_here_is_closed_at_once",
        "A copy read in the room was given back the moment it was counted.",
        select(Loan.id).where(Loan.is_on_site, Loan.in_at.is_distinct_from(Loan.out_at)),
    ),
    Invariant(
        "transfer_state_is_its_last_step",
        "A transfer is in the state of its last step.",
        select(Transfer.id, Transfer.state)
        .outerjoin(_last_step, (_last_step.c.transfer_id == Transfer.id) & (_last_step.c.from_last == 1))
        .where(or_(_last_step.c.state.is_(None), _last_step.c.state != Transfer.state)),
    ),
    Invariant(
        "closed_box_is_empty",
        "A received or retired box has no open line.",
        select(Box.id, BoxLine.id)
        .join(BoxLine, BoxLine.box_id == Box.id)
        .where(Box.state.in_(("received", "retired")), BoxLine.closed_at.is_(None)),
    ),
    Invariant(
        "renewals_are_counted",
        "A loan counts the renewals that are recorded and were not undone.",
        select(Loan.id, Loan.renewals)
        .outerjoin(_renewed, (_renewed.loan_id == Loan.id) & _renewed.undone_at.is_(None))
        .group_by(Loan.id, Loan.renewals)
        .having(func.count(_renewed.id) != Loan.renewals),
    ),
)
