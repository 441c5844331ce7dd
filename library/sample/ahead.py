"""Work of a load that is done ahead on the other core, by a process of its own."""

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


@contextmanager
def ahead(work: Callable[[Part], Made], parts: Sequence[Part]) -> Iterator[Iterator[Made]]:
    """Yield what `work` makes of each part, in their order; another process is at it from now on.

    A single part is worked on here when it is asked for: the process would take as long to start. Results wait packed: as
    objects, those of a whole county would take a gigabyte. `work` and its parts have to be picklable.
    """
    if len(parts) < 2:
        yield map(work, parts)
        return
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_follow_parent)
    try:
        yield _unpacked([pool.submit(_packed, work, part) for part in parts])
    finally:
        pool.shutdown(cancel_futures=True)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it even when it is killed: a pool's process would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()


def _packed(work: Callable[[Any], Any], part: Any) -> bytes:
    return pickle.dumps(work(part), pickle.HIGHEST_PROTOCOL)


def _unpacked(promised: list[Future[bytes]]) -> Iterator[Any]:
    promised.reverse()
    while promised:
        yield pickle.loads(promised.pop().result())  # noqa: S301  made by ourselves
