"""A reader's loans and wishes as their pages show them; holds have cards of their own in `circulation.holds.cards`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from circulation.lending import listing
from circulation.lending.due_why import why_due
from circulation.wishes import listing as wishes_listing
from circulation.wishes.cards import wish_card
from library.kernel import clock
from library.kernel.days import day_words, due_words

Card = Mapping[str, Any]


def loan_cards(session: Session, patron_id: int, limit: int | None = None, *, with_why: bool = False) -> list[Card]:
    """Return a reader's loans, the first due first; on demand with the reasons of their due dates."""
    today = clock.today()
    rows = listing.open_loans(session, patron_id)[:limit]
    why = why_due(session, [loan for loan, _bib, _barcode in rows]) if with_why else {}
    return [
        {
            "id": loan.id,
            "bib": bib,
            "due": due_words(loan.due_on, today),
            "is_recalled": loan.recalled_at is not None,
            "why": why.get(loan.id),
        }
        for loan, bib, _barcode in rows
    ]


def wish_cards(session: Session, patron_id: int) -> list[Card]:
    """Return a reader's wishes, the newest first."""
    return [wish_card(wish) for wish in wishes_listing.wishes_of(session, patron_id)]


def renewal_notice(answers: Sequence[Card], texts: Sequence[str]) -> tuple[str, str]:
    """Return what to tell after renewing: (kind of notice, words); `texts` are the refusals in words."""
    done = [answer for answer in answers if answer["decision"] == "allowed"]
    if not answers:
        return "info", _("There was nothing to renew.")
    if not done:
        return "warn", _("Not renewed. %(why)s", why=" ".join(texts))
    until = max(date.fromisoformat(str(answer["loan"]["due_on"])) for answer in done)
    words = ngettext(
        "Renewed %(num)s book, until %(day)s.",
        "Renewed %(num)s books, until %(day)s.",
        len(done),
        day=day_words(until, clock.today()),
    )
    return ("ok", words) if len(done) == len(answers) else ("warn", f"{words} {' '.join(texts)}")
