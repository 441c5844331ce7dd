"""The log of the desk: what each scan came to, why, what it still asks, and whether it can be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.desk.choices import Choice, choices
from circulation.desk.headlines import headline
from circulation.desk.kinds import Did
from circulation.desk.names import Answer, Names, names_of
from circulation.desk.reckoning import because
from circulation.desk.undoing import is_undoable
from circulation.models import UndoneOperation
from circulation.policies.explaining import Explanation, explanations
from library.kernel import clock, decisions
from library.kernel.models import OperationRow


@dataclass(frozen=True)
class Action:
    """A button that answers a line; `does` names what it does for a key of the desk, `wants_words` that a reason is asked,
    `wants_title` that the title may be written.
    """

    number: int
    text: str
    does: str = ""
    kind: str = "ghost"
    wants_words: bool = False
    wants_title: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the log; tones and icons are those of the pages. `card` is that of a reader to be registered."""

    id: str
    branch: str
    at: str
    tone: str
    icon: str
    said: str
    detail: str = ""
    why: Sequence[str] = ()
    because: Sequence[str] = ()
    explanation: Explanation | None = None
    actions: Sequence[Action] = ()
    card: str = ""
    can_undo: bool = False
    is_undone: bool = False


def lines_of(session: Session, rows: Sequence[OperationRow]) -> list[Line]:
    """Return the log lines of stored desk operations, in their order; a few statements, however many there are."""
    answers = [row.answer or {} for row in rows]
    names = names_of(session, answers, [row.branch_id for row in rows])
    undone = _undone(session, [row.id for row in rows])
    told = explanations(session, answers)
    # An answer is given after its question, so it is among the rows of any log that holds the question.
    settled = {answer["answers"] for answer in answers if answer.get("answers")}
    return [
        _line(row, names, is_undone=row.id in undone, is_settled=row.id in settled, told=told[at])
        for at, row in enumerate(rows)
    ]


def _undone(session: Session, ids: Sequence[str]) -> frozenset[str]:
    wanted = select(UndoneOperation.operation_id).where(UndoneOperation.operation_id.in_(ids))
    return frozenset(session.scalars(wanted)) if ids else frozenset()


def _line(row: OperationRow, names: Names, *, is_undone: bool, is_settled: bool, told: Explanation | None) -> Line:
    answer = row.answer or {}
    tone, icon, said = headline(answer, names)
    is_today = clock.local_date(row.at) == clock.today()
    is_open = is_today and not is_settled
    return Line(
        id=row.id,
        branch=names.branch_code(row.branch_id),
        at=row.at.astimezone(clock.timezone()).strftime("%H:%M"),
        tone=tone,
        icon=icon,
        said=said,
        detail=_detail(answer, names),
        why=[reason["text"] for reason in decisions.render(answer.get("reasons", ()), "staff")],
        because=because(answer, names),
        explanation=told,
        actions=_actions(answer, names) if is_open else (),
        card=str(answer["card"]) if answer.get("did") == Did.BLANK_CARD and is_open else "",
        can_undo=is_today and not is_undone and is_undoable(answer),
        is_undone=is_undone,
    )


def _detail(answer: Mapping[str, Any], names: Names) -> str:
    """Return the barcode of the copy and the reader, masked: the log is seen from the other side of the desk."""
    barcode = names.copy(answer.get("item")).barcode
    is_about_reader = answer.get("did") in {Did.READER, Did.REGISTERED}
    reader = names.reader(answer.get("reader" if is_about_reader else "patron"))
    return " · ".join(str(part) for part in (barcode, reader) if part)


def _actions(answer: Answer, names: Names) -> list[Action]:
    return [_action(number, choice, names) for number, choice in enumerate(choices(answer), start=1)]


def _action(number: int, choice: Choice, names: Names) -> Action:
    if choice.kind == "item":
        return Action(number, _copy_words(choice, names), kind="")
    if choice.kind == "reader":
        reader = names.reader(choice.reader)
        return Action(number, f"{reader} · {reader.branch}" if reader else "", kind="")
    if choice.kind == "exception":
        return Action(number, _("Lend as an exception"), "exception", wants_words=True)
    if choice.kind == "renewal_exception":
        return Action(number, _("Renew as an exception"), "exception", wants_words=True)
    if choice.kind == "lend_first":
        return Action(number, _("Lend first, register later"), "lend_first", "", wants_title=True)
    texts = {
        "take_back": _("Take it back"),
        "renew": _("Renew"),
        "lend": _("Lend all the same"),
        "wish": _("Write it down as a wish"),
    }
    return Action(number, texts[choice.kind], choice.kind, "" if choice.kind in {"lend", "wish"} else "ghost")


def _copy_words(choice: Choice, names: Names) -> str:
    copy = names.copy(choice.item)
    parts = [copy.title, copy.barcode, copy.owner, _("on loan") if copy.is_lent else ""]
    return " · ".join(part for part in parts if part)


def reader_facts(loans: int, overdue: int, ready: int, limit: int | None) -> str:
    """Return a reader's figures in one line."""
    parts = [
        _("%(loans)s of %(limit)s books on loan", loans=loans, limit=limit)
        if limit is not None
        else ngettext("%(num)s book on loan", "%(num)s books on loan", loans)
    ]
    if overdue:
        parts.append(ngettext("%(num)s overdue", "%(num)s overdue", overdue))
    if ready:
        parts.append(ngettext("%(num)s kept here", "%(num)s kept here", ready))
    return " · ".join(parts)
