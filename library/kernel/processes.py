"""Processes that do not outlive their parent, and stop when they are told to.

A killed server must not leave workers behind that hold its port and its locks. The kernel of Linux ends a child with its
parent when asked; elsewhere, and for the moment between fork and asking, a thread looks who the parent is.
"""

import ctypes
import os
import signal
import sys
import threading
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
LOOK_SECONDS: Final = 1.0


def die_with_parent(parent: int) -> None:
    """End this process when the process `parent` ends; at once when it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(LOOK_SECONDS)
    os._exit(1)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, for a loop that ends what it is doing."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop
