"""The tree of places: finding, adding, moving, merging, suspending and closing branches. None is ever deleted."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, func, insert, literal, select, update
from sqlalchemy.orm import Session

from library.branches.dependents import dependents, make_way
from library.branches.hours_choices import CALENDARS
from library.branches.models import KINDS, Branch, BranchChange, BranchCode, BranchSet, BranchSetMember, Location
from library.kernel import clock
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Operation
from library.kernel.versions import raise_version

DIVISION_SCHEME = "division"
DEFAULT_LOCATION = "A"
# Members of the named sets are kept per process with the lending rules.
SETS = "branch_sets"
# Every desk asks for its branch first; built once.
_BY_CODE = select(Branch).where(Branch.code == bindparam("code"))


def branch_by_code(session: Session, code: str) -> Branch:
    """Return the branch with our code `code`.

    Raises `NotFound` `unknown_branch`.
    """
    branch = session.scalars(_BY_CODE, {"code": code}).one_or_none()
    if branch is None:
        raise NotFound("unknown_branch", branch=code)
    return branch


def branch_by_id(session: Session, branch_id: int) -> Branch:
    """Return the branch with the id `branch_id`.

    Raises `NotFound` `unknown_branch`.
    """
    branch = session.get(Branch, branch_id)
    if branch is None:
        raise NotFound("unknown_branch", branch=branch_id)
    return branch


def subtree_ids(session: Session, branch_id: int) -> list[int]:
    """Return the ids of a branch and of everything below it, in the order of the tree."""
    path = select(Branch.path).where(Branch.id == branch_id).scalar_subquery()
    rows = select(Branch.id).where(Branch.path.startswith(path)).order_by(Branch.path)
    return list(session.scalars(rows))


def codes_of(session: Session, branch_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the codes of branches by id; None is left out."""
    ids = {branch_id for branch_id in branch_ids if branch_id is not None}
    return dict(session.execute(select(Branch.id, Branch.code).where(Branch.id.in_(ids))).all()) if ids else {}


def children_of(session: Session, branch_id: int) -> Sequence[Branch]:
    """Return the branches directly below one, by code."""
    return session.scalars(select(Branch).where(Branch.parent_id == branch_id).order_by(Branch.code)).all()


def successor_of(session: Session, branch: Branch) -> Branch:
    """Return the branch itself, or where the last of its merges led."""
    while branch.merged_into_id is not None:
        branch = branch_by_id(session, branch.merged_into_id)
    return branch


def list_branches(
    session: Session, *, kind: str | None = None, parent: Branch | None = None, offset: int = 0, limit: int = 100
) -> tuple[Sequence[Branch], int]:
    """Return a page of branches in the order of the tree, and how many there are; `parent` means directly below it."""
    wanted = select(Branch)
    if kind is not None:
        wanted = wanted.where(Branch.kind == kind)
    if parent is not None:
        wanted = wanted.where(Branch.parent_id == parent.id)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return session.scalars(wanted.order_by(Branch.path).offset(offset).limit(limit)).all(), total


def create(
    session: Session,
    operation: Operation,
    *,
    code: str,
    name: str,
    kind: str,
    parent: Branch | None = None,
    name_en: str = "",
    host_type: str | None = None,
    division_code: str | None = None,
) -> Branch:
    """Add a branch with a default location.

    Raises `Conflict` `branch_code_taken`, `Invalid` `unknown_kind`, and `Conflict` `branch_not_open` for a closed parent.
    """
    if kind not in KINDS:
        raise Invalid("unknown_kind", kind=kind)
    if session.scalar(select(Branch.id).where(Branch.code == code)) is not None:
        raise Conflict("branch_code_taken", branch=code)
    if parent is not None:
        _require_open(parent)
    day = clock.local_date(operation.at)
    branch = Branch(
        code=code,
        name=name,
        name_en=name_en,
        kind=kind,
        parent_id=parent.id if parent else None,
        path=f"new:{code}",
        host_type=host_type,
        state="open",
        opened_on=day,
    )
    session.add(branch)
    session.flush()
    branch.path = f"{parent.path if parent else '/'}{branch.id}/"
    if division_code:
        session.add(BranchCode(branch_id=branch.id, scheme=DIVISION_SCHEME, code=division_code, valid_from=day))
    _furnish(session, operation, branch)
    return branch


def _furnish(session: Session, operation: Operation, branch: Branch) -> None:
    """Give a new branch a place for books, its first note and its event."""
    session.add(Location(branch_id=branch.id, code=DEFAULT_LOCATION, name="书架", is_default=True))
    _note(session, operation, branch, "opened")
    payload = {"code": branch.code, "kind": branch.kind}
    record(session, operation, "branch.created", branch_id=branch.id, payload=payload)


def rename(session: Session, operation: Operation, branch: Branch, *, name: str, name_en: str | None = None) -> None:
    """Give a branch another name."""
    branch.name = name
    if name_en is not None:
        branch.name_en = name_en
    _note(session, operation, branch, "renamed")
    record(session, operation, "branch.changed", branch_id=branch.id, payload={"fields": ["name"]})


def move(session: Session, operation: Operation, branch: Branch, parent: Branch | None) -> None:
    """Put a branch and everything below it under another one, or make it a root.

    Raises `Conflict` `branch_below_itself`.
    """
    if parent is not None and parent.path.startswith(branch.path):
        raise Conflict("branch_below_itself", branch=branch.code, parent=parent.code)
    if branch.parent_id == (parent.id if parent else None):
        return
    old = branch.path
    new = f"{parent.path if parent else '/'}{branch.id}/"
    session.flush()
    session.execute(
        update(Branch)
        .where(Branch.path.startswith(old))
        .values(path=literal(new).concat(func.substr(Branch.path, len(old) + 1)))
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    branch.parent_id = parent.id if parent else None
    # What a place chose about its opening is inherited along the path.
    raise_version(session, CALENDARS)
    _note(session, operation, branch, "moved")
    record(session, operation, "branch.moved", branch_id=branch.id, payload={"parent_id": branch.parent_id})


def merge(session: Session, operation: Operation, branch: Branch, into: Branch) -> None:
    """Let `into` take over from a branch: what stands below it moves, so do its waiting readers, and look-ups follow it.

    Raises `Conflict` `branch_below_itself`, `branch_not_open` or `branch_in_use` (books, readers or open rows are left).
    """
    if into.path.startswith(branch.path):
        raise Conflict("branch_below_itself", branch=branch.code, parent=into.code)
    _require_open(branch)
    _require_open(into)
    make_way(session, operation, branch, into)
    _require_unused(session, branch)
    for child in children_of(session, branch.id):
        move(session, operation, child, into)
    branch.state = "merged"
    branch.merged_into_id = into.id
    branch.closed_on = clock.local_date(operation.at)
    _note(session, operation, branch, "merged")
    record(session, operation, "branch.merged", branch_id=branch.id, payload={"into_id": into.id})


def suspend(session: Session, operation: Operation, branch: Branch, *, note: str = "") -> None:
    """Close a branch for a while; its books and readers stay.

    Raises `Conflict` `branch_not_open`.
    """
    _require_open(branch)
    branch.state = "suspended"
    _note(session, operation, branch, "suspended", note)
    record(session, operation, "branch.suspended", branch_id=branch.id)


def reopen(session: Session, operation: Operation, branch: Branch) -> None:
    """Open a suspended or closed branch again.

    Raises `Conflict` `branch_merged`, because another branch has taken over.
    """
    if branch.merged_into_id is not None:
        raise Conflict("branch_merged", branch=branch.code)
    branch.state = "open"
    branch.closed_on = None
    _note(session, operation, branch, "opened")
    record(session, operation, "branch.opened", branch_id=branch.id)


def close(session: Session, operation: Operation, branch: Branch, *, note: str = "") -> None:
    """Close a branch for good; the readers who wait for books there are handed to another one.

    Raises `Conflict` `branch_has_children` while something open stands below it, `branch_in_use` while books, readers or
    open rows are left.
    """
    if any(child.state in {"open", "suspended"} for child in children_of(session, branch.id)):
        raise Conflict("branch_has_children", branch=branch.code)
    make_way(session, operation, branch, None)
    _require_unused(session, branch)
    branch.state = "closed"
    branch.closed_on = clock.local_date(operation.at)
    _note(session, operation, branch, "closed", note)
    record(session, operation, "branch.closed", branch_id=branch.id)


def locations_of(session: Session, branch_id: int) -> Sequence[Location]:
    """Return the locations of a branch, its default first."""
    wanted = select(Location).where(Location.branch_id == branch_id)
    return session.scalars(wanted.order_by(Location.is_default.desc(), Location.code)).all()


def default_location(session: Session, branch_id: int) -> Location:
    """Return where copies stand when nobody said otherwise.

    Raises `NotFound` `unknown_location`.
    """
    wanted = select(Location).where(Location.branch_id == branch_id, Location.is_default)
    location = session.scalars(wanted).one_or_none()
    if location is None:
        raise NotFound("unknown_location", branch=branch_id)
    return location


def define_set(session: Session, operation: Operation, *, code: str, name: str, branch_ids: Sequence[int]) -> BranchSet:
    """Make or change the named set `code`: a rotation circle, the rooms on a harvest timetable."""
    named = session.scalars(select(BranchSet).where(BranchSet.code == code)).one_or_none()
    if named is None:
        named = BranchSet(code=code, name=name)
        session.add(named)
        session.flush()
    named.name = name
    wanted = set(branch_ids)
    members = session.scalars(select(BranchSetMember).where(BranchSetMember.set_id == named.id)).all()
    for member in members:
        if member.branch_id not in wanted:
            session.delete(member)
    missing = sorted(wanted - {member.branch_id for member in members})
    if missing:
        rows = [{"set_id": named.id, "branch_id": branch_id} for branch_id in missing]
        session.execute(insert(BranchSetMember), rows)
    raise_version(session, SETS)
    record(session, operation, "branch_set.changed", payload={"set_id": named.id, "branches": sorted(wanted)})
    return named


def set_members(session: Session, code: str) -> list[int]:
    """Return the ids of the branches of a named set.

    Raises `NotFound` `unknown_set`.
    """
    set_id = session.scalar(select(BranchSet.id).where(BranchSet.code == code))
    if set_id is None:
        raise NotFound("unknown_set", set=code)
    members = select(BranchSetMember.branch_id).where(BranchSetMember.set_id == set_id)
    return sorted(session.scalars(members))


def require_standing(branch: Branch) -> None:
    """Refuse new books and readers for a branch that is closed or merged by raising `Conflict` `branch_not_open`."""
    if branch.state in {"closed", "merged"}:
        raise Conflict("branch_not_open", branch=branch.code, state=branch.state)


def _require_open(branch: Branch) -> None:
    if branch.state != "open":
        raise Conflict("branch_not_open", branch=branch.code, state=branch.state)


def _require_unused(session: Session, branch: Branch) -> None:
    uses = {name: count for name, count in dependents().uses(session, branch.id).items() if count}
    if uses:
        raise Conflict("branch_in_use", branch=branch.code, **uses)


def _note(session: Session, operation: Operation, branch: Branch, kind: str, note: str = "") -> None:
    session.add(
        BranchChange(branch_id=branch.id, kind=kind, at=operation.at, note=note[:200], operation_id=operation.id)
    )
