"""Work beside the requests: consumers of the outbox and a table of things to do again and again.

```python
@jobs.consumer("index", ["bib.*", "item.*"])       # outside a transaction: files and network are allowed
def feed_index(events): ...

@jobs.consumer("rollups", ["loan.*"], in_transaction=True)   # counted exactly once, with the mark
def count(session, events): ...

@jobs.scheduled("close_days", daily="02:30")       # or every=600 (seconds)
def close_days(): ...
```

A consumer outside a transaction is told of an event at least once and must bear being told twice. A batch that fails is
tried again event by event; what fails alone is set apart and tried again after longer and longer pauses, so that a bad
event never holds up those that come after it. One process works at a time (`leases`); every second it also moves SQLite's
log into its file, off the requests.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from library.kernel import events, leases, schedules
from library.kernel.db import database, reading, writing
from library.kernel.errors import DomainError
from library.kernel.operations import Operation, remember, system_operation
from library.kernel.schedules import Scheduled
from library.kernel.telemetry import JOB_RUNS

log = structlog.get_logger("library.jobs")

LEASE: Final = "jobs"
BATCH: Final = 500
PAUSE_SECONDS: Final = 0.5
LONGEST_BACKOFF_SECONDS: Final = 300.0

Events = Sequence[Row[Any]]


@dataclass
class Lane:
    """The events a consumer has not tried yet, or those it has tried in vain; each lane pauses by itself."""

    failed: bool
    failures: int = 0
    not_before: float = 0.0

    def note(self, *, worked: bool) -> None:
        """Go on at once after something worked, else pause, twice as long as before."""
        self.failures = 0 if worked else self.failures + 1
        self.not_before = 0.0 if worked else time.monotonic() + min(2.0**self.failures, LONGEST_BACKOFF_SECONDS)


@dataclass
class Consumer:
    """One subscriber of the outbox; its failed lane comes first, so that nothing is tried twice in one round."""

    name: str
    handle: Callable[..., None]
    in_transaction: bool = False
    lanes: tuple[Lane, ...] = field(default_factory=lambda: (Lane(failed=True), Lane(failed=False)))


_consumers: dict[str, Consumer] = {}
_scheduled: dict[str, Scheduled] = {}


def consumer(
    name: str, kinds: Iterable[str], *, in_transaction: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Subscribe the decorated function to event kinds."""

    def register(handle: Callable[..., None]) -> Callable[..., None]:
        events.consumer(name, kinds)
        _consumers[name] = Consumer(name, handle, in_transaction)
        return handle

    return register


def scheduled(
    name: str, *, every: int | None = None, daily: str | None = None
) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Have the decorated function called every so many seconds, or once a day at a local time such as `02:30`."""

    def register(run: Callable[[], object]) -> Callable[[], object]:
        _scheduled[name] = Scheduled(name, run, every, daily)
        return run

    return register


def run(stop: threading.Event, *, once: bool = False) -> bool:
    """Work until `stop` is set, or through everything there is when `once`; False when another process holds the lease.

    Without `once` the lease is waited for. Must be called inside an application context.
    """
    holder = leases.new_holder()
    while not _take(holder):
        if once or stop.wait(PAUSE_SECONDS):
            return False
    try:
        with leases.Heartbeat(database(), LEASE, holder) as heartbeat:
            schedules.prepare(_scheduled.values())
            _work(stop, heartbeat, once=once)
    finally:
        with writing() as session:
            leases.release(session, LEASE, holder)
    return True


def _take(holder: str) -> bool:
    try:
        with writing() as session:
            return leases.take(session, LEASE, holder)
    except DomainError:  # busy: somebody writes for long, try again
        return False


def _work(stop: threading.Event, heartbeat: leases.Heartbeat, *, once: bool) -> None:
    last_checkpoint = 0.0
    while not stop.is_set() and not heartbeat.lost.is_set():
        handled = _round(stop)
        if time.monotonic() - last_checkpoint > 1:
            _checkpoint()
            last_checkpoint = time.monotonic()
        if once and not handled:
            return
        if not handled:
            stop.wait(PAUSE_SECONDS)


def _round(stop: threading.Event) -> int:
    """Do what there is to do; a database that is busy or away for a moment ends the round and not the process."""
    try:
        return drain(stop) + run_due(stop)
    except (DomainError, SQLAlchemyError) as error:
        log.warning("jobs_round_cut_short", error=type(error).__name__)
        return 0


def _checkpoint() -> None:
    try:
        database().checkpoint()
    except SQLAlchemyError as error:
        log.warning("checkpoint_failed", error=type(error).__name__)


def drain(stop: threading.Event | None = None) -> int:
    """Give every consumer one batch of what it has not handled; return how many events were handled."""
    handled = 0
    for one in _consumers.values():
        for lane in one.lanes:
            if stop is not None and stop.is_set():
                return handled
            if time.monotonic() >= lane.not_before:
                handled += _one_batch(one, lane)
    return handled


def _one_batch(one: Consumer, lane: Lane) -> int:
    with reading() as session:
        batch = events.pending(session, one.name, BATCH, failed=lane.failed)
    if not batch:
        return 0
    handled = len(batch) if _handled(one, batch) else 0
    if not handled and len(batch) > 1:
        handled = sum(_handled(one, [event]) for event in batch)
    lane.note(worked=handled > 0)
    return handled


def _handled(one: Consumer, batch: Events) -> bool:
    ids = [event.id for event in batch]
    try:
        if one.in_transaction:
            with writing() as session:
                one.handle(session, batch)
                events.mark_handled(session, one.name, ids)
        else:
            one.handle(batch)
            with writing() as session:
                events.mark_handled(session, one.name, ids)
    except Exception as error:  # a consumer must not stop the others, whatever it raises
        JOB_RUNS.labels(one.name, "failed").inc()
        log.exception("consumer_failed", consumer=one.name, events=len(ids))
        if len(ids) == 1:
            _note_failure(one.name, ids[0], error)
        return False
    JOB_RUNS.labels(one.name, "done").inc()
    return True


def _note_failure(name: str, event_id: int, error: Exception) -> None:
    with writing() as session:
        events.mark_failed(session, name, event_id, type(error).__name__)


def run_due(stop: threading.Event | None = None) -> int:
    """Run the scheduled work that is due; return how many ran."""
    ran = 0
    for one in schedules.due(_scheduled):
        if stop is not None and stop.is_set():
            break
        outcome = "done" if schedules.run_one(one) else "failed"
        JOB_RUNS.labels(one.name, outcome).inc()
        ran += 1
    return ran


def one_by_one(kind: str, ids: Iterable[int], act: Callable[[Session, Operation, int], bool]) -> int:
    """Act on each id in a transaction and an operation of its own; return for how many `act` did something.

    No desk waits for the whole list, and an id that fails does not hold up the others: it is logged, and the last error is
    raised at the end, so that the work is noted as failed and comes again.
    """
    done, failed = 0, None
    for one in ids:
        operation = system_operation(kind)
        try:
            with writing() as session:
                if act(session, operation, one):
                    remember(session, operation, "done")
                    done += 1
        except Exception as error:  # whatever it raises, the next one must have its turn
            log.exception("job_failed_for_one", job=kind, id=one)
            failed = error
    if failed is not None:
        raise failed
    return done
