"""Importing readers from a table; one bad line and nothing is imported, so that the file can be mended and sent again.

Columns, in any order, with the English or the Chinese head:

| column | head in Chinese | |
|---|---|---|
| `name` | 姓名 | |
| `home_branch` | 馆代码 | code of the reader's room |
| `card` | 卡号 | optional; a number is made without it |
| `category` | 类别 | optional, `adult` without it; 成人 少儿 老年 残疾 家庭 集体 馆员 are understood |
| `born_in` | 出生年 | optional |
| `phone` | 电话 | optional |
| `guardian`, `guardian_phone` | 监护人, 监护人电话 | for children; naming one says that the consent is on paper |
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from library.branches.divisions import decode, rows_of
from library.branches.models import Branch
from library.kernel.errors import DomainError
from library.kernel.identifiers import normalise_scan
from library.kernel.operations import Operation
from library.patrons.models import PatronCard
from library.patrons.services import GuardianIn, register

LONGEST_NAME = 200
LONGEST_CARD = 64
YEAR_DIGITS = 4
_HEADS = {
    "姓名": "name",
    "馆代码": "home_branch",
    "卡号": "card",
    "类别": "category",
    "出生年": "born_in",
    "电话": "phone",
    "监护人": "guardian",
    "监护人电话": "guardian_phone",
}
_CATEGORIES = {
    "成人": "adult",
    "少儿": "child",
    "儿童": "child",
    "老年": "elder",
    "残疾": "disabled",
    "家庭": "family",
    "集体": "group",
    "馆员": "staff",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One reader of a file, by column; `number` is the line, the head line is 1."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line cannot be taken."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; with `bad` lines it did nothing."""

    records: int = 0
    new: int = 0
    matched: int = 0
    bad: tuple[BadLine, ...] = field(default=())

    def as_json(self, file: str) -> dict[str, Any]:
        """Return the counts in the form every import command prints; `offset` is a line number."""
        return {
            "records": self.records,
            "new": self.new,
            "matched": self.matched,
            "merged": 0,
            "conflict": 0,
            "rejected": len(self.bad),
            "errors": [{"file": file, "offset": bad.number, "reason": bad.reason} for bad in self.bad],
        }


class NothingImported(Exception):
    """Rolls the transaction back; `done` says which lines are bad."""

    def __init__(self, done: Imported) -> None:
        super().__init__("nothing imported")
        self.done = done


def read_lines(data: bytes) -> tuple[list[Line], tuple[BadLine, ...]]:
    """Read a file of readers; what keeps it from being a table comes back as a bad line."""
    try:
        rows = list(rows_of(decode(data)))
    except (UnicodeDecodeError, csv.Error) as error:
        return [], (BadLine(1, f"not_a_table: {error.__class__.__name__}"),)
    lines = [Line(number, {_HEADS.get(head, head): value for head, value in row.items()}) for number, row in rows]
    missing = [head for head in ("name", "home_branch") if not lines or head not in lines[0].values]
    return lines, (BadLine(1, f"missing_column: {', '.join(missing)}"),) if missing else ()


def import_patrons(session: Session, operation: Operation, lines: Sequence[Line]) -> Imported:
    """Register the readers of a file; a line whose card is active already counts as matched and changes nothing.

    Raises `NothingImported` with every bad line when there is one.
    """
    branches = {branch.code: branch for branch in session.scalars(select(Branch))}
    known = set(session.scalars(select(PatronCard.number).where(PatronCard.state == "active")))
    seen: dict[str, int] = {}
    bad: list[BadLine] = []
    new = 0
    for line in lines:
        card = normalise_scan(line.values.get("card", ""))
        fault = _fault(line, card, branches, seen)
        if fault is None and card in known:
            continue
        try:
            if fault is None:
                _register(session, operation, line, card, branches[line.values["home_branch"]])
                new += 1
        except DomainError as error:
            fault = str(error)
        if fault is not None:
            bad.append(BadLine(line.number, fault))
    if bad:
        raise NothingImported(Imported(records=len(lines), bad=tuple(bad)))
    return Imported(records=len(lines), new=new, matched=len(lines) - new)


def _fault(line: Line, card: str, branches: dict[str, Branch], seen: dict[str, int]) -> str | None:
    """Return what is wrong with a line that only this file can tell; the rest `register` refuses."""
    name, code = line.values["name"], line.values["home_branch"]
    if not name:
        return "missing_name"
    if max(len(name), len(line.values.get("guardian", ""))) > LONGEST_NAME:
        return f"name_too_long: {LONGEST_NAME}"
    if code not in branches:
        return f"unknown_branch: {code}"
    return _number_fault(line) or _card_fault(line, card, seen)


def _number_fault(line: Line) -> str | None:
    born_in = line.values.get("born_in", "")
    if born_in and not (born_in.isascii() and born_in.isdigit() and len(born_in) == YEAR_DIGITS):
        return f"bad_birth_year: {born_in[:40]}"
    return None


def _card_fault(line: Line, card: str, seen: dict[str, int]) -> str | None:
    given = line.values.get("card", "")
    if given and (not card or len(given) > LONGEST_CARD):
        return f"bad_card: {given[:LONGEST_CARD]}"
    if card and seen.setdefault(card, line.number) != line.number:
        return f"duplicate_card: as in line {seen[card]}"
    return None


def _register(session: Session, operation: Operation, line: Line, card: str, branch: Branch) -> None:
    values = line.values
    category = values.get("category", "") or "adult"
    born_in = values.get("born_in", "")
    guardian = values.get("guardian", "")
    register(
        session,
        operation,
        name=values["name"],
        category=_CATEGORIES.get(category, category),
        home_branch=branch,
        born_in=int(born_in) if born_in else None,
        phone=values.get("phone", ""),
        card=card or None,
        guardian=GuardianIn(name=guardian, phone=values.get("guardian_phone", "")) if guardian else None,
    )
