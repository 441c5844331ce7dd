"""Invariants of the tree, its codes and its locations, of the opening log and of closures."""

from datetime import date

from sqlalchemy import String, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from library.branches.calendars import OpeningLog
from library.branches.hours_models import Closure, ClosureEffect, ClosureRoom
from library.branches.models import Branch, BranchCode, Location
from library.kernel.checks import Invariant
from library.kernel.models import EventRow

_parent = aliased(Branch)
_other = aliased(BranchCode)

_effects = select(func.count()).where(ClosureEffect.closure_id == Closure.id).scalar_subquery()
_events = (
    select(func.count())
    .where(
        EventRow.kind.in_(("loan.redated", "hold.redated")), EventRow.payload["closure_id"].as_integer() == Closure.id
    )
    .scalar_subquery()
)
_logged = select(
    OpeningLog.id,
    OpeningLog.branch_id,
    OpeningLog.opened_at,
    func.lag(OpeningLog.closed_at, 1, OpeningLog.opened_at)
    .over(partition_by=OpeningLog.branch_id, order_by=(OpeningLog.opened_at, OpeningLog.id))
    .label("closed_before"),
).subquery()

INVARIANTS = (
    Invariant(
        "branch_path",
        "A branch's path is its parent's path and its own id.",
        select(Branch.id, Branch.path)
        .outerjoin(_parent, _parent.id == Branch.parent_id)
        .where(Branch.path != func.coalesce(_parent.path, "/") + cast(Branch.id, String) + "/"),
    ),
    Invariant(
        "branch_merged_into_living",
        "A merged branch names a successor that is not itself.",
        select(Branch.id).where(
            or_(Branch.merged_into_id == Branch.id, (Branch.state == "merged") & Branch.merged_into_id.is_(None))
        ),
    ),
    Invariant(
        "branch_codes_do_not_overlap",
        "At any date an official code belongs to one branch.",
        select(BranchCode.id, BranchCode.code)
        .join(_other, (_other.scheme == BranchCode.scheme) & (_other.code == BranchCode.code))
        .where(
            _other.branch_id != BranchCode.branch_id,
            _other.id < BranchCode.id,
            func.coalesce(BranchCode.valid_to, date.max) >= _other.valid_from,
            func.coalesce(_other.valid_to, date.max) >= BranchCode.valid_from,
        ),
    ),
    Invariant(
        "one_default_location",
        "A branch has at most one default location.",
        select(Location.branch_id).where(Location.is_default).group_by(Location.branch_id).having(func.count() > 1),
    ),
    Invariant(
        "opening_log_in_order",
        "A room is closed before it is opened again.",
        select(_logged.c.id, _logged.c.branch_id).where(
            or_(_logged.c.closed_before.is_(None), _logged.c.closed_before > _logged.c.opened_at)
        ),
    ),
    Invariant(
        "closure_has_rooms",
        "A closure or postponement concerns at least one room.",
        select(Closure.id).where(~exists().where(ClosureRoom.closure_id == Closure.id)),
    ),
    Invariant(
        "closure_is_written_down",
        "A batch that is done has one effect for each date it moved, as its events tell.",
        select(Closure.id, _effects, _events).where(Closure.state == "done", _effects != _events),
    ),
    Invariant(
        "closure_undone_wholly",
        "A batch that was undone has restored each date or says why not.",
        select(ClosureEffect.id, ClosureEffect.closure_id)
        .join(Closure, Closure.id == ClosureEffect.closure_id)
        .where(Closure.state == "undone", ClosureEffect.state == "moved"),
    ),
)
