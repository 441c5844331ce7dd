"""`library bench lending`: how fast a desk lends, against the least any program could do on the same disk.

The floor is bare `sqlite3`: BEGIN IMMEDIATE and the four writes a loan cannot do without (loan, copy, event, operation), no
reads, no rules. Both run in one process on one temporary file in alternating blocks, because a machine drifts more between
two runs than the difference is; the ratio is that of the median blocks. Since the disk dominates where it is slow, the
time one fsync takes and the time added to the floor stand beside the ratio.
"""

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import event

from circulation.lending import services
from circulation.lending.bench_corpus import BRANCH, Corpus, corpus
from library.branches.services import branch_by_code
from library.kernel import schema
from library.kernel.console import Command, finish, json_option, progress
from library.kernel.db import Database
from library.kernel.operations import Answer, Operation, new_id, once, system_operation

BLOCKS: Final = 5
GOAL_RATIO: Final = 0.40
GOAL_ADDED_MS: Final = 1.0
GOAL_STATEMENTS: Final = 10
GOAL_FLAT: Final = 0.90
MANY_LOANS: Final = 500

Work = Callable[[int], None]


@dataclass
class Series:
    """Seconds of single operations, in blocks; and processor seconds of all of them, which other programs disturb less."""

    blocks: list[list[float]] = field(default_factory=list)
    processor: float = 0.0

    def processor_ms(self) -> float:
        """Return the processor time of one operation, in milliseconds."""
        return 1000 * self.processor / sum(len(block) for block in self.blocks)

    def rate(self) -> float:
        """Return operations per second of the median block."""
        return median(len(block) / sum(block) for block in self.blocks)

    def percentile(self, share: float) -> float:
        """Return a percentile of all operations, in milliseconds."""
        times = sorted(seconds for block in self.blocks for seconds in block)
        return times[min(len(times) - 1, int(share * len(times)))] * 1000


class Desk:
    """Lends, takes back and renews as an entry point does: branch, operation, decision, one transaction."""

    def __init__(self, database: Database, rows: Corpus) -> None:
        self.database = database
        self.rows = rows

    def lend(self, number: int) -> None:
        """Lend the next copy to the next reader."""
        self._lend(self.rows.cards[number % len(self.rows.cards)], self.rows.barcodes[number])

    def lend_to_busy(self, number: int) -> None:
        """Lend to the reader who has many loans already."""
        self._lend(self.rows.busy_card, self.rows.barcodes[number])

    def take_back(self, number: int) -> None:
        """Take back a copy lent before."""
        barcode = self.rows.barcodes[number]
        self._run(
            "check_in",
            {"barcode": barcode},
            lambda session, operation, branch: services.check_in(session, operation, branch=branch, barcode=barcode),
        )

    def _lend(self, card: str, barcode: str) -> None:
        content = {"card": card, "barcode": barcode}
        self._run(
            "check_out",
            content,
            lambda session, operation, branch: services.check_out(
                session, operation, branch=branch, card=card, barcode=barcode
            ),
        )

    def _run(self, kind: str, content: dict[str, str], act: Callable[[Any, Operation, Any], Answer]) -> None:
        operation = system_operation(kind)
        with self.database.writing() as session:
            branch = branch_by_code(session, BRANCH)
            answer = once(session, operation, content, lambda: act(session, operation, branch))
        assert answer["decision"] == "allowed", answer


class Floor:
    """The four writes of a loan on a bare connection with the same settings."""

    def __init__(self, path: Path, rows: Corpus) -> None:
        self.rows = rows
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000"):
            self.connection.execute(f"PRAGMA {pragma}")

    def lend(self, number: int) -> None:
        """Write a loan of the next copy."""
        run, rows = self.connection.execute, self.rows
        item, patron, now, operation = (
            rows.item_ids[number],
            rows.patron_ids[number % len(rows.patron_ids)],
            rows.now,
            new_id(),
        )
        run("BEGIN IMMEDIATE")
        run(
            "INSERT INTO loans (item_id, bib_id, patron_id, out_branch_id, out_at, due_on, renewals, is_on_site, item_class,"
            " decided, operation_id) VALUES (?, ?, ?, ?, ?, '2099-01-01', 0, 0, 'book', '{}', ?)",
            (item, rows.bib_ids[number], patron, rows.branch_id, now, operation),
        )
        run("UPDATE items SET is_available = 0, last_loan_on = '2026-01-01' WHERE id = ?", (item,))
        run(
            "INSERT INTO events (kind, version, at, operation_id, actor_kind, branch_id, item_id, patron_id, payload)"
            " VALUES ('loan.opened', 1, ?, ?, 'system', ?, ?, ?, '{}')",
            (now, operation, rows.branch_id, item, patron),
        )
        run(
            "INSERT INTO operations (id, kind, actor_kind, channel, branch_id, digest, outcome, answer, at)"
            " VALUES (?, 'check_out', 'system', 'job', ?, '', 'allowed', ?, ?)",
            (operation, rows.branch_id, json.dumps({"decision": "allowed", "item": item}), now),
        )
        run("COMMIT")


@click.command("lending", cls=Command)
@click.option(
    "--operations", default=200, show_default=True, type=click.IntRange(20, 5000), help="In each of 5 blocks."
)
@json_option
@with_appcontext
def bench(operations: int, *, as_json: bool) -> None:
    """Measure lending on a temporary SQLite database against the bare writes of a loan."""
    with tempfile.TemporaryDirectory(prefix="library-bench-") as folder:
        path = Path(folder) / "lending.sqlite"
        database = Database(f"sqlite:///{path}")
        schema.upgrade(database)
        rows = corpus(database, copies=operations * BLOCKS * 4 + MANY_LOANS, many_loans=MANY_LOANS)
        series, statements = _measure(database, Desk(database, rows), Floor(path, rows), operations)
        fsync = _fsync_ms(Path(folder))
        database.dispose()
    reached = goals(series, statements)
    table = [_line(name, one, statements.get(name)) for name, one in series.items()]
    summary = {
        "copies": len(rows.barcodes),
        "operations": operations * BLOCKS,
        "fsync_p50_ms": round(fsync, 3),
        "goals": reached,
        "series": {name: _figures(one) for name, one in series.items()},
        "statements": statements,
    }
    verdicts = (
        f"{g['name']}: {g['measured']} (goal {g['goal']}) {_('met') if g['met'] else _('MISSED')}" for g in reached
    )
    head = f"{'':22} {'per s':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8} {'cpu ms':>8} {'statements':>11}"
    finish(summary, as_json, f"fsync p50 {fsync:.3f} ms", head, *table, *verdicts)


def goals(series: dict[str, Series], statements: dict[str, int]) -> list[dict[str, Any]]:
    """Return what is promised of lending and what was measured."""
    floor, lend, busy = series["floor"], series["check-out"], series["check-out, 500 loans"]
    ratio = lend.rate() / floor.rate()
    added = lend.percentile(0.5) - floor.percentile(0.5)
    flat = busy.rate() / lend.rate()
    count = statements["check-out"]
    return [
        _goal("lending: share of the floor's rate", round(ratio, 3), GOAL_RATIO, met=ratio >= GOAL_RATIO),
        _goal("lending: p50 added to the floor, ms", round(added, 3), GOAL_ADDED_MS, met=added <= GOAL_ADDED_MS),
        _goal(
            "lending: statements of a check-out, BEGIN included", count, GOAL_STATEMENTS, met=count <= GOAL_STATEMENTS
        ),
        _goal("lending: rate with 500 open loans against few", round(flat, 3), GOAL_FLAT, met=flat >= GOAL_FLAT),
    ]


def _measure(database: Database, desk: Desk, floor: Floor, operations: int) -> tuple[dict[str, Series], dict[str, int]]:
    works: dict[str, Work] = {
        "floor": floor.lend,
        "check-out": desk.lend,
        "check-out, 500 loans": desk.lend_to_busy,
        "check-in": desk.take_back,
    }
    series = {name: Series() for name in works}
    statements: dict[str, int] = {}
    # Each block lends copies of its own; what a block of check-outs lent, the check-ins of the same block take back.
    spans = {"floor": 0, "check-out": 1, "check-out, 500 loans": 2, "check-in": 1}
    with progress("blocks", BLOCKS * len(works)) as step:
        for block in range(BLOCKS):
            for name, work in works.items():
                start = MANY_LOANS + (block * 3 + spans[name]) * operations
                with _counted(database) as counted, _processor(series[name]):
                    series[name].blocks.append([_timed(work, number) for number in range(start, start + operations)])
                if name != "floor":
                    statements[name] = round(len(counted) / operations)
                database.checkpoint()
                step(1)
    return series, statements


def _timed(work: Work, number: int) -> float:
    started = time.perf_counter()
    work(number)
    return time.perf_counter() - started


@contextmanager
def _counted(database: Database) -> Iterator[list[None]]:
    """Count the statements sent to the database; BEGIN goes the same way."""
    counted: list[None] = []

    def note(*_arguments: object) -> None:
        counted.append(None)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def _processor(series: Series) -> Iterator[None]:
    started = time.process_time()
    yield
    series.processor += time.process_time() - started


def _fsync_ms(folder: Path, times: int = 50) -> float:
    """Return how long this disk takes to keep one page, in milliseconds (median)."""
    taken: list[float] = []
    with (folder / "fsync").open("wb") as file:
        for _number in range(times):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return median(taken)


def _goal(name: str, measured: float, goal: float, *, met: bool) -> dict[str, Any]:
    return {"name": name, "measured": measured, "goal": goal, "met": met}


def _figures(one: Series) -> dict[str, float]:
    shares: Sequence[tuple[str, float]] = (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))
    return {
        "per_second": round(one.rate(), 1),
        **{name: round(one.percentile(share), 3) for name, share in shares},
        "processor_ms": round(one.processor_ms(), 3),
    }


def _line(name: str, one: Series, statements: int | None) -> str:
    figures = " ".join(f"{value:8.2f}" for value in _figures(one).values())
    return f"{name:22} {figures} {statements if statements is not None else '-':>11}"


COMMANDS = (bench,)
