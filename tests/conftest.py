"""Fixtures shared by all tests: an empty database per test on each engine, the application, a clock, operations."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from library.kernel import clock as kernel_clock
from library.kernel import schema
from library.kernel.actors import SYSTEM
from library.kernel.db import Database
from library.kernel.operations import Operation, new_id
from library.settings import Settings
from tests import postgres
from tests.apps import application, settings_for
from tests.reset import Reused

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shared", default=None, help="folder of the shared data, for the audits")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; every test gets a copy of it."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def reused_postgres() -> Iterator[Reused]:
    """A database on a PostgreSQL server of our own that every test finds migrated and empty.

    In a folder of its own: pytest's folders are closed to the user it runs as, and cleared by the next run.
    """
    with tempfile.TemporaryDirectory(prefix="county-postgres-") as folder, postgres.server(Path(folder)) as server:
        template = Database(server.create_database("county_template"))
        schema.upgrade(template)
        template.dispose()
        yield Reused(server, "county_template")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database on each engine in turn."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "county.sqlite"
        source, target = sqlite3.connect(template), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        yield f"sqlite:///{path}"
        return
    reason = postgres.unavailable()
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL is required on CI: {reason}")
        pytest.skip(reason)
    reused: Reused = request.getfixturevalue("reused_postgres")
    yield reused.take()
    reused.give_back()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = application(settings)
    made.testing = True
    yield made
    database: Database = made.extensions["library.database"]
    database.dispose()


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["library.database"]
    return found


@pytest.fixture
def session(app: Flask, database: Database) -> Iterator[Session]:
    """A writing session inside an application context; committed when the test ends.

    Do not make requests while it is open: on SQLite the request would wait for this writer.
    """
    with app.app_context(), database.writing() as open_session:
        yield open_session


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser on our own pages: the cross-site guard lets it through."""
    test_client = app.test_client()
    test_client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return test_client


@pytest.fixture
def clock() -> Iterator[Callable[[datetime], None]]:
    """Stop the clock at noon of 23 November 2026; call it with another instant to move it."""
    stack = [kernel_clock.using(kernel_clock.FixedClock(NOON))]
    stack[0].__enter__()

    def move(instant: datetime) -> None:
        entered = kernel_clock.using(kernel_clock.FixedClock(instant))
        entered.__enter__()
        stack.append(entered)

    yield move
    while stack:
        stack.pop().__exit__(None, None, None)


@pytest.fixture
def operation() -> Callable[..., Operation]:
    """A factory of operations of the system: `operation("check_out")`."""

    def make(kind: str = "test", **changes: object) -> Operation:
        values: dict[str, object] = {
            "id": new_id(),
            "kind": kind,
            "actor": SYSTEM,
            "channel": "job",
            "at": kernel_clock.now(),
        }
        return Operation(**{**values, **changes})  # type: ignore[arg-type]  # a factory for tests

    return make
