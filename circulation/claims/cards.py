"""Cases and loans as the pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from circulation.cases.rules import Kind, Outcome
from circulation.claims.access import permission_for
from circulation.claims.words import KINDS, LOOKS, OUTCOMES
from circulation.lending.history import Past
from library.accounts.access import permits
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words, due_words


@dataclass(frozen=True)
class CaseCard:
    """One case: its chip, what it is about, who has the copy, and how it may end."""

    id: int
    title: str
    barcode: str
    item_id: int | None
    loan_id: int | None
    tone: str
    icon: str
    kind: str
    holder: str
    since: str
    note: str
    outcomes: Sequence[tuple[str, str]]
    is_with_reader: bool = False
    ended: str = ""


@dataclass(frozen=True)
class LoanLine:
    """One loan of a history: the chip of where it stands, and its dates in words."""

    id: int
    item_id: int
    bib_id: int
    title: str
    barcode: str
    reader: str
    patron_id: int | None
    state: tuple[str, str]
    dates: str
    marks: Sequence[str]
    is_open: bool


def case_card(shown: Mapping[str, Any], actor: Actor, path: str) -> CaseCard:
    """Return a case for the page; outcomes that the actor may not choose at the branch with this path are left out."""
    kind = Kind(shown["kind"])
    tone, icon = LOOKS[kind]
    today = clock.today()
    return CaseCard(
        id=shown["id"],
        title=shown["title"] or "",
        barcode=shown["barcode"] or "",
        item_id=shown["item"],
        loan_id=shown["loan"],
        tone=tone,
        icon=icon,
        kind=str(KINDS[kind]),
        holder=holder_words(shown),
        since=_("since %(day)s · %(place)s", day=_day(shown["opened_at"], today), place=shown["branch_name"]),
        note=shown["note"],
        outcomes=[
            (outcome, str(OUTCOMES[Outcome(outcome)]))
            for outcome in shown["outcomes"]
            if permits(actor, permission_for(kind, outcome), _Place("", path))
        ],
        is_with_reader=shown["holder"]["kind"] == "reader",
        ended=_ended(shown, today),
    )


def holder_words(shown: Mapping[str, Any]) -> str:
    """Return in whose hands the copy is; a case always says so."""
    holder = shown["holder"]
    if holder["kind"] == "reader":
        name = holder["name"] or _("a reader who has been forgotten")
        if shown["kind"] == Kind.LOST:
            return str(_("Lost by %(name)s", name=name))
        return str(_("With %(name)s", name=name))
    if shown["kind"] in {Kind.MISSING, Kind.MISSING_IN_TRANSFER}:
        return str(_("Last seen at %(place)s", place=holder["name"]))
    return str(_("Kept at %(place)s", place=holder["name"]))


def loan_line(past: Past) -> LoanLine:
    """Return a loan for a list."""
    return LoanLine(
        id=past.id,
        item_id=past.item_id,
        bib_id=past.bib_id,
        title=past.title,
        barcode=past.barcode,
        reader=past.reader or "",
        patron_id=past.patron_id,
        state=_state(past),
        dates=_dates(past),
        marks=_marks(past),
        is_open=past.in_at is None,
    )


@dataclass(frozen=True)
class _Place:
    code: str
    path: str


def _ended(shown: Mapping[str, Any], today: date) -> str:
    if shown["settled_at"] is None:
        return ""
    words = f"{OUTCOMES[Outcome(shown['outcome'])]} · {_day(shown['settled_at'], today)}"
    return f"{words} · {shown['outcome_note']}" if shown["outcome_note"] else words


def _state(past: Past) -> tuple[str, str]:
    if past.in_at is None:
        return due_words(past.due_on, clock.today())
    if past.is_on_site:
        return "plainly", _("Read in the room")
    ended = {"lost": ("bad", _("Lost")), "forced": ("plainly", _("Ended without a scan"))}
    return ended.get(past.closed_as or "", ("plainly", _("Returned")))


def _dates(past: Past) -> str:
    today = clock.today()
    out = _day(past.out_at, today)
    if past.is_on_site:
        return f"{out} · {past.out_branch}"
    parts = [_("lent on %(day)s at %(place)s", day=out, place=past.out_branch)]
    if past.in_at is not None and past.closed_as != "lost":
        place = past.in_branch or past.out_branch
        parts.append(_("returned on %(day)s at %(place)s", day=_day(past.in_at, today), place=place))
    elif past.in_at is not None:
        parts.append(_("noted on %(day)s", day=_day(past.in_at, today)))
    return " · ".join(parts)


def _marks(past: Past) -> list[str]:
    marks = []
    if past.recalled_at is not None:
        marks.append(_("Called back"))
    if past.is_backdated:
        marks.append(_("From the notebook"))
    if past.renewals:
        marks.append(_("Renewed %(times)s times", times=past.renewals))
    if past.group_id is not None:
        marks.append(_("Lent to a group"))
    return marks


def _day(instant: Any, today: date) -> str:
    return day_words(clock.local_date(instant), today)
