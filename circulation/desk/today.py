"""The journal of a day: every scan at the desks of a branch, whoever made it, with the day's totals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.desk.chain import DESK_KIND
from circulation.desk.kinds import Did
from circulation.desk.lines import Line, lines_of
from circulation.models import UndoneOperation
from library.accounts.models import StaffAccount
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.actors import ActorKind
from library.kernel.decisions import Outcome
from library.kernel.models import OperationRow

PER_PAGE = 50
# More than a desk does in a day; a longer journal is cut, and says so.
MOST_A_DAY = 5000
UNDONE, REFUSED = "undone", "refused"
WORDS: Mapping[str, LazyString] = {
    Did.LENT: _l("Lent"),
    Did.TAKEN_BACK: _l("Taken back"),
    Did.RENEWED: _l("Renewed"),
    Did.USED: _l("Read here"),
    Did.REGISTERED: _l("Registered"),
    REFUSED: _l("Not done"),
    UNDONE: _l("Undone"),
}


@dataclass(frozen=True)
class Filter:
    """Which lines: of a day, of one kind (a key of `WORDS`) or all, of one member of staff or all."""

    on: date
    kind: str = ""
    account_id: int | None = None


@dataclass(frozen=True)
class Entry:
    """A line with who made it."""

    line: Line
    by: str


@dataclass(frozen=True)
class Day:
    """The scans of a day: totals and staff of all of them, `rows` what the filter leaves; a long day is cut."""

    rows: Sequence[OperationRow]
    totals: Mapping[str, int]
    staff: Mapping[int, str]
    is_cut: bool


def day_of(session: Session, branch: Branch, wanted: Filter) -> Day:
    """Return the scans of a day, the last first; three statements, however long the day was."""
    rows = _rows(session, branch, wanted.on)
    undone = _undone(session, branch, wanted.on)
    kinds = {row.id: UNDONE if row.id in undone else _kind(row.answer) for row in rows}
    counts = Counter(kinds.values())
    return Day(
        rows=[row for row in rows if _fits(row, kinds[row.id], wanted)],
        totals={kind: counts[kind] for kind in WORDS},
        staff=_staff(session, rows),
        is_cut=len(rows) == MOST_A_DAY,
    )


def entries_of(session: Session, day: Day, offset: int) -> list[Entry]:
    """Return a page of a day's scans as lines, with who made each; questions are answered at the desk."""
    shown = day.rows[offset : offset + PER_PAGE]
    lines = lines_of(session, shown)
    return [
        Entry(replace(line, actions=(), card=""), day.staff.get(row.actor_id or 0, ""))
        for row, line in zip(shown, lines, strict=True)
    ]


def _rows(session: Session, branch: Branch, on: date) -> Sequence[OperationRow]:
    wanted = (
        select(OperationRow)
        .where(
            OperationRow.at >= clock.start_of_day(on),
            OperationRow.at < clock.start_of_day(on + timedelta(days=1)),
            OperationRow.kind == DESK_KIND,
            OperationRow.branch_id == branch.id,
        )
        .order_by(OperationRow.at.desc(), OperationRow.id)
    )
    return session.scalars(wanted.limit(MOST_A_DAY)).all()


def _undone(session: Session, branch: Branch, on: date) -> frozenset[str]:
    """Return the scans of a day that were undone, which is always on the same day."""
    wanted = (
        select(UndoneOperation.operation_id)
        .join(OperationRow, OperationRow.id == UndoneOperation.operation_id)
        .where(UndoneOperation.at >= clock.start_of_day(on), OperationRow.branch_id == branch.id)
    )
    return frozenset(session.scalars(wanted))


def _staff(session: Session, rows: Sequence[OperationRow]) -> dict[int, str]:
    ids = {row.actor_id for row in rows if row.actor_kind == str(ActorKind.STAFF)}
    wanted = select(StaffAccount.id, StaffAccount.display_name).where(StaffAccount.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(wanted)} if ids else {}


def _kind(answer: Mapping[str, Any] | None) -> str:
    """Return under which heading a scan counts; empty for a card, a question, or an answer that was forgotten."""
    if answer is None:
        return ""
    if answer.get("decision") == Outcome.REFUSED:
        return REFUSED
    did = str(answer.get("did"))
    return did if did in WORDS and did != UNDONE and answer.get("decision") == Outcome.ALLOWED else ""


def _fits(row: OperationRow, kind: str, wanted: Filter) -> bool:
    is_theirs = wanted.account_id is None or row.actor_id == wanted.account_id
    return is_theirs and wanted.kind in {"", kind}
