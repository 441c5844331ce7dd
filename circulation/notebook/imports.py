"""Importing loans from a table, such as a register that was kept in a spreadsheet: the same rules as for the notebook.

Columns, in any order, with the English or the Chinese head:

| column | head in Chinese | |
|---|---|---|
| `card` | 证号, 卡号 | the number of a card, or a name that one reader of the room has |
| `barcode` | 条码 | |
| `lent_on` | 借出日期 | `2026-03-08`; `2026/3/8` is understood |
| `returned_on` | 归还日期 | empty while the book is out |
| `branch` | 馆代码 | where it was lent |

Lines are taken one by one, in the order of their days: a line that cannot be taken does not hold up the others, and one that
was imported before changes nothing.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from circulation.notebook.days import day_in
from circulation.notebook.reasons import WRITTEN_ALREADY
from circulation.notebook.rules import Step
from circulation.notebook.services import Entry, enter
from circulation.policies.reasons import NOT_ON_LOAN
from library.branches.divisions import decode, rows_of
from library.branches.models import Branch
from library.branches.services import branch_by_code
from library.kernel.db import Database
from library.kernel.errors import DomainError
from library.kernel.operations import Answer, remember, system_operation

_HEADS = {
    "证号": "card",
    "卡号": "card",
    "条码": "barcode",
    "借出日期": "lent_on",
    "归还日期": "returned_on",
    "馆代码": "branch",
}
_NEEDED = ("barcode", "lent_on", "branch")
# What says that a line brings nothing new.
_KNOWN = frozenset({WRITTEN_ALREADY, NOT_ON_LOAN})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file; `number` counts lines, the head is 1."""

    number: int
    values: dict[str, str]
    lent_on: date | None = None
    returned_on: date | None = None
    fault: str | None = None


@dataclass(slots=True)
class Imported:
    """What became of the lines: how many were new, known before, rejected, and why."""

    records: int = 0
    new: int = 0
    matched: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self, file: str) -> dict[str, Any]:
        """Return the counts in the form every import command prints; `offset` is a line number."""
        return {
            "records": self.records,
            "new": self.new,
            "matched": self.matched,
            "merged": 0,
            "conflict": 0,
            "rejected": len(self.errors),
            "steps": self.steps,
            "errors": [{"file": file, "offset": number, "reason": why} for number, why in sorted(self.errors)],
        }


def read_lines(data: bytes) -> tuple[list[Line], str | None]:
    """Read a file of loans in the order of their days, and say what keeps it from being a table."""
    try:
        rows = list(rows_of(decode(data)))
    except (UnicodeDecodeError, csv.Error) as error:
        return [], f"not_a_table: {error.__class__.__name__}"
    lines = [_line(number, {_HEADS.get(head, head): value for head, value in row.items()}) for number, row in rows]
    missing = [name for name in _NEEDED if not lines or name not in lines[0].values]
    if missing:
        return [], f"missing_column: {', '.join(missing)}"
    return sorted(lines, key=lambda line: (line.lent_on or line.returned_on or date.max, line.number)), None


def import_loans(
    database: Database, lines: Sequence[Line], *, dry_run: bool = False, step: Callable[[int], None] = lambda _: None
) -> Imported:
    """Take the lines one by one, each a transaction and an operation; a dry run decides each by itself and writes nothing.

    Several in one transaction would lock reader, copy, queue and then another reader, against the order in which desks do.
    """
    done = Imported(records=len(lines))
    for line in lines:
        try:
            if line.fault is not None:
                done.errors.append((line.number, line.fault))
            else:
                _count(done, line, _taken(database, line, dry_run=dry_run))
        except DomainError as error:
            done.errors.append((line.number, str(error)))
        step(1)
    return done


def _taken(database: Database, line: Line, *, dry_run: bool) -> Answer:
    operation = system_operation("import_loans")
    with database.trying() if dry_run else database.writing() as session:
        branch = branch_by_code(session, line.values["branch"])
        answer = enter(session, operation, _entry(line, branch), dry_run=dry_run)
        if not dry_run and answer["step"] != Step.NOTHING:
            remember(session, operation, "done")
    return answer


def _count(done: Imported, line: Line, answer: Answer) -> None:
    codes = {reason["code"] for reason in answer["reasons"]}
    if codes & _KNOWN:
        done.matched += 1
    elif answer["decision"] == "allowed":
        done.new += 1
        done.steps[answer["step"]] = done.steps.get(answer["step"], 0) + 1
    else:
        heavy = [reason["code"] for reason in answer["reasons"] if reason["severity"] != "notice"]
        done.errors.append((line.number, ", ".join(heavy)))


def _entry(line: Line, branch: Branch) -> Entry:
    return Entry(
        branch,
        barcode=line.values["barcode"],
        card=line.values.get("card", ""),
        lent_on=line.lent_on,
        returned_on=line.returned_on,
    )


def _line(number: int, values: dict[str, str]) -> Line:
    days: dict[str, date | None] = {}
    for name in ("lent_on", "returned_on"):
        text = values.get(name, "").strip()
        try:
            days[name] = day_in(text) if text else None
        except ValueError:
            return Line(number, values, fault=f"bad_day: {text[:20]}")
    return Line(number, values, days["lent_on"], days["returned_on"])
