"""What a list came to, line by line, as the page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from catalog.items.services import titles_of
from circulation.groups.listing import LentCopy
from circulation.policies.explaining import Explanation, explanations
from circulation.policies.plainly import plainly
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words
from library.kernel.decisions import Severity, render
from library.kernel.models import OperationRow
from library.kernel.operations import Answer

KINDS = ("lend_list", "return_list")


@dataclass(frozen=True)
class ResultLine:
    """One line: tone and icon of the pages, what it says, and why: in words, by no rule, by which rows."""

    code: str
    title: str
    tone: str
    icon: str
    said: str
    why: Sequence[str]
    because: Sequence[str]
    explanation: Explanation | None


@dataclass(frozen=True)
class Result:
    """What became of a list: how many lines were done, the lines, and the codes that may be confirmed."""

    done: int
    lines: Sequence[ResultLine]
    unconfirmed: Sequence[str]
    to_confirm: Sequence[str]

    @property
    def total(self) -> int:
        return len(self.lines)


def group_card(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group for the page, the end of its term in words."""
    term = shown["term_ends_on"]
    return {**shown, "term": day_words(term, clock.today()) if term else ""}


def copy_rows(copies: Sequence[LentCopy]) -> list[tuple[LentCopy, str, str]]:
    """Return copies with how each stands, as (copy, kind of chip, words)."""
    today = clock.today()
    return [
        (copy, "bad" if copy.due_on < today else "plainly", _("due on %(day)s", day=day_words(copy.due_on, today)))
        for copy in copies
    ]


def result_of(session: Session, operation_id: str, actor: Actor, group_id: int) -> Result | None:
    """Return what this member of staff's list came to; None for another's, or one that is long ago."""
    row = session.get(OperationRow, operation_id)
    if row is None or row.kind not in KINDS or row.actor_id != actor.id or row.answer is None:
        return None
    if row.answer.get("group") != group_id:
        return None
    answers: Sequence[Answer] = row.answer["lines"]
    titles = titles_of(session, [line["item"] for line in answers if line.get("item")])
    waiting = [line for line in answers if line["decision"] == "needs_confirmation"]
    codes = {one["code"] for line in waiting for one in line["reasons"] if one["severity"] == Severity.CONFIRM}
    return Result(
        done=row.answer["done"],
        lines=[_line(line, titles, told) for line, told in zip(answers, explanations(session, answers), strict=True)],
        unconfirmed=[line["code"] for line in waiting],
        to_confirm=sorted(codes),
    )


def _line(answer: Answer, titles: Mapping[int, str], told: Explanation | None) -> ResultLine:
    tone, icon, said = _said(answer)
    return ResultLine(
        code=answer["code"],
        title=titles.get(answer.get("item") or 0, ""),
        tone=tone,
        icon=icon,
        said=said,
        why=[reason["text"] for reason in render(answer["reasons"], "staff")],
        because=plainly(answer["reasons"]) if told is not None else (),
        explanation=told,
    )


def _said(answer: Answer) -> tuple[str, str, str]:
    if answer["decision"] == "needs_confirmation":
        return "warn", "alert", _("Please confirm")
    if answer["decision"] != "allowed":
        return "bad", "cross", _("Not done")
    loan = answer.get("loan")
    if loan:
        return "ok", "check", _("Lent until %(day)s", day=day_words(date.fromisoformat(loan["due_on"]), clock.today()))
    words = {"hold": _("Back. Keep it for a reader"), "transfer": _("Back. To be sent on")}
    return "ok", "back", words.get(answer.get("next") or "", _("Back to the shelf"))
