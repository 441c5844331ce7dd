"""Invariants of the schema itself and of the kernel's tables."""

from collections.abc import Iterable, Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from library.kernel import triggers
from library.kernel.checks import Invariant
from library.kernel.db import Model, table_of
from library.kernel.models import EventDelivery, EventRow, OperationRow


def _missing_triggers(session: Session) -> Iterable[Sequence[Any]]:
    return [(name,) for name in triggers.missing(session.connection())]


def _schema_differences(session: Session) -> Iterable[Sequence[Any]]:
    context = MigrationContext.configure(session.connection(), opts={"compare_server_default": False})
    return [(str(difference)[:300],) for difference in compare_metadata(context, Model.metadata)]


def _lost_partial_indexes(session: Session) -> Iterable[Sequence[Any]]:
    """Autogenerate does not see a partial index that lost its condition or its uniqueness."""
    inspector = inspect(session.connection())
    dialect = session.get_bind().dialect.name
    lost = []
    for table in Model.metadata.sorted_tables:
        present: dict[Any, Any] = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            if index.dialect_options[dialect].get("where") is None or not index.unique:
                continue
            found = present.get(str(index.name))
            condition = (found or {}).get("dialect_options", {}).get(f"{dialect}_where")
            if found is None or not found["unique"] or condition is None:
                lost.append((str(index.name),))
    return lost


_operations = table_of(OperationRow)
_deliveries = table_of(EventDelivery)
_events = table_of(EventRow)

INVARIANTS = (
    Invariant("triggers_present", "The triggers that keep rows immutable are there.", _missing_triggers),
    Invariant(
        "schema_as_declared", "Tables, columns and indexes are as the program declares them.", _schema_differences
    ),
    Invariant(
        "partial_indexes_unique", "Every conditional uniqueness is enforced by the database.", _lost_partial_indexes
    ),
    Invariant(
        "operation_has_outcome",
        "Every stored operation has an outcome.",
        select(_operations.c.id).where(_operations.c.outcome.is_(None)),
    ),
    Invariant(
        "delivery_has_event",
        "Every delivery belongs to an event.",
        select(_deliveries.c.event_id, _deliveries.c.consumer).where(
            _deliveries.c.event_id.not_in(select(_events.c.id))
        ),
    ),
)
