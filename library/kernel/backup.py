"""A consistent copy of the whole database, verified before it counts; and back again, wholly or not at all.

SQLite: its online backup copies pages under a read lock while others work; the copy is checked (`integrity_check`,
foreign keys, rows of every table) and only then renamed into place. A restore copies the pages into the database in one
transaction, so that a reader sees the old county or the new one, and a killed restore leaves the old.

PostgreSQL: `pg_dump` in custom format from one snapshot, whose table of contents is read again; a restore is one
transaction of `pg_restore`. Both programs come with the PostgreSQL client.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from library.kernel.console import CommandFailed, one_line
from library.kernel.db import Database

SQLITE_MAGIC: Final = b"SQLite format 3\0"
POSTGRES_MAGIC: Final = b"PGDMP"
PATIENCE_SECONDS: Final = 10.0
VERSIONS: Final = "alembic_version"

_AFTERWARDS: Final = "library.after_restore"

Summary = dict[str, Any]
Cleaning = Callable[[Session], object]


def after_restore(app: Flask, clean: Cleaning) -> None:
    """Have `clean` run after every restore: what ended since the backup was made must not come back with it."""
    app.extensions.setdefault(_AFTERWARDS, []).append(clean)


def clean_restored(app: Flask, database: Database) -> None:
    """Run what the rooms asked for after a restore, in one transaction."""
    with database.writing() as session:
        for clean in app.extensions.get(_AFTERWARDS, ()):
            clean(session)


def backup(database: Database, file: Path) -> Summary:
    """Copy the database to `file`; returns `file, bytes, tables, rows`. Raises `CommandFailed`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with _aside(file) as copy:
        counts = _backup_sqlite(database, copy) if database.is_sqlite else _backup_postgres(database, copy)
        copy.replace(file)
    return {"file": str(file), "bytes": file.stat().st_size, **_sums(counts)}


def restore(database: Database, file: Path, *, force: bool = False) -> Summary:
    """Fill the database from `file`; returns `file, tables, rows`.

    Raises `CommandFailed` when the file is no backup, is of the other engine, or the database holds rows and `force` is
    not given.
    """
    with file.open("rb") as source:
        head = source.read(len(SQLITE_MAGIC))
    is_sqlite = head == SQLITE_MAGIC
    if not is_sqlite and not head.startswith(POSTGRES_MAGIC):
        raise CommandFailed(f"{file} is not a backup made by `library backup`")
    if is_sqlite != database.is_sqlite:
        made_on = "SQLite" if is_sqlite else "PostgreSQL"
        raise CommandFailed(f"{file} was made on {made_on}; set LIBRARY_DATABASE_URL to a database of that kind")
    held = sum(_count_all(database).values())
    if held and not force:
        raise CommandFailed(f"the database holds {held} rows; give --force to replace them")
    counts = _restore_sqlite(database, file) if is_sqlite else _restore_postgres(database, file)
    return {"file": str(file), **_sums(counts)}


@contextlib.contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """Yield a path in the folder of `file`, so that the rename cannot cross file systems; removed on failure."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sums(counts: dict[str, int]) -> Summary:
    return {"tables": len(counts), "rows": sum(counts.values())}


def _counts(connection: Connection) -> dict[str, int]:
    """Return the rows of every table but the schema's own version, which says nothing of readers and books."""
    names = [name for name in inspect(connection).get_table_names() if name != VERSIONS]
    quote = connection.dialect.identifier_preparer.quote
    return {
        name: connection.execute(text(f"SELECT count(*) FROM {quote(name)}")).scalar_one()  # noqa: S608  own names
        for name in names
    }


def _count_all(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return _counts(connection)


def _backup_sqlite(database: Database, copy: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(copy)) as target:
        raw = database.engine.raw_connection()
        try:
            source: Any = raw.driver_connection
            source.backup(target)
        finally:
            raw.close()
        # The source is in WAL mode and so is its copy; a backup is one file.
        target.execute("PRAGMA journal_mode=DELETE")
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    return verify_sqlite(copy)


def verify_sqlite(file: Path) -> dict[str, int]:
    """Return the rows of every table in a sound SQLite backup; raises `CommandFailed` for any other file."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            faults = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
            faults += [f"row of {row[0]} refers to nothing" for row in copy.execute("PRAGMA foreign_key_check")]
            names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts = {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    except sqlite3.DatabaseError as error:
        raise CommandFailed(f"{file} cannot be read as a database ({error})") from error
    if faults:
        raise CommandFailed(f"{file} is damaged ({faults[0]}); use another backup")
    if not counts.pop(VERSIONS, 0):
        raise CommandFailed(f"{file} is not a backup of a county library")
    return {name: count for name, count in counts.items() if not name.startswith("sqlite_")}


def _restore_sqlite(database: Database, file: Path) -> dict[str, int]:
    counts = verify_sqlite(file)
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
        raw = database.engine.raw_connection()
        try:
            target: Any = raw.driver_connection
            source.backup(target, progress=_impatient(), sleep=0.1)  # all pages in one transaction
            target.execute("PRAGMA journal_mode=WAL")
        except (sqlite3.OperationalError, TimeoutError) as error:
            raise CommandFailed(f"the database is in use ({error}); stop the server and try again") from error
        finally:
            raw.close()
    database.dispose()
    return counts


def _impatient() -> Callable[[int, int, int], None]:
    """Return a progress function that gives up on a locked database: the copying itself would wait for ever."""
    deadline = time.monotonic() + PATIENCE_SECONDS

    def progress(status: int, remaining: int, total: int) -> None:
        del status, total
        if remaining and time.monotonic() > deadline:
            raise TimeoutError("locked")

    return progress


def _backup_postgres(database: Database, copy: Path) -> dict[str, int]:
    """Dump one snapshot and compare the rows in the file with those of the same snapshot."""
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        counts = _counts(connection)
        _run("pg_dump", database.url, "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={copy}")
    written = _rows_in_dump(copy)
    wrong = [name for name, count in counts.items() if written.get(name) != count]
    if wrong:
        raise CommandFailed(f"the copy does not hold all rows of {wrong[0]}; nothing was written, try again")
    return counts


def _rows_in_dump(file: Path) -> dict[str, int]:
    """Return the rows of every table in a dump: the lines after each `COPY public.x …`, up to its end mark."""
    path = _program("pg_restore")
    counts: dict[str, int] = {}
    table = ""
    command = [path, "--data-only", "--file=-", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as reader:  # noqa: S603
        assert reader.stdout is not None
        for line in reader.stdout:
            if table:
                table, counts[table] = (table, counts[table] + 1) if line != "\\.\n" else ("", counts[table])
            elif line.startswith("COPY "):
                table = line.split()[1].partition(".")[2].strip('"')
                counts[table] = 0
    if reader.returncode:
        raise CommandFailed(f"{file} cannot be read by pg_restore")
    return counts


def _restore_postgres(database: Database, file: Path) -> dict[str, int]:
    _run("pg_restore", None, "--list", str(file))
    options = ("--clean", "--if-exists", "--single-transaction", "--no-owner")
    _run("pg_restore", database.url, *options, f"--dbname={database.url.database}", str(file))
    database.dispose()
    return _count_all(database)


def _run(program: str, url: URL | None, *arguments: str) -> str:
    """Run a program of the PostgreSQL client and return what it prints; raises `CommandFailed` in one line."""
    command = [_program(program), *arguments]
    done = subprocess.run(command, env=_client_environment(url), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise CommandFailed(f"{program} failed: {one_line(done.stderr)[-300:]}")
    return done.stdout


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise CommandFailed(f"{name} is not installed; install the PostgreSQL client (postgresql-client)")
    return path


def _client_environment(url: URL | None) -> dict[str, str]:
    """Return the environment that names server and user; a password stays out of the list of processes."""
    if url is None:
        return dict(os.environ)
    host = url.host or url.query.get("host")
    given = {"PGHOST": host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    given["PGDATABASE"] = url.database
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}
