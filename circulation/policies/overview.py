"""The rules as the pages of staff show them: by subject, each with its rows from the county down to the room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.policies.book import PolicyBook, book
from circulation.policies.listing import about_rows, place_name
from circulation.policies.named import RULES, Rule
from circulation.policies.rules import Line, chain_of, described, distance
from circulation.policies.value_words import CATEGORIES, ITEM_CLASSES, class_words, date_words, parsed_words, row_words
from circulation.policies.words import RULE_WORDS, SUBJECTS
from library.accounts.access import granted_paths
from library.branches.models import Branch, BranchSet
from library.kernel import clock
from library.kernel.actors import Actor

MOST_PLACES = 5000
Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row in words; `depth` counts steps down the tree, 0 is the whole county."""

    id: int
    value: str
    words: str
    depth: int
    note: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in words with its open rows, the widest place first; `otherwise` is what holds where no row fits."""

    rule: str
    name: str
    does: str
    example: str
    otherwise: str
    rows: Sequence[RowShown]


def by_subject(session: Session, actor: Actor, branch: Branch | None = None) -> list[tuple[str, list[RuleShown]]]:
    """Return every rule in the order of its subject; with a branch, only the rows that can hold there."""
    rules = book(session)
    lines = {rule: _holding(rules, lines, branch) for rule, lines in rules.lines.items()}
    places = _Places(session, rules, [line for of_rule in lines.values() for line in of_rule], actor)
    return [
        (
            str(words),
            [_rule_shown(rule, lines.get(rule.name, ()), places) for rule in RULES.values() if rule.subject is subject],
        )
        for subject, words in SUBJECTS.items()
    ]


def _holding(rules: PolicyBook, lines: Iterable[Line], branch: Branch | None) -> list[Line]:
    if branch is None:
        return list(lines)
    chain = chain_of(branch.path)
    return [line for line in lines if distance(line, chain, rules.sets) is not None]


class _Places:
    """Paths, names and notes of the rows, and which of them the actor may change; three queries for any number."""

    def __init__(self, session: Session, rules: PolicyBook, lines: Sequence[Line], actor: Actor) -> None:
        self.about = about_rows(session, {line.id for line in lines})
        members = {member for line in lines if line.set_id for member in rules.sets.get(line.set_id, ())}
        ids = members | {line.branch_id for line in lines if line.branch_id}
        self._paths: dict[int, str] = dict(
            session.execute(select(Branch.id, Branch.path).where(Branch.id.in_(ids))).all()
        )
        self._roots = session.scalars(select(Branch.path).where(Branch.parent_id.is_(None))).all()
        self._sets = rules.sets
        self._granted = granted_paths(actor, "administer")

    def order(self, line: Line) -> tuple[Any, ...]:
        """Return by what rows of one rule are ordered: the whole county, the tree from the top, then named sets."""
        place = (
            (1, self._paths[line.branch_id]) if line.branch_id else (2, str(line.set_id)) if line.set_id else (0, "")
        )
        return (*place, line.item_class or "", line.patron_category or "", str(line.from_on or ""), line.id)

    def depth(self, line: Line) -> int:
        """Return how far down the tree a row holds; a named set counts as one step."""
        return self._paths[line.branch_id].count("/") - 1 if line.branch_id else int(line.set_id is not None)

    def may_change(self, line: Line) -> bool:
        """Tell whether the actor administers every place a row holds for."""
        if line.branch_id:
            touched: Iterable[str] = [self._paths[line.branch_id]]
        elif line.set_id:
            touched = [self._paths[member] for member in self._sets.get(line.set_id, ())]
        else:
            touched = self._roots
        return bool(self._granted) and all(path.startswith(self._granted) for path in touched)


def _rule_shown(rule: Rule, lines: Iterable[Line], places: _Places) -> RuleShown:
    words = RULE_WORDS[rule.name]
    return RuleShown(
        rule=rule.name,
        name=str(words.name),
        does=str(words.does),
        example=str(words.example),
        otherwise=parsed_words(rule.name, rule.default),
        rows=[_row_shown(line, places) for line in sorted(lines, key=places.order)],
    )


def _row_shown(line: Line, places: _Places) -> RowShown:
    about = places.about[line.id]
    return RowShown(
        id=line.id,
        value=parsed_words(line.rule, line.value),
        words=row_words({**described(line), **about}),
        depth=places.depth(line),
        note=about["note"],
        may_change=places.may_change(line),
    )


def place_options(session: Session, actor: Actor) -> list[Option]:
    """Return where the actor may set a row, as values of the form and indented names, in the order of the tree.

    A row for no place gives way to any other, so it stands last and is not what somebody means who chooses the county.
    """
    granted = granted_paths(actor, "administer")
    branches = [branch for branch in _standing(session) if granted and branch.path.startswith(granted)]
    options = [(f"branch:{branch.code}", _indented(branch)) for branch in branches]
    own = {branch.id for branch in branches}
    members = book(session).sets
    options += [
        (f"set:{named_set.code}", _("Group: %(name)s", name=named_set.name))
        for named_set in session.scalars(select(BranchSet).order_by(BranchSet.name))
        if members.get(named_set.id) and members[named_set.id] <= own
    ]
    roots = session.scalars(select(Branch.id).where(Branch.parent_id.is_(None))).all()
    return [*options, ("", _("Everywhere, while no other row holds"))] if own.issuperset(roots) else options


def branch_options(session: Session) -> list[Option]:
    """Return every branch, as code and indented name, in the order of the tree."""
    return [(branch.code, _indented(branch)) for branch in _standing(session)]


def category_options() -> list[Option]:
    """Return the categories of readers, everybody first."""
    return [("", _("All readers")), *((str(category), str(words)) for category, words in CATEGORIES.items())]


def class_options(chosen: str | None = None) -> list[Option]:
    """Return the classes of copies, every one first; one of the county's own is added when it is the chosen one."""
    known = list(ITEM_CLASSES)
    names = known if not chosen or chosen in known else [*known, chosen]
    return [("", class_words(None)), *((name, class_words(name)) for name in names)]


def _standing(session: Session) -> Sequence[Branch]:
    wanted = select(Branch).where(Branch.state.in_(("open", "suspended"))).order_by(Branch.path).limit(MOST_PLACES)
    return session.scalars(wanted).all()


def _indented(branch: Branch) -> str:
    return "\u3000" * (branch.path.count("/") - 2) + place_name(branch)


def in_words(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of `listing.newest` in words, ended ones too; a rule that is no longer known keeps its name."""
    return [
        {
            **row,
            "name": str(RULE_WORDS[row["rule"]].name) if row["rule"] in RULES else row["rule"],
            "words": row_words(row),
            "told": _told_value(row),
            "begun": date_words(clock.local_date(row["created_at"])),
            "ended": date_words(clock.local_date(row["ended_at"])) if row["ended_at"] else "",
        }
        for row in rows
    ]


def _told_value(row: Mapping[str, Any]) -> str:
    rule = RULES.get(row["rule"])
    try:
        return parsed_words(row["rule"], rule.parse(row["value"])) if rule else str(row["value"])
    except ValueError:
        return str(row["value"])
