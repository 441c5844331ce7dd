"""Invariants of the tree, its codes and its locations."""

from datetime import date

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import aliased

from library.branches.models import Branch, BranchCode, Location
from library.kernel.checks import Invariant

_parent = aliased(Branch)
_other = aliased(BranchCode)

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
)
