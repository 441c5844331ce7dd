"""A ceiling on what one address may ask without signing in, so that a crawler does not take the desk's turn.

Counted in each web process: this is protection against load, not against guessing (that is `throttle`, in the database),
so a few processes allowing a few times as much does no harm, and a request costs no query. Programs with a token and
people with a session cookie that we signed are not counted, nor is this machine itself. Flask-Limiter would count the
same way without Redis and bring three packages.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from flask import Flask, request

from library.kernel.errors import TooManyAttempts
from library.kernel.sessions import secret_of_request

BURST_SECONDS: Final = 60
MOST_ADDRESSES: Final = 10_000
_OWN: Final = frozenset({"127.0.0.1", "::1", None})
_FREE: Final = ("/healthz", "/readyz", "/metrics", "/static/", "/assets/")


class Buckets:
    """One bucket of tokens per address: `per_minute` drip in, a full minute's worth fits; the quietest are forgotten."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._size = self._rate * BURST_SECONDS
        self._clock = clock
        self._mutex = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one token and return 0, or return after how many seconds there will be one."""
        now = self._clock()
        with self._mutex:
            tokens, then = self._buckets.pop(address, (self._size, now))
            tokens = min(self._size, tokens + (now - then) * self._rate)
            is_allowed = tokens >= 1
            self._buckets[address] = (tokens - 1 if is_allowed else tokens, now)
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        return 0.0 if is_allowed else (1 - tokens) / self._rate


def register(app: Flask, per_minute: int) -> None:
    """Hold every address to `per_minute` anonymous requests; 0 sets no limit."""
    if not per_minute:
        return
    buckets = Buckets(per_minute)

    def check() -> None:
        is_known = secret_of_request() is not None or "Authorization" in request.headers
        if is_known or request.remote_addr in _OWN or request.path.startswith(_FREE):
            return
        wait = buckets.wait(str(request.remote_addr))
        if wait:
            raise TooManyAttempts("too_many_requests", retry_after=int(wait) + 1)

    app.before_request(check)
