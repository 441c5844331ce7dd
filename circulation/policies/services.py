"""Use cases of the lending rules: resolve them, set a row, end a row, choose the county's two settings."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from circulation.models import PolicyRow
from circulation.policies.book import COUNTED_SETTING, PLACE_SETTING, VERSION, book
from circulation.policies.rules import RULES, BadValue, LoansCounted, ResolvedPolicy, WhoseRule, parse
from library.branches.models import Branch, BranchSet, BranchSetMember
from library.kernel import events
from library.kernel.errors import Conflict, Invalid, NotFound
from library.kernel.models import CountySetting
from library.kernel.operations import Answer, Operation
from library.kernel.versions import raise_version
from library.patrons.rules import Category

SETTINGS: dict[str, type[WhoseRule] | type[LoansCounted]] = {
    PLACE_SETTING: WhoseRule,
    COUNTED_SETTING: LoansCounted,
}


def resolve(
    session: Session, *, item_class: str | None, patron_category: str | None, branch: Branch, on: date
) -> ResolvedPolicy:
    """Return every rule at `branch` on a local date, with `.explain()`.

    Which branch to ask for (lending branch, home of the copy, home of the reader) is the caller's to choose by
    `book(session).place`.
    """
    return book(session).resolve(item_class=item_class, patron_category=patron_category, path=branch.path, on=on)


def set_row(
    session: Session,
    operation: Operation,
    *,
    rule: str,
    value: str,
    item_class: str | None = None,
    patron_category: str | None = None,
    branch_id: int | None = None,
    set_id: int | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    is_yearly: bool = False,
    note: str = "",
    replaces: int | None = None,
) -> Answer:
    """Give a rule a value for a class, category, place and time; the open row with the same scope and dates is ended.

    So is the row that it `replaces`, whatever its scope: a row is never altered, because past decisions rest on it. Raises
    what `check_row` raises, `NotFound` `unknown_policy` and `Conflict` `policy_already_ended`.
    """
    scope: dict[str, Any] = {
        "rule": rule,
        "item_class": item_class,
        "patron_category": patron_category,
        "branch_id": branch_id,
        "set_id": set_id,
        "from_on": from_on,
        "to_on": to_on,
        "is_yearly": is_yearly,
    }
    check_row(session, value=value, **scope)
    replaced = _end_same(session, operation, scope)
    if replaces is not None and replaces not in replaced:
        _end(session, operation, replaces)
        replaced.append(replaces)
    row_id = session.scalars(
        insert(PolicyRow)
        .values(**scope, value=value.strip(), note=note, created_at=operation.at, operation_id=operation.id)
        .returning(PolicyRow.id)
    ).one()
    raise_version(session, VERSION)
    payload = {"policy": row_id, "rule": rule, "value": value.strip(), "replaced": replaced}
    events.record(session, operation, "policy.set", branch_id=branch_id, payload=payload)
    return {"policy": row_id, "replaced": replaced}


def check_row(
    session: Session,
    *,
    rule: str,
    value: str,
    patron_category: str | None = None,
    branch_id: int | None = None,
    set_id: int | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    is_yearly: bool = False,
    **_others: object,
) -> None:
    """Refuse a row that cannot be.

    Raises `Invalid` (`unknown_rule`, `bad_policy_value`, `unknown_category`, `one_place_only`, `dates_out_of_order`,
    `yearly_needs_dates`) and `NotFound` (`unknown_branch`, `unknown_set`).
    """
    _check_value(rule, value)
    _check_scope(session, patron_category=patron_category, branch_id=branch_id, set_id=set_id)
    _check_dates(from_on, to_on, is_yearly=is_yearly)


def _end_same(session: Session, operation: Operation, scope: Mapping[str, object]) -> list[int]:
    """End the open rows with exactly this scope; return their ids."""
    same = (getattr(PolicyRow, name) == given for name, given in scope.items())
    ended = (
        update(PolicyRow)
        .where(PolicyRow.ended_at.is_(None), *same)
        .values(ended_at=operation.at)
        .returning(PolicyRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(ended))


def end_row(session: Session, operation: Operation, policy_id: int) -> Answer:
    """End a row now. Raises `NotFound` `unknown_policy`, `Conflict` `policy_already_ended`."""
    row = _end(session, operation, policy_id)
    raise_version(session, VERSION)
    payload = {"policy": policy_id, "rule": row.rule}
    events.record(session, operation, "policy.ended", branch_id=row.branch_id, payload=payload)
    return {"policy": policy_id}


def _end(session: Session, operation: Operation, policy_id: int) -> PolicyRow:
    row = row_by_id(session, policy_id)
    if row.ended_at is not None:
        raise Conflict("policy_already_ended", policy=policy_id)
    row.ended_at = operation.at
    session.flush()
    return row


def choose(session: Session, operation: Operation, name: str, value: str) -> Answer:
    """Choose a county setting: `policy_place` (whose rows decide) or `loans_counted` (which loans fill the limit).

    Raises `Invalid` `unknown_setting` or `bad_policy_value`.
    """
    if name not in SETTINGS:
        raise Invalid("unknown_setting", setting=name)
    if value not in list(SETTINGS[name]):
        raise Invalid("bad_policy_value", expected=", ".join(SETTINGS[name]))
    session.execute(delete(CountySetting).where(CountySetting.name == name))
    session.execute(insert(CountySetting).values(name=name, value=value))
    raise_version(session, VERSION)
    events.record(session, operation, "policy.setting_chosen", payload={"setting": name, "value": value})
    return {"setting": name, "value": value}


def row_by_id(session: Session, policy_id: int) -> PolicyRow:
    """Return a row, ended or not. Raises `NotFound` `unknown_policy`."""
    row = session.get(PolicyRow, policy_id)
    if row is None:
        raise NotFound("unknown_policy", policy=policy_id)
    return row


def branch_set_by_code(session: Session, code: str) -> BranchSet:
    """Return a named set. Raises `NotFound` `unknown_set`."""
    found = session.scalar(select(BranchSet).where(BranchSet.code == code))
    if found is None:
        raise NotFound("unknown_set", set=code)
    return found


def places_of(session: Session, row: PolicyRow) -> Sequence[Branch]:
    """Return the branches a row holds for: its own, the members of its set, or every root of the tree."""
    if row.branch_id is not None:
        return [session.get_one(Branch, row.branch_id)]
    return members_of(session, row.set_id) if row.set_id is not None else roots(session)


def members_of(session: Session, set_id: int) -> Sequence[Branch]:
    """Return the branches of a named set."""
    members = select(BranchSetMember.branch_id).where(BranchSetMember.set_id == set_id)
    return session.scalars(select(Branch).where(Branch.id.in_(members)).order_by(Branch.id)).all()


def roots(session: Session) -> Sequence[Branch]:
    """Return the tops of the tree: one county, or the counties of a city."""
    return session.scalars(select(Branch).where(Branch.parent_id.is_(None)).order_by(Branch.id)).all()


def _check_value(rule: str, value: str) -> None:
    if rule not in RULES:
        raise Invalid("unknown_rule", rule=rule)
    try:
        parse(rule, value)
    except BadValue as error:
        raise Invalid("bad_policy_value", expected=str(error)) from error


def _check_dates(from_on: date | None, to_on: date | None, *, is_yearly: bool) -> None:
    if is_yearly and (from_on is None or to_on is None):
        raise Invalid("yearly_needs_dates")
    if from_on and to_on and to_on < from_on:
        raise Invalid("dates_out_of_order")


def _check_scope(session: Session, *, patron_category: str | None, branch_id: int | None, set_id: int | None) -> None:
    if patron_category is not None and patron_category not in list(Category):
        raise Invalid("unknown_category", category=patron_category)
    if branch_id is not None and set_id is not None:
        raise Invalid("one_place_only")
    if branch_id is not None and session.get(Branch, branch_id) is None:
        raise NotFound("unknown_branch", branch=branch_id)
    if set_id is not None and session.get(BranchSet, set_id) is None:
        raise NotFound("unknown_set", set=set_id)
