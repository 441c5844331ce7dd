"""A PostgreSQL server for the tests, on a private socket and a free loopback port, stopped when they end.

`LIBRARY_TEST_POSTGRES_URL` (of a role that may create databases) uses a server that is already there. Otherwise the
server's own programs are looked for; as root it runs as the user `postgres`, because initdb refuses root.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Server:
    url: str

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)

    def create_database(self, name: str, template: str = "template0") -> str:
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url.rpartition("/")[0] + f"/{name}"

    def drop_database(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _programs() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if installed:
        return installed[0].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def unavailable() -> str | None:
    """Return why there is no PostgreSQL, in one line, or None."""
    if os.environ.get("LIBRARY_TEST_POSTGRES_URL"):
        return None
    if _programs() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Yield a running server; `folder` holds its files."""
    given = os.environ.get("LIBRARY_TEST_POSTGRES_URL")
    if given:
        yield Server(given)
        return
    programs = _programs()
    assert programs is not None
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd="/")

    run(str(programs / "initdb"), "-D", str(data), "-U", "county", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
    pg_ctl = str(programs / "pg_ctl")
    run(pg_ctl, "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield Server(f"postgresql+psycopg://county@127.0.0.1:{port}/postgres")
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")
