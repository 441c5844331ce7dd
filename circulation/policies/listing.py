"""The rows of the lending rules with the codes of their places, for the API and pages."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import get_locale
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from circulation.models import PolicyRow
from circulation.policies.rules import RULES
from library.accounts.models import StaffAccount
from library.branches.models import Branch, BranchSet
from library.kernel.actors import ActorKind
from library.kernel.models import OperationRow

Shown = dict[str, Any]


def rows(
    session: Session, *, rule: str | None = None, ended: bool = False, offset: int = 0, limit: int = 100
) -> tuple[list[Shown], int]:
    """Return a page of rows by rule and id, and how many there are; ended ones only when asked for."""
    conditions: list[ColumnElement[bool]] = [] if ended else [PolicyRow.ended_at.is_(None)]
    if rule is not None:
        conditions.append(PolicyRow.rule == rule)
    total = session.scalar(select(func.count()).select_from(PolicyRow).where(*conditions)) or 0
    wanted = _query().where(*conditions).order_by(PolicyRow.rule, PolicyRow.id).offset(offset).limit(limit)
    return [_shown(*found) for found in session.execute(wanted)], total


def count(session: Session, *, rule: str | None = None) -> int:
    """Return how many rows there are and were."""
    wanted = select(func.count()).select_from(PolicyRow)
    return session.scalar(wanted.where(PolicyRow.rule == rule) if rule else wanted) or 0


def newest(session: Session, *, rule: str | None = None, offset: int, limit: int) -> list[Shown]:
    """Return a page of all rows, ended ones too, the newest first, each with when and by whom it was entered."""
    wanted = (
        _query()
        .add_columns(StaffAccount.display_name)
        .outerjoin(OperationRow, OperationRow.id == PolicyRow.operation_id)
        .outerjoin(
            StaffAccount, (StaffAccount.id == OperationRow.actor_id) & (OperationRow.actor_kind == ActorKind.STAFF)
        )
        .order_by(PolicyRow.created_at.desc(), PolicyRow.id.desc())
        .offset(offset)
        .limit(limit)
    )
    rows = session.execute(wanted.where(PolicyRow.rule == rule) if rule else wanted)
    return [
        {**_shown(row, branch, named_set), "created_at": row.created_at, "by": by or ""}
        for row, branch, named_set, by in rows
    ]


def names_of(session: Session, *, branch_id: int | None = None, set_id: int | None = None) -> Shown:
    """Return the codes and names of a place, as rows have them."""
    branch = session.get(Branch, branch_id) if branch_id is not None else None
    return _places(branch, session.get(BranchSet, set_id) if set_id is not None else None)


def row(session: Session, policy_id: int) -> Shown:
    """Return one row that exists."""
    return _shown(*session.execute(_query().where(PolicyRow.id == policy_id)).one())


def named(session: Session, explained: Sequence[Shown]) -> list[Shown]:
    """Return an explanation with the codes and names of branches and sets, and the notes of the rows."""
    return named_all(session, [explained])[0]


def named_all(session: Session, explanations: Sequence[Sequence[Shown]]) -> list[list[Shown]]:
    """Return several explanations as `named` does, one query in all."""
    entries = [entry for explained in explanations for entry in explained]
    about = about_rows(session, {line["id"] for entry in entries for line in (entry["row"], *entry["beat"]) if line})

    def with_names(line: Shown | None) -> Shown | None:
        return {**line, **about[line["id"]]} if line else None

    return [
        [
            {**entry, "row": with_names(entry["row"]), "beat": [with_names(line) for line in entry["beat"]]}
            for entry in explained
        ]
        for explained in explanations
    ]


def about_rows(session: Session, ids: Iterable[int]) -> dict[int, Shown]:
    """Return what an explanation does not know of its rows: codes, names in the present language, notes."""
    wanted = _query().where(PolicyRow.id.in_(ids))
    return {found[0].id: {**_places(*found[1:]), "note": found[0].note} for found in session.execute(wanted)}


def _places(branch: Branch | None, named_set: BranchSet | None) -> Shown:
    return {
        "branch": branch.code if branch else None,
        "branch_name": place_name(branch) if branch else None,
        "set": named_set.code if named_set else None,
        "set_name": named_set.name if named_set else None,
    }


def place_name(branch: Branch) -> str:
    """Return the name of a branch in the present language."""
    return branch.name_en if str(get_locale()) == "en" and branch.name_en else branch.name


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(PolicyRow, Branch, BranchSet)
        .outerjoin(Branch, Branch.id == PolicyRow.branch_id)
        .outerjoin(BranchSet, BranchSet.id == PolicyRow.set_id)
    )


def _shown(found: PolicyRow, branch: Branch | None, named_set: BranchSet | None) -> Shown:
    rule = RULES.get(found.rule)
    return {
        "id": found.id,
        "rule": found.rule,
        "unit": rule.unit if rule else "",
        "value": found.value,
        "item_class": found.item_class,
        "patron_category": found.patron_category,
        **_places(branch, named_set),
        "from_on": found.from_on,
        "to_on": found.to_on,
        "is_yearly": found.is_yearly,
        "note": found.note,
        "ended_at": found.ended_at,
    }
