"""Backup and restore: a round trip on both engines, and everything that must be refused."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from library.app import create_app
from library.kernel import backup as copies
from library.kernel import schema
from library.kernel.commands import backup, restore
from library.kernel.console import CommandFailed
from library.kernel.db import Database
from library.kernel.models import Counter
from library.settings import Settings


def count_to(database: Database, value: int) -> None:
    with database.writing() as session:
        session.merge(Counter(name="serial", value=value))


def counted(database: Database) -> int:
    with database.reading() as session:
        return session.get_one(Counter, "serial").value


def run(app: Flask, command: object, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]


def test_what_was_copied_comes_back(app: Flask, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "copies" / "county.backup"
    count_to(database, 7)
    summary = json.loads(run(app, backup, file, "--json").stdout.splitlines()[-1])
    assert summary["rows"] >= 1
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]
    count_to(database, 8)
    refused = run(app, restore, file)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert counted(database) == 8
    assert run(app, restore, file, "--force").exit_code == 0
    assert counted(database) == 7
    assert schema.is_at_head(database)


def test_an_empty_place_is_filled_without_force(app: Flask, settings: Settings, tmp_path: Path) -> None:
    database: Database = app.extensions["library.database"]
    if not database.is_sqlite:
        pytest.skip("an empty PostgreSQL database is made by its administrator")
    count_to(database, 7)
    copies.backup(database, tmp_path / "county.backup")
    other = create_app(settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'other.sqlite'}"}))
    assert run(other, restore, tmp_path / "county.backup").exit_code == 0
    assert counted(other.extensions["library.database"]) == 7
    other.extensions["library.database"].dispose()


def test_a_copy_is_made_while_others_write(app: Flask, database: Database, tmp_path: Path) -> None:
    count_to(database, 7)
    with database.writing() as session:
        session.merge(Counter(name="serial", value=8))
        session.flush()
        copies.backup(database, tmp_path / "county.backup")
    copies.restore(database, tmp_path / "county.backup", force=True)
    assert counted(database) == 7


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a backup"),
        (b"title,author\n", "not a backup"),
        (b"SQLite format 3\0" + b"\0" * 200, ""),
        (b"PGDMP" + b"\0" * 200, ""),
    ],
)
def test_what_is_no_backup_changes_nothing(
    content: bytes, says: str, app: Flask, database: Database, tmp_path: Path
) -> None:
    count_to(database, 7)
    file = tmp_path / "odd"
    file.write_bytes(content)
    result = run(app, restore, file, "--force")
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert counted(database) == 7


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE songs (id INTEGER PRIMARY KEY)")
    other.close()
    with pytest.raises(CommandFailed, match="not a backup of a county library"):
        copies.verify_sqlite(tmp_path / "other.sqlite")


def test_a_damaged_copy_is_refused(app: Flask, database: Database, tmp_path: Path) -> None:
    if not database.is_sqlite:
        pytest.skip("pg_restore finds damage in a dump by itself")
    file = tmp_path / "county.backup"
    copies.backup(database, file)
    content = bytearray(file.read_bytes())
    content[4096 * 3 : 4096 * 5] = b"\xff" * 8192
    file.write_bytes(content)
    assert run(app, restore, file, "--force").exit_code == 1
    assert schema.is_at_head(database)


def test_a_failed_copy_leaves_no_file(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> dict[str, int]:
        raise CommandFailed("no room on the disk")

    monkeypatch.setattr(copies, "_backup_sqlite", broken)
    monkeypatch.setattr(copies, "_backup_postgres", broken)
    with pytest.raises(CommandFailed):
        copies.backup(database, tmp_path / "copies" / "county.backup")
    assert list((tmp_path / "copies").iterdir()) == []


def test_without_the_postgresql_client_one_line_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandFailed, match="install the PostgreSQL client"):
        copies._program("pg_dump")
