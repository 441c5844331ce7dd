"""Reading holds under lock and changing their state: the one place that writes a hold's row and its event."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from circulation.holds.rules import Action, State, next_state
from circulation.models import HOLD_CAPTURED, Hold
from library.kernel import events
from library.kernel.errors import NotFound
from library.kernel.operations import Operation

ENDED = frozenset({State.FULFILLED, State.CANCELLED, State.EXPIRED})
_EVENTS = {
    Action.KEEP: "hold.captured",
    Action.SEND: "hold.captured",
    Action.ARRIVE: "hold.readied",
    Action.WANDER: "hold.wandered",
    Action.RELEASE: "hold.released",
    Action.FULFIL: "hold.fulfilled",
    Action.CANCEL: "hold.cancelled",
    Action.EXPIRE: "hold.expired",
    Action.SUSPEND: "hold.suspended",
    Action.RESUME: "hold.resumed",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as it stands; ids, and what the statistics keep of its reader and title."""

    id: int
    patron_id: int | None
    bib_id: int
    item_id: int | None
    pickup_branch_id: int
    state: State
    captured_item_id: int | None
    placed_at: datetime
    ready_at: datetime | None
    age_band: str | None
    patron_category: str | None
    clc: str

    def statistics(self) -> dict[str, str | None]:
        """Return the figures an event keeps when the reader is forgotten."""
        return {"age_band": self.age_band, "patron_category": self.patron_category, "clc": self.clc}


def by_id(session: Session, hold_id: int) -> Held:
    """Return a hold. Raises `NotFound` `unknown_hold`."""
    found = read(session, query().where(Hold.id == hold_id))
    if not found:
        raise NotFound("unknown_hold", hold=hold_id)
    return found[0]


def locked(session: Session, hold_id: int) -> Held:
    """Return a hold, locked; lock its copies before. Raises `NotFound` `unknown_hold`."""
    session.execute(select(Hold.id).where(Hold.id == hold_id).with_for_update())
    return by_id(session, hold_id)


def captured_by(session: Session, item_id: int) -> Held | None:
    """Return the hold a copy is kept for, here or on its way."""
    found = read(session, query().where(Hold.captured_item_id == item_id, Hold.state.in_(HOLD_CAPTURED)))
    return found[0] if found else None


def change(
    session: Session,
    operation: Operation,
    hold: Held,
    action: Action,
    *,
    branch_id: int | None = None,
    cause: str | None = None,
    **values: Any,
) -> Held:
    """Take `action` on a hold that is known to allow it; `values` are further columns. Return it as it stands then.

    Raises `ValueError` when the action does not fit, which is a caller's fault.
    """
    state = next_state(hold.state, action)
    if state is None:
        msg = f"{action} does not fit a hold at {hold.state}"
        raise ValueError(msg)
    written = {"state": str(state), "cause": cause, **values}
    if state in ENDED:
        written["ended_at"] = operation.at
    session.execute(update(Hold).where(Hold.id == hold.id).values(written))
    after = replace(hold, state=state, captured_item_id=values.get("captured_item_id", hold.captured_item_id))
    details = {"cause": cause} if cause else {}
    announce(session, operation, _EVENTS[action], after, branch_id, item_id=hold.captured_item_id, **details)
    return after


def announce(
    session: Session,
    operation: Operation,
    kind: str,
    hold: Held,
    branch_id: int | None = None,
    *,
    item_id: int | None = None,
    **details: str,
) -> None:
    """Write the event `kind` of a hold; `item_id` is the copy it had, when it has none now."""
    payload = {"hold_id": hold.id, "state": str(hold.state), "pickup_branch_id": hold.pickup_branch_id, **details}
    events.record(
        session,
        operation,
        kind,
        branch_id=branch_id or hold.pickup_branch_id,
        bib_id=hold.bib_id,
        item_id=hold.captured_item_id or item_id,
        patron_id=hold.patron_id,
        statistics=hold.statistics(),
        payload=payload,
    )


def query() -> Select[*tuple[Any, ...]]:
    """Return the query of `read`, to be narrowed."""
    return select(
        Hold.id,
        Hold.patron_id,
        Hold.bib_id,
        Hold.item_id,
        Hold.pickup_branch_id,
        Hold.state,
        Hold.captured_item_id,
        Hold.placed_at,
        Hold.ready_at,
        Hold.age_band,
        Hold.patron_category,
        Bib.clc_top.label("clc"),
    ).join(Bib, Bib.id == Hold.bib_id)


def read(session: Session, wanted: Select[*tuple[Any, ...]]) -> Sequence[Held]:
    """Return the holds of a narrowed `query`."""
    rows = session.execute(wanted).mappings()
    return [Held(**{**row, "state": State(row["state"])}) for row in rows]


def as_date(text: str | None) -> date | None:
    """Return the date of an answer, where dates are text."""
    return date.fromisoformat(text) if text else None
