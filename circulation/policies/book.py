"""The rows of the lending rules as every process keeps them: read once, read again when their version has risen."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Row, Select, Table, select
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
from library.branches.services import SETS
from library.kernel.models import CountySetting
from library.kernel.versions import Kept

VERSION = "policies"
PLACE_SETTING = "policy_place"
COUNTED_SETTING = "loans_counted"
# 350 places, seven categories and a few classes of copies, for a day.
MOST_KEPT = 8000

_log = logging.getLogger(__name__)
_rows = cast(Table, PolicyRow.__table__)


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Everything a decision needs of the rules. What was resolved once is kept, because every loan of a day asks the same."""

    lines: Mapping[str, tuple[Line, ...]]
    sets: Mapping[int, frozenset[int]]
    place: WhoseRule
    counted: LoansCounted
    resolved: dict[tuple[str | None, str | None, str, date], ResolvedPolicy] = field(default_factory=dict)

    def resolve(self, *, item_class: str | None, patron_category: str | None, path: str, on: date) -> ResolvedPolicy:
        """Return every rule for a branch given by its tree path (`/1/4/9/`)."""
        asked = (item_class, patron_category, path, on)
        known = self.resolved.get(asked)
        if known is None:
            if len(self.resolved) >= MOST_KEPT:
                self.resolved.clear()
            known = resolve(self.lines, Question(item_class, patron_category, chain_of(path), on), self.sets)
            self.resolved[asked] = known
        return known

    def deciding_path(self, *, lending: str, item_home: str, patron_home: str) -> str:
        """Return, of three tree paths, the one whose rows the county has chosen to decide."""
        return {
            WhoseRule.LENDING_BRANCH: lending,
            WhoseRule.ITEM_HOME: item_home,
            WhoseRule.PATRON_HOME: patron_home,
        }[self.place]


def book(session: Session, version: int | None = None) -> PolicyBook:
    """Return the rules as they stand in this transaction; `version` is `VERSION_NOW` where it was read already."""
    return _kept.get(session, version)


class PastBooks:
    """The rules as they stood at any instant, so that past decisions can be explained; every row is read once.

    The members of named sets and the two settings are those of now; they have no history.
    """

    def __init__(self, session: Session) -> None:
        self._now = _read(session)
        self._rows = [(row.created_at, row.ended_at, _line(row)) for row in session.execute(_of_rules())]
        self._books: dict[frozenset[int], PolicyBook] = {}

    def at(self, instant: datetime) -> PolicyBook:
        """Return the rules as their rows stood at an instant."""
        lines = [
            line
            for created_at, ended_at, line in self._rows
            if line and created_at <= instant and (ended_at is None or ended_at > instant)
        ]
        stood = frozenset(line.id for line in lines)
        if stood not in self._books:
            self._books[stood] = replace(self._now, lines=_by_rule(lines), resolved={})
        return self._books[stood]


def _read(session: Session) -> PolicyBook:
    settings = select(CountySetting).where(CountySetting.name.in_((PLACE_SETTING, COUNTED_SETTING)))
    chosen = {setting.name: setting.value for setting in session.scalars(settings)}
    members: defaultdict[int, set[int]] = defaultdict(set)
    for set_id, branch_id in session.execute(select(BranchSetMember.set_id, BranchSetMember.branch_id)):
        members[set_id].add(branch_id)
    rows = session.execute(_of_rules().where(_rows.c.ended_at.is_(None)))
    return PolicyBook(
        lines=_by_rule(line for line in map(_line, rows) if line),
        sets=MappingProxyType({set_id: frozenset(branches) for set_id, branches in members.items()}),
        place=WhoseRule(chosen.get(PLACE_SETTING, WhoseRule.LENDING_BRANCH)),
        counted=LoansCounted(chosen.get(COUNTED_SETTING, LoansCounted.COUNTY)),
    )


def _of_rules() -> Select[Any]:
    return select(_rows).where(_rows.c.rule.in_(RULES))


def _by_rule(lines: Iterable[Line]) -> Mapping[str, tuple[Line, ...]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.rule].append(line)
    return MappingProxyType({rule: tuple(of_rule) for rule, of_rule in found.items()})


def _line(row: Row[Any]) -> Line | None:
    try:
        value = parse(row.rule, row.value)
    except BadValue:
        _log.warning("policy row %s has no readable value and is passed over", row.id)
        return None
    return Line(
        id=row.id,
        rule=row.rule,
        value=value,
        item_class=row.item_class,
        patron_category=row.patron_category,
        branch_id=row.branch_id,
        set_id=row.set_id,
        from_on=row.from_on,
        to_on=row.to_on,
        is_yearly=row.is_yearly,
    )


_kept = Kept((VERSION, SETS), _read)
VERSION_NOW = _kept.version_now
