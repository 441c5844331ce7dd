"""`library serve`: one process that keeps the web server and the jobs process alive, and takes both with it when it ends.

```
library serve ── gunicorn master ── web workers
             └── jobs
```

Every child asks to be killed with its parent (`kernel.processes`), so a killed server leaves nobody behind who holds the
port or a lock. SIGTERM ends it cleanly: workers finish their requests, the jobs process its batch.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import structlog
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from library.branches.models import Branch
from library.kernel import processes, schema
from library.kernel.console import Command, CommandFailed
from library.kernel.db import database, reading
from library.kernel.telemetry import MULTIPROCESS, configure_logs
from library.settings import Settings

log = structlog.get_logger("library.serving")

GRACE_SECONDS: Final = 15
START_SECONDS: Final = 60
PORT_SECONDS: Final = 5
POLL_SECONDS: Final = 0.2
SLOWEST_RESTART_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}/"

    @property
    def own_url(self) -> str:
        """Return the URL under which this machine reaches the server, also when it listens everywhere."""
        return Address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port).url  # noqa: S104


@click.command("serve", cls=Command)
@click.option("--host", help="Address to listen at; LIBRARY_HOST, by default this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; LIBRARY_PORT, by default 8000. 0 takes a free one.")
@click.option("--workers", type=click.IntRange(2, 64), help="Web processes; LIBRARY_WORKERS, by default 2.")
@click.option("--sample", is_flag=True, help="Load the sample county first when the database is empty.")
@click.pass_context
@with_appcontext
def command(context: click.Context, host: str | None, port: int | None, workers: int | None, *, sample: bool) -> None:
    """Bring the database up to date and serve the library: pages, API and jobs."""
    settings: Settings = current_app.extensions["library.settings"]
    schema.upgrade(database())
    if sample and _is_empty():
        assert context.parent is not None
        assert isinstance(context.parent.command, click.Group)
        context.invoke(context.parent.command.commands["demo"])
    address = free_address(host or settings.host, settings.port if port is None else port)
    database().dispose()
    context.exit(serve(settings, address, workers=workers or settings.workers, ready=_announce))


def _is_empty() -> bool:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Branch)) == 0


def _announce(address: Address) -> None:
    click.echo(f"The library is open at {address.own_url}")
    sys.stdout.flush()


def free_address(host: str, port: int) -> Address:
    """Return the address to listen at, with a port of the system's choice for 0.

    Waits a moment for a server that is just ending. Raises `CommandFailed` when the port stays taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise CommandFailed(
                        f"cannot listen at {host}:{port} ({error.strerror}); choose another --port"
                    ) from error
            else:
                return Address(host, probe.getsockname()[1])
        time.sleep(POLL_SECONDS)


def serve(settings: Settings, address: Address, *, workers: int, ready: Callable[[Address], None]) -> int:
    """Run web and jobs until told to stop; `ready(address)` is called once pages are answered. Returns the exit code."""
    configure_logs(settings.log_level)
    stop = processes.stop_on_signals()
    environment = _environment(settings, address, workers)
    web = _start("web", environment)
    jobs = _Restarted("jobs", environment)
    try:
        jobs.look()
        if not _wait_until_answering(address, web, stop):
            return 0 if stop.is_set() else 1
        ready(address)
        while not stop.wait(POLL_SECONDS):
            if web.poll() is not None:
                log.error("web_ended", code=web.returncode)
                return 1
            jobs.look()
        return 0
    finally:
        _end(web, jobs.process)


def _environment(settings: Settings, address: Address, workers: int) -> dict[str, str]:
    metrics = settings.data_dir.absolute() / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # figures of processes that are no more
    metrics.mkdir(parents=True)
    return {
        **os.environ,
        "LIBRARY_HOST": address.host,
        "LIBRARY_PORT": str(address.port),
        "LIBRARY_WORKERS": str(workers),
        MULTIPROCESS: str(metrics),
    }


def _start(role: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "library.serving_roles", role, str(os.getpid())]
    return subprocess.Popen(command, env=environment)  # noqa: S603  our own module, no outside text


class _Restarted:
    """A process that is started again when it ends, each time a little later."""

    def __init__(self, role: str, environment: dict[str, str]) -> None:
        self._role = role
        self._environment = environment
        self._pause = 1.0
        self._not_before = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start the process when it does not run and its pause is over."""
        if self.process is not None and self.process.poll() is not None:
            log.error("restarting", role=self._role, code=self.process.returncode, pause=self._pause)
            self.process = None
            self._not_before = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, SLOWEST_RESTART_SECONDS)
        if self.process is None and time.monotonic() >= self._not_before:
            self.process = _start(self._role, self._environment)


def _wait_until_answering(address: Address, web: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not stop.is_set() and web.poll() is None:
        try:
            with urllib.request.urlopen(f"{address.own_url}healthz", timeout=2) as answer:  # noqa: S310  our own http
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            stop.wait(POLL_SECONDS)
    return False


def _end(*processes: subprocess.Popen[bytes] | None) -> None:
    running = [process for process in processes if process is not None and process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def shared_memory() -> str | None:
    """Return a folder in memory for the workers' heartbeats: on a slow disk a stalled write would look like a stall."""
    folder = Path("/dev/shm")  # noqa: S108  the folder is the point; gunicorn makes an unlinked file in it
    return str(folder) if os.access(folder, os.W_OK) else None
