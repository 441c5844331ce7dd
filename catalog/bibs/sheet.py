"""What the page of a book tells besides its title: its facts and its copies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from catalog.items.models import Item
from library.branches.models import Branch
from library.kernel.days import day_words

STATUSES: Mapping[str, LazyString] = {
    "available": _l("On the shelf"),
    "on_loan": _l("On loan"),
    "in_transit": _l("On the way"),
    "on_hold_shelf": _l("Kept for a reader"),
    "in_box": _l("In a box"),
    "lost": _l("Lost"),
    "missing": _l("Missing"),
    "damaged": _l("Being mended"),
    "withdrawn": _l("Withdrawn"),
    "in_processing": _l("Being prepared"),
    "reading_only": _l("For reading here only"),
    "reading_room_only": _l("For reading here only"),
}


@dataclass(frozen=True)
class Copy:
    """A copy as the page of its book shows it."""

    id: int
    barcode: str
    call_number: str
    branch_code: str
    branch_name: str

    def cells(self, status: Mapping[str, Any] | None, today: date) -> tuple[str, str, str, str]:
        """Return the cells of its line: place, number, shelf mark, state."""
        state = str(STATUSES.get((status or {}).get("status", ""), ""))
        due = (status or {}).get("due_on")
        if due:
            state = _("%(state)s until %(day)s", state=state, day=day_words(due, today))
        return self.branch_name, self.barcode, self.call_number, state


def copies_of(session: Session, bib_id: int, limit: int) -> list[Copy]:
    """Return the copies of a bib by place and number."""
    rows = session.execute(
        select(Item.id, Item.barcode, Item.call_number, Branch.code, Branch.name)
        .join(Branch, Branch.id == Item.current_branch_id)
        .where(Item.bib_id == bib_id)
        .order_by(Branch.code, Item.id)
        .limit(limit)
    )
    return [Copy(*row) for row in rows]


def facts_of(bib: Bib) -> list[tuple[str, str]]:
    """Return the facts that are known, as (name, value)."""
    facts = [
        (_("Author"), bib.creators_text),
        (_("Publisher"), bib.publisher),
        (_("Year"), str(bib.year or "")),
        (_("Edition"), bib.edition),
        (_("Series"), bib.series),
        (_("Size"), bib.extent),
        (_("Subjects"), "、".join(str(subject) for subject in bib.subjects)),
        (_("Class"), bib.clc),
        ("ISBN", bib.isbn13 or ""),
    ]
    return [(name, value) for name, value in facts if value]
