"""The schema goes up and down on both engines and ends where the models are."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from library import tables
from library.kernel import schema, triggers
from library.kernel.db import Database


@pytest.fixture
def migrated(database_url: str) -> Database:
    return Database(database_url)


def test_the_newest_schema_is_what_the_models_say(migrated: Database) -> None:
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
        assert triggers.missing(connection) == []
    assert schema.is_at_head(migrated)
    migrated.dispose()


def test_down_to_nothing_and_up_again(migrated: Database) -> None:
    schema.downgrade(migrated, "base")
    assert set(inspect(migrated.engine).get_table_names()) == {"alembic_version"}
    schema.upgrade(migrated)
    with migrated.engine.connect() as connection:
        assert triggers.missing(connection) == []
    assert schema.is_at_head(migrated)
    migrated.dispose()


def test_each_step_down_can_be_taken_alone(migrated: Database) -> None:
    while schema.current(migrated) is not None:
        before = schema.current(migrated)
        schema.downgrade(migrated, "-1")
        assert schema.current(migrated) != before
    assert schema.current(migrated) is None
    migrated.dispose()


def test_an_empty_file_is_not_at_head(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert not schema.is_at_head(database)
    schema.upgrade(database)
    assert schema.is_at_head(database)
    database.dispose()
