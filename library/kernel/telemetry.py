"""What the program tells about itself: JSON log lines with the request's id, and figures for Prometheus.

No log line names a person: paths are logged as routes (`/me/<int:patron_id>`), never as addresses, and neither query
strings nor bodies are. With several web processes `PROMETHEUS_MULTIPROC_DIR` must be set before the first import of
this module (`library serve` does it); every process then writes its figures there and `/metrics` adds them up. Without
it the figures are those of the process that answers.
"""

import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import structlog
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import REGISTRY, Collector

log = structlog.get_logger()

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

REQUESTS = Counter("library_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "library_request_seconds",
    "Time from request to answer.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OPERATIONS = Counter(
    "library_operations_total", "Operations decided; a repeated one is counted once.", ("kind", "outcome")
)
JOB_RUNS = Counter("library_job_runs_total", "Scheduled work and outbox batches.", ("job", "outcome"))

PendingReader = Callable[[], Iterable[tuple[str, int]]]


def register(app: Flask, *, level: str = "info") -> None:
    """Log and measure every request of `app`."""
    configure_logs(level)
    app.before_request(_start)
    app.after_request(_finish)


def configure_logs(level: str) -> None:
    """Write structlog's and the standard library's lines as JSON to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger("library")
    for logger in (root, logging.getLogger("catalog"), logging.getLogger("circulation")):
        logger.handlers = [handler]
        logger.setLevel(level.upper())
        logger.propagate = False


def request_id_of(given: str | None) -> str:
    """Return the id a proxy gave when it is sane, else a new one; what is odd never reaches a log line."""
    return given if given and SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _start() -> None:
    g.started = time.perf_counter()
    g.request_id = request_id_of(request.headers.get("X-Request-ID"))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    route = request.url_rule.rule if request.url_rule else "unknown"
    if route in QUIET:
        return response
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    REQUESTS.labels(request.method, route, response.status_code).inc()
    SECONDS.labels(request.method, route).observe(seconds)
    log.info("request", method=request.method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))
    return response


def count_operation(kind: str, outcome: str) -> None:
    """Count one decided operation; kinds and outcomes are our own words, so there are few."""
    _operations(kind, outcome).inc()


@cache
def _operations(kind: str, outcome: str) -> Counter:
    return OPERATIONS.labels(kind, outcome)


class _Pending(Collector):
    """Asks at the moment of the scrape how many events each consumer still has to handle."""

    def __init__(self, read: PendingReader) -> None:
        self._read = read

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily("library_outbox_pending", "Events not yet handled.", labels=["consumer"])
        for consumer, count in self._read():
            family.add_metric([consumer], count)
        yield family


def exposition(pending: PendingReader) -> Response:
    """Return all figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Pending(pending))
    figures = generate_latest(registry)
    if os.environ.get(MULTIPROCESS):
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # not annotated there
        figures += generate_latest(together)
    else:
        figures += generate_latest(REGISTRY)
    return Response(figures, content_type=CONTENT_TYPE_LATEST)
