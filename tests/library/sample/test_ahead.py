"""Work done ahead by another process gives the same as done here, in the same order, and fails as loudly."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from library.sample.ahead import ahead
from library.sample.catalogue import bib_rows, in_parts
from library.sample.titles import make_titles

KILLED = """
import time

from library.sample.ahead import ahead
from tests.library.sample.test_ahead import where

with ahead(where, [1, 2]) as made:
    print(next(made), flush=True)
    time.sleep(120)
"""
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_another_process_makes_the_same_rows_in_the_same_order() -> None:
    titles = make_titles(Random("titles"), 90, 2026)
    parts = in_parts(titles, NOW, 40)
    assert [part.first for part in parts] == [1, 41, 81]
    with ahead(bib_rows, parts) as made:
        assert list(made) == [bib_rows(part) for part in parts]


def test_several_parts_are_made_elsewhere_and_a_single_one_here() -> None:
    with ahead(where, [1, 2]) as made:
        elsewhere = set(made)
    assert len(elsewhere) == 1
    assert os.getpid() not in elsewhere
    with ahead(where, [1]) as made:
        assert list(made) == [os.getpid()]


def test_a_part_that_cannot_be_made_fails_here() -> None:
    with ahead(_half_of, [4, "four"]) as made:
        assert next(made) == 2
        with pytest.raises(TypeError):
            next(made)


def test_who_gives_up_does_not_wait_for_the_rest() -> None:
    with pytest.raises(KeyError), ahead(where, list(range(50))):
        raise KeyError


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for the state of a process")
def test_the_other_process_ends_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    until = time.monotonic() + 30
    while is_alive(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(process: int) -> bool:
    """Tell whether a process still runs; one that ended may wait long for somebody to ask how."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def where(part: int) -> int:
    del part
    return os.getpid()


def _half_of(number: int) -> float:
    return number / 2
