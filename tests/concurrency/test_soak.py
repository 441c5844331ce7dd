"""Minutes of many desks at once, in threads and processes; one is killed in each round, after which every law must hold.

`make soak` runs ten minutes on each engine; `SOAK_MINUTES` changes that.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from library.kernel import clock
from library.kernel.db import Database
from tests.concurrency.soak import FastClock
from tests.properties import acts, laws
from tests.properties.county import settle

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
ROUND_SECONDS = 20.0
PROCESSES = 3
# Enough for everything to happen, however few the minutes.
FEWEST_ROUNDS = 6
# So many desks leave no book alone until it is given up; that this act can succeed is shown by the state machine's course.
NEVER_SO_LATE = frozenset({"claim_lost"})
FOLDER = Path(__file__).parents[2]


def _start(url: str, folder: Path, seed: int, began: float) -> subprocess.Popen[str]:
    values = (url, folder, seed, began, ROUND_SECONDS)
    command = [sys.executable, "-m", "tests.concurrency.soak", *map(str, values)]
    return subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _round(url: str, folder: Path, seed: int, began: float) -> tuple[Counter[str], Counter[str]]:
    """Let the processes work, kill one of them on the way; return what the others were allowed to do, and what not."""
    chance = random.Random(seed)
    processes = [_start(url, folder, seed * 10 + number, began) for number in range(PROCESSES)]
    victim = chance.choice(processes)
    time.sleep(chance.uniform(ROUND_SECONDS / 4, ROUND_SECONDS))
    victim.send_signal(signal.SIGKILL)
    allowed, others = Counter[str](), Counter[str]()
    for process in processes:
        told, complaints = process.communicate(timeout=10 * ROUND_SECONDS)
        if process is victim and process.returncode == -signal.SIGKILL:
            continue
        assert process.returncode == 0, f"{told}\n{complaints[-2000:]}"
        counts = json.loads(told.splitlines()[-1])
        allowed.update(counts["allowed"])
        others.update(counts["others"])
    return allowed, others


@pytest.mark.soak
def test_many_desks_at_once_break_no_law(app: Flask, database: Database, database_url: str, tmp_path: Path) -> None:
    with app.app_context(), database.writing() as session:
        settle(session, copies=24, readers=8)
    until, began, rounds = time.monotonic() + 60 * MINUTES, time.time(), 0
    allowed, others, ledger = Counter[str](), Counter[str](), dict[int, laws.Line]()
    while time.monotonic() < until or rounds < FEWEST_ROUNDS:
        for total, counts in zip((allowed, others), _round(database_url, tmp_path, rounds, began), strict=True):
            total.update(counts)
        rounds += 1
        with app.app_context(), clock.using(FastClock(began)), database.reading() as session:
            laws.require_all(session)
            ledger = laws.require_that_the_ledger_only_grew(session, ledger)
    engine = database.engine.dialect.name
    sys.stdout.write(
        f"\n{engine}: {rounds} rounds, {sum(allowed.values())} acts allowed, {dict(sorted(allowed.items()))}\n"
    )
    sys.stdout.write(f"not allowed: {dict(sorted(others.items()))}; {len(ledger)} lines in the ledger\n")
    assert set(acts.ACTS) - NEVER_SO_LATE - set(allowed) == set()
    assert ledger
