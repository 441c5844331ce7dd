"""Jobs: one worker at a time, events handled once, one bad event does not hold up the others."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from library.kernel import events, jobs, leases, schedules
from library.kernel.db import reading, writing
from library.kernel.errors import Busy
from library.kernel.models import EventDelivery, JobLease, JobSchedule, OperationRow
from library.kernel.operations import Operation
from library.kernel.schedules import Scheduled

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
Factory = Callable[..., Operation]


@pytest.fixture
def context(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application context whose only consumers and schedule are those of the test."""
    monkeypatch.setattr(jobs, "_consumers", {})
    monkeypatch.setattr(jobs, "_scheduled", {})
    monkeypatch.setattr(events, "_consumers", {})
    with app.app_context():
        yield app


def record(operation: Factory, *kinds: str) -> list[int]:
    with writing() as session:
        return [events.record(session, operation("test"), kind) for kind in kinds]


def test_a_consumer_hears_of_the_kinds_it_wants_and_once(context: Flask, operation: Factory) -> None:
    heard: list[int] = []
    jobs.consumer("index", ["bib.*"])(lambda batch: heard.extend(event.id for event in batch))
    ids = record(operation, "bib.created", "loan.opened", "bib.changed")
    assert jobs.drain() == 2
    assert jobs.drain() == 0
    assert heard == [ids[0], ids[2]]


def test_one_bad_event_does_not_hold_up_the_others(context: Flask, operation: Factory) -> None:
    heard: list[int] = []
    ids = record(operation)
    jobs.consumer("index", ["bib.*"])(lambda batch: heard.extend(10 // (event.id - ids[1]) for event in batch))
    ids = record(operation, "bib.created", "bib.created", "bib.created")
    assert jobs.drain() == 2
    with reading() as session:
        left = session.execute(select(EventDelivery).where(EventDelivery.handled_at.is_(None))).scalars().all()
        assert [(row.event_id, row.attempts, row.error) for row in left] == [(ids[1], 1, "ZeroDivisionError")]
    assert jobs.drain() == 0, "a consumer that failed pauses"


def test_a_bad_event_does_not_make_the_events_after_it_wait(context: Flask, operation: Factory) -> None:
    heard: list[int] = []
    bad = record(operation)
    jobs.consumer("index", ["bib.*"])(lambda batch: heard.extend(10 // (event.id not in bad) for event in batch))
    bad += record(operation, "bib.created")
    assert [jobs.drain(), jobs.drain()] == [0, 0], "nothing worked, the consumer pauses"
    for lane in jobs._consumers["index"].lanes:
        lane.not_before = 0.0
    for _time in range(3):
        record(operation, "bib.created", "bib.changed")
        assert jobs.drain() == 2
    with reading() as session:
        left = session.execute(select(EventDelivery).where(EventDelivery.handled_at.is_(None))).scalars().all()
        assert [row.event_id for row in left] == bad


def test_a_busy_database_ends_the_round_and_not_the_process(
    context: Flask, operation: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: object) -> None:
        raise Busy("busy")

    jobs.consumer("index", ["bib.*"])(lambda batch: [1 // 0 for _event in batch])
    record(operation, "bib.created")
    monkeypatch.setattr(events, "mark_failed", busy)
    assert jobs.run(threading.Event(), once=True)


def test_one_that_fails_does_not_keep_the_others_from_their_turn(context: Flask) -> None:
    done: list[int] = []

    def act(_session: object, _operation: Operation, number: int) -> bool:
        done.append(10 // number)
        return True

    with pytest.raises(ZeroDivisionError):
        jobs.one_by_one("sweep", [2, 0, 5], act)
    assert done == [5, 2]
    with reading() as session:
        assert session.scalars(select(OperationRow.kind)).all() == ["sweep", "sweep"]


def test_nightly_work_that_fails_comes_again_within_the_hour(context: Flask, clock: Callable[[datetime], None]) -> None:
    jobs.scheduled("night", daily="12:30")(lambda: 1 // 0)
    schedules.prepare(jobs._scheduled.values())
    clock(NOON + timedelta(minutes=30))
    assert jobs.run_due() == 1
    with reading() as session:
        assert session.scalars(select(JobSchedule.next_at)).one() == NOON + timedelta(minutes=45)


def test_a_consumer_in_the_transaction_writes_with_its_mark_or_not_at_all(context: Flask, operation: Factory) -> None:
    def count(session: Any, batch: Any) -> None:
        session.add(JobLease(name=f"seen-{batch[0].id}", holder="test", expires_at=NOON))
        session.flush()
        raise RuntimeError

    jobs.consumer("rollups", ["bib.*"], in_transaction=True)(count)
    record(operation, "bib.created")
    assert jobs.drain() == 0
    with reading() as session:
        assert session.scalars(select(JobLease)).all() == []


def test_once_works_through_everything_and_gives_the_lease_back(context: Flask, operation: Factory) -> None:
    heard: list[int] = []
    ran: list[str] = []
    jobs.consumer("index", ["bib.*"])(lambda batch: heard.extend(event.id for event in batch))
    jobs.scheduled("sweep", every=3600)(lambda: ran.append("sweep"))
    jobs.scheduled("night", daily="02:30")(lambda: ran.append("night"))
    ids = record(operation, *["bib.created"] * 3)
    assert jobs.run(threading.Event(), once=True)
    assert heard == ids
    assert ran == ["sweep"]
    with reading() as session:
        assert session.scalars(select(JobLease)).all() == []


def test_a_second_process_does_not_work_while_the_first_holds_the_lease(context: Flask) -> None:
    with writing() as session:
        assert leases.take(session, jobs.LEASE, f"elsewhere:1:{'0' * 8}")
    assert not jobs.run(threading.Event(), once=True)


def test_a_lease_is_stolen_when_it_ran_out_and_not_before(context: Flask, clock: Callable[[datetime], None]) -> None:
    first, second = "elsewhere:1:a", "elsewhere:2:b"
    for holder, at, gets in (
        (first, NOON, True),
        (second, NOON + leases.LASTS / 2, False),
        (first, NOON + leases.LASTS / 2, True),
        (second, NOON + leases.LASTS, False),
        (second, NOON + leases.LASTS * 2, True),
        (first, NOON + leases.LASTS * 2, False),
    ):
        clock(at)
        with writing() as session:
            assert leases.take(session, "test", holder) is gets, (holder, at)


def test_a_dead_process_of_this_machine_is_not_waited_for(context: Flask) -> None:
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    mine = leases.new_holder()
    with writing() as session:
        assert leases.take(session, "test", mine.replace(f":{os.getpid()}:", f":{dead}:"))
        assert leases.take(session, "test", mine)
        assert not leases.take(session, "test", "elsewhere:1:a")


def test_a_lost_lease_is_noticed(context: Flask) -> None:
    heartbeat = leases.Heartbeat(context.extensions["library.database"], "test", "elsewhere:1:a")
    assert heartbeat.renew()
    with writing() as session:
        leases.release(session, "test", "elsewhere:1:a")
        assert leases.take(session, "test", "elsewhere:2:b")
    assert not heartbeat.renew()


@pytest.mark.parametrize(
    ("daily", "after", "due"),
    [
        ("02:30", NOON, NOON + timedelta(hours=14, minutes=30)),
        ("13:00", NOON, NOON + timedelta(hours=1)),
        ("12:00", NOON, NOON + timedelta(days=1)),
    ],
)
def test_daily_work_is_due_at_the_local_time(daily: str, after: datetime, due: datetime) -> None:
    assert Scheduled("x", print, daily=daily).next_after(after) == due


def test_work_that_fails_is_noted_and_comes_again_at_its_time(
    context: Flask, clock: Callable[[datetime], None]
) -> None:
    jobs.scheduled("broken", every=60)(lambda: 1 // 0)
    schedules.prepare(jobs._scheduled.values())
    assert jobs.run_due() == 1
    assert jobs.run_due() == 0
    with reading() as session:
        row = session.scalars(select(JobSchedule)).one()
        assert (row.last_error, row.next_at) == ("ZeroDivisionError", NOON + timedelta(seconds=60))
    clock(NOON + timedelta(seconds=61))
    assert jobs.run_due() == 1


def test_work_nobody_registers_any_more_is_dropped(context: Flask) -> None:
    schedules.prepare([Scheduled("old", print, every=1)])
    schedules.prepare([Scheduled("new", print, every=1)])
    with reading() as session:
        assert session.scalars(select(JobSchedule.name)).all() == ["new"]
