"""The rows of the lending rules with the codes of their places, for the API and pages."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from circulation.models import PolicyRow
from circulation.policies.rules import RULES
from library.branches.models import Branch, BranchSet

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


def row(session: Session, policy_id: int) -> Shown:
    """Return one row that exists."""
    return _shown(*session.execute(_query().where(PolicyRow.id == policy_id)).one())


def named(session: Session, explained: Sequence[Shown]) -> list[Shown]:
    """Return an explanation with the codes of branches and sets beside their ids."""
    lines = [line for entry in explained for line in (entry["row"], *entry["beat"]) if line]
    branches = _codes(session, Branch, (line["branch_id"] for line in lines))
    sets = _codes(session, BranchSet, (line["set_id"] for line in lines))

    def with_codes(line: Shown | None) -> Shown | None:
        if line is None:
            return None
        return {**line, "branch": branches.get(line["branch_id"]), "set": sets.get(line["set_id"])}

    return [
        {**entry, "row": with_codes(entry["row"]), "beat": [with_codes(line) for line in entry["beat"]]}
        for entry in explained
    ]


def _codes(session: Session, model: type[Branch] | type[BranchSet], ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one is not None}
    rows = session.execute(select(model.id, model.code).where(model.id.in_(wanted))).all() if wanted else []
    return {row[0]: row[1] for row in rows}


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(PolicyRow, Branch.code, BranchSet.code)
        .outerjoin(Branch, Branch.id == PolicyRow.branch_id)
        .outerjoin(BranchSet, BranchSet.id == PolicyRow.set_id)
    )


def _shown(found: PolicyRow, branch: str | None, named_set: str | None) -> Shown:
    rule = RULES.get(found.rule)
    return {
        "id": found.id,
        "rule": found.rule,
        "unit": rule.unit if rule else "",
        "value": found.value,
        "item_class": found.item_class,
        "patron_category": found.patron_category,
        "branch": branch,
        "set": named_set,
        "from_on": found.from_on,
        "to_on": found.to_on,
        "is_yearly": found.is_yearly,
        "note": found.note,
        "ended_at": found.ended_at,
    }
