"""The lists of books on the move, as the keeper's page shows them: one line per copy, with the step that comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from circulation.desk import worklists
from circulation.holds import listing as holds_listing
from circulation.holds.capture import TO_FETCH
from library.branches.models import Branch
from library.kernel import clock
from library.kernel.days import day_words
from library.patrons.rules import masked_name

STATES: Mapping[str, tuple[str, LazyString]] = {
    "requested": ("warn", _l("To be picked")),
    "picked": ("ok", _l("Picked")),
    "packed": ("ok", _l("In a box")),
    "dispatched": ("info", _l("On the way")),
    "arrived": ("ok", _l("Here, not on the shelf")),
}
STEPS: Mapping[str, tuple[tuple[str, LazyString], ...]] = {
    "requested": (("pick", _l("Picked")), ("miss", _l("Not found"))),
    "picked": (("dispatch", _l("Sent")),),
    "dispatched": (("receive", _l("Received")),),
    "arrived": (("shelve", _l("On the shelf now")),),
}
REASONS: Mapping[str, LazyString] = {
    "hold": _l("A reader waits for it"),
    "return_home": _l("Goes home"),
    "restock": _l("For the new stock"),
    "rotation": _l("Round of books"),
    "rebalance": _l("Needed more there"),
    "manual": _l("Asked for by staff"),
}


@dataclass(frozen=True)
class Step:
    """A button: what it says and where it posts."""

    text: str
    action: str
    kind: str = "small"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One copy in a list."""

    bib: Bib
    barcode: str
    words: str
    kind: str
    state: str
    steps: Sequence[Step] = ()
    transfer_id: int | None = None


def outgoing(session: Session, branch: Branch) -> list[Row]:
    """Return what the branch has to pick and send."""
    return [
        _row(move, branch, _("To %(place)s · %(reason)s", place=move[3].name, reason=REASONS[move[0].reason]))
        for move in worklists.outgoing(session, branch.id)
    ]


def incoming(session: Session, branch: Branch) -> list[Row]:
    """Return what is on its way to the branch, or there and not yet on the shelf."""
    return [
        _row(move, branch, _("From %(place)s · %(reason)s", place=move[3].name, reason=REASONS[move[0].reason]))
        for move in worklists.incoming(session, branch.id)
    ]


def kept(session: Session, branch: Branch) -> list[Row]:
    """Return what the branch keeps for readers, or has to fetch from the shelf for them. Names are shown masked."""
    today = clock.today()
    rows = []
    for hold, bib, item, patron in holds_listing.kept_at(session, branch.id):
        is_to_fetch = hold.cause == TO_FETCH
        aside = Step(_("Put aside"), f"/desk/holds/{hold.id}/aside", fields={"branch": branch.code})
        rows.append(
            Row(
                bib=bib,
                barcode=item.barcode,
                words=_kept_words(masked_name(patron.name), hold.pickup_until_on, today, item.call_number),
                kind="warn" if is_to_fetch else "hold",
                state=_("Fetch it from the shelf") if is_to_fetch else _("On the pickup shelf"),
                steps=(aside,) if is_to_fetch else (),
            )
        )
    return rows


def _kept_words(name: str, until: date | None, today: date, mark: str) -> str:
    parts = [_("For %(name)s", name=name)]
    if until is not None:
        parts.append(_("until %(day)s", day=day_words(until, today)))
    return " · ".join([*parts, mark] if mark else parts)


def _row(move: worklists.Move, branch: Branch, words: str) -> Row:
    transfer, bib, item, _other = move
    kind, state = STATES[transfer.state]
    steps = tuple(
        Step(
            str(text),
            f"/desk/moves/{name}",
            kind="ghost small" if name == "miss" else "small",
            fields={"branch": branch.code, "transfers": str(transfer.id)},
        )
        for name, text in STEPS.get(transfer.state, ())
    )
    marked = f"{words} · {item.call_number}" if item.call_number else words
    return Row(bib, item.barcode, marked, kind, str(state), steps, transfer.id if steps else None)


def together(rows: Sequence[Row], name: str, text: str, branch: Branch) -> Step | None:
    """Return the button that takes one step for every line that waits for it; None for fewer than two lines."""
    ids = [str(row.transfer_id) for row in rows if any(step.action.endswith(f"/{name}") for step in row.steps)]
    if len(ids) < 2:
        return None
    return Step(text, f"/desk/moves/{name}", "", {"branch": branch.code, "transfers": ",".join(ids)})
