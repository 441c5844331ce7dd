"""`library serve` as a whole: it starts, survives nothing it should not, and leaves nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from library import supervisor
from library.supervisor import Address, PortTaken, free_address

LINUX = sys.platform == "linux"
PATIENCE_SECONDS = 90

pytestmark = pytest.mark.skipif(not LINUX, reason="reads /proc")


class Server:
    """A `library serve` of our own, on a port of the system's choice that it keeps over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_address("127.0.0.1", 0).port
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", "from library.cli import main; main()", "serve", "--port", str(self.port)]
        environment = {**os.environ, "LIBRARY_DATA_DIR": str(self.folder), "LIBRARY_LOG_LEVEL": "error"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"The library is open at http://127.0.0.1:{self.port}/\n"

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def status(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return int(answer.status)

    def children(self) -> set[int]:
        """Return every living process below the server."""
        assert self.process is not None
        return _below(self.process.pid)


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                found[int(entry.name)] = int(fields[1])
    return found


def _below(pid: int) -> set[int]:
    parents = _parents()
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGKILL)


def test_a_killed_server_leaves_nobody_behind_and_starts_again_at_once(server: Server) -> None:
    server.start()
    assert server.status("/readyz") == 200
    children = server.children()
    assert len(children) >= 4, "two workers, their master, and the jobs process"
    server.end(signal.SIGKILL)
    until(lambda: not children & _parents().keys())
    server.start()
    assert server.status("/healthz") == 200
    children = server.children()
    assert server.end(signal.SIGTERM) == 0
    assert not children & _parents().keys()
    assert free_address("127.0.0.1", server.port).port == server.port


def test_a_dead_jobs_process_is_replaced_and_a_dead_web_server_ends_it_all(server: Server) -> None:
    server.start()
    assert server.process is not None
    jobs = [pid for pid in server.children() if "jobs" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(jobs[0], signal.SIGKILL)
    until(lambda: jobs[0] not in _parents())
    until(lambda: any("jobs" in Path(f"/proc/{pid}/cmdline").read_text() for pid in server.children()))
    web = [pid for pid, parent in _parents().items() if parent == server.process.pid and pid not in jobs]
    for pid in web:
        if "serving_roles\0web" in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)
    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert server.process.stdout is not None
    server.process.stdout.close()


def test_a_taken_port_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PORT_SECONDS", 0)
    taken = free_address("127.0.0.1", 0)
    with socket.create_server((taken.host, taken.port)), pytest.raises(PortTaken, match="cannot listen"):
        free_address(taken.host, taken.port)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80/"), ("0.0.0.0", "http://127.0.0.1:80/"), ("::", "http://[::1]:80/")],
)
def test_the_printed_address_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert Address(host, 80).own_url == url
