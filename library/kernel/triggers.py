"""Rows that must never change, guarded by the database itself.

Ledger rows are immutable. Event rows are too, except that `patron_id`, and the actor id of a reader, may once be set to
NULL when the reader is forgotten. A batch migration on SQLite copies a table and loses its triggers, so every migration
ends with `install`, and `library db check` asks `missing`.
"""

from sqlalchemy import Connection, text

_EVENT_COLUMNS = (
    "id",
    "kind",
    "version",
    "at",
    "operation_id",
    "actor_kind",
    "branch_id",
    "bib_id",
    "item_id",
    "age_band",
    "patron_category",
    "village_id",
    "clc",
)
_SAME = {
    "sqlite": " AND ".join(f"NEW.{name} IS OLD.{name}" for name in (*_EVENT_COLUMNS, "payload")),
    # json has no equality on PostgreSQL; its text is compared
    "postgresql": " AND ".join(
        [
            *(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _EVENT_COLUMNS),
            "NEW.payload::text IS NOT DISTINCT FROM OLD.payload::text",
        ]
    ),
}
_SAME_OR_NULL = {
    "sqlite": "({new} IS {old} OR {new} IS NULL)",
    "postgresql": "({new} IS NOT DISTINCT FROM {old} OR {new} IS NULL)",
}

NAMES = ("events_immutable", "events_kept", "ledger_entries_immutable", "ledger_entries_kept")


def _delinking_only(dialect: str) -> str:
    either = _SAME_OR_NULL[dialect]
    patron = either.format(new="NEW.patron_id", old="OLD.patron_id")
    same_actor = (
        "NEW.actor_id IS OLD.actor_id" if dialect == "sqlite" else ("NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id")
    )
    actor = f"({same_actor} OR (NEW.actor_id IS NULL AND OLD.actor_kind = 'patron'))"
    return f"{_SAME[dialect]} AND {patron} AND {actor}"


def _sqlite() -> dict[str, str]:
    template = (
        "CREATE TRIGGER {name} BEFORE {action} ON {table} WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, '{table} rows are immutable'); END"
    )
    return {
        "events_immutable": template.format(
            name="events_immutable", action="UPDATE", table="events", when=f"NOT ({_delinking_only('sqlite')})"
        ),
        "events_kept": template.format(name="events_kept", action="DELETE", table="events", when="1"),
        "ledger_entries_immutable": template.format(
            name="ledger_entries_immutable", action="UPDATE", table="ledger_entries", when="1"
        ),
        "ledger_entries_kept": template.format(
            name="ledger_entries_kept", action="DELETE", table="ledger_entries", when="1"
        ),
    }


_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END;
$$ LANGUAGE plpgsql
"""


def _postgresql() -> dict[str, str]:
    template = (
        "CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse_change()"
    )
    return {
        "events_immutable": template.format(
            name="events_immutable", action="UPDATE", table="events", when=f"NOT ({_delinking_only('postgresql')})"
        ),
        "events_kept": template.format(name="events_kept", action="DELETE", table="events", when="true"),
        "ledger_entries_immutable": template.format(
            name="ledger_entries_immutable", action="UPDATE", table="ledger_entries", when="true"
        ),
        "ledger_entries_kept": template.format(
            name="ledger_entries_kept", action="DELETE", table="ledger_entries", when="true"
        ),
    }


def install(connection: Connection) -> None:
    """Create the triggers that are missing; done twice it changes nothing."""
    absent = missing(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRESQL_FUNCTION))
        statements = _postgresql()
    else:
        statements = _sqlite()
    for name in absent:
        connection.exec_driver_sql(statements[name])


def remove(connection: Connection) -> None:
    """Drop the triggers, for a downgrade."""
    present = [name for name in NAMES if name not in missing(connection)]
    for name in present:
        table = name.rpartition("_")[0]
        suffix = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {name}{suffix}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")


def missing(connection: Connection) -> list[str]:
    """Return the names of the triggers that are not there."""
    if connection.dialect.name == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    present = set(connection.exec_driver_sql(query).scalars())
    return [name for name in NAMES if name not in present]
