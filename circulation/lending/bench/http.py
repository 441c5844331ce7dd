"""Lending over HTTP: a server as `library serve` starts it, and desks that each send one scan after the other.

All desks live in one thread that waits for whichever answer comes first, with requests made beforehand and answers read
after the clock has stopped: a client of a thread or a process each would take from the server the processor it is measured
on.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from circulation.lending.bench.corpus import Copy, Corpus
from circulation.lending.bench.scratch import Scratch
from circulation.lending.bench.tables import Block, Series
from library.accounts import services as accounts
from library.accounts.rules import Role
from library.kernel.console import fail
from library.kernel.operations import new_id

WORKERS: Final = 2
_OPEN: Final = "The library is open at "
_ACCOUNT: Final = "bench"
_ANSWER_SECONDS: Final = 30.0
_ENDED: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass
class Measured(Series):
    """A series over HTTP, with what a decision was other than allowed, and how evenly the desks were served."""

    desks: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def fairness(self) -> float:
        """Return the answers of the desk that got fewest, as a share of those of the desk that got most."""
        return round(min(self.desks.values()) / max(self.desks.values()), 2) if self.desks else 1.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running server; `group` is the process group of it and of all it started."""

    port: int
    token: str
    group: int

    def request(self, path: str, body: dict[str, Any]) -> bytes:
        """Return a request as it goes over the line."""
        content = json.dumps(body).encode()
        head = (
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


@contextmanager
def served(place: Scratch) -> Iterator[Served]:
    """Start `library serve` on a database and end it again; raises `CommandFailed` when it does not open."""
    token = _token(place)
    environment = {
        **os.environ,
        "LIBRARY_DATABASE_URL": place.url,
        "LIBRARY_DATA_DIR": str(place.folder),
        "LIBRARY_SEARCH_URL": place.search,
    }
    serve = command("serve", "--host", "127.0.0.1", "--port", "0", "--workers", str(WORKERS))
    with (
        (place.folder / "serve.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603  our own command, no outside text
            serve, env=environment, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield Served(_port(process.stdout, place.folder / "serve.log"), token, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def command(*arguments: str) -> list[str]:
    """Return the words that run a `library` command with this interpreter."""
    return [sys.executable, "-c", "from library.cli import main; main()", *arguments]


def lend_and_take_back(
    served: Served, corpus: Corpus, desks: int, operations: int, found: tuple[Measured, Measured]
) -> None:
    """Lend `operations` copies at `desks` desks at once, then take them all back; add a block to each of `found`."""
    copies = corpus.take(operations)
    for series, requests in zip(
        found, (_lending(served, corpus, copies), _returning(served, corpus, copies)), strict=True
    ):
        send(served, requests, desks, series)
    corpus.give_back(copies)


def send(served: Served, requests: Sequence[bytes], desks: int, series: Measured) -> None:
    """Send requests from as many desks at once, each of which waits for its answer, and add them as a block."""
    waiting, seconds = deque(requests), []
    processor = processor_seconds(served.group)
    with selectors.DefaultSelector() as selector:
        lines = [_Line(served.port, number) for number in range(min(desks, len(requests)))]
        began = time.perf_counter()
        for line in lines:
            line.send(waiting.popleft())
            selector.register(line.socket, selectors.EVENT_READ, line)
        while selector.get_map():
            ready = selector.select(_ANSWER_SECONDS)
            if not ready:
                raise fail(f"the server answered nothing for {_ANSWER_SECONDS:.0f} s")
            for key, _mask in ready:
                line = key.data
                if not line.has_answer():
                    continue
                seconds.append(time.perf_counter() - line.sent_at)
                series.desks[line.number] += 1
                _note(series, line.answer)
                selector.unregister(line.socket)
                if waiting:
                    line.send(waiting.popleft())
                    selector.register(line.socket, selectors.EVENT_READ, line)
                else:
                    line.close()
        wall = time.perf_counter() - began
    spent = processor_seconds(served.group)
    used = None if spent is None or processor is None else spent - processor
    series.blocks.append(Block(seconds, wall, used))


class _Line:
    """One desk's connection, kept open, with one request on its way."""

    def __init__(self, port: int, number: int) -> None:
        self.number = number
        self.sent_at = 0.0
        self.answer = b""
        self._port = port
        self.socket = self._connect()

    def send(self, request: bytes) -> None:
        if self._is_closing():
            self.socket.close()
            self.socket = self._connect()
        self.answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def has_answer(self) -> bool:
        """Read what has come; True when it is the whole answer, or when the line broke."""
        part = self.socket.recv(65536)
        self.answer += part
        head, ended, body = self.answer.partition(_ENDED)
        if not part:
            return True
        if not ended:
            return False
        return len(body) >= int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0])

    def close(self) -> None:
        self.socket.close()

    def _is_closing(self) -> bool:
        return b"connection: close" in self.answer.partition(_ENDED)[0].lower()

    def _connect(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=_ANSWER_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened


def processor_seconds(group: int) -> float | None:
    """Return the processor seconds of the web processes of a session; None where the system does not tell."""
    if not Path("/proc/self/stat").exists():
        return None
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            is_web = b"\0web\0" in (entry / "cmdline").read_bytes()
        except OSError:  # it ended just now
            continue
        if int(fields[3]) == group and is_web:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _token(place: Scratch) -> str:
    with place.database.writing() as session:
        accounts.add_account(session, _ACCOUNT)
        account = accounts.account_by_name(session, _ACCOUNT)
        accounts.grant(session, account, Role.BRANCH_LIBRARIAN, None)
        return accounts.issue_token(session, account)


def _port(stdout: IO[bytes], log: Path) -> int:
    for line in stdout:
        if line.startswith(_OPEN.encode()):
            return int(line.decode().strip().rstrip("/").rpartition(":")[2])
    raise fail(f"the server did not open: {log.read_text(errors='replace')[-500:]}")


def _lending(served: Served, corpus: Corpus, copies: Sequence[Copy]) -> list[bytes]:
    readers = corpus.fresh
    return [
        served.request(
            "checkouts",
            {
                "operation_id": new_id(),
                "branch": corpus.branch,
                "card": readers[position % len(readers)].card,
                "barcode": copy.barcode,
            },
        )
        for position, copy in enumerate(copies)
    ]


def _returning(served: Served, corpus: Corpus, copies: Sequence[Copy]) -> list[bytes]:
    common = {"branch": corpus.branch}
    bodies = [{"operation_id": new_id(), "barcode": copy.barcode, **common} for copy in copies]
    return [served.request("checkins", body) for body in bodies]


def _note(series: Measured, answer: bytes) -> None:
    head, _ended, body = answer.partition(_ENDED)
    status = head[9:12].decode()
    decision = json.loads(body).get("decision") if status == "200" else None
    if decision != "allowed":
        series.errors[decision or status or "no answer"] += 1
