"""The database: base of the tables, column vocabulary, and the two ways in.

| way in      | begins with                          | leaving the block     | an exception |
|-------------|--------------------------------------|-----------------------|--------------|
| `reading()` | BEGIN                                | rolls back (no write) | rolls back   |
| `writing()` | the writer's lock, BEGIN IMMEDIATE   | commits               | rolls back   |

The entry point (route, command, job) opens one block; services receive the session and never commit. On SQLite a writer
takes a fair lock before BEGIN IMMEDIATE: SQLite's own waiting polls, and starves one of eight clients for over a second.
On PostgreSQL there is no such lock; services lock rows in one order, patron, items by id, the hold queue by bib, and who
waits for a row longer than the busy timeout is told so.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, cast

from flask import current_app
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool

from library.kernel.errors import Busy
from library.kernel.writer_lock import LockTimeout, WriterLock

EXTENSION = "library.database"
BUSY_SECONDS = 5.0
# PostgreSQL: lock not available, deadlock detected, serialisation failure, statement or lock timeout.
_WAITED_IN_VAIN = frozenset({"55P03", "40P01", "40001", "57014"})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database; a naive datetime is a programming error and raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant needs a timezone"
            raise ValueError(msg)
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives a rowid only to INTEGER, PostgreSQL runs out of it at 2³¹ events.
BigId = BigInteger().with_variant(Integer, "sqlite")

pk = Annotated[int, mapped_column(primary_key=True)]
big_pk = Annotated[int, mapped_column(BigId, primary_key=True)]
code_text = Annotated[str, mapped_column(String(32))]
name_text = Annotated[str, mapped_column(String(200))]


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows for which the SQL condition `where` holds, the same on both engines."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """Return what keeps rows unique among those for which `where` holds, such as one open loan per copy."""
    return index_where(name, *columns, where=where, unique=True)


def table_of(model: type[Model]) -> Table:
    """Return the table of a mapped class, for Core statements on hot paths."""
    return cast(Table, model.__table__)


class Database:
    """One county's database: SQLite (WAL, synchronous=FULL) or PostgreSQL through psycopg 3."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = make_url(url)
        self.busy_seconds = busy_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._engine()
        self._writer_lock = WriterLock(self._lock_path(), busy_seconds) if self.is_sqlite else None
        self._trying = sessionmaker(self.engine)
        only_reads = self.engine if self.is_sqlite else self.engine.execution_options(postgresql_readonly=True)
        self._reading = sessionmaker(only_reads, expire_on_commit=False)
        self._writing = sessionmaker(self.engine.execution_options(intent="write"), expire_on_commit=False)

    def _lock_path(self) -> Path | None:
        name = self.url.database
        return Path(f"{name}.writer") if name and name != ":memory:" else None

    def _engine(self) -> Engine:
        # Parameters stay out of error texts: they hold names and phone numbers, and errors reach the log.
        options: dict[str, Any] = {"hide_parameters": True, "json_serializer": _as_json}
        if not self.is_sqlite:
            engine = create_engine(self.url, **options, pool_pre_ping=True, pool_size=8, max_overflow=8)
            event.listen(engine, "connect", self._prepare_postgres)
            return engine
        options["connect_args"] = {"timeout": self.busy_seconds, "check_same_thread": False}
        if self._lock_path() is None:
            options["poolclass"] = StaticPool
        engine = create_engine(self.url, **options)
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _prepare_postgres(self, connection: Any, record: object) -> None:
        """Let no statement wait for another's lock for longer than a writer on SQLite waits for its turn."""
        del record
        connection.execute(f"SET lock_timeout = {int(1000 * self.busy_seconds)}")
        connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for reads: PostgreSQL refuses to change anything in it, on SQLite a change is rolled back.

        On PostgreSQL it ends with a commit, because psycopg forgets its prepared statements at every rollback, and the next
        check-out on the connection would be planned anew for 7 ms.
        """
        with _busy_when_locked(), self._reading() as session:
            yield session
            if not self.is_sqlite:
                session.commit()

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """Yield a session for a dry run, which locks as the real one does; whatever was changed in it is rolled back."""
        with _busy_when_locked(), self._trying() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that commits when the block ends and rolls back on an exception.

        Raises `Busy` when no writer's turn came within the busy timeout.
        """
        with _busy_when_locked(), self.turn(), self._writing.begin() as session:
            yield session

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the writer's turn, for work that brings its own connection; nothing to hold on PostgreSQL.

        Raises `Busy` when no turn came within the busy timeout.
        """
        if self._writer_lock is None:
            yield
            return
        try:
            self._writer_lock.acquire()
        except LockTimeout as error:
            raise Busy("busy", retry_after=2) from error
        try:
            yield
        finally:
            self._writer_lock.release()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the SQLite file, without waiting for anybody; nothing to do on PostgreSQL.

        On the raw connection: the begin listener would open a transaction, inside which a checkpoint fails.
        """
        if not self.is_sqlite:
            return
        raw = self.engine.raw_connection()
        try:
            cast(sqlite3.Connection, raw.driver_connection).execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            raw.close()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _as_json(value: Any) -> str:
    """Return a value as JSON without blanks and escapes: a Chinese character takes three bytes and not six."""
    return _JSON.encode(value)


def prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Set a connection as the program needs it; done with every new one."""
    del record
    connection.isolation_level = None  # the begin listener decides, not the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # The jobs process checkpoints every second; this is only the bound when no jobs process runs (16 MB).
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin on the driver's connection, as each of a thousand requests does: SQLAlchemy's way takes seven times as long."""
    intent = connection.get_execution_options().get("intent")
    raw = cast(sqlite3.Connection, connection.connection.driver_connection)
    raw.execute("BEGIN IMMEDIATE" if intent == "write" else "BEGIN")


@contextmanager
def _busy_when_locked() -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        if waited_in_vain(error):
            raise Busy("busy", retry_after=2) from error
        raise


def waited_in_vain(error: OperationalError | sqlite3.OperationalError) -> bool:
    """Tell whether the database could not be had because somebody else had it; the same may be sent again."""
    cause = error.orig if isinstance(error, OperationalError) else error
    return getattr(cause, "sqlstate", None) in _WAITED_IN_VAIN or "locked" in str(cause)


def database() -> Database:
    """Return the database of the current application."""
    return cast(Database, current_app.extensions[EXTENSION])


@contextmanager
def reading() -> Iterator[Session]:
    """Yield a reading session of the current application's database."""
    with database().reading() as session:
        yield session


@contextmanager
def trying() -> Iterator[Session]:
    """Yield a session of the current application's database for a dry run."""
    with database().trying() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Yield a writing session of the current application's database; commits when the block ends."""
    with database().writing() as session:
        yield session
