"""One writer at a time, in turn: a fair lock between the threads and processes that write one SQLite file.

Threads of one process queue in arrival order; the first of each process competes with the other processes. Two lock files
keep that fair: who wants the room must first stand in the door, and leaves the door only when he has the room. So a
process that gives the room back cannot take it again while another one stands in the door. Waiting polls with
`flock(LOCK_NB)` because a blocking `flock` cannot time out in a thread; at most one process polls the room, so polling is
not a race. The operating system frees the locks of a killed process. Without `fcntl` (Windows) the lock is fair within one
process and SQLite's busy timeout covers the rest.
"""

import os
import threading
import time
from collections import deque
from pathlib import Path

try:
    import fcntl

    HAS_FLOCK = True
except ImportError:  # pragma: no cover  Windows has no fcntl
    HAS_FLOCK = False

_FIRST_PAUSE = 0.0002
_LONGEST_PAUSE = 0.002


class LockTimeout(Exception):
    """The turn did not come in time."""


class WriterLock:
    """A lock that is granted in turn; `path` None locks within this process only."""

    def __init__(self, path: Path | None, timeout: float) -> None:
        self._path = path if HAS_FLOCK else None
        self._timeout = timeout
        self._mutex = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._held = False
        self._files: tuple[int, int] | None = None
        self._pid = os.getpid()

    def acquire(self) -> None:
        """Wait for the turn; raises `LockTimeout` after the timeout (seconds)."""
        deadline = time.monotonic() + self._timeout
        self._after_fork()
        self._join_queue(deadline)
        try:
            if self._path is not None:
                self._enter(deadline)
        except BaseException:
            self._next()
            raise

    def release(self) -> None:
        """Give the turn to the next."""
        if self._files is not None:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._next()

    def _after_fork(self) -> None:
        # A child shares its parent's open file descriptions, and with them its locks: it must open its own.
        if self._pid == os.getpid():
            return
        self._mutex = threading.Lock()
        self._queue = deque()
        self._held = False
        self._files = None
        self._pid = os.getpid()

    def _join_queue(self, deadline: float) -> None:
        with self._mutex:
            if not self._held and not self._queue:
                self._held = True
                return
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(max(0.0, deadline - time.monotonic())):
            return
        with self._mutex:
            if turn.is_set():
                return
            self._queue.remove(turn)
        raise LockTimeout

    def _next(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._held = False

    def _enter(self, deadline: float) -> None:
        if self._files is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files = (os.open(f"{self._path}-door", flags, 0o600), os.open(f"{self._path}-room", flags, 0o600))
        door, room = self._files
        _poll(door, deadline)
        try:
            _poll(room, deadline)
        finally:
            fcntl.flock(door, fcntl.LOCK_UN)


def _poll(file: int, deadline: float) -> None:
    pause = _FIRST_PAUSE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockTimeout from None
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return
