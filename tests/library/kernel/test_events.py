"""Events are written with the change, delivered once to each consumer, and never altered."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from circulation.models import LedgerEntry
from library.kernel import clock, events
from library.kernel.actors import Actor, ActorKind
from library.kernel.models import EventRow
from library.kernel.operations import Operation
from tests import factories

Make = Callable[..., Operation]


@pytest.fixture
def consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_consumers", {})
    events.consumer("index", ["bib.*"])
    events.consumer("rollups", ["loan.opened"])


@pytest.mark.usefixtures("consumers")
def test_each_consumer_hears_of_what_it_wants(session: Session, operation: Make) -> None:
    bib = events.record(session, operation(), "bib.created", bib_id=1)
    loan = events.record(session, operation(), "loan.opened", item_id=1)
    assert [row.id for row in events.pending(session, "index")] == [bib]
    assert [row.id for row in events.pending(session, "rollups")] == [loan]


@pytest.mark.usefixtures("consumers")
def test_handling_is_recorded_per_event(session: Session, operation: Make) -> None:
    first, second, third = (events.record(session, operation(), "bib.changed", bib_id=n) for n in (1, 2, 3))
    events.mark_handled(session, "index", [second])
    assert [row.id for row in events.pending(session, "index")] == [first, third]
    events.mark_handled(session, "index", [first, second, third])
    assert events.pending_count(session, "index") == 0


@pytest.mark.usefixtures("consumers")
def test_a_failed_event_stays_pending(session: Session, operation: Make) -> None:
    event = events.record(session, operation(), "bib.changed", bib_id=1)
    events.mark_failed(session, "index", event, "disk full")
    assert [row.id for row in events.pending(session, "index")] == [event]


@pytest.mark.usefixtures("consumers")
def test_many_events_are_stored_as_one_is(session: Session, operation: Make) -> None:
    started = operation()
    rows = [events.row(started, "bib.created", bib_id=number, statistics={"clc": "S"}) for number in range(3)]
    events.record_many(session, rows)
    assert events.pending_count(session, "index") == 3
    events.record_many(session, rows, deliver=False)
    assert events.pending_count(session, "index") == 3


def recorded(session: Session, started: Operation) -> int:
    return events.record(session, started, "loan.opened", patron_id=7, payload={"loan": 1})


@pytest.mark.parametrize(
    "values", [{"kind": "other"}, {"payload": {}}, {"branch_id": 4}, {"patron_id": 8}, {"actor_id": None}]
)
def test_an_event_cannot_be_changed(session: Session, operation: Make, values: dict[str, object]) -> None:
    event = recorded(session, operation(actor=Actor(ActorKind.STAFF, 3)))
    with pytest.raises(DatabaseError, match="immutable"), session.begin_nested():
        session.execute(update(EventRow).where(EventRow.id == event).values(**values))


def test_an_event_cannot_be_deleted(session: Session, operation: Make) -> None:
    recorded(session, operation())
    with pytest.raises(DatabaseError, match="immutable"), session.begin_nested():
        session.execute(delete(EventRow))


def test_a_reader_can_be_taken_out_of_an_event_once(session: Session, operation: Make) -> None:
    event = recorded(session, operation(actor=Actor(ActorKind.PATRON, 7)))
    session.execute(update(EventRow).where(EventRow.id == event).values(patron_id=None, actor_id=None))
    row = session.execute(select(EventRow.patron_id, EventRow.actor_id).where(EventRow.id == event)).one()
    assert tuple(row) == (None, None)
    with pytest.raises(DatabaseError, match="immutable"), session.begin_nested():
        session.execute(update(EventRow).where(EventRow.id == event).values(patron_id=7))


def test_a_ledger_line_is_for_ever(session: Session) -> None:
    branch = factories.a_branch(session)
    patron = factories.a_patron(session, branch=branch)
    session.add(
        LedgerEntry(patron_id=patron.id, kind="compensation", amount_cents=500, branch_id=branch.id, at=clock.now())
    )
    session.flush()
    for statement in (update(LedgerEntry).values(amount_cents=1), delete(LedgerEntry)):
        with pytest.raises(DatabaseError, match="immutable"), session.begin_nested():
            session.execute(statement)
