"""Reading holds under lock and changing them: the one place that writes a hold's row and its event.

The event names the reason of each change; who did it and with which device its actor and operation tell. The queue of a title
is locked as a whole, in the order of the holds' ids, so that two changes of one queue wait instead of deadlocking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from circulation.holds.states import Action, Cause, State, next_state
from circulation.models import HOLD_CAPTURED, Hold
from library.kernel import events
from library.kernel.errors import NotFound
from library.kernel.operations import Operation

ENDED = frozenset({State.FULFILLED, State.CANCELLED, State.EXPIRED})
EVENTS = {
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
    Action.MOVE: "hold.place_changed",
}
# The columns of a hold that has no copy, however it lost it.
WITHOUT_COPY: Mapping[str, None] = dict.fromkeys(("captured_item_id", "captured_at", "ready_at", "pickup_until_on"))


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
    pickup_until_on: date | None
    promised_on: date | None
    expires_on: date | None
    age_band: str | None
    patron_category: str | None
    clc: str

    def statistics(self) -> dict[str, str | None]:
        """Return the figures an event keeps when the reader is forgotten."""
        return {"age_band": self.age_band, "patron_category": self.patron_category, "clc": self.clc}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a hold: why, ids and dates that go with it, where, and the copy it had when it has none now."""

    kind: str
    cause: Cause
    details: Mapping[str, Any] = field(default_factory=dict)
    branch_id: int | None = None
    item_id: int | None = None


_FIELDS = frozenset(one.name for one in fields(Held))
# Dates that an event tells when a state changes with them.
_TOLD = frozenset({"pickup_until_on", "promised_on", "suspended_until_on"})


def by_id(session: Session, hold_id: int) -> Held:
    """Return a hold. Raises `NotFound` `unknown_hold`."""
    found = read(session, query().where(Hold.id == hold_id))
    if not found:
        raise NotFound("unknown_hold", hold=hold_id)
    return found[0]


def lock_queue(session: Session, bib_id: int) -> None:
    """Lock every open hold of a title; copies are locked before. On SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        queue = select(Hold.id).where(Hold.bib_id == bib_id, Hold.ended_at.is_(None))
        session.execute(queue.order_by(Hold.id).with_for_update()).all()


def locked(session: Session, hold_id: int) -> Held:
    """Return a hold with its queue locked; lock its copies before. Raises `NotFound` `unknown_hold`."""
    lock_queue(session, by_id(session, hold_id).bib_id)
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
    cause: Cause,
    *,
    branch_id: int | None = None,
    **values: Any,
) -> Held:
    """Take `action` on a hold that is known to allow it; `values` are further columns. Return it as it stands then.

    Raises `ValueError` when the action does not fit, which is a caller's fault.
    """
    state = next_state(hold.state, action)
    if state is None:
        msg = f"{action} does not fit a hold at {hold.state}"
        raise ValueError(msg)
    written = {"state": str(state), "cause": str(cause), **values}
    if state in ENDED:
        written["ended_at"] = operation.at
    if state is not State.SUSPENDED:
        written["suspended_until_on"] = None
    session.execute(update(Hold).where(Hold.id == hold.id).values(written))
    known = {name: value for name, value in values.items() if name in _FIELDS}
    after = replace(hold, state=state, **known)
    dates = {name: day.isoformat() for name, day in values.items() if isinstance(day, date) and name in _TOLD}
    event = Happened(EVENTS[action], cause, dates, branch_id, hold.captured_item_id)
    announce(session, operation, after, event)
    return after


def asked_by(operation: Operation) -> Cause:
    """Return whose wish it is: the reader's who acts for themselves, else that of staff."""
    return Cause.READER if operation.actor.kind == "patron" else Cause.STAFF


def note(session: Session, operation: Operation, kind: str, hold: Held, cause: Cause, **values: Any) -> Held:
    """Write columns of a hold whose state stays, and the event that tells of them. Return it as it stands then."""
    session.execute(update(Hold).where(Hold.id == hold.id).values(values))
    after = replace(hold, **{name: value for name, value in values.items() if name in _FIELDS})
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    announce(session, operation, after, Happened(kind, cause, told))
    return after


def announce(session: Session, operation: Operation, hold: Held, event: Happened) -> None:
    """Write the event of a hold as it stands now."""
    payload = {
        "hold_id": hold.id,
        "state": str(hold.state),
        "pickup_branch_id": hold.pickup_branch_id,
        "cause": str(event.cause),
        **event.details,
    }
    events.record(
        session,
        operation,
        event.kind,
        branch_id=event.branch_id or hold.pickup_branch_id,
        bib_id=hold.bib_id,
        item_id=hold.captured_item_id or event.item_id,
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
        Hold.pickup_until_on,
        Hold.promised_on,
        Hold.expires_on,
        Hold.age_band,
        Hold.patron_category,
        Bib.clc_top.label("clc"),
    ).join(Bib, Bib.id == Hold.bib_id)


def read(session: Session, wanted: Select[*tuple[Any, ...]]) -> Sequence[Held]:
    """Return the holds of a narrowed `query`."""
    return [held_of(row) for row in session.execute(wanted)]


def held_of(row: Any) -> Held:
    """Return the hold of a row of `query`, which may have further columns."""
    values = {name: getattr(row, name) for name in _FIELDS}
    return Held(**{**values, "state": State(row.state)})


def as_date(text: str | None) -> date | None:
    """Return the date of an answer, where dates are text."""
    return date.fromisoformat(text) if text else None
