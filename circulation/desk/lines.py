"""What a scan came to, in the words of the desk's log: made from the stored answer whenever it is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from circulation.desk.kinds import Did
from library.branches.models import Branch
from library.kernel import clock, decisions
from library.kernel.days import day_words
from library.kernel.models import OperationRow

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """A button of a line: one more scan of the same copy, with something said in addition."""

    text: str
    fields: Mapping[str, str]
    kind: str = "ghost"


@dataclass(frozen=True)
class Line:
    """One line of the log; tones and icons are those of the pages."""

    id: str
    at: str
    tone: str
    icon: str
    said: str
    detail: str = ""
    why: Sequence[str] = ()
    actions: Sequence[Action] = field(default=())


@dataclass(frozen=True)
class Names:
    """The names of what the answers of some operations are about."""

    items: Mapping[int, tuple[str, str, str]]
    branches: Mapping[int, tuple[str, str]]

    def title(self, item_id: int | None) -> str:
        return self.items.get(item_id or 0, ("", "", ""))[0]

    def barcode(self, item_id: int | None) -> str:
        return self.items.get(item_id or 0, ("", "", ""))[1]

    def branch(self, branch_id: int | None) -> str:
        return self.branches.get(branch_id or 0, ("", ""))[1]

    def branch_code(self, branch_id: int | None) -> str:
        return self.branches.get(branch_id or 0, ("", ""))[0]


def lines_of(session: Session, rows: Sequence[OperationRow]) -> list[Line]:
    """Return the log lines of stored desk operations, in their order."""
    answers = [row.answer or {} for row in rows]
    names = _names(session, answers, [row.branch_id for row in rows])
    return [_line(row, names) for row in rows]


def _names(session: Session, answers: Sequence[Answer], branch_ids: Sequence[int | None]) -> Names:
    items = {answer.get("item") for answer in answers} | {one for a in answers for one in a.get("candidates", ())}
    branches = {answer.get("destination") for answer in answers} | set(branch_ids)
    found = session.execute(
        select(Item.id, Bib.title, Item.barcode, Branch.name)
        .join(Bib, Bib.id == Item.bib_id)
        .join(Branch, Branch.id == Item.owner_branch_id)
        .where(Item.id.in_(items - {None}))
    )
    places = session.execute(select(Branch.id, Branch.code, Branch.name).where(Branch.id.in_(branches - {None})))
    return Names({row[0]: (row[1], row[2], row[3]) for row in found}, {row[0]: (row[1], row[2]) for row in places})


def _line(row: OperationRow, names: Names) -> Line:
    answer = row.answer or {}
    did = Did(answer.get("did", Did.NOTHING))
    at = row.at.astimezone(clock.timezone()).strftime("%H:%M")
    tone, icon, said = _headline(did, answer, names)
    return Line(
        id=row.id,
        at=at,
        tone=tone,
        icon=icon,
        said=said,
        detail=names.barcode(answer.get("item")),
        why=[reason["text"] for reason in decisions.render(answer.get("reasons", ()), "staff")],
        actions=_actions(row, did, answer, names),
    )


def _headline(did: Did, answer: Answer, names: Names) -> tuple[str, str, str]:
    title = names.title(answer.get("item"))
    if did is Did.READER:
        return "info", "user", _("Reader’s card")
    if did in {Did.CHOOSE, Did.ASK}:
        words = _("Which copy is it?") if did is Did.CHOOSE else _("%(title)s: this reader already has it", title=title)
        return "warn", "info", words
    if answer.get("decision") == "refused":
        return "bad", "cross", _("Not done: %(title)s", title=title) if title else _("Not done")
    if answer.get("decision") == "needs_confirmation":
        return "warn", "alert", _("Please confirm: %(title)s", title=title)
    if did in {Did.LENT, Did.RENEWED}:
        return _lent(did, answer, title)
    return _taken_back(answer, title, names)


def _lent(did: Did, answer: Answer, title: str) -> tuple[str, str, str]:
    until = day_words(date.fromisoformat(str(answer["loan"]["due_on"])), clock.today())
    words = _("Renewed: %(title)s, until %(day)s") if did is Did.RENEWED else _("Lent: %(title)s, until %(day)s")
    tone = "warn" if answer.get("reasons") else "ok"
    return tone, "again" if did is Did.RENEWED else "check", words % {"title": title, "day": until}


def _taken_back(answer: Answer, title: str, names: Names) -> tuple[str, str, str]:
    place = names.branch(answer.get("destination"))
    if answer.get("next") == "hold":
        return "hold", "bell", _("Taken back: %(title)s. Keep it for a reader", title=title)
    if answer.get("next") == "transfer":
        return "info", "truck", _("Taken back: %(title)s. Goes to %(place)s", title=title, place=place)
    return "ok", "back", _("Taken back: %(title)s. Back to the shelf", title=title)


def _actions(row: OperationRow, did: Did, answer: Answer, names: Names) -> list[Action]:
    item = answer.get("item")
    base = {"branch": names.branch_code(row.branch_id)}
    if did is Did.CHOOSE:
        return [
            Action(f"{names.title(one)} · {names.items[one][2]}", {**base, "item": str(one)}, "")
            for one in answer.get("candidates", ())
            if one in names.items
        ]
    if item is None:
        return []
    with_item = {**base, "item": str(item)}
    if did is Did.ASK:
        return [
            Action(_("Take it back"), {**with_item, "wish": "take_back"}),
            Action(_("Renew"), {**with_item, "wish": "renew"}),
        ]
    if answer.get("decision") == "needs_confirmation":
        codes = " ".join(reason["code"] for reason in answer.get("reasons", ()) if reason["severity"] == "confirm")
        return [Action(_("Lend all the same"), {**with_item, "wish": "lend", "confirmed": codes}, "")]
    if did is Did.LENT and answer.get("decision") == "allowed":
        return [Action(_("Undo: take it back"), {**with_item, "wish": "take_back"})]
    return []


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
