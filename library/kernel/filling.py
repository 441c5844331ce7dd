"""Filling an empty database: a million rows in one transaction, with indexes and references made when all are there.

Everything is one transaction, so that a load that was interrupted, even by a power cut, leaves the database as it was.

|             | SQLite                                            | PostgreSQL                        |
|-------------|---------------------------------------------------|-----------------------------------|
| rows        | many at once, by the driver                       | COPY                              |
| indexes     | dropped first and made again from the whole table | the same                          |
| references  | not looked at row by row, checked before the end  | dropped, and checked when added   |
| journal     | rollback journal instead of the write-ahead log   |                                   |

A rollback journal keeps the old content of changed pages, of which an empty database has next to none, so every page of
the load is written once; the write-ahead log would hold all of them, and a second copy of most. When another process has
the file open, SQLite cannot leave the log; the load is then slower and otherwise the same.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Column, Connection, Dialect, Table
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlalchemy.types import TypeEngine

from library.kernel.db import Database, Model, prepare_sqlite

AT_ONCE = 10_000
_MOST_REMEMBERED = 100_000
_CACHE_KIB = 262_144
_MAINTENANCE_MEMORY = "256MB"
Step = Callable[[int], None]


class Filling:
    """A load that is under way: its session, and the indexes and references that are still to be made."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.session = Session(connection, expire_on_commit=False)
        self._connection = connection
        self._is_sqlite = database.is_sqlite
        tables = Model.metadata.sorted_tables
        self._indexes = [
            index for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
        self._references = (
            [] if database.is_sqlite else [one for table in tables for one in table.foreign_key_constraints]
        )
        self.is_finished = False

    @property
    def steps(self) -> int:
        """Return how many steps `finish` takes."""
        return len(self._indexes) + len(self._references) + 2

    def begin(self) -> None:
        """Drop what is made again at the end."""
        if not self._is_sqlite:
            self._connection.exec_driver_sql(f"SET LOCAL maintenance_work_mem = '{_MAINTENANCE_MEMORY}'")
        for reference in self._references:
            self._connection.execute(DropConstraint(reference))
        for index in self._indexes:
            index.drop(self._connection)

    def finish(self, step: Step) -> None:
        """End the session and make indexes and references from the rows stored; `step(1)` hears of each.

        Raises `IntegrityError` when a row breaks a uniqueness or refers to nothing, the latter on SQLite as `RuntimeError`.
        """
        self.is_finished = True
        self.session.flush()
        self.session.close()
        for index in self._indexes:
            index.create(self._connection)
            step(1)
        for reference in self._references:
            self._connection.execute(AddConstraint(reference, isolate_from_table=False))
            step(1)
        if self._is_sqlite:
            self._check_references()
        step(1)
        self._connection.exec_driver_sql("ANALYZE")
        step(1)

    def _check_references(self) -> None:
        broken = self._connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            msg = f"the load leaves rows that refer to nothing: {broken[:5]}"
            raise RuntimeError(msg)


@contextmanager
def filling(database: Database) -> Iterator[Filling]:
    """Yield a load whose rows are committed at the end, or not at all.

    Until it is finished, no index but those of primary keys and unique constraints exists, so nothing but these may be looked
    up in a large table. Who does not call `finish` leaves it to the end of the block.
    """
    with database.turn(), _connection(database) as connection, connection.begin():
        load = Filling(database, connection)
        load.begin()
        yield load
        if not load.is_finished:
            load.finish(_no_step)


def insert_rows(session: Session, table: Table, rows: Iterable[Mapping[str, Any]], step: Step | None = None) -> int:
    """Store rows that name the same columns each, `AT_ONCE` at a time; return how many.

    Types and Python-side defaults apply as in any Core insert, worked out once for all rows and not for each again: that
    was half of the time of a load. `step(n)` hears of every part stored.
    """
    left = iter(rows)
    count = 0
    form: _Form | None = None
    while part := list(islice(left, AT_ONCE)):
        if form is None:
            form = _Form(session.connection(), table, tuple(part[0]))
        form.store(part)
        count += len(part)
        if step is not None:
            step(len(part))
    return count


class _Form:
    """How the rows of one load become rows of one table: column by column, because a type is asked once per column."""

    def __init__(self, connection: Connection, table: Table, given: tuple[str, ...]) -> None:
        self._connection = connection
        self._given = given
        dialect = connection.dialect
        defaults = {name: _default(column) for name, column in table.columns.items() if name not in given}
        self._defaults = [default for default in defaults.values() if default is not None]
        names = [*given, *(name for name, default in defaults.items() if default is not None)]
        types = [table.columns[name].type.dialect_impl(dialect) for name in names]
        self._processors = [_Remembered.of(type_, dialect) for type_ in types]
        quote = dialect.identifier_preparer.quote
        self._target = f"{quote(table.name)} ({', '.join(map(quote, names))})"
        self._marks = ", ".join("?" * len(names))

    def store(self, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = [[row[name] for row in rows] for name in self._given]
        columns += [[make() for _ in rows] for make in self._defaults]
        values = zip(*map(_processed, columns, self._processors), strict=True)
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql(f"INSERT INTO {self._target} VALUES ({self._marks})", list(values))  # noqa: S608  our own names
            return
        raw: Any = self._connection.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {self._target} FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)


def _default(column: Column[Any]) -> Callable[[], Any] | None:
    """Return what gives a column its value when a row does not, None when the database does."""
    default = column.default
    if default is None or default.is_sequence or default.is_clause_element:
        return None
    argument: Any = default.arg  # type: ignore[attr-defined]  # scalar and callable defaults have it
    return (lambda: argument(None)) if default.is_callable else (lambda: argument)


class _Remembered(dict[Any, Any]):
    """What values of a type become in the database; dates and instants come again by the thousand."""

    def __init__(self, process: Callable[[Any], Any]) -> None:
        super().__init__()
        self._process = process

    def __missing__(self, value: Any) -> Any:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[value] = stored = self._process(value)
        return stored

    @classmethod
    def of(cls, type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return how a value of a type is stored, None when it is stored as it is."""
        process = type_.bind_processor(dialect)
        if process is None or isinstance(type_, JSON):
            return process
        return cls(process).__getitem__


def _processed(column: Sequence[Any], process: Callable[[Any], Any] | None) -> Sequence[Any]:
    return column if process is None else list(map(process, column))


@contextmanager
def _connection(database: Database) -> Iterator[Connection]:
    """Yield a connection that is set for a load and afterwards is again as every other."""
    database.dispose()  # an idle connection of our own would keep SQLite in the write-ahead log
    with database.engine.execution_options(intent="write").connect() as connection:
        raw: Any = connection.connection.driver_connection
        if not database.is_sqlite:
            yield connection
            return
        _set_for_load(raw)
        try:
            yield connection
        finally:
            raw.execute("PRAGMA threads=0")
            prepare_sqlite(raw, None)


def _set_for_load(raw: sqlite3.Connection) -> None:
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    raw.execute("PRAGMA threads=2")
    try:
        raw.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError:
        return  # somebody else has the file open: the load goes through the log


def _no_step(count: int) -> None:
    del count
