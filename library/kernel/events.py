"""Events: each change writes one row in its own transaction; consumers work through them one by one.

One table is the audit trail, the outbox and the source of the statistics. A consumer subscribes to kinds; every event it
wants gets a delivery row in the same transaction. What a consumer has done is recorded per event and never as a high-water
mark: with two writers, ids become visible out of order, and a mark would skip the late one. Payloads hold ids, codes and
statistics only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from library.kernel import clock
from library.kernel.db import table_of
from library.kernel.models import EventDelivery, EventRow
from library.kernel.operations import Operation
from library.kernel.prepared import Prepared, given

STATISTICS = ("age_band", "patron_category", "village_id", "clc")
# Member of the payload of an event that was written later: the local day on which it was, ISO; `at` is when it was written.
ON = "on"

_events = table_of(EventRow)
_deliveries = table_of(EventDelivery)
_columns = [column for column in _events.columns if column is not _events.c.id]
_INSERT = insert(_events).values(given(*_columns)).returning(_events.c.id)
_RECORD = Prepared(_INSERT)
_consumers: dict[str, frozenset[str]] = {}


def consumer(name: str, kinds: Iterable[str]) -> None:
    """Subscribe the consumer `name` to event kinds, from now on; a kind may be `bib.*`."""
    _consumers[name] = frozenset(kinds)


def consumers() -> tuple[str, ...]:
    """Return the names of all consumers."""
    return tuple(_consumers)


def wants(name: str, kind: str) -> bool:
    """Tell whether the consumer `name` subscribed to `kind`."""
    return name in _wanting(kind)


def row(
    operation: Operation,
    kind: str,
    *,
    at: datetime | None = None,
    branch_id: int | None = None,
    bib_id: int | None = None,
    item_id: int | None = None,
    patron_id: int | None = None,
    statistics: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an event as a row; `record` stores one, a bulk load many. `at` is given when it happened before it is told."""
    figures = statistics or {}
    return {
        "kind": kind,
        "version": 1,
        "at": at if at is not None else operation.at,
        "operation_id": operation.id,
        "actor_kind": str(operation.actor.kind),
        "actor_id": operation.actor.id,
        "branch_id": branch_id if branch_id is not None else operation.branch_id,
        "bib_id": bib_id,
        "item_id": item_id,
        "patron_id": patron_id,
        **{name: figures.get(name) for name in STATISTICS},
        "payload": dict(payload or {}),
    }


def record(
    session: Session,
    operation: Operation,
    kind: str,
    *,
    branch_id: int | None = None,
    bib_id: int | None = None,
    item_id: int | None = None,
    patron_id: int | None = None,
    statistics: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Store one event and a delivery for every consumer that wants it; return the event's id."""
    values = row(
        operation,
        kind,
        branch_id=branch_id,
        bib_id=bib_id,
        item_id=item_id,
        patron_id=patron_id,
        statistics=statistics,
        payload=payload,
    )
    names = _wanting(kind)
    if names and session.get_bind().dialect.name != "sqlite":
        return int(_record_and_deliver(names).first(session, **values).event_id)
    event_id: int = _RECORD.first(session, **values).id
    if names:
        _delivery(names).run(session, event_id=event_id)
    return event_id


def _wanting(kind: str) -> tuple[str, ...]:
    family = f"{kind.partition('.')[0]}.*"
    return tuple(name for name, kinds in _consumers.items() if kind in kinds or family in kinds)


@cache
def _delivery(names: tuple[str, ...]) -> Prepared:
    """Return the statement that delivers one event to consumers."""
    return Prepared(_deliveries_of(names, bindparam("event_id", type_=BigInteger)))


@cache
def _record_and_deliver(names: tuple[str, ...]) -> Prepared:
    """Return the same together with the event's own row, for PostgreSQL, where each statement is a way there and back."""
    recorded = _INSERT.cte("recorded")
    return Prepared(_deliveries_of(names, recorded.c.id).returning(_deliveries.c.event_id))


def _deliveries_of(names: tuple[str, ...], event_id: ColumnElement[int]) -> Insert:
    rows = [select(literal(name), event_id, literal(0)) for name in names]
    return insert(_deliveries).from_select(["consumer", "event_id", "attempts"], union_all(*rows))


def record_many(session: Session, rows: Sequence[Mapping[str, Any]], *, deliver: bool = True) -> None:
    """Store many rows made by `row`; with `deliver` False no consumer hears of them (it is rebuilt afterwards)."""
    if not rows:
        return
    if not deliver:
        session.execute(insert(_events), list(rows))
        return
    stored = session.execute(insert(_events).returning(_events.c.id, _events.c.kind), list(rows)).all()
    _deliver(session, [(event_id, kind) for event_id, kind in stored])


def _deliver(session: Session, stored: Iterable[tuple[int, str]]) -> None:
    deliveries = [
        {"consumer": name, "event_id": event_id, "attempts": 0} for event_id, kind in stored for name in _wanting(kind)
    ]
    if deliveries:
        session.execute(insert(_deliveries), deliveries)


def pending(session: Session, name: str, limit: int = 500, *, failed: bool | None = None) -> Sequence[Row[Any]]:
    """Return up to `limit` events the consumer has not handled, oldest first, as rows of the events table.

    With `failed`, only those it has tried in vain (True) or has not tried yet (False).
    """
    wanted = [_deliveries.c.consumer == name, _deliveries.c.handled_at.is_(None)]
    if failed is not None:
        wanted.append(_deliveries.c.attempts > 0 if failed else _deliveries.c.attempts == 0)
    return session.execute(
        select(_events)
        .join(_deliveries, _deliveries.c.event_id == _events.c.id)
        .where(*wanted)
        .order_by(_events.c.id)
        .limit(limit)
    ).all()


def pending_ids(session: Session, name: str) -> list[int]:
    """Return the ids of all events the consumer has not handled, for one that starts anew from the tables."""
    waiting = select(_deliveries.c.event_id).where(_deliveries.c.consumer == name, _deliveries.c.handled_at.is_(None))
    return list(session.scalars(waiting.order_by(_deliveries.c.event_id)))


def pending_count(session: Session, name: str) -> int:
    """Return how many events the consumer still has to handle."""
    return (
        session.scalar(select(func.count()).where(_deliveries.c.consumer == name, _deliveries.c.handled_at.is_(None)))
        or 0
    )


def mark_handled(session: Session, name: str, event_ids: Iterable[int]) -> None:
    """Record that the consumer has handled these events; done twice it changes nothing."""
    ids = list(event_ids)
    for start in range(0, len(ids), 500):
        session.execute(
            update(_deliveries)
            .where(
                _deliveries.c.consumer == name,
                _deliveries.c.event_id.in_(ids[start : start + 500]),
                _deliveries.c.handled_at.is_(None),
            )
            .values(handled_at=clock.now(), error=None)
        )


def mark_failed(session: Session, name: str, event_id: int, error: str) -> None:
    """Record a failed attempt; the event stays pending."""
    session.execute(
        update(_deliveries)
        .where(_deliveries.c.consumer == name, _deliveries.c.event_id == event_id)
        .values(attempts=_deliveries.c.attempts + 1, error=error[:2000])
    )


def forget_handled(session: Session, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` deliveries handled before an instant, to keep the outbox small; the events stay.

    Return how many.
    """
    old = (
        select(_deliveries.c.consumer, _deliveries.c.event_id)
        .where(_deliveries.c.handled_at < before)
        .order_by(_deliveries.c.consumer, _deliveries.c.event_id)
        .limit(limit)
    )
    result = session.execute(delete(_deliveries).where(tuple_(_deliveries.c.consumer, _deliveries.c.event_id).in_(old)))
    return int(getattr(result, "rowcount", 0))
