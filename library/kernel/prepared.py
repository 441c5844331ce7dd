"""Statements of hot paths: written with SQLAlchemy, compiled once for each engine, run on the driver's own cursor.

What SQLAlchemy does around a statement that is compiled already takes ten times as long as SQLite needs to run it
(measured: 39 µs through a session, 24 µs as text through a connection, 3 µs on the cursor), and a desk runs ten of them for
each scan. So what every scan runs is a `Prepared` and everything else an ordinary statement. Both are written in the same
words and share the session's transaction.

```python
_BY_CODE = Prepared(select(Branch.id, Branch.path).where(Branch.code == bindparam("code")))
row = _BY_CODE.first(session, code="east")  # row.id, row.path
```

What is given at each run are the `bindparam("name")` without a value. Values that stand in the statement become a part of its
text: an index with a condition, such as that of open loans, is only used where the planner sees the condition.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, cast

import psycopg
from sqlalchemy import BindParameter, Column, Connection, Dialect, Float, Numeric, bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement, visitors
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
Heard = Callable[[str, tuple[Any, ...]], None]

# PostgreSQL's own form of parameters, which its cursor need not parse and rewrite.
_NUMBERED: Final = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # not annotated there
_listeners: list[Heard] = []
_LINE: Final = "line of prepared statements"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for one engine: its text, how given values become parameters, how fetched ones become a row."""

    text: str
    fixed: Mapping[str, Any]
    written: tuple[tuple[str, Convert], ...]
    arranged: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    read: tuple[tuple[int, Convert], ...]
    row: Callable[[Any], Any]


class Prepared:
    """A SELECT, INSERT, UPDATE or DELETE that is compiled once; `per_engine` where the engines need different words."""

    def __init__(self, statement: ClauseElement | None = None, **per_engine: ClauseElement) -> None:
        self._statement = statement
        self._per_engine = per_engine
        self._compiled: dict[str, _Compiled] = {}

    def first(self, session: Session, /, **values: Any) -> Any:
        """Return the first row, None when there is none; columns are attributes of it."""
        compiled, cursor = self._sent(session, values)
        fetched = cursor.fetchone()
        cursor.close()
        return None if fetched is None else _row(compiled, fetched)

    def all(self, session: Session, /, **values: Any) -> list[Any]:
        """Return all rows."""
        compiled, cursor = self._sent(session, values)
        fetched = cursor.fetchall()
        cursor.close()
        return [_row(compiled, one) for one in fetched]

    def run(self, session: Session, /, **values: Any) -> int:
        """Run a statement that returns nothing; return how many rows it wrote."""
        _compiled, cursor = self._sent(session, values)
        written = int(cursor.rowcount)
        cursor.close()
        return written

    def _sent(self, session: Session, values: dict[str, Any]) -> tuple[_Compiled, Any]:
        session.flush()  # what services have added is written before it is asked for; nothing to do is soon done
        connection, dialect, raw = _line(session)
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        given = {**compiled.fixed, **values}
        for name, convert in compiled.written:
            given[name] = convert(given[name])
        arranged = compiled.arranged(given)
        for hear in _listeners:
            hear(compiled.text, arranged)
        cursor = psycopg.RawCursor(raw) if isinstance(raw, psycopg.Connection) else raw.cursor()
        try:
            cursor.execute(compiled.text, arranged)
        except dialect.loaded_dbapi.Error as error:
            raise _as_ours(connection, compiled, error) from error
        return compiled, cursor

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement = self._per_engine.get(dialect.name, self._statement)
        assert statement is not None, f"no statement for {dialect.name}"
        compiled = _compile(statement, dialect)
        self._compiled[dialect.name] = compiled  # two threads make the same
        return compiled


def _line(session: Session) -> tuple[Connection, Dialect, Any]:
    """Return a session's connection, its dialect and the driver's own connection, asked for once in each transaction.

    After a failed flush the session is asked again, and refuses as it does for every other statement.
    """
    line = session.info.get(_LINE)
    transaction = session.get_transaction()
    if line is None or transaction is None or line[0] is not transaction or not session.is_active:
        connection = session.connection()
        line = session.get_transaction(), (connection, connection.dialect, connection.connection.driver_connection)
        session.info[_LINE] = line
    return cast(tuple[Connection, Dialect, Any], line[1])


def given(*columns: Column[Any]) -> dict[Column[Any], BindParameter[Any]]:
    """Return the VALUES of an insert, or the SET of an update, that are given at each run under the columns' names."""
    return {column: bindparam(column.name, type_=column.type) for column in columns}


@contextmanager
def listening(hear: Heard) -> Iterator[None]:
    """Let `hear` be told text and parameters of each prepared statement of this process, for tests and measurements."""
    _listeners.append(hear)
    try:
        yield
    finally:
        _listeners.remove(hear)


def _compile(statement: ClauseElement, dialect: Dialect) -> _Compiled:
    """Return a statement for an engine; raises `TypeError` for one that only SQLAlchemy can run."""
    plain = visitors.cloned_traverse(statement, {}, {"bindparam": _into_text})
    words = dialect if dialect.name == "sqlite" else _NUMBERED
    compiled: Any = plain.compile(dialect=words)
    needed = {name: bind.type for name, bind in compiled.binds.items() if bind.required}
    state = compiled.construct_expanded_state(dict.fromkeys(needed))
    order = tuple(state.positiontup)
    fixed = {name: state.parameters[name] for name in order if name not in needed} | _defaults(compiled, dialect)
    writers = {name: _converter(needed[name], dialect, "bind_processor") for name in order if name in needed}
    columns = list(getattr(plain, "exported_columns", ()))
    if any(isinstance(column.type, Numeric | Float) for column in columns):
        msg = f"a fraction is read by what the driver says of its column: {compiled}"
        raise TypeError(msg)
    readers = [_converter(column.type, dialect, "result_processor", None) for column in columns]
    return _Compiled(
        text=state.statement,
        fixed=fixed,
        written=tuple((name, convert) for name, convert in writers.items() if convert is not None),
        arranged=_arrangement(order),
        read=tuple((position, convert) for position, convert in enumerate(readers) if convert is not None),
        row=_row_type([str(column.key) for column in columns]),
    )


def _defaults(compiled: Any, dialect: Dialect) -> dict[str, Any]:
    """Return the values of columns that are not given and have a default; raises `TypeError` for one that is computed."""
    found = {}
    for column in [*getattr(compiled, "insert_prefetch", ()), *getattr(compiled, "update_prefetch", ())]:
        if not getattr(column.default, "is_scalar", False):
            msg = f"give a value for the column {column}, whose default is computed"
            raise TypeError(msg)
        convert = _converter(column.type, dialect, "bind_processor")
        found[column.key] = convert(column.default.arg) if convert else column.default.arg
    return found


def _row_type(names: list[str]) -> Callable[[Any], Any]:
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # names are those of the columns
    return cast(Callable[[Any], Any], row._make)


def _into_text(bind: BindParameter[Any]) -> None:
    """Let a value that is known become a part of the text."""
    if not bind.required:
        bind.literal_execute = True


def _converter(kind: TypeEngine[Any], dialect: Dialect, name: str, *more: Any) -> Convert | None:
    """Return how values of a type are written or read, None when the driver does it."""
    return cast(Convert | None, getattr(kind.dialect_impl(dialect), name)(dialect, *more))


def _arrangement(order: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(order) > 1:
        return itemgetter(*order)
    return lambda given: tuple(given[name] for name in order)


def _row(compiled: _Compiled, fetched: tuple[Any, ...]) -> Any:
    if not compiled.read:
        return compiled.row(fetched)
    values = list(fetched)
    for position, convert in compiled.read:
        values[position] = convert(values[position])
    return compiled.row(values)


def _as_ours(connection: Connection, compiled: _Compiled, error: Exception) -> Exception:
    """Return a driver's error as SQLAlchemy raises it; a connection that was lost is not used again."""
    dialect = connection.dialect
    dbapi = dialect.loaded_dbapi
    is_lost = dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(error)
    return cast(
        Exception,
        DBAPIError.instance(
            compiled.text,
            None,
            error,
            dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_lost,
            dialect=dialect,
        ),
    )
