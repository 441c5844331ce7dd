"""The slip a reader takes home: what was borrowed, renewed and brought back during one visit, with the dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from circulation.desk.chain import DESK_KIND
from circulation.desk.kinds import Did
from circulation.desk.names import Names, ReaderName, names_of
from circulation.models import UndoneOperation
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.days import day_words, weekday_words
from library.kernel.decisions import Outcome
from library.kernel.models import OperationRow

MOST_LINES = 500
_ON_A_SLIP = frozenset({Did.LENT, Did.RENEWED, Did.TAKEN_BACK})


@dataclass(frozen=True)
class SlipLine:
    """One book; `words` say until when it is lent, or that it came back."""

    title: str
    barcode: str
    words: str


@dataclass(frozen=True)
class Slip:
    """A slip; the reader is named by surname and the last digits of the card, never by the whole name."""

    branch: Branch
    at: str
    reader: ReaderName | None
    lines: Sequence[SlipLine]


def slip_of(session: Session, row: OperationRow) -> Slip:
    """Return the slip of the visit to which a scan belongs; of a scan without a reader, its own."""
    answer = row.answer or {}
    visit = answer.get("visit")
    rows = _of_visit(session, row, visit) if visit else [row]
    done = _last_of_each([one for one in rows if _belongs(one.answer)])
    answers = [one.answer or {} for one in done]
    names = names_of(session, [answer, *answers], ())
    at = row.at.astimezone(clock.timezone())
    return Slip(
        branch=session.get_one(Branch, row.branch_id),
        at=f"{at.date().isoformat()} {at:%H:%M}",
        reader=names.reader(answer.get("reader")),
        lines=[_line(one, names, at) for one in answers],
    )


def _of_visit(session: Session, row: OperationRow, visit: str) -> Sequence[OperationRow]:
    """Return the scans of a visit in their order, without those that were undone; a visit does not outlast a day."""
    begun = session.get(OperationRow, visit)
    since = begun.at if begun is not None else row.at
    undone = exists().where(UndoneOperation.operation_id == OperationRow.id)
    wanted = (
        select(OperationRow)
        .where(
            OperationRow.at >= since,
            OperationRow.at < since + timedelta(days=1),
            OperationRow.kind == DESK_KIND,
            OperationRow.branch_id == row.branch_id,
            ~undone,
        )
        .order_by(OperationRow.at)
        .limit(MOST_LINES)
    )
    return [one for one in session.scalars(wanted) if (one.answer or {}).get("visit") == visit]


def _belongs(answer: Mapping[str, Any] | None) -> bool:
    return answer is not None and answer.get("did") in _ON_A_SLIP and answer.get("decision") == Outcome.ALLOWED


def _last_of_each(rows: Sequence[OperationRow]) -> list[OperationRow]:
    """Return the last thing that was done with each copy: one lent and brought back at once came back."""
    last = {(row.answer or {}).get("item"): row for row in rows}
    return list(last.values())


def _line(answer: Mapping[str, Any], names: Names, at: datetime) -> SlipLine:
    copy = names.copy(answer.get("item"))
    if answer["did"] == Did.TAKEN_BACK:
        return SlipLine(copy.title, copy.barcode, _("brought back"))
    due = date.fromisoformat(answer["loan"]["due_on"])
    words = _("due on %(day)s, %(weekday)s", day=day_words(due, at.date()), weekday=weekday_words(due))
    return SlipLine(copy.title, copy.barcode, words)
