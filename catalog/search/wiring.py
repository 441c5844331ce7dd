"""Joins the search to the application: its engine, its readiness check, its work beside the requests."""

from collections.abc import Sequence
from typing import Any

from flask import Flask

from catalog.search import engines
from catalog.search.protocol import CONSUMER
from catalog.search.rebuild import rebuild
from catalog.search.sync import KINDS, feed
from library.kernel import health, jobs
from library.kernel.db import database


def register(app: Flask) -> None:
    """Give `app` its search engine."""
    engines.register(app)
    health.add_check(app, "search", _answers)


@jobs.consumer(CONSUMER, KINDS)
def feed_index(rows: Sequence[Any]) -> None:
    """Bring the index in step with a batch of events."""
    feed(database(), engines.engine(), rows)


@jobs.scheduled("search_index_present", every=60)
def build_missing_index() -> None:
    """Build the index when there is none, on a first start or after its folder was deleted."""
    if not engines.engine().exists():
        rebuild(database(), engines.engine())


def _answers() -> None:
    engines.engine().status()
