"""Why a book is kept on the pickup shelf until its day, in the reader's words: from where it counts, and by which row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.items.models import Item
from circulation.holds.asking import questions
from circulation.holds.listing import Waiting
from circulation.holds.rules import pickup_until
from circulation.holds.states import State
from circulation.policies.explaining import Told, all_told, explained_all
from library.branches.opening import calendars_of
from library.branches.rules import Calendar
from library.kernel import clock
from library.kernel.days import day_words
from library.patrons.models import Patron

RULE = "pickup_days"


@dataclass(frozen=True, slots=True)
class KeptWhy:
    """How the last day came about: in `sentences`, and the `rules` that had a part in it."""

    sentences: tuple[str, ...]
    rules: tuple[Told, ...]


def why_kept(session: Session, waiting: Iterable[Waiting]) -> dict[int, KeptWhy]:
    """Return the reasons of the last days of a reader's books on pickup shelves; as many queries for many as for one."""
    kept = [one for one in waiting if one.hold.state == State.READY and one.hold.pickup_until_on and one.hold.ready_at]
    if not kept:
        return {}
    copies = select(Item.id, Item.item_class).where(Item.id.in_([one.hold.captured_item_id for one in kept]))
    classes = {row.id: row.item_class for row in session.execute(copies)}
    category = session.scalar(select(Patron.category).where(Patron.id == kept[0].hold.patron_id))
    asked = []
    for one in kept:
        assert one.hold.ready_at is not None
        item_class = classes.get(one.hold.captured_item_id or 0)
        [question] = questions(one.pickup, category, [item_class], one.hold.ready_at)
        asked.append({**question, "on": _first_day(one).isoformat()})
    calendars = calendars_of(session, {one.pickup.id for one in kept})
    found = {}
    for one, entries in zip(kept, explained_all(session, asked), strict=True):
        told = tuple(rule for rule in all_told(entries, "reader") if rule.rule == RULE)
        days = next(int(entry["value"]) for entry in entries if entry["rule"] == RULE)
        found[one.hold.id] = KeptWhy((_counted(one, calendars[one.pickup.id], days),), told)
    return found


def _first_day(one: Waiting) -> date:
    """Return the first day on which the reader could come, as it was foreseen when the book came."""
    assert one.hold.ready_at is not None
    return one.hold.promised_on or clock.local_date(one.hold.ready_at)


def _counted(one: Waiting, calendar: Calendar, days: int) -> str:
    first = _first_day(one)
    if pickup_until(calendar, first, days) == one.hold.pickup_until_on:
        return str(_("Counted from %(day)s, when the room is open first.", day=day_words(first, clock.today())))
    return str(
        _("Counted from the day on which the room really opened; a closure or the harvest adds the days it takes.")
    )
