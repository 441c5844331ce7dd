"""The desk as it is shown: the log from the stored operations, the reader at the desk, and what waits to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import get_template_attribute
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.desk import lending_first, worklists
from circulation.desk.chain import DESK_KIND, standing_of
from circulation.desk.choices import choices
from circulation.desk.commands import ACTIONS, COMMANDS, MODES
from circulation.desk.kinds import Did, Mode
from circulation.desk.lines import Line, lines_of, reader_facts
from circulation.desk.registering import CATEGORIES
from circulation.desk.rules import NOBODY, Standing, session_is_open
from circulation.desk.undoing import is_last_word
from circulation.holds import listing as holds_listing
from circulation.lending import listing as loans_listing
from circulation.lending.standing import blocks_of
from circulation.policies.services import resolve
from circulation.policies.value_words import CATEGORIES as CATEGORY_WORDS
from library.accounts import desks
from library.branches.models import Branch
from library.branches.services import subtree_ids
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words, due_words
from library.kernel.models import OperationRow
from library.patrons.models import Patron

LINES = 12
LOANS = 12
PARTS = "circulation/desk/parts.html"


@dataclass(frozen=True)
class LoanAtDesk:
    """One loan of the reader at the desk; `id` is that of the loan, `due` is (kind of chip, words)."""

    id: int
    item: int
    title: str
    due: tuple[str, str]


@dataclass(frozen=True)
class ReaderAtDesk:
    """What the keeper sees of the reader; `visit` is the operation that opened the visit."""

    name: str
    facts: str
    faults: Sequence[str]
    loans: Sequence[LoanAtDesk]
    visit: str


def desk_page(session: Session, actor: Actor, branch: Branch, after: str | None, mode: Mode) -> Mapping[str, Any]:
    """Return what the desk's page shows; `after` is the last scan of the reader's visit."""
    standing = _standing_now(session, branch, after)
    return {
        "branch": branch,
        "branches": desks.desks_of(session, actor),
        "after": after if standing != NOBODY else "",
        "mode": mode,
        "modes": MODES,
        "actions": ACTIONS,
        "commands": commands_for_script(),
        "reader": reader_card(session, standing, branch),
        "is_unsettled": standing.is_unsettled,
        "log": _log(session, actor, branch),
        "todo": todo(session, branch),
        "ways": ways(),
        "words": script_words(),
        "categories": categories(),
    }


def _log(session: Session, actor: Actor, branch: Branch) -> Sequence[Line]:
    """Return today's lines; only the newest may have a form, an older blank card is scanned again."""
    lines = lines_of(session, todays(session, actor, branch))
    return [replace(line, card=line.card if at == 0 else "") for at, line in enumerate(lines)]


def _standing_now(session: Session, branch: Branch, after: str | None) -> Standing:
    """Return who stands at the desk as far as the page knows: nobody after ten minutes without a scan."""
    last = session.get(OperationRow, after) if after else None
    if last is None or (last.kind, last.branch_id) != (DESK_KIND, branch.id):
        return NOBODY
    return standing_of(last.answer) if session_is_open(last.at, clock.now()) else NOBODY


def todays(session: Session, actor: Actor, branch: Branch) -> Sequence[OperationRow]:
    """Return this member's scans of today at this branch, the last first."""
    return session.scalars(
        select(OperationRow)
        .where(
            OperationRow.at >= clock.start_of_day(clock.today()),
            OperationRow.kind == DESK_KIND,
            OperationRow.branch_id == branch.id,
            OperationRow.actor_kind == str(actor.kind),
            OperationRow.actor_id == actor.id,
        )
        .order_by(OperationRow.at.desc())
        .limit(LINES)
    ).all()


def drawn(session: Session, row: OperationRow) -> dict[str, Any]:
    """Return what the page's script shows after a scan: lines of the log and the reader's bar as HTML, and the tone.

    `others` are lines that look different now, by operation: one that was undone or answered. `open` says that a visit
    goes on, `asks` that the line wants an answer, `changes` that there is something to undo.
    """
    branch = session.get_one(Branch, row.branch_id)
    answer = row.answer or {}
    concerned = answer.get("undone") or answer.get("answers")
    other = session.get(OperationRow, concerned) if concerned else None
    entry, *others = lines_of(session, [row, other] if other is not None else [row])
    standing = standing_of(row.answer)
    draw = get_template_attribute(PARTS, "line")
    bar = get_template_attribute(PARTS, "session_bar")
    return {
        "line": str(draw(entry, categories=categories())),
        "others": {one.id: str(draw(one, categories=categories())) for one in others},
        "session": str(bar(reader_card(session, standing, branch), standing.is_unsettled, {"branch": branch.code})),
        "open": standing != NOBODY,
        "tone": entry.tone if entry.tone != "info" else "ok",
        "asks": bool(choices(answer)) or answer.get("did") == Did.BLANK_CARD,
        "changes": entry.can_undo or is_last_word(answer),
    }


def told(session: Session, row: OperationRow) -> tuple[str, str]:
    """Return what a scan came to as a notice of a page, (words, kind)."""
    [entry] = lines_of(session, [row])
    return " ".join([entry.said, *entry.why]), "ok" if entry.tone == "info" else entry.tone


def reader_card(session: Session, standing: Standing, branch: Branch) -> ReaderAtDesk | None:
    """Return the reader's name, figures, faults and loans for the bar; None when nobody stands at the desk."""
    patron = session.get(Patron, standing.reader_id) if standing.reader_id else None
    if patron is None:
        return None
    today = clock.today()
    loans, overdue = loans_listing.loan_figures(session, patron.id, today)
    policy = resolve(session, item_class=None, patron_category=patron.category, branch=branch, on=today)
    ready = holds_listing.ready_count(session, patron.id)
    blocks = blocks_of(session, patron.id, today)
    faults = [str(block.get("text") or block["code"]) for block in blocks]
    if patron.expires_on is not None and patron.expires_on < today:
        faults.append(_("The card has expired."))
    return ReaderAtDesk(
        name=patron.name,
        facts=reader_facts(loans, overdue, ready, policy.terms.loan_limit),
        faults=faults,
        loans=[
            LoanAtDesk(loan.id, loan.item_id, bib.title, due_words(loan.due_on, today))
            for loan, bib, _barcode in loans_listing.open_loans(session, patron.id)[:LOANS]
        ],
        visit=standing.visit or "",
    )


def todo(session: Session, branch: Branch) -> Sequence[tuple[str, str, int, str]]:
    """Return what waits at the branch, as (address, words, how many, icon)."""
    figures = worklists.figures(session, branch.id, subtree_ids(session, branch.id))
    moves = f"/desk/moves?branch={branch.code}"
    return (
        (f"{moves}#out", _("To send"), figures.outgoing, "truck"),
        (f"{moves}#in", _("To receive"), figures.incoming, "box"),
        (f"{moves}#kept", _("Kept for readers"), figures.kept, "bell"),
        (f"/desk/wishes?branch={branch.code}", _("Wishes to answer"), figures.wishes, "pen"),
        (f"/desk/uncatalogued?branch={branch.code}", _("To be catalogued"), figures.uncatalogued, "book"),
    )


def ways() -> Sequence[tuple[str, str, str]]:
    """Return what else is done at a desk, as (address, words, icon)."""
    return (
        ("/desk/today", _("Journal of the day"), "clock"),
        ("/desk/groups", _("Classes and groups"), "queue"),
        ("/desk/notebook", _("Notebook"), "pen"),
        ("/desk/cases", _("Cases"), "alert"),
        ("/desk/opening", _("Door"), "lock"),
    )


def open_wishes(session: Session, branch: Branch) -> list[dict[str, Any]]:
    """Return the wishes that wait for an answer at a branch and below it; who asked is not shown."""
    today = clock.today()
    return [
        {
            "id": wish.id,
            "title": wish.title,
            "note": wish.note,
            "words": " · ".join(
                part for part in (wish.creator, place.name, day_words(clock.local_date(wish.wished_at), today)) if part
            ),
        }
        for wish, place in worklists.open_wishes(session, subtree_ids(session, branch.id))
    ]


def uncatalogued(session: Session, branch: Branch) -> list[dict[str, Any]]:
    """Return the copies that were lent first and wait for a record; who has one is not shown."""
    today = clock.today()
    return [
        {
            "bib": bib_id,
            "title": title,
            "barcode": barcode,
            "isbn": isbn,
            "since": day_words(clock.local_date(since), today),
        }
        for _item_id, bib_id, title, barcode, isbn, since in lending_first.waiting(session, branch.id)
    ]


def wish_outcomes() -> Sequence[tuple[str, str]]:
    """Return what may become of a wish, as (state, words)."""
    return (
        ("ordered", _("It will be bought")),
        ("answered", _("We have it")),
        ("declined", _("It cannot be had")),
    )


def categories() -> Sequence[tuple[str, str]]:
    """Return whom the desk registers, as (value, words)."""
    return [(str(category), str(CATEGORY_WORDS[category])) for category in CATEGORIES]


def commands_for_script() -> Mapping[str, Mapping[str, str]]:
    """Return the commands by the code of their barcode, with name, key, words and hint."""
    return {
        command.code: {
            "name": command.name,
            "key": command.key,
            "words": str(command.words),
            "hint": str(command.hint),
        }
        for command in COMMANDS
    }


def script_words() -> Mapping[str, str]:
    """Return the sentences the script needs where no server can be asked."""
    return {
        "waiting": _("written down, being sent"),
        "notDone": _("Not done"),
        "again": _("The same code again, left out."),
        "nobody": _("No reader: a scanned book is taken back."),
        "online": _("Connected"),
        "offline": _("No network. Scans are kept here and sent later"),
        "signIn": _("Please sign in again. Your scans are kept here"),
        "notHere": _("These scans belong to another account. Sign in as whoever made them"),
        "pending": _("not yet sent:"),
        "stuck": _("could not be taken and kept here:"),
        "notKept": _("This was not written down: the browser has no room. Write it on paper and free some space."),
        "identity": _("Identity numbers are not used or kept here. Scan the reader’s card or type the phone number."),
        "undo": _("Undo"),
        "noSlip": _("There is nothing to print: no reader is at the desk."),
        "noQuestion": _("There is no question to answer."),
        "dismissed": _("Left as it is."),
        "closed": _("Finished. The next book is taken back."),
        "search": _("Type a title, or the first letters of a name in pinyin."),
        "scan": _("Scan a card or a book"),
        "soundOn": _("Sounds are on"),
        "soundOff": _("Sounds are off"),
    }
