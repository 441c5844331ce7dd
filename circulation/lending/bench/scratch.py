"""A database to measure on that is gone afterwards: an empty one, or a copy of the county's own.

It lies where the county's lies, because the disk is a part of what is measured: beside the SQLite file's folder of data, or
on the same PostgreSQL server. The county's own rows are read and never written.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import URL

from catalog.search.engines import open_engine
from catalog.search.rebuild import rebuild
from library.kernel import schema
from library.kernel.console import fail
from library.kernel.db import Database
from library.kernel.operations import new_id

PREFIX: Final = "library_bench_"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database of the newest schema and a folder for what belongs to it."""

    database: Database
    folder: Path

    @property
    def url(self) -> str:
        """Return the URL with its password, for another process."""
        return self.database.url.render_as_string(hide_password=False)

    @property
    def search(self) -> str:
        """Return the URL of the index that belongs to the database."""
        return f"whoosh:{self.folder / 'index'}"


@contextmanager
def scratch(source: Database, data_dir: Path, *, copied: bool) -> Iterator[Scratch]:
    """Yield an empty database of the engine of `source`, or a copy of it; both are removed in the end."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=data_dir) as name:
        folder = Path(name)
        with _sqlite(source, folder, copied=copied) if source.is_sqlite else _postgres(source, copied=copied) as url:
            database = Database(url, busy_seconds=source.busy_seconds)
            try:
                schema.upgrade(database)
                yield Scratch(database, folder)
            finally:
                database.dispose()


def give_index(place: Scratch, index: str) -> None:
    """Put an index beside the database: the county's own, when `index` is the URL of one, else a new one.

    Without one the jobs process would build it while something else is measured.
    """
    known = Path(index.removeprefix("whoosh:"))
    if index.startswith("whoosh:") and known.is_dir():
        shutil.copytree(known, place.folder / "index")
    else:
        rebuild(place.database, open_engine(place.search))


@contextmanager
def _sqlite(source: Database, folder: Path, *, copied: bool) -> Iterator[str]:
    path = folder / "lending.sqlite"
    if copied:
        raw = source.engine.raw_connection()
        try:
            with closing(sqlite3.connect(path)) as target:
                connection: Any = raw.driver_connection
                connection.backup(target)
        finally:
            raw.close()
    yield f"sqlite:///{path}"


@contextmanager
def _postgres(source: Database, *, copied: bool) -> Iterator[str]:
    """Yield the URL of a database beside the county's; PostgreSQL copies one only while nobody else uses it."""
    name = PREFIX + new_id().replace("-", "")
    source.dispose()
    template = source.url.database if copied else "template0"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(str(template)))
    try:
        _run(source.url, create)
    except psycopg.errors.ObjectInUse as error:
        raise fail("the database is in use and cannot be copied: stop the server first") from error
    try:
        yield source.url.set(database=name).render_as_string(hide_password=False)
    finally:
        _run(source.url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(url: URL, statement: sql.Composed) -> None:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)
