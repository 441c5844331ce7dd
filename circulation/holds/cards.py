"""A reader's holds as their pages show them: where each stands, when it comes, what can be done."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from circulation.holds import listing
from circulation.holds.kept_why import why_kept
from circulation.holds.listing import Waiting
from circulation.holds.states import Action, Cause, Stage, State, allowed_actions, stage
from circulation.holds.wording import cause_words, stage_words
from library.kernel import clock
from library.kernel.days import day_words, weekday_words

Card = Mapping[str, Any]
# How long a reader is told why a hold has ended.
TOLD_DAYS = 30
# What a reader who waits wants to know of the past; how a hold began needs no words.
_WORTH_TELLING = frozenset(Cause) - {Cause.READER, Cause.STAFF, Cause.TO_FETCH, Cause.CHECK_IN, Cause.ARRIVED}


def hold_cards(session: Session, patron_id: int, hold_id: int | None = None) -> list[Card]:
    """Return a reader's open holds, or the one of them."""
    today = clock.today()
    found = listing.open_holds(session, patron_id, hold_id)
    why = why_kept(session, found)
    return [{**_card(waiting, today), "why": why.get(waiting.hold.id)} for waiting in found]


def ended_cards(session: Session, patron_id: int) -> list[Card]:
    """Return the holds that ended lately without the reader's doing, with the reason."""
    today = clock.today()
    since = clock.now() - timedelta(days=TOLD_DAYS)
    return [
        {
            "bib": bib,
            "why": cause_words(hold.cause, "reader") or "",
            "on": day_words(clock.local_date(hold.ended_at), today) if hold.ended_at else "",
        }
        for hold, bib in listing.ended_lately(session, patron_id, since)
    ]


def _card(waiting: Waiting, today: date) -> Card:
    hold, actions = waiting.hold, allowed_actions(State(waiting.hold.state))
    return {
        "id": hold.id,
        "bib": waiting.bib,
        "pickup": waiting.pickup,
        "state": hold_words(waiting, today),
        "notes": list(_notes(waiting, today)),
        "is_paused": Action.RESUME in actions,
        "can_change": Action.MOVE in actions,
        "until": hold.suspended_until_on,
    }


def hold_words(waiting: Waiting, today: date) -> tuple[str, str]:
    """Return where a hold stands, as (kind of chip, words)."""
    hold = waiting.hold
    reached = stage(State(hold.state), hold.cause, waiting.transfer_state)
    if reached is Stage.READY:
        return "ok", _ready_words(hold.pickup_until_on, today)
    if reached is Stage.SUSPENDED:
        return "plainly", _paused_words(hold.suspended_until_on, today)
    if reached is Stage.REQUESTED:
        return "hold", _queue_words(waiting.ahead, hold.promised_on, today)
    words = stage_words(reached, "reader")
    if hold.state == State.READY or not _is_to_come(hold.promised_on, today):
        return "info", words
    return "info", _("%(stage)s, about %(day)s", stage=words, day=when(hold.promised_on, today))


def when(day: date | None, today: date) -> str:
    """Return a day with its weekday, so that nobody has to look for a calendar; today and tomorrow by name."""
    if day is None:
        return ""
    names = {0: _("today"), 1: _("tomorrow")}
    away = (day - today).days
    if away in names:
        return str(names[away])
    return str(_("%(weekday)s, %(day)s", day=day_words(day, today), weekday=weekday_words(day)))


def _ready_words(until: date | None, today: date) -> str:
    if until is None:
        return str(_("It is there. Your days begin when the room opens"))
    return str(_("Ready, kept until %(day)s", day=when(until, today)))


def _paused_words(until: date | None, today: date) -> str:
    return str(_("Paused until %(day)s", day=when(until, today)) if until else _("Paused"))


def _queue_words(ahead: int, promised_on: date | None, today: date) -> str:
    place = ngettext("%(num)s reader before you", "%(num)s readers before you", ahead) if ahead else _("You are next")
    if not _is_to_come(promised_on, today):
        return str(place)
    return str(_("%(place)s, about %(day)s", place=place, day=when(promised_on, today)))


def _is_to_come(promised_on: date | None, today: date) -> bool:
    return promised_on is not None and promised_on >= today


def _notes(waiting: Waiting, today: date) -> list[str]:
    """Return what else the reader should know, in sentences."""
    hold, notes = waiting.hold, []
    if waiting.pickup.state != "open":
        notes.append(str(_("That place is closed at the moment. You may choose another one.")))
    elif hold.cause in _WORTH_TELLING and hold.state in {State.WAITING, State.IN_TRANSIT, State.READY}:
        notes.append(cause_words(hold.cause, "reader") or "")
    if hold.expires_on is not None and hold.state in {State.WAITING, State.SUSPENDED}:
        notes.append(str(_("You wait until %(day)s at the longest.", day=when(hold.expires_on, today))))
    return notes
