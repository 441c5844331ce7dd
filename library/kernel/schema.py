"""The schema's versions: upgrade, downgrade, and whether the database stands at the newest."""

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from library.kernel.db import Database


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "library:migrations")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`, in one transaction."""
    _run(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Bring the schema down to `revision`; `base` leaves nothing."""
    _run(database, command.downgrade, revision)


def _run(database: Database, step: Any, revision: str) -> None:
    engine = database.engine.execution_options(intent="write")
    with engine.connect() as connection:
        # A table that others refer to cannot be copied under foreign keys; checked again before the commit.
        if database.is_sqlite:
            _foreign_keys(connection, "OFF")
        with connection.begin():
            step(_config(connection), revision)
            if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                msg = f"the migration leaves rows that refer to nothing: {broken[:5]}"
                raise RuntimeError(msg)
        if database.is_sqlite:
            _foreign_keys(connection, "ON")


def _foreign_keys(connection: Connection, state: str) -> None:
    # Outside a transaction, or SQLite ignores it; the begin listener would open one.
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA foreign_keys={state}")


def current(database: Database) -> str | None:
    """Return the revision the database stands at, None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest revision the program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_at_head(database: Database) -> bool:
    """Tell whether the database stands at the newest revision."""
    return current(database) == head()
