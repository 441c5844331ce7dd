"""What the rows of a form came to, and the rows of a sheet, as the pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from catalog.items.services import titles_of
from circulation.notebook import reasons
from circulation.notebook.listing import EnteredRow
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words
from library.kernel.decisions import render
from library.kernel.models import OperationRow
from library.kernel.operations import Answer

KIND = "enter_notebook_rows"


@dataclass(frozen=True)
class ResultRow:
    """What became of one row; `asks` says that the keeper has to say whether the book is still out."""

    number: int
    tone: str
    icon: str
    said: str
    title: str
    why: Sequence[str]
    asks: bool = False


def results_of(session: Session, operation_id: str, actor: Actor, sheet: str | None) -> list[ResultRow]:
    """Return what this member of staff's form came to; nothing for another's, or one that is long ago."""
    row = session.get(OperationRow, operation_id)
    if row is None or row.kind != KIND or row.actor_id != actor.id or row.answer is None:
        return []
    if row.answer.get("sheet") != sheet:
        return []
    lines: Sequence[Answer] = row.answer["lines"]
    titles = titles_of(session, [line["item"] for line in lines if line.get("item")])
    return [_result(line, titles) for line in lines]


def row_words(row: EnteredRow) -> str:
    """Return the days of a row that was entered."""
    today = clock.today()
    parts = []
    if row.lent_on is not None:
        parts.append(_("lent on %(day)s", day=day_words(row.lent_on, today)))
    if row.returned_on is not None:
        parts.append(_("back on %(day)s", day=day_words(row.returned_on, today)))
    elif row.is_open:
        parts.append(_("still out"))
    return " · ".join(parts)


def _result(line: Answer, titles: Mapping[int, str]) -> ResultRow:
    tone, icon, said = _said(line)
    why = [told["text"] for told in render(line["reasons"], "staff")]
    earlier = line.get("earlier")
    if earlier:
        why.append(_earlier(earlier))
    asks = any(told["code"] == reasons.SEEN_THAT_DAY for told in line["reasons"])
    title = titles.get(line.get("item") or 0, "")
    return ResultRow(line["row"], tone, icon, said, title, why, asks=asks)


def _said(line: Answer) -> tuple[str, str, str]:
    if line["decision"] == "needs_confirmation":
        return "warn", "alert", _("Please say")
    if line["decision"] != "allowed":
        return "bad", "cross", _("Not written")
    said = {
        "open": _("Written: still out"),
        "history": _("Written: out and back"),
        "close": _("Written: back"),
    }
    return "ok", "check", said.get(line["step"], _("Nothing to do"))


def _earlier(earlier: Mapping[str, str | None]) -> str:
    today = clock.today()
    days = []
    if earlier["lent_on"]:
        days.append(_("lent on %(day)s", day=day_words(date.fromisoformat(earlier["lent_on"]), today)))
    if earlier["returned_on"]:
        days.append(_("back on %(day)s", day=day_words(date.fromisoformat(earlier["returned_on"]), today)))
    return str(_("Written before: %(what)s", what=" · ".join(days)))
