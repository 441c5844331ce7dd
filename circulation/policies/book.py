"""The rows of the lending rules as every process keeps them: read once, read again when their version has risen.

The version is one number in the database, read in the transaction that decides. What it stands for is published as one
object, so that no thread ever sees a version with the rows of another. A transaction that has itself changed the rows reads
them for itself and publishes nothing, for it may still be rolled back.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ScalarSelect, Table, func, insert, select, update
from sqlalchemy.orm import Session

from circulation.models import PolicyRow
from circulation.policies.rules import (
    RULES,
    BadValue,
    Line,
    LoansCounted,
    Question,
    ResolvedPolicy,
    WhoseRule,
    chain_of,
    parse,
    resolve,
)
from library.branches.models import BranchSetMember
from library.kernel.models import CacheVersion, CountySetting

VERSION = "policies"
# Members of the named sets are kept beside the rows; whoever changes them raises this version.
SETS_VERSION = "branch_sets"
PLACE_SETTING = "policy_place"
COUNTED_SETTING = "loans_counted"

_log = logging.getLogger(__name__)
_rows = cast(Table, PolicyRow.__table__)
_versions = cast(Table, CacheVersion.__table__)
_CHANGED = "policies changed here"


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Everything a decision needs of the rules, at one version."""

    version: int
    lines: Mapping[str, tuple[Line, ...]]
    sets: Mapping[int, frozenset[int]]
    place: WhoseRule
    counted: LoansCounted

    def resolve(self, *, item_class: str | None, patron_category: str | None, path: str, on: date) -> ResolvedPolicy:
        """Return the six rules for a branch given by its tree path (`/1/4/9/`)."""
        return resolve(self.lines, Question(item_class, patron_category, chain_of(path), on), self.sets)

    def deciding_path(self, *, lending: str, item_home: str, patron_home: str) -> str:
        """Return, of three tree paths, the one whose rows the county has chosen to decide."""
        return {
            WhoseRule.LENDING_BRANCH: lending,
            WhoseRule.ITEM_HOME: item_home,
            WhoseRule.PATRON_HOME: patron_home,
        }[self.place]


# By connection pool: a process that serves one county has one, a process that runs tests has many.
_published: WeakKeyDictionary[Any, PolicyBook] = WeakKeyDictionary()

VERSION_NOW: ScalarSelect[int] = (
    select(func.coalesce(func.sum(_versions.c.version), 0))
    .where(_versions.c.name.in_((VERSION, SETS_VERSION)))
    .scalar_subquery()
)


def book(session: Session, version: int | None = None) -> PolicyBook:
    """Return the rules as they stand in this transaction.

    `version` is `VERSION_NOW` when the caller has read it already, merged into a statement of its own.
    """
    if session.info.get(_CHANGED):
        return _read(session, -1)
    if version is None:
        version = session.scalar(select(VERSION_NOW)) or 0
    key = session.get_bind().engine.pool
    known = _published.get(key)
    if known is None or known.version != version:
        known = _read(session, version)
        _published[key] = known
    return known


def raise_version(session: Session) -> None:
    """Tell every process, when this transaction commits, that the rules have changed."""
    session.info[_CHANGED] = True
    if session.execute(
        update(_versions)
        .where(_versions.c.name == VERSION)
        .values(version=_versions.c.version + 1)
        .returning(_versions.c.name)
    ).first():
        return
    session.execute(insert(_versions).values(name=VERSION, version=1))


def _read(session: Session, version: int) -> PolicyBook:
    settings = select(CountySetting).where(CountySetting.name.in_((PLACE_SETTING, COUNTED_SETTING)))
    chosen = {setting.name: setting.value for setting in session.scalars(settings)}
    members: defaultdict[int, set[int]] = defaultdict(set)
    for set_id, branch_id in session.execute(select(BranchSetMember.set_id, BranchSetMember.branch_id)):
        members[set_id].add(branch_id)
    return PolicyBook(
        version=version,
        lines=_lines(session),
        sets=MappingProxyType({set_id: frozenset(branches) for set_id, branches in members.items()}),
        place=WhoseRule(chosen.get(PLACE_SETTING, WhoseRule.LENDING_BRANCH)),
        counted=LoansCounted(chosen.get(COUNTED_SETTING, LoansCounted.COUNTY)),
    )


def _lines(session: Session) -> Mapping[str, tuple[Line, ...]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for row in session.execute(select(_rows).where(_rows.c.ended_at.is_(None), _rows.c.rule.in_(RULES))):
        try:
            value = parse(row.rule, row.value)
        except BadValue:
            _log.warning("policy row %s has no readable value and is passed over", row.id)
            continue
        found[row.rule].append(
            Line(
                id=row.id,
                rule=row.rule,
                value=value,
                item_class=row.item_class,
                patron_category=row.patron_category,
                branch_id=row.branch_id,
                set_id=row.set_id,
                from_on=row.from_on,
                to_on=row.to_on,
            )
        )
    return MappingProxyType({rule: tuple(lines) for rule, lines in found.items()})
