"""Classes and groups that borrow together: each has a reader of category `group` whose card stands for all of it.

What is lent to a group is lent to that reader, its custodian on paper; members are named only where a group wants them.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from library.branches.models import Branch
from library.kernel import clock
from library.kernel.db import table_of
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.events import record
from library.kernel.operations import Operation
from library.patrons.models import Patron, PatronGroup, PatronGroupMember
from library.patrons.rules import Category
from library.patrons.services import patron_by_card, patron_by_id, register

LONGEST_TERM_DAYS = 400
_members = table_of(PatronGroupMember)


def group_by_id(session: Session, group_id: int) -> PatronGroup:
    """Return a group. Raises `NotFound` `unknown_group`."""
    group = session.get(PatronGroup, group_id)
    if group is None:
        raise NotFound("unknown_group", group=group_id)
    return group


def group_by_card(session: Session, number: str) -> PatronGroup:
    """Return the group whose card was scanned. Raises `NotFound` `unknown_card`, `unknown_group`."""
    patron = patron_by_card(session, number)
    group = session.scalars(select(PatronGroup).where(PatronGroup.custodian_id == patron.id)).one_or_none()
    if group is None:
        raise NotFound("unknown_group", group=number[:40])
    return group


def create_group(
    session: Session,
    operation: Operation,
    *,
    name: str,
    branch: Branch,
    term_ends_on: date | None = None,
    card: str | None = None,
) -> PatronGroup:
    """Make a group of a branch; `card` is that of a reader of category `group`, a new one is made without it.

    Raises `Invalid` `term_out_of_range` or `not_a_group_card`, `NotFound` `unknown_card`, `Conflict` `card_has_group` or
    `branch_not_open`.
    """
    _require_term(term_ends_on, clock.local_date(operation.at))
    if card is not None:
        custodian = patron_by_card(session, card)
        if custodian.category != Category.GROUP:
            raise Invalid("not_a_group_card", card=card[:40])
        if session.scalar(select(PatronGroup.id).where(PatronGroup.custodian_id == custodian.id)) is not None:
            raise Conflict("card_has_group", card=card[:40])
    else:
        custodian = register(session, operation, name=name, category=Category.GROUP, home_branch=branch)
    group = PatronGroup(name=name, branch_id=branch.id, custodian_id=custodian.id, term_ends_on=term_ends_on)
    session.add(group)
    session.flush()
    _note(session, operation, "group.created", group)
    return group


def change_group(
    session: Session, operation: Operation, group: PatronGroup, *, name: str, term_ends_on: date | None
) -> None:
    """Give a group another name or another end of its term; loans follow where `circulation.groups` says so.

    Raises `Invalid` `term_out_of_range`, `Conflict` `group_ended`.
    """
    require_standing_group(group)
    if term_ends_on != group.term_ends_on:
        _require_term(term_ends_on, clock.local_date(operation.at))
    group.name, group.term_ends_on = name, term_ends_on
    session.flush()
    _note(session, operation, "group.changed", group)


def end_group(session: Session, operation: Operation, group: PatronGroup) -> None:
    """End a group that has nothing on loan any more; whether it has, the caller asks. Raises `Conflict` `group_ended`."""
    require_standing_group(group)
    group.ended_on = clock.local_date(operation.at)
    session.flush()
    _note(session, operation, "group.ended", group)


def require_standing_group(group: PatronGroup) -> None:
    """Raise `Conflict` `group_ended` for a group that is over."""
    if group.ended_on is not None:
        raise Conflict("group_ended", group=group.id)


def add_member(session: Session, operation: Operation, group: PatronGroup, patron_id: int) -> bool:
    """Name a member; False when it was one already. Raises `NotFound` `unknown_patron`, `Conflict` `group_ended`."""
    require_standing_group(group)
    patron_by_id(session, patron_id)
    if session.get(PatronGroupMember, (group.id, patron_id)) is not None:
        return False
    session.execute(insert(_members).values(group_id=group.id, patron_id=patron_id))
    record(session, operation, "group.joined", patron_id=patron_id, payload={"group_id": group.id})
    return True


def remove_member(session: Session, operation: Operation, group: PatronGroup, patron_id: int) -> bool:
    """Let a member leave; False when it was none."""
    if session.get(PatronGroupMember, (group.id, patron_id)) is None:
        return False
    session.execute(delete(_members).where(_members.c.group_id == group.id, _members.c.patron_id == patron_id))
    session.expire_all()
    record(session, operation, "group.left", patron_id=patron_id, payload={"group_id": group.id})
    return True


def members_of(session: Session, group_id: int) -> Sequence[Patron]:
    """Return the members of a group by name."""
    wanted = select(Patron).join(PatronGroupMember, PatronGroupMember.patron_id == Patron.id)
    return session.scalars(wanted.where(PatronGroupMember.group_id == group_id).order_by(Patron.name, Patron.id)).all()


def _require_term(term_ends_on: date | None, today: date) -> None:
    if term_ends_on is not None and not 0 < (term_ends_on - today).days <= LONGEST_TERM_DAYS:
        raise Invalid("term_out_of_range", date=term_ends_on.isoformat(), days=LONGEST_TERM_DAYS)


def _note(session: Session, operation: Operation, kind: str, group: PatronGroup) -> None:
    term = group.term_ends_on.isoformat() if group.term_ends_on else None
    payload = {"group_id": group.id, "term_ends_on": term}
    record(session, operation, kind, branch_id=group.branch_id, patron_id=group.custodian_id, payload=payload)
