"""The desk as it is shown: today's log from the stored operations, the reader at the desk, and what waits to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from circulation.desk import places, worklists
from circulation.desk.lines import lines_of, reader_facts
from circulation.holds import listing as holds_listing
from circulation.lending import listing as loans_listing
from circulation.policies.services import resolve
from library.branches.models import Branch
from library.branches.services import subtree_ids
from library.kernel import clock
from library.kernel.actors import Actor
from library.kernel.days import day_words
from library.kernel.models import OperationRow
from library.patrons.models import Patron
from library.patrons.standing import standing

DESK_KIND = "desk"
LINES = 12
PARTS = "circulation/desk/parts.html"


@dataclass(frozen=True)
class ReaderAtDesk:
    """What the keeper sees of the reader."""

    name: str
    facts: str
    faults: Sequence[str] = ()


def desk_page(session: Session, actor: Actor, branch: Branch, after: str | None) -> Mapping[str, Any]:
    """Return what the desk's page shows; `after` is the operation that opened the reader's session."""
    last = session.get(OperationRow, after) if after else None
    is_mine = last is not None and (last.actor_id, last.branch_id) == (actor.id, branch.id)
    reader_id = (last.answer or {}).get("reader") if last is not None and is_mine else None
    return {
        "branch": branch,
        "branches": places.desks_of(session, actor),
        "after": after if reader_id else "",
        "reader": reader_card(session, reader_id, branch),
        "log": lines_of(session, todays(session, actor, branch)),
        "todo": todo(session, branch),
        "words": script_words(),
    }


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


def drawn(session: Session, operation_id: str) -> dict[str, Any]:
    """Return what the page's script shows after a scan: the log's line and the reader's bar as HTML, and the tone."""
    row = session.get_one(OperationRow, operation_id)
    branch = session.get_one(Branch, row.branch_id)
    entry = lines_of(session, [row])[0]
    reader_id = (row.answer or {}).get("reader")
    return {
        "line": str(get_template_attribute(PARTS, "line")(entry)),
        "session": str(get_template_attribute(PARTS, "session_bar")(reader_card(session, reader_id, branch))),
        "open": bool(reader_id),
        "tone": entry.tone if entry.tone != "info" else "ok",
    }


def reader_card(session: Session, reader_id: int | None, branch: Branch) -> ReaderAtDesk | None:
    """Return the reader's name, figures and faults for the bar; None when nobody stands at the desk."""
    patron = session.get(Patron, reader_id) if reader_id else None
    if patron is None:
        return None
    today = clock.today()
    loans, overdue = loans_listing.loan_figures(session, patron.id, today)
    policy = resolve(session, item_class=None, patron_category=patron.category, branch=branch, on=today)
    ready = holds_listing.ready_count(session, patron.id)
    faults = [str(block.get("text") or block["code"]) for block in standing().of_patron(session, patron.id).blocks]
    if patron.expires_on is not None and patron.expires_on < today:
        faults.append(_("The card has expired."))
    return ReaderAtDesk(patron.name, reader_facts(loans, overdue, ready, policy.terms.loan_limit), faults)


def todo(session: Session, branch: Branch) -> Sequence[tuple[str, str, int, str]]:
    """Return what waits at the branch, as (address, words, how many, icon)."""
    figures = worklists.figures(session, branch.id, subtree_ids(session, branch.id))
    moves = f"/desk/moves?branch={branch.code}"
    return (
        (f"{moves}#out", _("To send"), figures.outgoing, "truck"),
        (f"{moves}#in", _("To receive"), figures.incoming, "box"),
        (f"{moves}#kept", _("Kept for readers"), figures.kept, "bell"),
        (f"/desk/wishes?branch={branch.code}", _("Wishes to answer"), figures.wishes, "pen"),
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


def wish_outcomes() -> Sequence[tuple[str, str]]:
    """Return what may become of a wish, as (state, words)."""
    return (
        ("ordered", _("It will be bought")),
        ("answered", _("We have it")),
        ("declined", _("It cannot be had")),
    )


def script_words() -> Mapping[str, str]:
    """Return the sentences the script needs where no server can be asked."""
    return {
        "waiting": _("written down, being sent"),
        "again": _("The same code again, left out."),
        "nobody": _("No reader: a scanned book is taken back."),
        "online": _("Connected"),
        "offline": _("No network. Scans are kept here and sent later"),
        "signIn": _("Please sign in again. Your scans are kept here"),
        "pending": _("not yet sent:"),
    }
