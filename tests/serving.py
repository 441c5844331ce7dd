"""A real `library serve` in its own process group, and small clients that talk to it over HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
KEY = "a secret for tests, long enough to sign with"


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A running federation; `kill` ends it the way a power cut does."""

    database_url: str
    folder: Path
    port: int = field(default_factory=free_port)
    workers: int = 2
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LIBRARY_DATABASE_URL": self.database_url,
            "LIBRARY_DATA_DIR": str(self.folder),
            "LIBRARY_SECRET_KEY": KEY,
        }

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "library"), "serve", "--host", "127.0.0.1"]
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--workers", str(self.workers)],
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.1)
        log = (self.folder / "serve.log").read_text(errors="replace")
        msg = f"the server did not become ready:\n{log[-4000:]}"
        raise AssertionError(msg)

    def _answers(self) -> bool:
        with closing(Client(self.port)) as client:
            try:
                return client.get("/readyz").status == http.client.OK
            except OSError:
                return False

    def pause(self) -> None:
        """Stop the server and everything it started where it stands: connections open, and nobody answers."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL the server and everything it started, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask the server to end, and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any]


class Client:
    """A program that speaks to the API with a bearer token over one kept connection."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Reply:
        return self._send("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        return self._send("POST", path, json.dumps(body).encode())

    def patch(self, path: str, body: Mapping[str, Any]) -> Reply:
        return self._send("PATCH", path, json.dumps(body).encode())

    def _send(self, method: str, path: str, body: bytes | None) -> Reply:
        try:
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            raw = response.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        return Reply(response.status, json.loads(raw) if raw.strip() else {})

    def close(self) -> None:
        self._connection.close()
