"""The process that `library serve` becomes: it keeps the web server and the jobs process alive, and takes both with it.

```
library serve ── gunicorn master ── web workers
             └── jobs
```

Every child asks to be killed with its parent (`kernel.processes`), so a killed server leaves nobody behind who holds the
port or a lock. SIGTERM ends it cleanly: workers finish their requests, the jobs process its batch. It imports next to
nothing, because it stays in memory only to watch.
"""

import json
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
from dataclasses import dataclass
from typing import Final

from library.kernel import processes
from library.settings import Settings, load_settings

# The name that prometheus_client reads; its module is too large to be imported for one word.
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
GRACE_SECONDS: Final = 15
START_SECONDS: Final = 120
PORT_SECONDS: Final = 5
POLL_SECONDS: Final = 0.2
SLOWEST_RESTART_SECONDS: Final = 30.0


class PortTaken(Exception):
    """Somebody else listens there, or the address is not this machine's."""


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


def free_address(host: str, port: int) -> Address:
    """Return the address to listen at, with a port of the system's choice for 0.

    Waits a moment for a server that is just ending. Raises `PortTaken` when the port stays taken.
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
                    raise PortTaken(f"cannot listen at {host}:{port} ({error.strerror})") from error
            else:
                return Address(host, probe.getsockname()[1])
        time.sleep(POLL_SECONDS)


def serve(settings: Settings, address: Address, workers: int) -> int:
    """Run web and jobs until told to stop and print the address once pages are answered; returns the exit code."""
    stop = processes.stop_on_signals()
    environment = _environment(settings, address, workers)
    web = _start("web", environment)
    jobs = _Restarted("jobs", environment)
    try:
        jobs.look()
        if not _wait_until_answering(address, web, stop):
            return 0 if stop.is_set() else 1
        print(f"The library is open at {address.own_url}", flush=True)  # noqa: T201  what the command is to say
        while not stop.wait(POLL_SECONDS):
            if web.poll() is not None:
                _log("web_ended", code=web.returncode)
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
        METRICS_FOLDER: str(metrics),
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
            _log("restarting", role=self._role, code=self.process.returncode, pause=self._pause)
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


def _log(event: str, **values: object) -> None:
    """Write a line of the same form as the children's."""
    print(json.dumps({"level": "error", "event": event, **values}), file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(serve(load_settings(), Address(sys.argv[1], int(sys.argv[2])), int(sys.argv[3])))
