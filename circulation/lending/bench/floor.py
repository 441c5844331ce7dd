"""The least that any program could do for a loan: the rows of a loan in one durable transaction, no reads, no rules.

The rows are those that lending writes, and as long: loan, copy, event, its delivery to the figures, operation; only the
operation is written once, with its answer, and not claimed before. On the same database as what is compared with it, so
that the same indexes, keys and triggers are kept, and on a bare connection: `sqlite3` with the settings of ours, `psycopg`
with its own prepared statements.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from circulation.lending.bench.corpus import ASKING, Copy, Corpus
from library.kernel import clock
from library.kernel.db import Database
from library.kernel.operations import new_id

Run = Callable[[str, tuple[Any, ...]], Any]
_FSYNCS: Final = 50
_LEND: Final = (
    "INSERT INTO loans (item_id, bib_id, patron_id, out_branch_id, out_at, due_on, renewals, is_on_site, age_band,"
    " patron_category, village_id, clc, item_class, decided, operation_id)"
    " VALUES (?, ?, ?, ?, ?, '2099-01-01', 0, ?, 'adult', 'adult', ?, 'S', 'book', ?, ?)"
)
_TAKE_BACK: Final = (
    "UPDATE loans SET in_at = ?, in_branch_id = ?, closed_as = 'returned' WHERE item_id = ? AND in_at IS NULL"
)
_LENT: Final = "UPDATE items SET is_available = ?, last_loan_on = '2026-01-01' WHERE id = ?"
_RETURNED: Final = "UPDATE items SET is_available = ? WHERE id = ?"
_EVENT: Final = (
    "INSERT INTO events (kind, version, at, operation_id, actor_kind, branch_id, bib_id, item_id, patron_id, age_band,"
    " patron_category, village_id, clc, payload)"
    " VALUES (?, 1, ?, ?, 'system', ?, ?, ?, ?, 'adult', 'adult', ?, 'S', ?) RETURNING id"
)
_DELIVERY: Final = "INSERT INTO event_deliveries (consumer, event_id, attempts) VALUES ('rollups', ?, 0)"
_OPERATION: Final = (
    "INSERT INTO operations (id, kind, actor_kind, channel, branch_id, digest, outcome, answer, at)"
    " VALUES (?, ?, 'system', 'job', ?, ?, 'allowed', ?, ?)"
)
_DECIDED: Final = json.dumps({"rows": {name: number for number, name in enumerate(ASKING)}})
_PAYLOADS: Final = {
    "loan.opened": json.dumps({"loan_id": 1_000_000, "due_on": "2099-01-01", "overridden": []}),
    "loan.closed": json.dumps({"loan_id": 1_000_000, "days_out": 0, "days_late": 0}),
}
_ASKED: Final = {
    "path": "/1/",
    "item_class": "book",
    "patron_category": "adult",
    "on": "2026-01-01",
    "at": "2026-01-01T01:00:00.000000+00:00",
}
_TOLD: Final = {"decision": "allowed", "reasons": [], "item": 1_000_000, "patron": 10_000, "candidates": []}
_LENT_ANSWER: Final = json.dumps(_TOLD | {"loan": {"id": 1_000_000, "due_on": "2099-01-01"}, "policy": [_ASKED]})
_BACK_ANSWER: Final = json.dumps(
    _TOLD | {"closed_loan": 1_000_000, "next": "shelve", "destination": 1, "hold": None, "policy": []}
)


class Floor:
    """The writes of a check-out and of a check-in on a bare connection; `run` sends a statement."""

    def __init__(self, run: Run, begin: str, corpus: Corpus) -> None:
        self._run = run
        self._begin = begin
        self._corpus = corpus

    def lend(self, number: int, copy: Copy) -> None:
        """Write a loan of the copy."""
        operation, now, branch_id = new_id(), _now(), self._corpus.branch_id
        reader = self._corpus.fresh[number % len(self._corpus.fresh)]
        loan = (copy.id, copy.bib_id, reader.id, branch_id, now, False, branch_id, _DECIDED, operation)
        with self._transaction():
            self._run(_LEND, loan)
            self._run(_LENT, (False, copy.id))
            self._tell("loan.opened", operation, now, copy, reader.id)
            self._remember("check_out", operation, now, _LENT_ANSWER)

    def take_back(self, number: int, copy: Copy) -> None:
        """Close the copy's loan."""
        operation, now, branch_id = new_id(), _now(), self._corpus.branch_id
        reader = self._corpus.fresh[number % len(self._corpus.fresh)]
        with self._transaction():
            self._run(_TAKE_BACK, (now, branch_id, copy.id))
            self._run(_RETURNED, (True, copy.id))
            self._tell("loan.closed", operation, now, copy, reader.id)
            self._remember("check_in", operation, now, _BACK_ANSWER)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run(self._begin, ())
        yield
        self._run("COMMIT", ())

    def _tell(self, kind: str, operation: str, now: str, copy: Copy, patron_id: int) -> None:
        branch_id = self._corpus.branch_id
        told = (kind, now, operation, branch_id, copy.bib_id, copy.id, patron_id, branch_id, _PAYLOADS[kind])
        self._run(_DELIVERY, self._run(_EVENT, told).fetchone())

    def _remember(self, kind: str, operation: str, now: str, answer: str) -> None:
        self._run(_OPERATION, (operation, kind, self._corpus.branch_id, "0" * 64, answer, now))


@contextmanager
def floor(database: Database, corpus: Corpus) -> Iterator[Floor]:
    """Yield the floor of a database."""
    url = database.url
    if database.is_sqlite:
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as connection:
            for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000"):
                connection.execute(f"PRAGMA {setting}")
            yield Floor(connection.execute, "BEGIN IMMEDIATE", corpus)
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:

        def run(statement: str, values: tuple[Any, ...]) -> Any:
            return server.execute(statement.replace("?", "%s").encode(), values or None)

        yield Floor(run, "BEGIN", corpus)


def fsync_ms(folder: Path) -> float:
    """Return how long the disk takes to keep one page, in milliseconds (median)."""
    taken: list[float] = []
    with (folder / "fsync").open("wb") as file:
        for _number in range(_FSYNCS):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return round(median(taken), 3)


def _now() -> str:
    """Return the present instant as SQLite keeps it; PostgreSQL reads it in the time zone of its connection."""
    return clock.now().replace(tzinfo=None).isoformat(" ", "microseconds")
