"""`/healthz` (the process answers), `/readyz` (it can work) and `/metrics`.

A proxy sends visitors only to what is ready. Further checks, such as that of the search index, are added by whoever
owns them: `add_check(app, "search", ping)`, where `ping` raises or returns False when the part cannot be used.
"""

from collections.abc import Callable
from functools import cache

import structlog
from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from library.kernel import events, schema, telemetry
from library.kernel.db import database, reading
from library.kernel.errors import DomainError

log = structlog.get_logger()
blueprint = Blueprint("health", __name__)
Check = Callable[[], bool | None]
_CHECKS = "library.health_checks"


def register(app: Flask) -> None:
    """Serve the three addresses from `app`."""
    app.extensions.setdefault(_CHECKS, {}).update(database=_database_answers, migrations=_schema_is_newest)
    app.register_blueprint(blueprint)


def add_check(app: Flask, name: str, check: Check) -> None:
    """Make readiness depend on one more part."""
    app.extensions.setdefault(_CHECKS, {})[name] = check


@blueprint.get("/healthz")
def healthy() -> Response:
    """Answer that this process is alive; asks nobody else."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer 200 when every part can be used, else 503 with the parts that cannot."""
    checks: dict[str, Check] = current_app.extensions[_CHECKS]
    parts = {name: _passes(name, check) for name, check in checks.items()}
    good = all(parts.values())
    shown = {name: "ok" if passed else "failed" for name, passed in parts.items()}
    return jsonify(status="ready" if good else "not_ready", parts=shown), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer the figures of all web processes."""
    return telemetry.exposition(_pending)


def _passes(name: str, check: Check) -> bool:
    try:
        return check() is not False
    except Exception as error:  # noqa: BLE001  whatever a part raises, it is not ready
        log.warning("not_ready", part=name, error=type(error).__name__)
        return False


def _database_answers() -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))


def _schema_is_newest() -> bool:
    return schema.current(database()) == _newest()


@cache
def _newest() -> str | None:
    # Reading the migrations takes longer than everything else here, and a running program has no new ones.
    return schema.head()


def _pending() -> list[tuple[str, int]]:
    """Return what waits for each consumer; nothing when the database fails, just when the other figures are needed."""
    try:
        with reading() as session:
            return [(name, events.pending_count(session, name)) for name in events.consumers()]
    except (SQLAlchemyError, DomainError) as error:
        log.warning("pending_unknown", error=type(error).__name__)
        return []
