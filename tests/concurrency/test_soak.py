"""Minutes of many desks at once, in threads and processes; one is killed in each round, after which every law must hold.

`make soak` runs five minutes on each engine; `SOAK_MINUTES` changes that.
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

from library.kernel.db import Database
from tests.properties import laws
from tests.properties.county import settle

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
ROUND_SECONDS = 20.0
PROCESSES = 3
FOLDER = Path(__file__).parents[2]


def _start(url: str, folder: Path, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.concurrency.soak", url, str(folder), str(seed), str(ROUND_SECONDS)]
    return subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _round(url: str, folder: Path, seed: int) -> Counter[str]:
    """Let the processes work, kill one of them on the way, and return what the others did."""
    chance = random.Random(seed)
    processes = [_start(url, folder, seed * 10 + number) for number in range(PROCESSES)]
    victim = chance.choice(processes)
    time.sleep(chance.uniform(ROUND_SECONDS / 4, ROUND_SECONDS))
    victim.send_signal(signal.SIGKILL)
    done: Counter[str] = Counter()
    for process in processes:
        told, complaints = process.communicate(timeout=10 * ROUND_SECONDS)
        if process is victim and process.returncode == -signal.SIGKILL:
            continue
        assert process.returncode == 0, f"{told}\n{complaints[-2000:]}"
        done.update(json.loads(told.splitlines()[-1])["done"])
    return done


@pytest.mark.soak
def test_many_desks_at_once_break_no_law(app: Flask, database: Database, database_url: str, tmp_path: Path) -> None:
    with app.app_context(), database.writing() as session:
        settle(session, copies=24, readers=8)
    until, rounds, done = time.monotonic() + 60 * MINUTES, 0, Counter[str]()
    while time.monotonic() < until:
        done.update(_round(database_url, tmp_path, rounds))
        rounds += 1
        with app.app_context(), database.reading() as session:
            laws.require_all(session)
    engine, counts = database.engine.dialect.name, dict(sorted(done.items()))
    sys.stdout.write(f"\n{engine}: {rounds} rounds, {sum(done.values())} acts, {counts}\n")
    assert done["check_out"] > rounds
