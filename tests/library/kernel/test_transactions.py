"""What commits, what rolls back, and who waits for whom."""

import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import InternalError, StatementError

from library.kernel.db import Database
from library.kernel.errors import Busy
from library.kernel.models import Counter, JobLease
from library.kernel.writer_lock import LockTimeout, WriterLock


def counters(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Counter)) or 0


def test_leaving_a_writing_block_commits(database: Database) -> None:
    with database.writing() as session:
        session.add(Counter(name="a", value=1))
    assert counters(database) == 1


def test_an_exception_rolls_a_writing_block_back(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(Counter(name="a", value=1))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert counters(database) == 0


def test_a_reading_block_keeps_nothing(database: Database) -> None:
    refused = nullcontext() if database.is_sqlite else pytest.raises(InternalError, match="read-only")
    with refused, database.reading() as session:
        session.add(Counter(name="a", value=1))
        session.flush()
    assert counters(database) == 0


def test_a_dry_run_locks_and_keeps_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(Counter(name="a", value=1))
    with database.trying() as session:
        session.scalars(select(Counter).with_for_update()).one().value = 2
        session.flush()
    with database.reading() as session:
        assert session.scalars(select(Counter.value)).all() == [1]


def test_reading_lets_postgresql_keep_the_plans_of_a_connection(database: Database) -> None:
    """A rollback would not: psycopg then forgets what it has prepared, and each scan would be planned anew."""
    if database.is_sqlite:
        pytest.skip("SQLite plans in microseconds")
    for _time in range(8):
        with database.reading() as session:
            session.execute(select(Counter).where(Counter.name == "a")).all()
    with database.reading() as session:
        kept = session.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%counters%'"))
    assert kept == 1


def test_who_waits_too_long_for_a_row_is_told_to_come_again(database: Database, database_url: str) -> None:
    impatient = Database(database_url, busy_seconds=0.2)
    with impatient.writing() as session:
        session.add(Counter(name="a", value=1))

    def raise_it() -> None:
        with impatient.writing() as session:
            session.execute(update(Counter).values(value=2))

    with database.writing() as session:
        session.execute(update(Counter).values(value=3))
        with pytest.raises(Busy):
            raise_it()
    raise_it()
    impatient.dispose()


def test_an_instant_without_timezone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  the fault under test
    with pytest.raises(StatementError, match="needs a timezone"), database.writing() as session:
        session.add(JobLease(name="a", holder="b", expires_at=naive))


def test_instants_come_back_aware(database: Database) -> None:
    instant = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with database.writing() as session:
        session.add(JobLease(name="a", holder="b", expires_at=instant))
    with database.reading() as session:
        assert session.scalars(select(JobLease.expires_at)).one() == instant


def test_a_writer_that_waits_too_long_is_told_to_come_again(sqlite_template: Path) -> None:
    url = f"sqlite:///{sqlite_template}"
    holder, waiter = Database(url), Database(url, busy_seconds=0.1)
    with holder.writing(), pytest.raises(Busy) as refused, waiter.writing():
        pass
    assert refused.value.params["retry_after"] > 0
    holder.dispose()
    waiter.dispose()


def test_counting_threads_never_lose_a_step(database: Database) -> None:
    with database.writing() as session:
        session.add(Counter(name="steps", value=0))

    def step() -> None:
        for _ in range(20):
            with database.writing() as session:
                counter = session.get_one(Counter, "steps", with_for_update=True)
                counter.value += 1

    threads = [threading.Thread(target=step) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Counter, "steps").value == 80


def test_the_writers_turn_goes_by_arrival(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock", timeout=10)
    order: list[int] = []
    lock.acquire()
    arrived = [threading.Event() for _ in range(5)]

    def wait(number: int) -> None:
        arrived[number].set()
        lock.acquire()
        order.append(number)
        lock.release()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        arrived[number].wait()
        while len(lock._queue) <= number:
            threading.Event().wait(0.001)
        threads.append(thread)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_that_timed_out_is_not_given_away(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock", timeout=0.05)
    lock.acquire()
    with pytest.raises(LockTimeout):
        lock.acquire()
    lock.release()
    lock.acquire()
    lock.release()


def test_checkpoint_outside_a_transaction_succeeds(database: Database) -> None:
    with database.writing() as session:
        session.add(Counter(name="a", value=1))
    database.checkpoint()
    assert counters(database) == 1
